import { faultsOf } from "../../../core/surface/fileSoundness.ts";
import type { MendedFacts, MendOptions } from "../../../core/surface/mend.ts";
import { crossingRimAdvice } from "../../../core/surface/openHoles.ts";
import type { RepairReport } from "../../../core/surface/repair.ts";
import type { HeldSurfaceFacts } from "../../../core/surface/surfaceFacts.ts";

/** A surface that was asked to be mended (procedure `surfaceMends.list`). */
export interface Mend { id: string; name: string; key: string; by: string; state: "making" | "made" | "failed"; error: string | null; options: MendOptions; facts: MendedFacts | null }

const counted = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
const mm = (value: number): string => `${value.toFixed(value < 0.1 ? 3 : 2)} mm`;

/** What a repair changed, in words; what it did not need to do is not said. */
function changesOf(report: RepairReport): string {
  const parts = [
    [report.holesFilled, counted(report.holesFilled, "hole filled", "holes filled")], [report.weldedVertices, counted(report.weldedVertices, "vertex welded", "vertices welded")],
    [report.nearbyVertices, counted(report.nearbyVertices, "nearby vertex merged", "nearby vertices merged")], [report.flippedTriangles, counted(report.flippedTriangles, "triangle turned", "triangles turned")],
    [report.shellsTurned, counted(report.shellsTurned, "shell turned outward", "shells turned outward")], [report.degenerateTriangles + report.duplicateTriangles + report.looseTriangles, counted(report.degenerateTriangles + report.duplicateTriangles + report.looseTriangles, "worthless triangle dropped", "worthless triangles dropped")],
    [report.verticesSplit, counted(report.verticesSplit, "vertex split", "vertices split")], [report.trianglesTakenOut, counted(report.trianglesTakenOut, "crossing triangle taken out", "crossing triangles taken out")],
  ] as const;
  const done = parts.filter(([n]) => n > 0).map(([, words]) => words);
  return done.length === 0 ? "Nothing had to be repaired." : `${done.join(", ")}.`;
}

const faults = ({ soundness }: HeldSurfaceFacts): string => faultsOf(soundness).join(", ") || "closed and manifold";

/** What mending did to a surface: before and after, what was changed, how far it moved, and what is still open, each hole a way there. */
export function MendReportLines({ facts: { before, after, report: { changes, wrapped, remeshed, simplified, largestDisplacementMm } }, onGo }: { facts: MendedFacts; onGo(ras: readonly [number, number, number]): void }) {
  const rows = [
    ["Triangles", `${before.triangles.toLocaleString("en-GB")} → ${after.triangles.toLocaleString("en-GB")}`], ["Before", faults(before)], ["After", faults(after)],
    ...changes && (changes.crossingsBefore > 0 || changes.crossingsAfter > 0) ? [["Crossing pairs", `${changes.crossingsBefore} → ${changes.crossingsAfter}`]] : [],
    ["Displaced at most", mm(largestDisplacementMm)],
    ...wrapped ? [["Shell outside of it", `mean ${mm(wrapped.outward.meanMm)}, p95 ${mm(wrapped.outward.p95Mm)}, max ${mm(wrapped.outward.maxMm)}`]] : [],
    ...remeshed ? [["Triangle edges", `${mm(remeshed.medianEdgeMm)} (median), off by ${mm(remeshed.meanMm)} on average`]] : [],
    ...simplified ? [["Simplified", `off by ${mm(simplified.p999Mm)} at 99.9 %, ${mm(simplified.maxMm)} at most${simplified.droppedComponents > 0 ? `; ${counted(simplified.droppedComponents, "small part")} dropped` : ""}`]] : [],
    ...after.volumeMm3 !== null ? [["Volume", `${(after.volumeMm3 / 1000).toFixed(2)} mL`]] : [], ...after.thinnestWall ? [["Thinnest wall, edges included", mm(after.thinnestWall.mm)]] : [],
  ];
  const advice = changes && crossingRimAdvice(changes);
  return (
    <div data-mend-report="">
      <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3">{rows.map(([name, value]) => <div key={name} className="contents"><dt className="text-muted">{name}</dt><dd className="text-right">{value}</dd></div>)}</dl>
      {changes && <p className="mt-1">{changesOf(changes)}{changes.leftOut !== null && <span className="text-attention"> Left out, as triangles would have crossed: {changes.leftOut}.</span>}</p>}
      {changes && changes.holesLeftOpen > 0 && (
        <p className="mt-1 flex flex-wrap items-center gap-1.5"><span className="text-attention">{counted(changes.holesLeftOpen, "hole")} left open:</span>
          {changes.openHoles.slice(0, 6).map(({ centreMm, edges }) => <button key={centreMm.join()} type="button" className="button px-1.5 py-0 text-sm" onClick={() => onGo(centreMm)}>{edges} edges</button>)}
        </p>
      )}
      {advice !== null && <p className="mt-1 text-attention">{advice}</p>}
    </div>
  );
}

import Link from "next/link";
import { useState } from "react";
import type { Derivation } from "../../../core/volume/derivation.ts";
import { Notice } from "../../ui/Notice.tsx";

const names: Readonly<Record<Derivation["op"], string>> = {
  regularPart: "Regular part", crop: "Crop to a box", isotropic: "Resample to cubes", median: "Denoise: median", gaussian: "Denoise: Gaussian", anisotropic: "Denoise: along edges", removeTable: "Remove table and head rest", deface: "Cover the face", reorient: "Turn to the mid-sagittal plane",
};
export interface ShownDerived { id: string; derivation: Derivation; state: "making" | "done" | "failed"; caseId?: string; code?: string; message?: string }

/** Volumes made of this one: each is a case of its own. */
export function DerivedList({ derived }: { derived: readonly ShownDerived[] }) {
  return derived.map(({ id, derivation, state, caseId, code, message }) => (
    <Notice key={id} kind={state === "done" ? "pass" : state === "failed" ? "fail" : "info"}>
      <span data-derived={state}>{names[derivation.op]}: {state === "making" ? "being made…" : state === "failed" ? message : <>ready as case <Link className="text-accent underline" href={`/cases/${caseId}`}>{code}</Link>{derivation.op === "regularPart" ? "; this one is archived unless something was drawn in it" : ""}</>}</span>
    </Notice>
  ));
}

interface Props { dims: readonly number[]; spacing: readonly number[]; isBusy: boolean; onDerive(derivation: Derivation): void }

/** Makes another volume of this one. The original stays as it is. */
export function DerivePanel({ dims, spacing, isBusy, onDerive }: Props) {
  const [op, setOp] = useState<Exclude<Derivation["op"], "regularPart">>("removeTable"), [edge, setEdge] = useState(Number(Math.min(...spacing).toFixed(2))), [sigma, setSigma] = useState(0.5), [edgeHu, setEdgeHu] = useState(60), [steps, setSteps] = useState(5);
  const [low, setLow] = useState([0, 0, 0]), [high, setHigh] = useState(dims.map((n) => n - 1));
  const triple = (v: number[]): [number, number, number] => [v[0], v[1], v[2]];
  const make = (): Derivation => op === "crop" ? { op, low: triple(low), high: triple(high) } : op === "isotropic" ? { op, spacingMm: edge } : op === "gaussian" ? { op, sigmaMm: sigma } : op === "anisotropic" ? { op, edgeHu, steps } : op === "reorient" ? { op, plane: { by: "automatic" } } : { op };
  const number = (label: string, value: number, set: (n: number) => void, step: number, min: number, max: number) => (
    <label className="flex items-center gap-2">{label}<input className="field w-24" type="number" value={value} step={step} min={min} max={max} onChange={(event) => set(Number(event.target.value))} /></label>
  );
  return (
    <section aria-label="Prepare the volume" className="rounded-xl border border-line bg-pane p-3">
      <h2 className="font-semibold">Prepare the volume</h2>
      <p className="mb-2 text-muted">Makes a case of its own with the new volume, the same people, segments and what is drawn, and a note of how it was made. This one stays as it is. In the room the tool «Crop and turn» (P) has handles for the box and shows the plane.</p>
      <form className="flex flex-wrap items-center gap-3" onSubmit={(event) => { event.preventDefault(); onDerive(make()); }}>
        <label className="flex items-center gap-2">What
          <select className="field w-auto" value={op} onChange={(event) => setOp(event.target.value as typeof op)}>
            {Object.entries(names).filter(([value]) => value !== "regularPart").map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </select>
        </label>
        {op === "isotropic" && number("Edge, mm", edge, setEdge, 0.05, 0.1, 5)}
        {op === "gaussian" && number("Sigma, mm", sigma, setSigma, 0.1, 0.1, 5)}
        {op === "anisotropic" && <>{number("Edge, HU", edgeHu, setEdgeHu, 5, 5, 500)}{number("Steps", steps, setSteps, 1, 1, 30)}</>}
        {op === "reorient" && <span className="text-muted">The plane is found by symmetry. Positions in the new volume differ from the scan's.</span>}
        {op === "crop" && ["x", "y", "z"].map((axis, i) => (
          <span key={axis} className="flex items-center gap-2">
            {number(`${axis} from`, low[i], (n) => setLow(low.with(i, n)), 1, 0, dims[i] - 1)}{number("to", high[i], (n) => setHigh(high.with(i, n)), 1, 0, dims[i] - 1)}
          </span>
        ))}
        <button type="submit" className="button" disabled={isBusy}>{isBusy ? "Being made…" : "Make it"}</button>
      </form>
    </section>
  );
}

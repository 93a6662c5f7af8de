"use client";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { checkNumbers } from "../../../core/checks/checkNumbers.ts";
import type { CheckReport, Criterion, Verdict } from "../../../core/checks/criteria.ts";
import { type Made, useImplants } from "../implantState.ts";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { formatQuantity } from "../../ui/quantity.ts";
import { CheckJudgement } from "./CheckJudgement.tsx";
import { CtQualityLine } from "./CtQualityLine.tsx";
import { facing } from "../view/facing.ts";
import { FreshnessMark } from "./FreshnessMark.tsx";

const looks = {
  pass: { icon: CircleCheck, tone: "text-pass", word: "pass" }, fail: { icon: CircleX, tone: "text-fail", word: "fail" },
  needsJudgement: { icon: CircleAlert, tone: "text-attention", word: "needs judgement" },
} as const;
const titles: Readonly<Record<string, string>> = { implant: "Plate as planned", fit: "Fit", print: "Printability" };

/** The checks of the implants: one line a check with its verdict; opened, its numbers, limits, histogram and method. */
export function ChecksPanel({ room }: { room: RoomContext }) {
  const implants = useImplants(room), checked = implants.filter(({ checks }) => checks.length > 0);
  return (
    <>
      <CtQualityLine caseId={room.caseId} />
      {checked.length === 0 && <p className="px-3.5 py-3 text-muted">{implants.length === 0 ? "No implant is planned, so nothing else is checked yet." : "The checks run by themselves once the implant is built."}</p>}
      {checked.map(({ id, name, checks }) => (
        <section key={id} aria-label={name} className="border-b border-line px-3.5 py-3">
          <h2 className="heading-small mb-1.5">{name}</h2>
          {checks.map(({ check, made, report }) => <Check key={check} room={room} check={check} made={made} report={report} />)}
        </section>
      ))}
    </>
  );
}

function Sign({ verdict }: { verdict: Verdict }) {
  const { icon: Icon, tone, word } = looks[verdict];
  return <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${tone}`}><Icon aria-hidden size={15} />{word}</span>;
}

const told = (value: number | null, unit: string): string => (value === null ? "not found" : formatQuantity(value, unit));

function Check({ room, check, made, report }: { room: RoomContext; check: string; made: Made; report: CheckReport }) {
  const [isOpen, setOpen] = useState(report.verdict !== "pass");
  const map = useRoomState(room.store, (s) => s.implantMap), isMapped = map === check;
  const worst = report.criteria.find(({ verdict }) => verdict === report.verdict) ?? report.criteria[0];
  return (
    <div data-check={check} data-verdict={report.verdict} className="py-1">
      <button type="button" aria-expanded={isOpen} className="flex w-full items-center gap-2 rounded py-1 text-left hover:bg-raised" onClick={() => setOpen(!isOpen)}>
        <span className="font-medium">{titles[check] ?? check}</span><Sign verdict={report.verdict} />
        <span className="ml-auto"><FreshnessMark freshness={made.freshness} /></span>
      </button>
      {!isOpen && worst && <p className="text-sm text-muted">{worst.what}: {told(worst.value, worst.unit)}</p>}
      {isOpen && (
        <div className="mt-1 flex flex-col gap-2 text-sm">
          {report.criteria.map((criterion) => <CriterionLine key={criterion.id} criterion={criterion} />)}
          {check !== "implant" && <button type="button" aria-pressed={isMapped} className={`button self-start px-2 py-0.5 ${isMapped ? "border-accent" : ""}`} onClick={() => room.store.set({ implantMap: isMapped ? null : check === "print" ? "print" : "fit" })}>
            {isMapped ? "Hide the map" : "Show it on the plate"}
          </button>}
          <Numbers check={check} numbers={report.numbers} />
          <Histogram numbers={report.numbers} />
          <Spots room={room} numbers={report.numbers} />
          <CheckJudgement room={room} reportKey={made.key} isPassed={report.verdict === "pass"} isCurrent={made.freshness === "current"} />
          <p className="text-muted">{report.method} <span title="Name and version of what computed it">{report.node}</span>, {(made.ms / 1000).toFixed(1)} s.</p>
        </div>
      )}
    </div>
  );
}

function CriterionLine({ criterion: { what, value, unit, pass, fail, isLeast, source, verdict } }: { criterion: Criterion }) {
  return (
    <div className="grid grid-cols-[1fr_auto] gap-x-3">
      <span>{what}</span><span className="justify-self-end whitespace-nowrap font-medium">{told(value, unit)}</span>
      <span className="text-muted">{isLeast ? "at least" : "at most"} {formatQuantity(pass, unit, 3)}{fail === pass ? "" : `, fails ${isLeast ? "under" : "over"} ${formatQuantity(fail, unit, 3)}`} · {source}</span><span className="justify-self-end"><Sign verdict={verdict} /></span>
    </div>
  );
}

/** What was measured beside what is judged. */
function Numbers({ check, numbers }: { check: string; numbers: Record<string, unknown> }) {
  return <dl data-check-numbers={check} className="grid grid-cols-[1fr_auto] gap-x-3">{checkNumbers(check, numbers).map(({ name, value }) => <div key={name} className="contents"><dt className="text-muted">{name}</dt><dd className="text-right">{value}</dd></div>)}</dl>;
}

/** The histogram that a fit report holds: points of the rim by gap. */
function Histogram({ numbers }: { numbers: Record<string, unknown> }) {
  const bins = (Array.isArray(numbers.histogram) ? numbers.histogram : []) as { fromMm: number; toMm: number; points: number }[];
  const most = Math.max(1, ...bins.map(({ points }) => points));
  if (bins.length === 0) return null;
  return (
    <figure>
      <svg viewBox={`0 0 ${bins.length * 4} 44`} role="img" aria-label={`Points of the rim by gap, ${bins[0].fromMm.toFixed(1)} to ${bins.at(-1)?.toMm.toFixed(1)} mm`} className="h-14 w-full">
        {bins.map(({ fromMm, points }, i) => <rect key={fromMm} x={i * 4 + 0.4} width={3.2} y={42 - 40 * points / most} height={40 * points / most} fill="currentColor" className={fromMm < -0.05 ? "text-fail" : "text-accent"} />)}
        <line x1={0} x2={bins.length * 4} y1={42.5} y2={42.5} stroke="currentColor" strokeWidth={0.5} className="text-edge" />
      </svg>
      <figcaption className="flex justify-between text-muted"><span>{formatQuantity(bins[0].fromMm, "mm", 1)}</span><span>gap at the rim</span><span>{formatQuantity(bins[bins.length - 1].toMm, "mm", 1)}</span></figcaption>
    </figure>
  );
}

/** The worst places, each a way there. */
function Spots({ room, numbers }: { room: RoomContext; numbers: Record<string, unknown> }) {
  const spots = (Array.isArray(numbers.worstSpots) ? numbers.worstSpots : []) as { ras: [number, number, number]; gapMm: number }[];
  if (spots.length === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-1.5"><span className="text-muted">Farthest off:</span>
      {spots.slice(0, 5).map(({ ras, gapMm }) => <button key={ras.join()} type="button" data-spot="" className="button px-1.5 py-0 text-sm" onClick={() => { room.store.jump(ras); room.store.set({ camera: facing(room.middle, ras) }); }}>{gapMm.toFixed(2)} mm</button>)}
    </p>
  );
}

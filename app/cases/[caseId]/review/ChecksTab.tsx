"use client";
import { ChevronDown } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { checkNumbers } from "../../../../core/checks/checkNumbers.ts";
import { checkNames, requiredReports } from "../../../../core/review/lifecycle.ts";
import { formatMoment } from "../../../ui/format.ts";
import { roleNames } from "../../../ui/people.ts";
import { formatQuantity } from "../../../ui/quantity.ts";
import { adviceOf, sentenceOf } from "../../import/ctAdvice.ts";
import { type ReviewVersion, useReport } from "./reviewData.ts";
import { Verdict } from "./Verdict.tsx";

interface Props { caseId: string; version: ReviewVersion; mayJudge: boolean; onJudge(reportHash: string, reason: string): void }

const told = (value: number | null, unit: string): string => (value === null ? "not found" : formatQuantity(value, unit));

/** The reports of a version: one line a check, opened to its numbers, limits and method; what is open is judged here. */
export function ChecksTab({ caseId, version, mayJudge, onJudge }: Props) {
  return <div>{requiredReports.map(({ check }) => <Check key={check} caseId={caseId} version={version} check={check} mayJudge={mayJudge} onJudge={onJudge} />)}</div>;
}

function Check({ caseId, version, check, mayJudge, onJudge }: Props & { check: string }) {
  const [isOpen, setOpen] = useState(false), [reason, setReason] = useState("");
  const report = version.manifest.reports.find((one) => one.check === check), content = useReport(caseId, version, check).data;
  const said = version.judgements.filter(({ reportHash }) => report !== undefined && (reportHash === report.sha256 || reportHash === report.inputs.artifact));
  const kind = !report ? "missing" : report.verdict === "pass" ? "pass" : said.length > 0 ? "judged" : report.verdict;
  // What was noted on the scan stands in the closed line too: a pass that rests on overrides is not read as a clean one.
  const noted = content?.findings?.filter(({ severity }) => severity !== "pass") ?? [], overridden = noted.filter(({ override }) => override !== null).length;
  const worst = content?.criteria?.find(({ verdict }) => verdict === report?.verdict && verdict !== "pass") ?? content?.criteria?.[0];
  return (
    <div data-check={check} className="border-b border-line">
      <button type="button" aria-expanded={isOpen} disabled={!report} onClick={() => setOpen(!isOpen)} className="flex min-h-11 w-full items-center gap-2 py-2 text-left">
        <ChevronDown aria-hidden size={15} className={`shrink-0 text-muted transition-transform ${isOpen ? "" : "-rotate-90"}`} />
        <span className="font-medium">{checkNames[check] ?? check}</span>
        {worst && !isOpen && <span className="min-w-0 flex-1 truncate text-right text-muted">{worst.what}: {told(worst.value, worst.unit)}</span>}
        {noted.length > 0 && <span data-noted={noted.length} className="min-w-0 flex-1 truncate text-right text-attention">{overridden > 0 ? `${overridden} overridden, ` : ""}{noted.length} to note</span>}
        <span className="ml-auto"><Verdict kind={kind} /></span>
      </button>
      {isOpen && report && (
        <div className="pb-3 pl-6">
          {content?.criteria?.map(({ id, what, value, unit, pass, isLeast, source, verdict }) => (
            <p key={id} className="flex flex-wrap items-baseline gap-x-2 py-1">
              <span className="min-w-0 flex-1">{what}</span>
              <span>{told(value, unit)} <span className="text-muted">({isLeast ? "at least" : "at most"} {formatQuantity(pass, unit)})</span></span>
              <Verdict kind={verdict} />
              {source && <span className="w-full text-sm text-muted">{source}</span>}
            </p>
          ))}
          {content?.numbers && <dl className="grid grid-cols-[1fr_auto] gap-x-3 py-1 text-sm">{checkNumbers(check, content.numbers).map(({ name, value }) => <div key={name} className="contents"><dt className="text-muted">{name}</dt><dd className="text-right">{value}</dd></div>)}</dl>}
          {content?.findings?.map(({ code, severity, message, override }, i) => (
            <p key={`${code}${i}`} className="py-1"><strong className="font-medium">{adviceOf(code).title}, {severity}:</strong> {sentenceOf(message)}{override && <span className="text-muted"> Overridden by {override.name}: {override.reason}</span>}</p>
          ))}
          {content?.findings?.length === 0 && <p className="py-1 text-muted">The import noted no finding.</p>}
          {check === "ctQuality" && <Link href={`/cases/${caseId}/report`} className="text-accent underline">The CT report</Link>}
          <p className="pt-1 text-sm text-muted">{content?.method} <span className="whitespace-nowrap">({report.node})</span></p>
        </div>
      )}
      {said.map(({ name, role, reason: why, at }) => <p key={at.toISOString()} className="pb-2 pl-6 text-attention">Judged by {name} ({roleNames[role]}), {formatMoment(at)}: <span className="text-ink">{why}</span></p>)}
      {report && (kind === "fail" || kind === "needsJudgement") && mayJudge && (
        <form className="flex flex-col gap-2 pb-3 pl-6" onSubmit={(event) => { event.preventDefault(); onJudge(report.sha256, reason.trim()); }}>
          <label className="text-sm text-muted" htmlFor={`judge-${check}`}>Your judgement in writing: why this may be signed all the same</label>
          <textarea id={`judge-${check}`} className="field min-h-16 py-2" value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
          <button type="submit" className="button min-h-11 self-start" disabled={reason.trim().length < 10}>Accept with this reason</button>
        </form>
      )}
    </div>
  );
}

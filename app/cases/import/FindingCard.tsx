import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { formatRecordTime } from "../../ui/format.ts";
import { formatQuantity } from "../../ui/quantity.ts";
import { adviceOf, sentenceOf } from "./ctAdvice.ts";

export interface ShownFinding {
  id: string; code: string; severity: "pass" | "attention" | "blocked"; value: number | string | null; limit: number | string | null; unit: string | null; message: string; files: string[];
  override: { reason: string; name: string; role: string; at: string } | null;
}
interface Props { finding: ShownFinding; picture?: { shows: string; png: string };
  /** Where the slices as acquired are downloaded from. */
  slices?: string; mayOverride: boolean; mayDerive: boolean; isBusy: boolean; onOverride(reason: string): void; onRegularPart(): void }

const looks = {
  pass: { icon: CircleCheck, color: "text-pass", word: "Pass" }, attention: { icon: TriangleAlert, color: "text-attention", word: "Attention" }, blocked: { icon: CircleAlert, color: "text-fail", word: "Blocked" },
} as const;
const uneven = new Set(["uneven-end-slice", "uneven-spacing", "missing-slices"]);
const units: Readonly<Record<string, string>> = { deg: "°", mm2: "mm²", mm3: "mm³", d: "days" };
/** Findings whose picture shows the patient from the feet or from the front (core/checks/findingPictures): right on the left. */
const sided = new Set(["metal", "fov", "CT9", "streaks", "motion", "pelvis-coverage", "derived"]);
const said = (value: number | string | null, unit: string | null) => value === null ? "not known" : typeof value === "string" ? value : formatQuantity(value, unit && (units[unit] ?? unit), 3);

/** The letters of the patient's sides over a picture. */
function Sides() {
  const letter = "absolute top-1/2 -translate-y-1/2 rounded-sm bg-black/70 px-1 text-sm leading-4 font-semibold";
  return <span aria-hidden><span data-letter="left" className={`${letter} left-1.5`}>R</span><span data-letter="right" className={`${letter} right-1.5`}>L</span></span>;
}

/** One finding: verdict, number and limit, why, what to ask for, and the written decision of a person. */
export function FindingCard({ finding, picture, slices, mayOverride, mayDerive, isBusy, onOverride, onRegularPart }: Props) {
  const { code, severity, value, limit, unit, message, files, override } = finding, { icon: Icon, color, word } = looks[severity], { title, ask } = adviceOf(code);
  const [reason, setReason] = useState(""), [isOpen, setOpen] = useState(false);
  return (
    <li data-finding={code} data-severity={severity} className="flex gap-3 border-b border-line p-3 last:border-b-0">
      <Icon aria-hidden size={17} className={`mt-0.5 shrink-0 ${color}`} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h2 className="font-semibold">{title}</h2>
          <span className={`text-sm ${color}`}>{word}{override ? ", overridden" : ""}</span>
          <span className="ml-auto tabular-nums">{(value !== null || limit !== null) && <>{said(value, unit)}{limit !== null && <span className="text-muted"> · limit {said(limit, unit)}</span>}</>}</span>
        </div>
        <p className="mt-0.5 text-muted">{sentenceOf(message)}{slices && <> <a href={slices} download className="text-accent underline">Download the slices as acquired</a></>}</p>
        {picture && <figure className="mt-2"><span className="relative inline-block max-w-full"><img src={`data:image/png;base64,${picture.png}`} alt={picture.shows} width={360} className="max-w-full rounded-md border border-line" />{sided.has(code) && <Sides />}</span><figcaption className="mt-1 text-sm text-muted">{picture.shows}</figcaption></figure>}
        {files.length > 0 && <p className="text-sm text-muted">{files.slice(0, 4).join(", ")}{files.length > 4 ? ` and ${files.length - 4} more` : ""}</p>}
        {severity !== "pass" && ask && <p className="mt-1 text-sm"><span className="font-medium">What to ask for: </span>{ask}</p>}
        {override && <blockquote className="mt-2 border-l-2 border-accent pl-3"><p>{override.reason}</p><p className="text-sm text-muted">{override.name}, {override.role}, {formatRecordTime(new Date(override.at))}</p></blockquote>}
        <div className="mt-2 flex flex-wrap gap-2 empty:hidden">
          {uneven.has(code) && mayDerive && <button type="button" className="button" disabled={isBusy} onClick={onRegularPart}>Use the regular part</button>}
          {severity === "blocked" && !override && mayOverride && !isOpen && <button type="button" className="button" onClick={() => setOpen(true)}>Override in writing…</button>}
        </div>
        {isOpen && !override && (
          <form className="mt-2 flex flex-col gap-2" onSubmit={(event) => { event.preventDefault(); onOverride(reason.trim()); }}>
            <label className="flex flex-col gap-1"><span className="font-medium">Why the scan may be used in spite of this</span>
              <textarea className="field min-h-20" value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
            </label>
            <p className="text-sm text-muted">Your name, role and the time are kept with it, in this report and in the audit trail. It cannot be taken back.</p>
            <div className="flex gap-2">
              <button type="button" className="button" onClick={() => setOpen(false)}>Cancel</button>
              <button type="submit" className="button button-primary" disabled={isBusy || reason.trim().length < 10}>Override</button>
            </div>
          </form>
        )}
      </div>
    </li>
  );
}

import { Check } from "lucide-react";
import Link from "next/link";
import { formatBytes } from "../../ui/format.ts";
import { Notice } from "../../ui/Notice.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { FindingsSummary } from "./FindingsSummary.tsx";
import { ImportReview } from "./ImportReview.tsx";
import type { FullSlice } from "./preview.ts";
import type { Decision, ImportState } from "./useImport.ts";

interface Props { state: ImportState; sliceOf(member: number, frame: number): Promise<FullSlice | null>; onAgree(decision: Decision): void; onChoose(series: string): void; onCancel(): void; onDismiss(): void; onResume(): void }

const steps = ["Reading", "De-identifying and uploading", "Decoding and checking", "Case"] as const;
const stepOf = { reading: 0, sending: 1, decoding: 2, done: 3 } as const;
/** What a worker calls its stages, for people. */
const stages: Readonly<Record<string, string>> = {
  waiting: "Waiting for a worker", reading: "Opening the files", headers: "De-identifying again and reading the headers", pixels: "Decoding the voxels", resampling: "Placing every slice where its header says",
  compressing: "Checking and storing the volume", unreachable: "The server cannot be reached; the decoding goes on there",
};

function isUnderWay(state: ImportState): state is Extract<ImportState, { kind: "reading" | "sending" | "decoding" }> {
  return state.kind === "reading" || state.kind === "sending" || state.kind === "decoding";
}

/** The import that is under way, above the case list: stages, progress, cancel; or its end and what to do next. */
export function ImportPanel({ state, sliceOf, onAgree, onChoose, onCancel, onDismiss, onResume }: Props) {
  if (state.kind === "idle") return null;
  return (
    <section aria-label="Import" data-import={state.kind} className="rounded-xl border border-line bg-pane p-4">
      {isUnderWay(state) && <Running state={state} onCancel={onCancel} />}
      {state.kind === "review" && <ImportReview prepared={state.prepared} earlier={state.earlier} sliceOf={sliceOf} onAgree={onAgree} onCancel={onCancel} />}
      {state.kind === "done" && (
        <Notice kind="pass">
          <div className="flex flex-wrap items-center gap-3">
            <div className="min-w-60 flex-1"><p>The case is ready. What was sent is deleted; the volume and its report are kept.</p><FindingsSummary caseId={state.caseId} /></div>
            <button type="button" className="button" onClick={onDismiss}>Close</button>
            <Link className="button button-primary" href={`/cases/${state.caseId}`}>Open the case</Link>
          </div>
        </Notice>
      )}
      {state.kind === "refused" && (
        <Notice kind="fail">
          <p className="font-semibold">{state.choices.length > 0 ? "Which of these is the volume?" : "This was not imported"}</p>
          <p className="mt-0.5 break-words">{state.message}</p>
          <p className="mt-1 text-sm text-muted">{state.choices.length > 0 ? "What was sent waits for your choice, a day at most; nothing is sent again. Closing this deletes it." : "No case was made, and nothing of the files was kept."} <span className="whitespace-nowrap">Reason: {state.code}</span></p>
          {state.choices.length > 0 && (
            <ul aria-label="Volumes in this series" className="mt-2 flex flex-col gap-1">
              {state.choices.map(({ series, slices, reason, dims }) => (
                <li key={series} className="flex flex-wrap items-center gap-3">
                  <span className="min-w-60 flex-1">{dims ? dims.join(" × ") : `${slices ?? "?"} slices`}. {reason}</span>
                  <button type="button" className="button" onClick={() => onChoose(series)}>Use this one</button>
                </li>
              ))}
            </ul>
          )}
          <div className="mt-3 flex flex-wrap gap-2">
            <button type="button" className="button" onClick={onDismiss}>Close</button>
          </div>
        </Notice>
      )}
      {state.kind === "failed" && (
        <Notice kind="fail">
          <p className="font-semibold">The import stopped</p>
          <p className="mt-0.5">{state.message} {state.mayResume ? "What has arrived is kept for a day; going on sends only the rest." : "Nothing was kept on the server."}</p>
          <div className="mt-3 flex gap-2">
            {state.mayResume && <button type="button" className="button button-primary" onClick={onResume}>Go on</button>}
            <button type="button" className="button" onClick={onDismiss}>{state.mayResume ? "Cancel the import" : "Close"}</button>
          </div>
        </Notice>
      )}
    </section>
  );
}

function progressOf(state: Parameters<typeof Running>[0]["state"]): { fraction: number | null; detail: string } {
  if (state.kind === "reading") return { fraction: state.fraction, detail: state.fraction === null ? "Looking through the folder" : "Reading headers, here in the browser" };
  if (state.kind === "decoding") return { fraction: state.fraction, detail: stages[state.stage] ?? state.stage };
  const { sentBytes, totalBytes, sentFiles, fileCount, isWaiting } = state;
  const files = fileCount > 1 ? ` · ${sentFiles} of ${fileCount} files` : "";
  return { fraction: totalBytes === 0 ? null : sentBytes / totalBytes, detail: isWaiting ? "The connection broke; it goes on by itself from where it was" : `${formatBytes(sentBytes)} of ${formatBytes(totalBytes)}${files}` };
}

function Running({ state, onCancel }: { state: Extract<ImportState, { kind: "reading" | "sending" | "decoding" }>; onCancel(): void }) {
  const at = stepOf[state.kind];
  const { fraction, detail } = progressOf(state);
  return (
    <div className="flex items-end gap-4">
      <div className="min-w-0 flex-1">
        <ol aria-label="Stages" className="mb-2 flex flex-wrap gap-x-4 gap-y-1">
          {steps.map((step, i) => (
            <li key={step} aria-current={i === at ? "step" : undefined} className={`flex items-center gap-1.5 ${i === at ? "font-semibold" : "text-muted"}`}>
              {i < at ? <Check aria-label="done" size={13} className="text-pass" /> : <span aria-hidden className={`size-1.5 rounded-full ${i === at ? "bg-accent" : "bg-edge"}`} />}{step}
            </li>
          ))}
        </ol>
        <ProgressBar label={steps[at]} fraction={fraction} />
        <p className="mt-1.5 flex justify-between gap-3 text-sm text-muted"><span role="status" className="truncate">{detail}</span>{fraction !== null && <span>{Math.round(fraction * 100)} %</span>}</p>
      </div>
      <button type="button" className="button" onClick={onCancel}>Cancel</button>
    </div>
  );
}

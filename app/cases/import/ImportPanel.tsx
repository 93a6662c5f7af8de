import Link from "next/link";
import { formatBytes } from "../../ui/format.ts";
import { Notice } from "../../ui/Notice.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import type { ImportState } from "./useImport.ts";

interface Props { state: ImportState; onCancel(): void; onDismiss(): void; onRetry(useRegularPart: boolean): void }

/** The import that is under way, below the case list: stage, progress, cancel; or its end and what to do next. */
export function ImportPanel({ state, onCancel, onDismiss, onRetry }: Props) {
  if (state.kind === "idle") return null;
  return (
    <section aria-label="Import" data-import={state.kind} className="rounded-xl border border-line bg-pane p-4">
      {state.kind === "sending" && (
        <Running
          title="Uploading" fraction={state.totalBytes === 0 ? null : state.sentBytes / state.totalBytes} onCancel={onCancel}
          detail={state.isWaiting ? "The connection broke; trying again…"
            : `${formatBytes(state.sentBytes)} of ${formatBytes(state.totalBytes)}${state.fileCount > 1 ? ` · ${state.sentFiles} of ${state.fileCount} files` : ""}`}
        />
      )}
      {state.kind === "decoding" && <Running title="Decoding" fraction={state.fraction} detail={state.stage} onCancel={onCancel} />}
      {state.kind === "done" && (
        <Notice kind="pass">
          <div className="flex flex-wrap items-center gap-3">
            <p className="flex-1">The case is ready. The source files are deleted.</p>
            <button type="button" className="button" onClick={onDismiss}>Close</button>
            <Link className="button button-primary" href={`/cases/${state.caseId}`}>Open the case</Link>
          </div>
        </Notice>
      )}
      {state.kind === "refused" && (
        <Notice kind="fail">
          <p className="font-semibold">This was not imported</p>
          <p className="mt-0.5">{state.message}</p>
          <p className="mt-1 text-sm text-muted">
            {state.mayUseRegularPart
              ? "The evenly spaced slices can be used without the uneven end; the report of the case names the file left out."
              : "No case was made, and nothing of the files was kept."}
          </p>
          <div className="mt-3 flex flex-wrap gap-2">
            {state.mayUseRegularPart && <button type="button" className="button button-primary" onClick={() => onRetry(true)}>Use the regular part</button>}
            <button type="button" className="button" onClick={onDismiss}>Close</button>
          </div>
        </Notice>
      )}
      {state.kind === "failed" && (
        <Notice kind="fail">
          <p className="font-semibold">The import stopped</p>
          <p className="mt-0.5">{state.message} Nothing was kept on the server.</p>
          <div className="mt-3 flex gap-2">
            <button type="button" className="button button-primary" onClick={() => onRetry(false)}>Try again</button>
            <button type="button" className="button" onClick={onDismiss}>Close</button>
          </div>
        </Notice>
      )}
    </section>
  );
}

function Running({ title, detail, fraction, onCancel }: { title: string; detail: string; fraction: number | null; onCancel(): void }) {
  return (
    <div className="flex items-center gap-4">
      <div className="min-w-0 flex-1">
        <p className="mb-2 flex justify-between gap-3">
          <span className="font-semibold" role="status">{title}</span>
          <span className="truncate text-muted">{detail}{fraction !== null && ` · ${Math.round(fraction * 100)} %`}</span>
        </p>
        <ProgressBar label={title} fraction={fraction} />
      </div>
      <button type="button" className="button" onClick={onCancel}>Cancel</button>
    </div>
  );
}

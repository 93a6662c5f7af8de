import type { ImportState } from "./useImport.ts";
import { shownNames, type SentFile } from "./pickFiles.ts";

export const regionNames = { cranial: "Cranial", face: "Face", dental: "Dental", longBone: "Long bone", pelvis: "Pelvis", other: "Other" } as const;
export type Region = keyof typeof regionNames;

/** One of several volumes in what was sent: which to take is the person's choice. */
export interface Choice { series: string; slices: number | null; reason: string; dims: readonly number[] | null }
/** What the server says of an upload. */
export interface UploadRow { state: string; caseId: string | null; progress: { stage: string; fraction: number } | null; error: { code: string; message: string; details?: unknown } | null }

function choicesOf(details: unknown): Choice[] {
  const listed = (details as { series?: { series?: string; slices?: number; code?: string | null; reason?: string; dims?: number[] }[] } | undefined)?.series;
  if (!Array.isArray(listed)) return [];
  return listed.flatMap(({ series, slices, code, reason, dims }) => (series && /^series \d+(#\d+)?$/.test(series) && code === null ? [{ series, slices: slices ?? null, reason: reason ?? "", dims: dims ?? null }] : []));
}

/** How an upload ended, for the person; null while it goes on. `files` are what was sent. */
export function endOf({ state, caseId, error }: UploadRow, files: readonly SentFile[]): ImportState | null {
  if (state === "done" && caseId) return { kind: "done", caseId };
  if (state === "cancelled") return { kind: "idle" };
  // Handed back: which of several volumes to take is to be chosen.
  if (state !== "refused" && !(state === "receiving" && error)) return null;
  // Here it is a button, not an option of the command line.
  const said = (error?.message ?? "The file could not be read.").replace(/ ?Give one of them with --series\./, " Pick one.");
  return { kind: "refused", code: error?.code ?? "unknown", message: shownNames(said, files), choices: error?.code === "several-series" ? choicesOf(error.details) : [] };
}

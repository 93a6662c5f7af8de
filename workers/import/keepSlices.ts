import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Resampling } from "../../core/space/resampling.ts";
import type { SliceStack } from "../../core/space/resampleStack.ts";
import { acquiredFile, acquiredHeader } from "../../core/volume/acquiredSlices.ts";
import type { KeepAnswer, KeepQuestion } from "./keepThread.ts";

/** Told of slices that are about to be resampled, while they are in memory. */
export type OnSlices = (stack: SliceStack, resampling: Resampling) => void;
/** What the provenance says of the kept slices: `file` relative to the report. */
export interface KeptSlices { file: string; sha256: string }

/**
 * Keeps slices as they were acquired (IM17). Their values are on disk when this returns, so that they can be let go; they are
 * packed from there in a thread of its own while the volume is made (IM10). @param outDir folder that gets `acquired.nrrd`
 */
export function keepSlices(outDir: string, workDir: string, stack: SliceStack, resampling: Resampling): Promise<KeptSlices> {
  const raw = join(workDir, "acquired.raw"), to = openSync(raw, "wx", 0o600), { buffer, byteOffset, byteLength } = stack.hu;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength;) at += writeSync(to, bytes, at, Math.min(byteLength - at, 2 ** 26));
  closeSync(to);
  const kept = new Promise<KeptSlices>((done, fail) => {
    new Worker(new URL("./keepThread.ts", import.meta.url), { workerData: { header: acquiredHeader(stack, resampling), raw, out: join(outDir, acquiredFile) } satisfies KeepQuestion })
      .once("message", (sha256: KeepAnswer) => done({ file: acquiredFile, sha256 })).once("error", fail).once("exit", () => fail(new Error("the slices' thread ended without an answer")));
  });
  // Waited for later, or never where the import is refused meanwhile.
  kept.catch(() => undefined);
  return kept;
}

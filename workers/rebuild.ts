import { Worker } from "node:worker_threads";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { isWanted, lookAgain, recordArtifact, recordFailure, releaseClaim, takeClaim, useKnownArtifact } from "../server/record/builds.ts";
import { surfaceNodeVersion, type computeSurface } from "./surfaceNode.ts";

export interface SurfaceJob { caseId: string; value: number; key: string; manifestHash: string }

/** Longest that one surface may take before its thread is ended and the claim may be taken over. */
const surfaceTimeoutMs = 120_000;

type Made = Awaited<ReturnType<typeof computeSurface>>;

function runThread(labelmap: Uint8Array, value: number): Promise<Made> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./surfaceThread.ts", import.meta.url), { workerData: { labelmap, value } });
    const timer = setTimeout(() => {
      void thread.terminate();
      reject(new Error(`the surface took longer than ${surfaceTimeoutMs / 1000} s`));
    }, surfaceTimeoutMs);
    thread.once("message", (made: Made) => { clearTimeout(timer); resolve(made); });
    thread.once("error", (error) => { clearTimeout(timer); reject(error); });
    thread.once("exit", (code) => { clearTimeout(timer); reject(new Error(`the surface thread ended with ${code}`)); });
  });
}

/** The second step: one node of the graph, computed once however often it is asked for (JB1, JB2). */
export async function rebuildSurface(job: SurfaceJob, isLastAttempt: boolean, worker: string, db: Db, blobs: Blobs): Promise<void> {
  if (await useKnownArtifact(db, job.key)) return;
  if (!await isWanted(db, job.key)) return;
  // Somebody else makes it, or died making it: look again later.
  if (!await takeClaim(db, job.key, worker, surfaceTimeoutMs + 10_000)) return void await lookAgain(db, job);
  try {
    const started = performance.now();
    const made = await runThread(await blobs.get(job.manifestHash), job.value);
    const blobHash = await blobs.put(made.mesh);
    await recordArtifact(db, worker, {
      key: job.key, node: `surface@${surfaceNodeVersion}`, inputs: { labelmap: job.manifestHash, segment: job.value },
      blobHash, facts: made.facts as unknown as Record<string, unknown>, ms: Math.round(performance.now() - started),
    });
  } catch (error) {
    await releaseClaim(db, job.key, worker);
    if (isLastAttempt) await recordFailure(db, job.key, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

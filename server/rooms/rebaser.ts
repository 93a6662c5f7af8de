import { Worker } from "node:worker_threads";
import type { Grid } from "../../core/space/grid.ts";
import type { Blobs } from "../platform/blobs.ts";
import type { RebaseRequest } from "./roomTwin.ts";

/** What a rebase is worked out from. Plain data: it crosses to a thread. */
export interface RebaseInput {
  /** The committed document. */
  state: Uint8Array;
  grid: Grid;
  /** What lies below it now. */
  base: { anatomyHash: string; proposalHash: string } | null;
  /** Client ids with the person who holds each. */
  people: readonly (readonly [number, string])[];
  /** People whose strokes are not kept back. */
  exempt: readonly string[];
  /** Youngest strokes of each person that stay. */
  keep: number;
  /** Fewer entries than this are not worth a base. */
  least: number;
}

/** A base that is stored and proven, what takes its strokes out of the document, and how many entries are left in it. */
export interface WorkedRebase { anatomyHash: string; proposalHash: string; left: number; trimmed: number; request: RebaseRequest }

export type RebaseTold = { kind: "nothing" } | { kind: "failed"; message: string } | ({ kind: "worked" } & WorkedRebase)
  | { kind: "blob"; id: number; hash?: string; put?: Uint8Array };
export interface BlobAnswer { id: number; bytes?: Uint8Array; hash?: string; error?: string }

const longestMs = 120_000;
const memoryMb = 2048;

/**
 * Works the next base of a document out in a thread of its own, stores it, reads it again and proves it (A14). Changes
 * nothing. @returns null when there is nothing to fold. @throws Error when it cannot be worked out or proven
 */
export async function workRebase(input: RebaseInput, blobs: Blobs, stop: AbortSignal): Promise<WorkedRebase | null> {
  const worker = new Worker(new URL("./rebaseThread.ts", import.meta.url), {
    workerData: input, execArgv: ["--disable-warning=ExperimentalWarning"], resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WorkedRebase | null>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("a rebase took too long")), longestMs);
      timer.unref();
      stop.addEventListener("abort", () => reject(new Error("the room was closed")), { once: true });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("the thread of a rebase ended")));
      worker.on("message", (told: RebaseTold) => {
        if (told.kind === "nothing") resolve(null);
        else if (told.kind === "worked") resolve(told);
        else if (told.kind === "failed") reject(new Error(told.message));
        else void answer(told, blobs).then((found) => worker.postMessage(found));
      });
    });
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}

async function answer({ id, hash, put }: { id: number; hash?: string; put?: Uint8Array }, blobs: Blobs): Promise<BlobAnswer> {
  try {
    return put ? { id, hash: await blobs.put(put) } : { id, bytes: await blobs.get(hash ?? "") };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : "unknown" };
  }
}

// The thread of a rebase: works the next base out, has it stored, reads it again and proves it. Blobs go through the room.
import { parentPort, workerData } from "node:worker_threads";
import * as Y from "yjs";
import { dropFolded, foldUnder, type MaskBase, planRebase, proveRebase, serverClientId, trimKept } from "../../core/draft/rebase.ts";
import type { BlobContents } from "../../core/draft/trimEntries.ts";
import { decodeLabelmap, encodeLabelmap } from "../../core/mask/labelmap.ts";
import type { MaskFold } from "../../core/mask/maskFold.ts";
import { type BrickRuns, decodeBlobRuns, decodeStroke, StrokeError } from "../../core/mask/stroke.ts";
import type { BlobAnswer, RebaseInput, RebaseTold } from "./rebaser.ts";

const port = parentPort;
const waiting = new Map<number, (answer: BlobAnswer) => void>();
let asked = 0;
const tell = (message: RebaseTold) => port?.postMessage(message);
async function blob(question: { hash: string } | { put: Uint8Array }): Promise<BlobAnswer> {
  const id = ++asked;
  tell({ kind: "blob", id, ...question });
  const answer = await new Promise<BlobAnswer>((resolve) => waiting.set(id, resolve));
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
const get = async (hash: string): Promise<Uint8Array> => (await blob({ hash })).bytes ?? new Uint8Array();
const put = async (bytes: Uint8Array): Promise<string> => (await blob({ put: bytes })).hash ?? "";

async function work({ state, grid, base, people, exempt, keep, least }: RebaseInput): Promise<RebaseTold> {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  const holders = new Map(people);
  const plan = planRebase(doc, (clientId) => holders.get(clientId), keep, new Set(exempt));
  if (!plan || plan.entries < least) return { kind: "nothing" };
  const old: MaskBase = base ? { anatomy: decodeLabelmap(await get(base.anatomyHash)), proposal: decodeLabelmap(await get(base.proposalHash)) } : {};
  const raw = new Map<string, Uint8Array>(), contents = new Map<string, { byteLength: number; bricks: BrickRuns[] }>();
  for (const bytes of doc.getArray<Uint8Array>("strokes").toArray()) {
    const { content } = decodeStroke(bytes);
    if (content.kind !== "blob" || raw.has(content.hash)) continue;
    const found = await get(content.hash);
    raw.set(content.hash, found);
    try {
      contents.set(content.hash, { byteLength: found.length, bricks: decodeBlobRuns(found) });
    } catch (error) {
      if (!(error instanceof StrokeError)) throw error; // folds to nothing (MK3)
    }
  }
  const bring = async (fold: MaskFold): Promise<void> => {
    for (const hash of fold.blobNeeded()) fold.addBlob(hash, raw.get(hash) ?? await get(hash));
  };
  const fold = foldUnder(doc, grid, old, plan);
  await bring(fold);
  const anatomyHash = await put(encodeLabelmap(fold.labelmap())), proposalHash = await put(encodeLabelmap(fold.labelmap("proposal")));
  const trimmed = trimKept(doc, grid, plan, contents satisfies BlobContents);
  for (const { blob: large } of trimmed) if (large && await put(large.bytes) !== large.hash) throw new Error("a blob was stored under another name");
  const rest = new Y.Doc();
  Y.applyUpdate(rest, state);
  rest.clientID = serverClientId;
  dropFolded(rest, plan, trimmed);
  const stateVector = Y.encodeStateVector(doc);
  // Only what was read back counts.
  await proveRebase(doc, rest, grid, old, { anatomy: decodeLabelmap(await get(anatomyHash)), proposal: decodeLabelmap(await get(proposalHash)) }, plan, bring);
  return {
    kind: "worked", anatomyHash, proposalHash, left: rest.getArray("strokes").length + rest.getArray("marks").length, trimmed: trimmed.length,
    request: { update: Y.encodeStateAsUpdate(rest, stateVector), state: stateVector, horizon: plan.horizon, folded: [...plan.folded] },
  };
}

port?.on("message", (answer: BlobAnswer) => {
  waiting.get(answer.id)?.(answer);
  waiting.delete(answer.id);
});
work(workerData as RebaseInput).catch((error: unknown): RebaseTold => ({ kind: "failed", message: error instanceof Error ? error.message : "unknown" })).then((told) => {
  tell(told);
  port?.close();
});

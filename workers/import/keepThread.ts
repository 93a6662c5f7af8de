// Packs slices from a file into acquired.nrrd beside the import's own thread, a block at a time. It gets only what was decoded.
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { packedPieces } from "../../core/volume/packedBlocks.ts";

/** The NRRD's header, the file of its values, and the one to write. */
export interface KeepQuestion { header: Uint8Array; raw: string; out: string }
/** SHA-256 of the file that was written, hex. */
export type KeepAnswer = string;

const { header, raw, out } = workerData as KeepQuestion, from = openSync(raw, "r"), to = openSync(out, "wx"), hash = createHash("sha256");
const put = (bytes: Uint8Array) => {
  hash.update(bytes);
  for (let at = 0; at < bytes.length;) at += writeSync(to, bytes, at);
};
put(header);
for (const piece of packedPieces(statSync(raw).size, (begin, end) => {
  const block = new Uint8Array(end - begin);
  for (let at = 0; at < block.length;) {
    const count = readSync(from, block, at, block.length - at, begin + at);
    if (count === 0) throw new Error("the slices' file ends early");
    at += count;
  }
  return block;
})) put(piece);
closeSync(from);
closeSync(to);
rmSync(raw);
parentPort?.postMessage(hash.digest("hex") satisfies KeepAnswer);

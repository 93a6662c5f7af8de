// Deflates blocks of a volume beside the import's own thread. It gets only what was decoded.
import { parentPort } from "node:worker_threads";
import { packBlock, type PackedBlock } from "../../core/volume/packedBlocks.ts";

/** Bytes to pack and a counter of the blocks that somebody has taken, both shared. */
export interface PackQuestion { bytes: Uint8Array; taken: Int32Array; count: number }
/** A block; null when none is left. */
export type PackAnswer = { index: number; block: PackedBlock } | null;

parentPort?.on("message", ({ bytes, taken, count }: PackQuestion) => {
  for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
    const block = packBlock(bytes, index);
    parentPort?.postMessage({ index, block } satisfies PackAnswer, [block.packed.buffer]);
  }
  parentPort?.postMessage(null satisfies PackAnswer);
});

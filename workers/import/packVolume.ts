import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { blockCount, joinBlocks, packBlock, type PackedBlock } from "../../core/volume/packedBlocks.ts";
import type { PackAnswer, PackQuestion } from "./packThread.ts";

/** Beyond this many threads the packing is not what is waited for. */
const mostThreads = 4;

/**
 * Packs bytes as `core/volume/packedBlocks` does, in threads that begin as soon as they are given. The bytes that come out
 * do not depend on how many there are, nor on whether one of them fails: what is missing is packed here.
 */
export class VolumePacking {
  readonly #threads: Worker[];
  readonly #blocks: (PackedBlock | undefined)[] = [];
  readonly #ends: Promise<void>[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #taken = new Int32Array(new SharedArrayBuffer(4));
  #count = 0;
  #left = 0;
  readonly #whole = Promise.withResolvers<void>();

  /** Starts the threads, so that they have loaded when there is something to do. */
  constructor(threads = Math.min(mostThreads, availableParallelism()) - 1) {
    this.#threads = Array.from({ length: threads }, () => new Worker(new URL("./packThread.ts", import.meta.url)));
    for (const thread of this.#threads) thread.on("error", () => undefined).unref();
  }

  /** Gives the bytes, which lie in shared memory: the other threads begin. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#count = this.#left = blockCount(bytes);
    for (const thread of this.#threads) {
      this.#ends.push(new Promise((done) => {
        thread.once("exit", () => done());
        thread.on("message", (answer: PackAnswer) => {
          if (!answer) return done();
          this.#keep(answer.index, answer.block);
        });
      }));
      thread.ref();
      thread.postMessage({ bytes, taken: this.#taken, count: this.#count } satisfies PackQuestion);
    }
  }

  #keep(index: number, block: PackedBlock): void {
    this.#blocks[index] = block;
    if (--this.#left === 0) this.#whole.resolve();
  }

  /** Packs along with the others, and gives the file when all is packed. */
  async end(): Promise<Uint8Array<ArrayBuffer>> {
    for (let index = Atomics.add(this.#taken, 0, 1); index < this.#count; index = Atomics.add(this.#taken, 0, 1)) this.#keep(index, packBlock(this.#bytes, index));
    // Who has not even loaded yet is not waited for.
    if (this.#left > 0) await Promise.race([this.#whole.promise, Promise.all(this.#ends)]);
    const all = Array.from({ length: this.#count }, (_, index) => this.#blocks[index] ?? packBlock(this.#bytes, index));
    for (const thread of this.#threads) void thread.terminate();
    return joinBlocks(all, this.#bytes.length);
  }
}

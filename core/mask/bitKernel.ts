import { kernelBytes } from "../space/kernelBytes.ts";
import { sharedEngine } from "../space/kernelEngine.ts";
import { type BitEngine, type BitRows, emptyBits, lastMask, type RowOffset, type RunParts } from "./bitRows.ts";
import { BitTwin, limitTable } from "./bitTwin.ts";
import type { TellShare } from "./effects/progress.ts";
import { wasmBase64 } from "./kernel/bits.wasm.ts";

interface Exports {
  pack(from: number, nx: number, rows: number, value: number, words: number, bytes: number): void;
  unpack(words: number, bytes: number, nx: number, rows: number, to: number): void;
  spread(from: number, rows: number, bytes: number, last: number, to: number): void;
  used(words: number, rows: number, bytes: number, used: number): void;
  gather(from: number, ny: number, nz: number, bytes: number, pairs: number, count: number, used: number, list: number, to: number, firstZ: number, endZ: number): void;
  majority(words: number, ny: number, nz: number, bytes: number, table: number, widths: number, sums: number, to: number): void;
  countRuns(words: number, rows: number, bytes: number): number;
  runs(words: number, nx: number, rows: number, bytes: number, edges: number, first: number): void;
  components(edges: number, first: number, ny: number, nz: number, reach: number, roots: number, sizes: number): number;
}

const page = 65_536;
/** Slices that are gathered between two words of how far it is. */
const slab = 4;

/** Work on bit rows as a WebAssembly kernel with memory of its own, reused from call to call. What it returns are copies. */
export class BitKernel implements BitEngine {
  readonly #memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536 });
  readonly #kernel: Exports;
  /** The kernel's own data, if any, lies below. */
  #end = page;

  constructor() {
    const module = new WebAssembly.Module(kernelBytes(wasmBase64) as Uint8Array<ArrayBuffer>);
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Exports;
  }

  /** Address of so many bytes for this call, with what the kernel may read and write beyond. @throws RangeError beyond the 4 GiB of a kernel */
  #room(bytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + bytes + 32) / 16) * 16;
    const missing = Math.ceil((this.#end - this.#memory.buffer.byteLength) / page);
    if (missing > 0) this.#memory.grow(missing);
    return at;
  }

  #put(values: Uint8Array | Uint32Array): number {
    const at = this.#room(values.byteLength);
    new Uint8Array(this.#memory.buffer, at, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return at;
  }

  #rows(at: number, size: BitRows["size"], wordsPerRow: number): BitRows {
    return emptyBits(size, new Uint32Array(this.#memory.buffer, at, wordsPerRow * size[1] * size[2]).slice());
  }

  pack(bytes: Uint8Array, size: BitRows["size"], value = 1): BitRows {
    this.#end = page;
    const { wordsPerRow } = emptyBits([size[0], 0, 0]), rows = size[1] * size[2], from = this.#put(bytes), to = this.#room(4 * wordsPerRow * rows);
    this.#kernel.pack(from, size[0], rows, value, to, 4 * wordsPerRow);
    return this.#rows(to, size, wordsPerRow);
  }

  unpack({ words, wordsPerRow, size }: BitRows): Uint8Array {
    this.#end = page;
    const voxels = size[0] * size[1] * size[2], from = this.#put(words), to = this.#room(voxels);
    this.#kernel.unpack(from, 4 * wordsPerRow, size[0], size[1] * size[2], to);
    return new Uint8Array(this.#memory.buffer, to, voxels).slice();
  }

  union({ words, wordsPerRow, size }: BitRows, offsets: readonly RowOffset[], tell?: TellShare): BitRows {
    this.#end = page;
    const [nx, ny, nz] = size, rows = ny * nz, bytes = 4 * wordsPerRow, volume = bytes * rows, reach = offsets.reduce((most, offset) => Math.max(most, offset.reach), 0);
    const last = this.#put(lastMask(nx)), usedAt = this.#room(rows), pairs = this.#room(12 * offsets.length), list = this.#room(4 * offsets.length);
    const from = this.#room(volume * (reach + 1)), to = this.#room(volume);
    new Uint32Array(this.#memory.buffer, from, words.length).set(words);
    new Int32Array(this.#memory.buffer, pairs, 3 * offsets.length).set(offsets.flatMap((offset) => [offset.dy, offset.dz, volume * offset.reach]));
    this.#kernel.used(from, rows, bytes, usedAt);
    // Widening the rows costs as much as gathering one of them a step.
    const steps = reach + offsets.length;
    for (let r = 0; r < reach; r++) {
      tell?.(r / steps);
      this.#kernel.spread(from + r * volume, rows, bytes, last, from + (r + 1) * volume);
    }
    for (let z = 0; z < nz; z += slab) {
      tell?.((reach + (offsets.length * z) / nz) / steps);
      this.#kernel.gather(from, ny, nz, bytes, pairs, offsets.length, usedAt, list, to, z, Math.min(nz, z + slab));
    }
    return this.#rows(to, size, wordsPerRow);
  }

  majority({ words, wordsPerRow, size }: BitRows, [wx, wy, wz]: readonly [Uint8Array, Uint8Array, Uint8Array]): BitRows {
    this.#end = page;
    const [, ny, nz] = size, bytes = 4 * wordsPerRow, slice = bytes * ny, widths = new Uint8Array(ny + nz);
    widths.set(wy);
    widths.set(wz, ny);
    const from = this.#put(words), table = this.#put(limitTable(wx, wordsPerRow)), widthsAt = this.#put(widths), sums = this.#room(14 * slice), to = this.#room(slice * nz);
    new Uint8Array(this.#memory.buffer, sums, 14 * slice).fill(0);
    this.#kernel.majority(from, ny, nz, bytes, table, widthsAt, sums, to);
    return this.#rows(to, size, wordsPerRow);
  }

  parts({ words, wordsPerRow, size }: BitRows, neighbours: 6 | 26): RunParts {
    this.#end = page;
    const [nx, ny, nz] = size, rows = ny * nz, bytes = 4 * wordsPerRow, from = this.#put(words), count = this.#kernel.countRuns(from, rows, bytes);
    const first = this.#room(4 * (rows + 1)), edges = this.#room(4 * count), roots = this.#room(4 * count), sizes = this.#room(4 * (count + 1));
    this.#kernel.runs(from, nx, rows, bytes, edges, first);
    const parts = this.#kernel.components(edges, first, ny, nz, neighbours === 26 ? 1 : 0, roots, sizes), { buffer } = this.#memory;
    return {
      first: new Int32Array(buffer, first, rows + 1).slice(), edges: new Uint16Array(buffer, edges, 2 * count).slice(),
      numbers: new Int32Array(buffer, roots, count).slice(), sizes: new Int32Array(buffer, sizes, parts + 1).slice(),
    };
  }
}

/** The fastest engine of this thread: the kernel, or its twin where WebAssembly is refused. */
export const bitEngine = sharedEngine<BitEngine>(BitKernel, BitTwin);

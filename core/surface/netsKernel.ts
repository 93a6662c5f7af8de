import type { Grid } from "../space/grid.ts";
import { kernelBytes } from "../space/kernelBytes.ts";
import { sharedEngine } from "../space/kernelEngine.ts";
import type { BitBox } from "./bitBox.ts";
import { wasmBase64 } from "./kernel/nets.wasm.ts";
import type { Mesh } from "./mesh.ts";
import { netsTable } from "./netsTable.ts";
import { apronRings, followRoom, followSteps, relaxSteps, NetsTwin, type Margins, type Nets, type NetsEngine, type OwnPart } from "./netsTwin.ts";

interface Exports {
  vertexCount: { value: number };
  quadCount: { value: number };
  ownedCount: { value: number };
  ownVertexCount: { value: number };
  ownQuadCount: { value: number };
  setTables(...addresses: number[]): void;
  setLimits(limits: number, count: number, ...margins: number[]): void;
  setOutput(...addresses: number[]): void;
  sortByLevel(rim: number, levels: number, sorted: number, order: number, level: number, ends: number): void;
  ownPart(apron: number, name: number, out: number): void;
  equalBits(bytes: number, count: number, value: number, words: number): number;
  countActive(words: number, wordsPerRow: number, x: number, y: number, z: number): number;
  nets(words: number, wordsPerRow: number, x: number, y: number, z: number): void;
  relax(quads: number, count: number, order: number, vertices: number, sums: number, step: number, told: number, back: number): void;
  threshold(values: number, nx: number, rows: number, low: number, high: number, words: number, wordsPerRow: number): void;
  emit(positions: number, triangles: number, ...numbers: number[]): void;
}

const page = 65536;
/** A box up to this many voxels an axis may be a brick with its apron. */
const largestBrick = 96;
/** The kernel's own data, if any, lies below. */
const free = page;
const up16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** The mesher as a WebAssembly kernel with memory of its own. What it returns are views, valid until its next call. */
export class NetsKernel implements NetsEngine {
  readonly #memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  readonly #kernel: Exports;
  readonly #tablesEnd: number;
  readonly #limits: number;
  readonly #sheets: number;
  #margins: Margins | undefined;
  #at = { quads: 0, sums: 0, end: 0 };

  constructor() {
    const module = new WebAssembly.Module(kernelBytes(wasmBase64) as Uint8Array<ArrayBuffer>);
    this.#kernel = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Exports;
    const { plain, joined, turned, sheetCount, firstSheet, sheetOf, sheets } = netsTable();
    let at = free;
    const addresses = [plain, joined, turned, sheetCount, firstSheet, sheetOf, sheets].map((table) => {
      const here = at;
      this.#room(here + table.byteLength + 16);
      new Uint8Array(this.#memory.buffer).set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), here);
      at = up16(at + table.byteLength);
      return here;
    });
    this.#kernel.setTables(...addresses);
    this.#limits = at;
    this.#sheets = sheets.length / 8;
    this.#tablesEnd = up16(at + 48 * this.#sheets);
  }

  #room(bytes: number): void {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / page);
    if (missing > 0) this.#memory.grow(missing);
  }

  bitsOf(content: Uint8Array, value: number, bits: Uint32Array): boolean {
    const at = this.#tablesEnd, words = at + content.length;
    this.#room(words + 4 * bits.length);
    new Uint8Array(this.#memory.buffer).set(content, at);
    const any = this.#kernel.equalBits(at, content.length, value, words);
    bits.set(new Uint32Array(this.#memory.buffer, words, bits.length));
    return any !== 0;
  }

  /** @throws RangeError where the memory of a kernel (4 GiB) does not suffice */
  netsOf({ words, wordsPerRow, size }: BitBox, margins: Margins): Nets {
    const wordsAt = this.#tablesEnd;
    this.#room(wordsAt + words.byteLength + 16);
    new Uint32Array(this.#memory.buffer, wordsAt, words.length).set(words);
    return this.#made(wordsAt, wordsPerRow, size, margins, up16(wordsAt + words.byteLength));
  }

  #made(words: number, wordsPerRow: number, size: readonly [number, number, number], margins: Margins, from: number): Nets {
    const active = this.#kernel.countActive(words, wordsPerRow, ...size), layer = size[0] * size[1];
    const base = from, kinds = up16(base + 8 * layer), cells = up16(kinds + 4 * layer), places = up16(cells + 32 * active), quads = up16(places + 64 * active);
    const sums = up16(quads + 48 * active), end = up16(sums + 64 * active);
    // Views end where the memory grows: what relaxing and parting a brick will need is there before they are made.
    this.#room(end + (size.every((n) => n <= largestBrick) ? 128 * active + page : 0));
    this.#at = { quads, sums, end };
    this.#kernel.setOutput(cells, places, quads, base, kinds);
    if (this.#margins?.every((margin, axis) => margin === margins[axis]) !== true) this.#kernel.setLimits(this.#limits, this.#sheets, ...(this.#margins = margins));
    this.#kernel.nets(words, wordsPerRow, ...size);
    const vertexCount = this.#kernel.vertexCount.value, quadCount = this.#kernel.quadCount.value, { buffer } = this.#memory;
    return {
      vertexCount, quadCount, cells: new Uint16Array(buffer, cells, 4 * vertexCount), places: new Int32Array(buffer, places, 4 * vertexCount),
      quads: new Uint32Array(buffer, quads, 4 * quadCount),
    };
  }

  relax({ vertexCount, quadCount }: Nets, passes: number, _margins: Margins, apron?: number): void {
    const { quads, sums, end } = this.#at;
    if (passes === 0) return;
    const follow = followSteps(passes);
    if (apron === undefined) {
      for (let pass = 0; pass < passes; pass++) this.#kernel.relax(quads, quadCount, 0, vertexCount, sums, relaxSteps[pass & 1], follow[pass & 1], followRoom);
      return;
    }
    const levels = passes + apronRings, sorted = end, order = up16(sorted + 16 * quadCount), level = up16(order + 4 * vertexCount), ends = up16(level + vertexCount);
    this.#room(ends + 8 * (levels + 2));
    this.#kernel.sortByLevel(apron, levels, sorted, order, level, ends);
    const counts = new Int32Array(this.#memory.buffer, ends, 2 * (levels + 2));
    for (let pass = 0; pass < passes; pass++) {
      const reach = levels - 1 - pass;
      this.#kernel.relax(sorted, counts[reach], order, counts[levels + 2 + reach], sums, relaxSteps[pass & 1], follow[pass & 1], followRoom);
    }
  }

  ownPart({ vertexCount, quadCount }: Nets, apron: number): OwnPart {
    const { sums: name, end: out } = this.#at;
    this.#room(out + 16 * vertexCount + 16 * quadCount);
    this.#kernel.ownPart(apron, name, out);
    const owned = this.#kernel.ownedCount.value, count = this.#kernel.ownVertexCount.value, numbers = 4 * this.#kernel.ownQuadCount.value, { buffer } = this.#memory;
    // One copy for all three: a brick is mostly waiting for memory.
    const isWide = count > 65536, own = buffer.slice(out, out + 16 * count + (isWide ? 4 : 2) * numbers);
    return {
      mesh: {
        owned, keys: new Uint32Array(own, 0, count), places: new Int32Array(own, 4 * count, 3 * count),
        quads: isWide ? new Uint32Array(own, 16 * count, numbers) : new Uint16Array(own, 16 * count, numbers),
      },
      nameOf: new Int32Array(buffer, name, vertexCount),
    };
  }

  /** Positions and triangles of the net made last: views, valid until the next call. */
  viewOf({ vertexCount, quadCount }: Nets, first: readonly [number, number, number], { origin, spacing }: Grid): Mesh {
    const positions = this.#at.end, triangles = up16(positions + 12 * vertexCount);
    this.#room(triangles + 24 * quadCount);
    this.#kernel.emit(positions, triangles, ...origin, ...spacing, ...first);
    const { buffer } = this.#memory;
    return { positions: new Float32Array(buffer, positions, 3 * vertexCount), triangles: new Uint32Array(buffer, triangles, 6 * quadCount) };
  }

  /** Room for a volume in the kernel's memory, kept until the next `netsOf`; see `netsOfVolume`. */
  volumeRoom(voxels: number): Int16Array {
    this.#room(this.#tablesEnd + 2 * voxels + 64);
    return new Int16Array(this.#memory.buffer, this.#tablesEnd, voxels);
  }

  /**
   * Bits and net of the volume that was written into `volumeRoom`, for values from `low` to `high`. The volume must hold
   * none of them in its outermost layer, or the surface is open there.
   */
  netsOfVolume(size: readonly [number, number, number], low: number, high: number, margins: Margins): Nets {
    const wordsPerRow = Math.ceil(size[0] / 32), rows = size[1] * size[2], words = up16(this.#tablesEnd + 2 * size[0] * rows), end = up16(words + 4 * wordsPerRow * rows);
    this.#room(end + 64);
    this.#kernel.threshold(this.#tablesEnd, size[0], rows, low, high, words, wordsPerRow);
    return this.#made(words, wordsPerRow, size, margins, end);
  }
}

/** The fastest mesher of this thread: the kernel, or its twin where WebAssembly is refused. */
export const netsEngine = sharedEngine<NetsEngine>(NetsKernel, NetsTwin);

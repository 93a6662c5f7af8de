import type { Grid } from "../space/grid.ts";
import { kernelBytes } from "../space/kernelBytes.ts";
import type { BitBox } from "./bitBox.ts";
import { wasmBase64 } from "./kernel/nets.wasm.ts";
import type { Mesh } from "./mesh.ts";
import { netsTable } from "./netsTable.ts";
import { relaxSteps, NetsTwin, type Margins, type Nets, type NetsEngine } from "./netsTwin.ts";

interface Exports {
  vertexCount: { value: number };
  quadCount: { value: number };
  setTables(...addresses: number[]): void;
  setOutput(...addresses: number[]): void;
  countActive(words: number, wordsPerRow: number, x: number, y: number, z: number): number;
  nets(words: number, wordsPerRow: number, x: number, y: number, z: number): void;
  relax(cells: number, places: number, quads: number, sums: number, vertices: number, count: number, step: number): void;
  threshold(values: number, nx: number, rows: number, low: number, high: number, words: number, wordsPerRow: number): void;
  emit(positions: number, triangles: number, ...numbers: number[]): void;
}

const page = 65536;
/** The kernel's own data, if any, lies below. */
const free = page;
const up16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** The mesher as a WebAssembly kernel with memory of its own. What it returns are views, valid until its next call. */
export class NetsKernel implements NetsEngine {
  readonly #memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  readonly #kernel: Exports;
  readonly #tablesEnd: number;
  #at = { words: 0, cells: 0, places: 0, quads: 0, sums: 0, end: 0 };

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
    this.#tablesEnd = at;
  }

  #room(bytes: number): void {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / page);
    if (missing > 0) this.#memory.grow(missing);
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
    this.#room(end);
    this.#at = { words, cells, places, quads, sums, end };
    this.#kernel.setOutput(cells, places, quads, base, kinds, ...margins);
    this.#kernel.nets(words, wordsPerRow, ...size);
    const vertexCount = this.#kernel.vertexCount.value, quadCount = this.#kernel.quadCount.value, { buffer } = this.#memory;
    return {
      vertexCount, quadCount, cells: new Uint16Array(buffer, cells, 4 * vertexCount), places: new Int32Array(buffer, places, 4 * vertexCount),
      quads: new Uint32Array(buffer, quads, 4 * quadCount),
    };
  }

  relax({ vertexCount, quadCount }: Nets, passes: number): void {
    const { cells, places, quads, sums } = this.#at;
    for (let pass = 0; pass < passes; pass++) this.#kernel.relax(cells, places, quads, sums, vertexCount, quadCount, relaxSteps[pass & 1]);
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

let shared: NetsEngine | undefined;

/** The fastest mesher of this thread: the kernel, or its twin where WebAssembly is refused. */
export function netsEngine(): NetsEngine {
  if (shared) return shared;
  try {
    return shared = new NetsKernel();
  } catch {
    return shared = new NetsTwin();
  }
}

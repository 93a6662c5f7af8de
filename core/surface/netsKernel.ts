import type { Grid } from "../space/grid.ts";
import { kernelBytes } from "../space/kernelBytes.ts";
import { sharedEngine } from "../space/kernelEngine.ts";
import type { BitBox } from "./bitBox.ts";
import { wasmBase64 } from "./kernel/nets.wasm.ts";
import type { Mesh } from "./mesh.ts";
import { netsTable } from "./netsTable.ts";
import { apronRings, followRoom, followSteps, freeSteps, NetsTwin, type Margins, type Nets, type NetsEngine } from "./netsTwin.ts";

interface Exports {
  vertexCount: { value: number };
  quadCount: { value: number };
  setTables(...addresses: number[]): void;
  setLimits(limits: number, count: number, ...margins: number[]): void;
  setOutput(...addresses: number[]): void;
  setLinks(links: number, degrees: number): void;
  equalBits(bytes: number, count: number, value: number, words: number): number;
  countActive(words: number, wordsPerRow: number, x: number, y: number, z: number): number;
  nets(words: number, wordsPerRow: number, x: number, y: number, z: number): void;
  link(): void;
  relax(from: number, to: number, yFrom: number, yTo: number, zFrom: number, zTo: number, step: number, told: number, back: number): void;
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
  readonly #limits: number;
  readonly #sheets: number;
  #margins: Margins | undefined;
  #at: { places: number; other: number; end: number; size: readonly [number, number, number] } = { places: 0, other: 0, end: 0, size: [0, 0, 0] };

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
    const active = this.#kernel.countActive(words, wordsPerRow, ...size), layer = size[0] * size[1], rowCount = size[1] * size[2];
    const base = from, kinds = up16(base + 8 * layer), rows = up16(kinds + 4 * layer), cells = up16(rows + 8 * rowCount), places = up16(cells + 32 * active), quads = up16(places + 64 * active);
    this.#room(up16(quads + 48 * active));
    this.#kernel.setOutput(cells, places, quads, base, kinds, rows);
    if (this.#margins?.every((margin, axis) => margin === margins[axis]) !== true) this.#kernel.setLimits(this.#limits, this.#sheets, ...(this.#margins = margins));
    this.#kernel.nets(words, wordsPerRow, ...size);
    const vertexCount = this.#kernel.vertexCount.value, quadCount = this.#kernel.quadCount.value;
    const other = up16(quads + 16 * quadCount), links = up16(other + 16 * vertexCount), degrees = links + 48 * vertexCount, end = up16(degrees + vertexCount);
    // Views end where the memory grows: what relaxing will need is there before they are made.
    this.#room(end);
    this.#kernel.setLinks(links, degrees);
    this.#at = { places, other, end, size };
    const { buffer } = this.#memory;
    return {
      vertexCount, quadCount, cells: new Uint16Array(buffer, cells, 4 * vertexCount), places: new Int32Array(buffer, places, 4 * vertexCount),
      quads: new Uint32Array(buffer, quads, 4 * quadCount), rows: new Int32Array(buffer, rows, 2 * rowCount),
    };
  }

  relax({ vertexCount, places: view }: Nets, passes: number, _margins: Margins, apron?: number): void {
    if (passes === 0) return;
    const { places, other, size: [, sizeY, sizeZ] } = this.#at, free = freeSteps(passes), follow = followSteps(passes);
    this.#kernel.link();
    // Places go from one room to the other and back.
    if (passes % 2 === 1) new Int32Array(view.buffer, other, 4 * vertexCount).set(view);
    for (let pass = 0; pass < passes; pass++) {
      const isBack = (passes - pass) % 2 === 1, out = apron === undefined ? Infinity : apronRings + passes - 1 - pass, low = Math.max(0, (apron ?? 0) - out);
      const high = (n: number) => Math.min(n - 2, n - 1 - (apron ?? 0) + out);
      this.#kernel.relax(isBack ? other : places, isBack ? places : other, low, high(sizeY), low, high(sizeZ), free[pass & 1], follow[pass & 1], followRoom);
    }
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

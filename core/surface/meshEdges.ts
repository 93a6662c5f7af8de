// Edges and triangles found by their corners, for meshes with any faults: flat tables, since a map of a million arrays costs seconds.

/** A table for up to `most` entries, at most half full. */
const tableFor = (most: number): Int32Array => new Int32Array(1 << (33 - Math.clz32(Math.max(16, most))));
const mixed = (a: number, b: number): number => {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return h ^ (h >>> 15);
};

/** The edges of a mesh, numbered in the order of their first half-edges. Half-edge h runs from corner h to the next of its triangle. */
export class MeshEdges {
  /** How many edges. */
  readonly count: number;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #ends: Int32Array;
  readonly #table: Int32Array;

  constructor(corners: ArrayLike<number>) {
    const sides = corners.length, first = new Int32Array(sides), last = new Int32Array(sides), next = new Int32Array(sides).fill(-1), ends = new Int32Array(2 * sides), table = this.#table = tableFor(sides), mask = table.length - 1;
    let count = 0;
    for (let h = 0; h < sides; h++) {
      const a = corners[h], b = corners[h % 3 === 2 ? h - 2 : h + 1], low = a < b ? a : b, high = a < b ? b : a;
      let at = mixed(low, high) & mask;
      while (table[at] !== 0 && (ends[2 * table[at] - 2] !== low || ends[2 * table[at] - 1] !== high)) at = (at + 1) & mask;
      const known = table[at] - 1;
      if (known >= 0) { next[last[known]] = h; last[known] = h; continue; }
      ends[2 * count] = low;
      ends[2 * count + 1] = high;
      first[count] = last[count] = h;
      table[at] = ++count;
    }
    this.count = count;
    this.#first = first;
    this.#next = next;
    this.#ends = ends;
  }

  /** Whether two vertices are an edge's ends. */
  has(a: number, b: number): boolean {
    const low = Math.min(a, b), high = Math.max(a, b), table = this.#table, mask = table.length - 1;
    for (let at = mixed(low, high) & mask; table[at] !== 0; at = (at + 1) & mask) if (this.#ends[2 * table[at] - 2] === low && this.#ends[2 * table[at] - 1] === high) return true;
    return false;
  }

  /** The first half-edge of an edge. */
  first(edge: number): number { return this.#first[edge]; }
  /** The half-edge of the same edge that comes after h; −1 after the last. */
  next(h: number): number { return this.#next[h]; }

  /** All half-edges of an edge, ascending. */
  sides(edge: number): number[] {
    const sides: number[] = [];
    for (let h = this.#first[edge]; h >= 0; h = this.#next[h]) sides.push(h);
    return sides;
  }
}

/** Remembers triangles by their three corners, in whatever order these come. */
export class SeenTriangles {
  readonly #corners: Int32Array;
  readonly #table: Int32Array;
  #count = 0;

  /** @param most triangles that will be told */
  constructor(most: number) {
    this.#corners = new Int32Array(3 * most);
    this.#table = tableFor(most);
  }

  /** @returns false when a triangle with the same corners was told before */
  add(a: number, b: number, c: number): boolean {
    const at = this.#slot(a, b, c);
    if (this.#table[at] !== 0) return false;
    const low = Math.min(a, b, c), high = Math.max(a, b, c);
    this.#corners.set([low, a + b + c - low - high, high], 3 * this.#count);
    this.#table[at] = ++this.#count;
    return true;
  }

  /** Whether a triangle with the same corners was told. */
  has(a: number, b: number, c: number): boolean { return this.#table[this.#slot(a, b, c)] !== 0; }

  /** Where a triangle stands in the table, or would. */
  #slot(a: number, b: number, c: number): number {
    const low = Math.min(a, b, c), high = Math.max(a, b, c), middle = a + b + c - low - high, table = this.#table, corners = this.#corners, mask = table.length - 1;
    let at = mixed(mixed(low, middle), high) & mask;
    for (; table[at] !== 0; at = (at + 1) & mask) {
      const of = 3 * (table[at] - 1);
      if (corners[of] === low && corners[of + 1] === middle && corners[of + 2] === high) break;
    }
    return at;
  }
}

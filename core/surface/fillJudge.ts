import { eachSelfIntersection } from "./selfIntersections.ts";
import { meshOf, type Work } from "./repairWork.ts";

/** A triangle in more cells than this is looked at every time. */
const mostCells = 64;

/** Boxes of triangles in a grid of cells, so that those near a place are found without asking all. */
class BoxGrid {
  readonly #edge: number;
  readonly #cells = new Map<number, number[]>();
  readonly #large: number[] = [];
  readonly #boxes: number[] = [];

  /** @param edge of a cell, mm */
  constructor(edge: number) { this.#edge = edge; }

  get count(): number { return this.#boxes.length / 6; }

  #ranges(box: readonly number[]): number[] { return box.map((x) => Math.floor(x / this.#edge)); }
  #key(i: number, j: number, k: number): number { return i + 2_097_152 * (j + 131_072 * (k & 0xffff)); }

  /** Adds a triangle's box (low x, y, z, high x, y, z); its number is how many there were. */
  add(box: readonly number[]): void {
    const t = this.count, [i0, j0, k0, i1, j1, k1] = this.#ranges(box);
    this.#boxes.push(...box);
    if ((i1 - i0 + 1) * (j1 - j0 + 1) * (k1 - k0 + 1) > mostCells) { this.#large.push(t); return; }
    for (let k = k0; k <= k1; k++) for (let j = j0; j <= j1; j++) for (let i = i0; i <= i1; i++) {
      const key = this.#key(i, j, k), known = this.#cells.get(key);
      if (known) known.push(t);
      else this.#cells.set(key, [t]);
    }
  }

  /** Numbers of the triangles whose boxes meet a box, ascending. */
  meeting(box: readonly number[]): number[] {
    const [i0, j0, k0, i1, j1, k1] = this.#ranges(box), found = new Set<number>(), B = this.#boxes;
    const look = (t: number): void => {
      const b = 6 * t;
      if (B[b] <= box[3] && B[b + 3] >= box[0] && B[b + 1] <= box[4] && B[b + 4] >= box[1] && B[b + 2] <= box[5] && B[b + 5] >= box[2]) found.add(t);
    };
    // A box of more cells than there are triangles: all are asked.
    if ((i1 - i0 + 1) * (j1 - j0 + 1) * (k1 - k0 + 1) > this.count) for (let t = 0; t < this.count; t++) look(t);
    else {
      for (let k = k0; k <= k1; k++) for (let j = j0; j <= j1; j++) for (let i = i0; i <= i1; i++) for (const t of this.#cells.get(this.#key(i, j, k)) ?? []) look(t);
      for (const t of this.#large) look(t);
    }
    return [...found].sort((a, b) => a - b);
  }
}

/** Low and high corner of triangles as they are written, float32. */
function boxOf(P: readonly number[], corners: readonly number[], from: number, to: number): number[] {
  const box = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  for (let h = from; h < to; h++) for (let i = 0; i < 3; i++) {
    const x = Math.fround(P[3 * corners[h] + i]);
    if (x < box[i]) box[i] = x;
    if (x > box[3 + i]) box[3 + i] = x;
  }
  return box;
}

/** Says of new triangles which would cross one of the mesh or each other; triangles that the mesh gets meanwhile count too. */
export function fillJudge({ P, T }: Work): (triangles: readonly number[]) => Set<number> {
  let extent = 0;
  for (let h = 0; h < T.length; h += 3) {
    const box = boxOf(P, T, h, h + 3);
    extent += Math.max(box[3] - box[0], box[4] - box[1], box[5] - box[2]);
  }
  const grid = new BoxGrid(Math.max(1e-6, (6 * extent) / Math.max(1, T.length)));
  return (triangles) => {
    for (let t = grid.count; t < T.length / 3; t++) grid.add(boxOf(P, T, 3 * t, 3 * t + 3));
    const corners = [...triangles], bad = new Set<number>(), count = triangles.length / 3;
    for (const t of grid.meeting(boxOf(P, triangles, 0, triangles.length))) corners.push(T[3 * t], T[3 * t + 1], T[3 * t + 2]);
    // The first of a pair has the lower number: the new ones come first.
    eachSelfIntersection(meshOf({ P, T: corners }), (s, t) => { for (const at of [s, t]) if (at < count) bad.add(at); });
    return bad;
  };
}

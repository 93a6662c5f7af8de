import type { Grid } from "./grid.ts";

export type Vector = [number, number, number];

/** The canonical grid around slices that lie askew: no direction of the scan is sampled more coarsely than it was. */
export function gridAround(corners: Vector[], row: Vector, column: Vector, normal: Vector, size: [number, number], mm: Vector): Grid {
  const low: Vector = [Infinity, Infinity, Infinity], high: Vector = [-Infinity, -Infinity, -Infinity];
  for (const corner of corners) {
    for (const i of [0, size[0] - 1]) for (const j of [0, size[1] - 1]) for (let axis = 0; axis < 3; axis++) {
      const p = corner[axis] + row[axis] * i * mm[0] + column[axis] * j * mm[1];
      low[axis] = Math.min(low[axis], p);
      high[axis] = Math.max(high[axis], p);
    }
  }
  const directions = [row, column, normal], least = Math.min(...mm);
  const spacing = [0, 1, 2].map((axis) => {
    const finest = Math.min(...directions.map((d, i) => Math.abs(d[axis]) > 1e-3 ? mm[i] / Math.abs(d[axis]) : Infinity));
    return Math.max(least, Math.round(finest * 1e4) / 1e4);
  }) as Vector;
  const dims = [0, 1, 2].map((axis) => Math.floor((high[axis] - low[axis]) / spacing[axis] + 1e-6) + 1) as Vector;
  return { dims, spacing, origin: low };
}

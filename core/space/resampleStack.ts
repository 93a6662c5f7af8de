import type { Grid } from "./grid.ts";
import { slabAt, slabsOf, slabValue, type Slabs } from "./slabs.ts";

type Vector = readonly [number, number, number];

/** Parallel slices of one size and direction, each at its own place. All positions RAS mm. */
export interface SliceStack {
  columns: number;
  rows: number;
  /** HU, columns fastest, then rows, then slices in the order of `corners`. */
  hu: Int16Array;
  /** Centre of each slice's first pixel, ascending along the normal. */
  corners: readonly Vector[];
  /** Unit vectors: towards higher column, towards higher row. */
  rowDirection: Vector;
  columnDirection: Vector;
  /** Millimetres between columns and between rows. */
  columnMm: number;
  rowMm: number;
}
export interface Resampled {
  hu: Int16Array<ArrayBuffer>;
  /** Voxels outside every slice, which became `fill`. */
  outside: number;
  /** Planes that are a slice, voxel for voxel. */
  exactPlanes: number;
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** A plane this near to a slice, mm, is that slice. */
export const samePlaceMm = 0.01;
/** What is left of a pixel position that counts as none. */
const noRest = 1e-6;

/**
 * Fills a canonical grid from slices at their own exact places: in the slice by Catmull-Rom cubic convolution (Keys 1981,
 * a = −½), across slices along their normal by the parabola of each slab (`slabs.ts`). No value leaves the range of the
 * stack's values; voxels outside every slice become `fill`. `roundedHu`: the greatest difference between a value and the
 * whole number it became.
 */
export function resampleStack(stack: SliceStack, grid: Grid, fill: number, onPlane: (fraction: number) => void = () => undefined): Resampled & { roundedHu: number } {
  const { columns, rows, hu: source, corners, columnMm, rowMm } = stack, r = stack.rowDirection, c = stack.columnDirection;
  const normal: Vector = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
  const slabs: Slabs = slabsOf(corners.map((corner) => dot(normal, corner)));
  const count = corners.length, area = columns * rows, [nx, ny, nz] = grid.dims, [sx, sy, sz] = grid.spacing;
  const startI = Float64Array.from(corners, (corner) => dot(r, corner) / columnMm), startJ = Float64Array.from(corners, (corner) => dot(c, corner) / rowMm);
  let least = 32767, most = -32768;
  for (const value of source) { if (value < least) least = value; if (value > most) most = value; }
  const hu = new Int16Array(nx * ny * nz);
  let outside = 0, roundedHu = 0;

  /** One slice at pixel (i, j), within half a pixel of its border; outside that, NaN. */
  const sample = (k: number, ii: number, jj: number): number => {
    const i = ii - startI[k], j = jj - startJ[k];
    if (!(i > -0.5 && i < columns - 0.5 && j > -0.5 && j < rows - 0.5)) return NaN;
    const i0 = Math.floor(i + noRest), j0 = Math.floor(j + noRest);
    const fi = i - i0, fj = j - j0, base = k * area;
    if (fi < noRest && fj < noRest) return source[base + j0 * columns + i0];
    if (fi < noRest || fj < noRest) {
      const isRow = fi < noRest, t = isRow ? fj : fi, top = (isRow ? rows : columns) - 1, mid = isRow ? j0 : i0;
      const step = isRow ? columns : 1, line = base + (isRow ? i0 : j0 * columns);
      const a = source[line + step * (mid > 0 ? mid - 1 : 0)], b = source[line + step * (mid < 0 ? 0 : mid)];
      const d = source[line + step * (mid + 1 > top ? top : mid + 1)], e = source[line + step * (mid + 2 > top ? top : mid + 2)];
      return b + 0.5 * t * (d - a + t * (2 * a - 5 * b + 4 * d - e + t * (3 * (b - d) + e - a)));
    }
    let sum = 0;
    const u = [fi * (-0.5 + fi * (1 - 0.5 * fi)), 1 + fi * fi * (1.5 * fi - 2.5), fi * (0.5 + fi * (2 - 1.5 * fi)), fi * fi * (0.5 * fi - 0.5)];
    for (let m = 0; m < 4; m++) {
      const w = m === 0 ? fj * (-0.5 + fj * (1 - 0.5 * fj)) : m === 1 ? 1 + fj * fj * (1.5 * fj - 2.5) : m === 2 ? fj * (0.5 + fj * (2 - 1.5 * fj)) : fj * fj * (0.5 * fj - 0.5);
      const row = base + Math.max(0, Math.min(rows - 1, j0 + m - 1)) * columns;
      let line = 0;
      for (let n = 0; n < 4; n++) line += u[n] * source[row + Math.max(0, Math.min(columns - 1, i0 + n - 1))];
      sum += w * line;
    }
    return sum;
  };

  for (let z = 0, out = 0; z < nz; z++) {
    const pz = grid.origin[2] + sz * z;
    let k = 0;
    for (let y = 0; y < ny; y++) {
      const py = grid.origin[1] + sy * y;
      for (let x = 0; x < nx; x++, out++) {
        const px = grid.origin[0] + sx * x;
        const along = normal[0] * px + normal[1] * py + normal[2] * pz;
        const ii = (r[0] * px + r[1] * py + r[2] * pz) / columnMm, jj = (c[0] * px + c[1] * py + c[2] * pz) / rowMm;
        const slab = slabAt(slabs, along, k);
        if (slab < 0 || slab === count) { hu[out] = fill; outside++; continue; }
        k = slab;
        const middle = sample(k, ii, jj);
        if (Number.isNaN(middle)) { hu[out] = fill; outside++; continue; }
        const b = k > 0 ? sample(k - 1, ii, jj) : middle, d = k < count - 1 ? sample(k + 1, ii, jj) : middle;
        const a = k > 1 ? sample(k - 2, ii, jj) : b, e = k < count - 2 ? sample(k + 2, ii, jj) : d;
        const b2 = Number.isNaN(b) ? middle : b, d2 = Number.isNaN(d) ? middle : d;
        const value = slabValue(slabs, k, along, Number.isNaN(a) ? b2 : a, b2, middle, d2, Number.isNaN(e) ? d2 : e);
        const whole = Math.round(value);
        if (Math.abs(value - whole) > roundedHu) roundedHu = Math.abs(value - whole);
        hu[out] = whole < least ? least : whole > most ? most : whole;
      }
    }
    onPlane((z + 1) / nz);
  }
  return { hu, outside, exactPlanes: 0, roundedHu };
}

import { type Grid, rasToIjk, type RasPoint } from "../space/grid.ts";
import { BRICK, brickCount, brickDims, brickExtent, brickOrigin, brickRows, brickVoxels } from "./brick.ts";
import type { BrickRuns } from "./brickRuns.ts";

/** A brush tip moved along a polyline. Lengths are real mm, so it is round on anisotropic voxels too. */
export interface BrushStroke {
  /** A disc lies in the slice nearest to each point; a ball reaches into neighbouring slices. */
  shape: "disc" | "ball";
  radiusMm: number;
  /** Axis normal to the slice drawn in: 0 x (sagittal), 1 y (coronal), 2 z (axial). */
  plane: 0 | 1 | 2;
  points: readonly RasPoint[];
}

/** Voxels chosen so far: for each brick 1,024 rows of 32 bits, bit x. */
type RowBits = Map<number, Uint32Array>;

/**
 * Voxels whose centre lies within `radiusMm` of the polyline, and the voxel nearest to each point however small
 * the brush. A segment of a disc stroke that changes slice is drawn in the slice of its end.
 */
export function rasterizeBrush(grid: Grid, brush: BrushStroke): BrickRuns[] {
  const bits: RowBits = new Map();
  const { points, radiusMm } = brush;
  for (let p = 0; p < points.length; p++) {
    setNearest(grid, bits, points[p]);
    if (!(radiusMm > 0)) continue;
    const from = points[Math.max(0, p - 1)];
    const to = points[p];
    if (p === 0 && points.length > 1) continue;
    // Long segments go in pieces, so that the box around each stays near its capsule.
    const length = Math.sqrt((to[0] - from[0]) * (to[0] - from[0]) + (to[1] - from[1]) * (to[1] - from[1]) + (to[2] - from[2]) * (to[2] - from[2]));
    const pieces = Math.max(1, Math.ceil(length / (2 * radiusMm)));
    for (let s = 0; s < pieces; s++) {
      fillCapsule(grid, bits, brush, between(from, to, s / pieces), between(from, to, (s + 1) / pieces), to);
    }
  }
  return runsOfBits(bits);
}

const between = (a: RasPoint, b: RasPoint, t: number): RasPoint =>
  [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t] as unknown as RasPoint;

function nearest(grid: Grid, p: RasPoint): [number, number, number] {
  const v = rasToIjk(grid, p);
  return [Math.floor(v[0] + 0.5), Math.floor(v[1] + 0.5), Math.floor(v[2] + 0.5)];
}

function setNearest(grid: Grid, bits: RowBits, p: RasPoint): void {
  const [i, j, k] = nearest(grid, p);
  const [nx, ny, nz] = grid.dims;
  if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) return;
  setSpan(grid, bits, i, i + 1, j, k);
}

/** Sets voxels [i0, i1) of the row (j, k). */
function setSpan(grid: Grid, bits: RowBits, i0: number, i1: number, j: number, k: number): void {
  const [nbx, nby] = brickDims(grid);
  const row = (j & 31) + (k & 31) * BRICK;
  for (let i = i0; i < i1; ) {
    const brick = (i >> 5) + (j >> 5) * nbx + (k >> 5) * nbx * nby;
    let rows = bits.get(brick);
    if (rows === undefined) {
      rows = new Uint32Array(brickRows);
      bits.set(brick, rows);
    }
    const end = Math.min(i1, (i | 31) + 1);
    const length = end - i;
    rows[row] |= length === 32 ? 0xffffffff : (((1 << length) - 1) << (i & 31));
    i = end;
  }
}

/** All voxels whose centre is within the radius of the segment a–b; a disc measures within its slice only. */
function fillCapsule(grid: Grid, bits: RowBits, brush: BrushStroke, a: RasPoint, b: RasPoint, sliceOf: RasPoint): void {
  const { spacing, origin, dims } = grid;
  const { radiusMm: r, plane } = brush;
  const isDisc = brush.shape === "disc";
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  const slice = nearest(grid, sliceOf)[plane];
  for (let axis = 0; axis < 3; axis++) {
    low[axis] = Math.max(0, Math.ceil((Math.min(a[axis], b[axis]) - r - origin[axis]) / spacing[axis]));
    high[axis] = Math.min(dims[axis] - 1, Math.floor((Math.max(a[axis], b[axis]) + r - origin[axis]) / spacing[axis]));
    if (isDisc && axis === plane) {
      if (slice < 0 || slice >= dims[axis]) return;
      low[axis] = slice;
      high[axis] = slice;
    }
  }
  const weight = [0, 1, 2].map((axis) => (isDisc && axis === plane ? 0 : 1));
  const d = [(b[0] - a[0]) * weight[0], (b[1] - a[1]) * weight[1], (b[2] - a[2]) * weight[2]];
  const dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  for (let k = low[2]; k <= high[2]; k++) {
    const z = (origin[2] + spacing[2] * k - a[2]) * weight[2];
    for (let j = low[1]; j <= high[1]; j++) {
      const y = (origin[1] + spacing[1] * j - a[1]) * weight[1];
      let from = -1;
      let to = -1;
      for (let i = low[0]; i <= high[0]; i++) {
        const x = (origin[0] + spacing[0] * i - a[0]) * weight[0];
        const t = dd > 0 ? Math.min(1, Math.max(0, (x * d[0] + y * d[1] + z * d[2]) / dd)) : 0;
        const ex = x - d[0] * t;
        const ey = y - d[1] * t;
        const ez = z - d[2] * t;
        if (ex * ex + ey * ey + ez * ez > r * r) continue;
        if (from < 0) from = i;
        to = i;
      }
      // A capsule is convex: what it covers of a row is one span.
      if (from >= 0) setSpan(grid, bits, from, to + 1, j, k);
    }
  }
}

function runsOfBits(bits: RowBits): BrickRuns[] {
  const bricks: BrickRuns[] = [];
  for (const brick of [...bits.keys()].sort((a, b) => a - b)) {
    const rows = bits.get(brick)!;
    const runs: number[] = [];
    for (let row = 0; row < brickRows; row++) {
      const word = rows[row];
      if (word === 0) continue;
      for (let x = 0; x < BRICK; x++) {
        if (((word >>> x) & 1) === 0) continue;
        const start = x;
        while (x < BRICK && ((word >>> x) & 1) === 1) x++;
        runs.push(row * BRICK + start, x - start);
      }
    }
    if (runs.length > 0) bricks.push({ brick, runs: Uint16Array.from(runs) });
  }
  return bricks;
}

/** Runs of all voxels for which `holds` is true; `index` is `i + j*nx + k*nx*ny`. */
export function runsFromPredicate(grid: Grid, holds: (index: number) => boolean): BrickRuns[] {
  const [nx, ny] = grid.dims;
  const bricks: BrickRuns[] = [];
  const scratch = new Uint16Array(brickVoxels);
  const count = brickCount(grid);
  for (let brick = 0; brick < count; brick++) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    const [ex, ey, ez] = brickExtent(grid, brick);
    let used = 0;
    for (let z = 0; z < ez; z++) {
      for (let y = 0; y < ey; y++) {
        const at = ox + (oy + y) * nx + (oz + z) * nx * ny;
        const row = y * BRICK + z * brickRows;
        for (let x = 0; x < ex; x++) {
          if (!holds(at + x)) continue;
          const start = x;
          while (x < ex && holds(at + x)) x++;
          scratch[used++] = row + start;
          scratch[used++] = x - start;
        }
      }
    }
    if (used > 0) bricks.push({ brick, runs: scratch.slice(0, used) });
  }
  return bricks;
}

/** Runs of all voxels with `min` ≤ HU ≤ `max`. Throws RangeError when `hu` is not one number a voxel. */
export function threshold(grid: Grid, hu: Int16Array, min: number, max: number): BrickRuns[] {
  if (hu.length !== grid.dims[0] * grid.dims[1] * grid.dims[2]) throw new RangeError("one HU a voxel is needed");
  return runsFromPredicate(grid, (index) => hu[index] >= min && hu[index] <= max);
}

/** The runs without the voxels (local index, brick) that `keep` refuses: masking, locked segments, intensity range. */
export function restrictRuns(bricks: readonly BrickRuns[], keep: (local: number, brick: number) => boolean): BrickRuns[] {
  const kept: BrickRuns[] = [];
  for (const { brick, runs } of bricks) {
    const left: number[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const end = runs[i] + runs[i + 1];
      for (let v = runs[i]; v < end; v++) {
        if (!keep(v, brick)) continue;
        const start = v;
        while (v < end && keep(v, brick)) v++;
        left.push(start, v - start);
      }
    }
    if (left.length > 0) kept.push({ brick, runs: Uint16Array.from(left) });
  }
  return kept;
}

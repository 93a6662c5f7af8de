import { type Grid, rasToIjk, type RasPoint } from "../space/grid.ts";
import { BRICK, brickCount, brickExtent, brickOrigin, brickRows, brickVoxels } from "./brick.ts";
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

/** Voxels chosen so far: for each brick 1,024 rows of 32 bits, bit x; and the brick written to last. */
interface RowBits {
  bricks: Map<number, Uint32Array>;
  last: number;
  lastRows: Uint32Array;
}

/**
 * Voxels whose centre lies within `radiusMm` of the polyline, and the voxel nearest to each point however small
 * the brush. A segment of a disc stroke that changes slice is drawn in the slice of its end.
 */
export function rasterizeBrush(grid: Grid, brush: BrushStroke): BrickRuns[] {
  const bits: RowBits = { bricks: new Map(), last: -1, lastRows: new Uint32Array() };
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
  const nbx = (grid.dims[0] + 31) >> 5;
  const nby = (grid.dims[1] + 31) >> 5;
  const row = (j & 31) + (k & 31) * BRICK;
  for (let i = i0; i < i1; ) {
    const brick = (i >> 5) + (j >> 5) * nbx + (k >> 5) * nbx * nby;
    if (brick !== bits.last) {
      let rows = bits.bricks.get(brick);
      if (rows === undefined) bits.bricks.set(brick, (rows = new Uint32Array(brickRows)));
      bits.last = brick;
      bits.lastRows = rows;
    }
    const rows = bits.lastRows;
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
  const isFlat = (axis: number): boolean => isDisc && axis === plane;
  const dx = isFlat(0) ? 0 : b[0] - a[0];
  const dy = isFlat(1) ? 0 : b[1] - a[1];
  const dz = isFlat(2) ? 0 : b[2] - a[2];
  const dd = dx * dx + dy * dy + dz * dz;
  const left = origin[0] - a[0];
  for (let k = low[2]; k <= high[2]; k++) {
    const z = isFlat(2) ? 0 : origin[2] + spacing[2] * k - a[2];
    for (let j = low[1]; j <= high[1]; j++) {
      const y = isFlat(1) ? 0 : origin[1] + spacing[1] * j - a[1];
      if (isFlat(0)) {
        if (isWithin(0, y, z, dx, dy, dz, dd, r)) setSpan(grid, bits, low[0], high[0] + 1, j, k);
        continue;
      }
      // Where the row meets the two balls and the cylinder between them; a capsule is convex, so that is one span.
      let from = Infinity;
      let to = -Infinity;
      const q = y * y + z * z;
      if (q <= r * r) {
        to = Math.sqrt(r * r - q);
        from = -to;
      }
      const end = (y - dy) * (y - dy) + (z - dz) * (z - dz);
      if (end <= r * r) {
        const h = Math.sqrt(r * r - end);
        if (dx - h < from) from = dx - h;
        if (dx + h > to) to = dx + h;
      }
      if (dd > 0) {
        const s = y * dy + z * dz;
        const square = 1 - (dx * dx) / dd;
        if (square > 1e-12) {
          const half = (dx * s) / dd;
          const root = half * half - square * (q - (s * s) / dd - r * r);
          if (root >= 0) {
            let x0 = (half - Math.sqrt(root)) / square;
            let x1 = (half + Math.sqrt(root)) / square;
            if (dx !== 0) {
              x0 = Math.max(x0, (dx > 0 ? -s : dd - s) / dx);
              x1 = Math.min(x1, (dx > 0 ? dd - s : -s) / dx);
            } else if (s < 0 || s > dd) {
              x1 = -Infinity;
            }
            if (x0 <= x1) {
              if (x0 < from) from = x0;
              if (x1 > to) to = x1;
            }
          }
        }
      }
      if (from > to) continue;
      let i0 = Math.max(low[0], Math.ceil((from - left) / spacing[0]));
      let i1 = Math.min(high[0], Math.floor((to - left) / spacing[0]));
      // Roots are rounded; the voxels at either end are judged by the distance itself.
      while (i0 > low[0] && isWithin(left + spacing[0] * (i0 - 1), y, z, dx, dy, dz, dd, r)) i0--;
      while (i0 <= i1 && !isWithin(left + spacing[0] * i0, y, z, dx, dy, dz, dd, r)) i0++;
      while (i1 < high[0] && isWithin(left + spacing[0] * (i1 + 1), y, z, dx, dy, dz, dd, r)) i1++;
      while (i1 >= i0 && !isWithin(left + spacing[0] * i1, y, z, dx, dy, dz, dd, r)) i1--;
      if (i0 <= i1) setSpan(grid, bits, i0, i1 + 1, j, k);
    }
  }
}

/** Whether a point relative to the start of a segment d lies within r of it. */
function isWithin(x: number, y: number, z: number, dx: number, dy: number, dz: number, dd: number, r: number): boolean {
  const t = dd > 0 ? Math.min(1, Math.max(0, (x * dx + y * dy + z * dz) / dd)) : 0;
  const ex = x - dx * t;
  const ey = y - dy * t;
  const ez = z - dz * t;
  return ex * ex + ey * ey + ez * ez <= r * r;
}

function runsOfBits(bits: RowBits): BrickRuns[] {
  const bricks: BrickRuns[] = [];
  for (const brick of [...bits.bricks.keys()].sort((a, b) => a - b)) {
    const rows = bits.bricks.get(brick)!;
    const runs: number[] = [];
    for (let row = 0; row < brickRows; row++) {
      const word = rows[row];
      if (word === 0) continue;
      // One run after the other: its first bit, then how many follow.
      for (let left = word; left !== 0; ) {
        const start = 31 - Math.clz32(left & -left);
        const gaps = ~(left >>> start);
        const length = gaps === 0 ? BRICK : Math.min(BRICK - start, 31 - Math.clz32(gaps & -gaps));
        runs.push(row * BRICK + start, length);
        left = start + length === BRICK ? 0 : (left >>> (start + length)) << (start + length);
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

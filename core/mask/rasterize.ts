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

/** Voxels chosen so far: for each brick of a box of bricks 1,024 rows of 32 bits, bit x; nothing for a brick not touched yet. */
interface RowBits {
  /** First brick of the box on each axis, and how many bricks it has on x and y. */
  low: readonly [number, number, number];
  nbx: number;
  nby: number;
  bricks: (Uint32Array | undefined)[];
}

/** How near a span's end may lie to a voxel's centre, in voxels, before the distance itself decides; roots err by less than 1e-5. */
const endMargin = 1e-3;

/**
 * Voxels whose centre lies within `radiusMm` of the polyline, and the voxel nearest to each point however small
 * the brush. A segment of a disc stroke that changes slice is drawn in the slice of its end.
 */
export function rasterizeBrush(grid: Grid, brush: BrushStroke): BrickRuns[] {
  const { points, radiusMm } = brush;
  const bits = rowBits(grid, points, radiusMm);
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
  return runsOfBits(grid, bits);
}

/** Room for the bricks that the polyline's box touches, `radiusMm` and a voxel wider. */
function rowBits(grid: Grid, points: BrushStroke["points"], radiusMm: number): RowBits {
  const low: [number, number, number] = [0, 0, 0], counts = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    let least = Infinity, most = -Infinity;
    for (const point of points) {
      if (point[axis] < least) least = point[axis];
      if (point[axis] > most) most = point[axis];
    }
    const reach = (radiusMm > 0 ? radiusMm : 0) / grid.spacing[axis] + 1, last = grid.dims[axis] - 1;
    const from = Math.max(0, Math.floor((least - grid.origin[axis]) / grid.spacing[axis] - reach)), to = Math.min(last, Math.ceil((most - grid.origin[axis]) / grid.spacing[axis] + reach));
    low[axis] = from >> 5;
    counts[axis] = to < from ? 0 : (to >> 5) - (from >> 5) + 1;
  }
  return { low, nbx: counts[0], nby: counts[1], bricks: Array.from({ length: counts[0] * counts[1] * counts[2] }, () => undefined) };
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
  setSpan(bits, i, i + 1, j, k);
}

/** Sets voxels [i0, i1) of the row (j, k). */
function setSpan(bits: RowBits, i0: number, i1: number, j: number, k: number): void {
  const { low, nbx, nby, bricks } = bits;
  const line = ((j >> 5) - low[1] + ((k >> 5) - low[2]) * nby) * nbx - low[0], row = (j & 31) + (k & 31) * BRICK;
  for (let i = i0; i < i1; ) {
    const brick = (i >> 5) + line, end = Math.min(i1, (i | 31) + 1), length = end - i;
    const rows = bricks[brick] ??= new Uint32Array(brickRows);
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
  const left = origin[0] - a[0], step = spacing[0], rr = r * r, low0 = low[0], high0 = high[0];
  // The cylinder between the balls, divided once for all rows.
  const square = dd > 0 ? 1 - (dx * dx) / dd : 0, hasCylinder = square > 1e-12;
  const perSquare = hasCylinder ? 1 / square : 0, perLength = dd > 0 ? 1 / dd : 0, perX = dx === 0 ? 0 : 1 / dx, perStep = 1 / step;
  // A segment almost along or almost across the rows makes its roots err more: all ends are judged then.
  const areRootsSharp = (!hasCylinder || square > 1e-4) && (dx === 0 || dx * dx > 1e-12 * dd);
  for (let k = low[2]; k <= high[2]; k++) {
    const z = isFlat(2) ? 0 : origin[2] + spacing[2] * k - a[2];
    for (let j = low[1]; j <= high[1]; j++) {
      const y = isFlat(1) ? 0 : origin[1] + spacing[1] * j - a[1];
      if (isFlat(0)) {
        if (isWithin(0, y, z, dx, dy, dz, dd, r)) setSpan(bits, low0, high0 + 1, j, k);
        continue;
      }
      // Where the row meets the two balls and the cylinder between them; a capsule is convex, so that is one span.
      let from = Infinity;
      let to = -Infinity;
      const q = y * y + z * z;
      if (q <= rr) {
        to = Math.sqrt(rr - q);
        from = -to;
      }
      const end = (y - dy) * (y - dy) + (z - dz) * (z - dz);
      if (end <= rr) {
        const h = Math.sqrt(rr - end);
        if (dx - h < from) from = dx - h;
        if (dx + h > to) to = dx + h;
      }
      if (hasCylinder) {
        const s = y * dy + z * dz;
        const half = dx * s * perLength;
        const root = half * half - square * (q - s * s * perLength - rr);
        if (root >= 0) {
          const reach = Math.sqrt(root);
          let x0 = (half - reach) * perSquare;
          let x1 = (half + reach) * perSquare;
          if (dx !== 0) {
            const first = (dx > 0 ? -s : dd - s) * perX, last = (dx > 0 ? dd - s : -s) * perX;
            if (first > x0) x0 = first;
            if (last < x1) x1 = last;
          } else if (s < 0 || s > dd) {
            x1 = -Infinity;
          }
          if (x0 <= x1) {
            if (x0 < from) from = x0;
            if (x1 > to) to = x1;
          }
        }
      }
      if (from > to) continue;
      const first = (from - left) * perStep, last = (to - left) * perStep;
      let i0 = Math.ceil(first), i1 = Math.floor(last);
      if (areRootsSharp && i0 - first > endMargin && i0 - first < 1 - endMargin && last - i1 > endMargin && last - i1 < 1 - endMargin) {
        if (i0 < low0) i0 = low0;
        if (i1 > high0) i1 = high0;
      } else {
        // Roots are rounded; the voxels at either end are judged by the distance itself.
        i0 = Math.max(low0, i0);
        i1 = Math.min(high0, i1);
        while (i0 > low0 && isWithin(left + step * (i0 - 1), y, z, dx, dy, dz, dd, r)) i0--;
        while (i0 <= i1 && !isWithin(left + step * i0, y, z, dx, dy, dz, dd, r)) i0++;
        while (i1 < high0 && isWithin(left + step * (i1 + 1), y, z, dx, dy, dz, dd, r)) i1++;
        while (i1 >= i0 && !isWithin(left + step * i1, y, z, dx, dy, dz, dd, r)) i1--;
      }
      if (i0 <= i1) setSpan(bits, i0, i1 + 1, j, k);
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

function runsOfBits(grid: Grid, bits: RowBits): BrickRuns[] {
  const bricks: BrickRuns[] = [], runs = new Uint16Array(brickVoxels);
  const nbx = (grid.dims[0] + 31) >> 5, nby = (grid.dims[1] + 31) >> 5;
  for (let at = 0; at < bits.bricks.length; at++) {
    const rows = bits.bricks[at];
    if (rows === undefined) continue;
    const line = Math.floor(at / bits.nbx), bx = bits.low[0] + (at % bits.nbx), by = bits.low[1] + (line % bits.nby), bz = bits.low[2] + Math.floor(line / bits.nby);
    let used = 0;
    for (let row = 0; row < brickRows; row++) {
      const word = rows[row];
      if (word === 0) continue;
      // One run after the other: its first bit, then how many follow.
      for (let left = word; left !== 0; ) {
        const start = 31 - Math.clz32(left & -left);
        const gaps = ~(left >>> start);
        const length = gaps === 0 ? BRICK : Math.min(BRICK - start, 31 - Math.clz32(gaps & -gaps));
        runs[used++] = row * BRICK + start;
        runs[used++] = length;
        left = start + length === BRICK ? 0 : (left >>> (start + length)) << (start + length);
      }
    }
    if (used > 0) bricks.push({ brick: bx + (by + bz * nby) * nbx, runs: runs.slice(0, used) });
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

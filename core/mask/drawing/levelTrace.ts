import { type Grid, ijkPoint, ijkToRas, rasPoint, type RasPoint, rasToIjk } from "../../space/grid.ts";
import { BRICK, brickCount, brickExtent, brickOrigin } from "../brick.ts";
import type { BrickRuns } from "../brickRuns.ts";
import { planeAxes, sliceOf } from "./frame.ts";
import type { planeNames } from "./intent.ts";

type Plane = (typeof planeNames)[number];

/** The edge that runs under a point of a slice. */
export interface LevelLoop {
  /** HU of the edge: those at the point, between the voxels around it. */
  level: number;
  slice: number;
  /** Corners of the closed line, RAS mm; the volume's edge lies half a voxel outside its last centres. */
  points: RasPoint[];
  /** Voxels inside it, for each line of the slice's second axis that has some: line, then from, end, from, end … along its first axis. */
  lines: { line: number; spans: number[] }[];
}

/** A slice's HU as a grid of points; beyond it everything lies below any level. */
interface Sheet { width: number; height: number; hu(a: number, b: number): number }

function sheetOf(grid: Grid, hu: Int16Array, plane: Plane, slice: number): Sheet {
  const [normal, u, v] = planeAxes[plane], strides = [1, grid.dims[0], grid.dims[0] * grid.dims[1]], [su, sv] = [strides[u], strides[v]], start = slice * strides[normal];
  const width = grid.dims[u], height = grid.dims[v];
  return { width, height, hu: (a, b) => (a < 0 || b < 0 || a >= width || b >= height ? -Infinity : hu[start + a * su + b * sv]) };
}

/** Sides of a cell: 0 between its two lower voxels, 1 its right, 2 its upper, 3 its left ones. */
type Side = 0 | 1 | 2 | 3;

/**
 * The iso-line of a slice through a point, at the HU that the point has between its four voxels (bilinear): closed,
 * as marching squares walk it; where a cell is crossed twice, its middle's HU (the bilinear saddle) tells which ends
 * belong together. Where all around the point lies at its level or above, the line is the first one met along the
 * slice's first axis.
 * @returns undefined outside the volume
 */
export function levelLoop(grid: Grid, hu: Int16Array, plane: Plane, at: readonly [number, number, number]): LevelLoop | undefined {
  const [normal, u, v] = planeAxes[plane], p = rasToIjk(grid, rasPoint(...at)), slice = sliceOf(grid, normal, at), sheet = sheetOf(grid, hu, plane, slice);
  if ([0, 1, 2].some((axis) => p[axis] < -0.5 || p[axis] >= grid.dims[axis] - 0.5)) return undefined;
  const { width, height } = sheet, x = Math.min(width - 1, Math.max(0, p[u])), y = Math.min(height - 1, Math.max(0, p[v]));
  const a0 = Math.min(Math.max(0, width - 2), Math.floor(x)), b0 = Math.min(Math.max(0, height - 2), Math.floor(y)), s = x - a0, t = y - b0;
  const corner = (da: number, db: number) => sheet.hu(Math.min(width - 1, a0 + da), Math.min(height - 1, b0 + db));
  const mix = (low: number, high: number, part: number) => low + (high - low) * part;
  const level = mix(mix(corner(0, 0), corner(1, 0), s), mix(corner(0, 1), corner(1, 1), s), t);
  const isIn = (a: number, b: number) => sheet.hu(a, b) >= level;

  let a = a0, b = b0, side = firstSide(sheet, level, a0, b0, s);
  if (side === undefined) {
    // No edge in this cell: along the line to the first voxel below the level (or the volume's edge).
    b = Math.floor(y + 0.5);
    a = Math.floor(x + 0.5);
    while (isIn(a, b) === isIn(a + 1, b) && a < width) a++;
    side = 0;
  }
  const start = { a, b, side }, corners: [number, number][] = [], turns = new Map<number, number[]>();
  for (let step = 0; step <= 4 * (width + 2) * (height + 2); step++) {
    corners.push(crossing(sheet, level, a, b, side));
    // A line of voxels is left or entered where the edge runs between two of it.
    if (side === 0 || side === 2) {
      const line = side === 0 ? b : b + 1, list = turns.get(line);
      if (list) list.push(a + 1); else turns.set(line, [a + 1]);
    }
    const out = sideAcross(sheet, level, a, b, side);
    // Into the neighbouring cell, whose opposite side that is.
    if (out === 0) b--; else if (out === 2) b++; else if (out === 1) a++; else a--;
    side = ((out + 2) % 4) as Side;
    if (a === start.a && b === start.b && side === start.side) break;
  }
  const lines = [...turns].map(([line, list]) => ({ line, spans: list.sort((one, other) => one - other) })).sort((one, other) => one.line - other.line);
  const points = corners.map(([pa, pb]) => {
    const ijk: [number, number, number] = [0, 0, 0];
    ijk[normal] = slice;
    ijk[u] = pa;
    ijk[v] = pb;
    return ijkToRas(grid, ijkPoint(...ijk));
  });
  return { level, slice, points, lines };
}

/** The corner voxels of a cell, counted round: which lie at the level or above. */
function corners({ hu }: Sheet, level: number, a: number, b: number): [boolean, boolean, boolean, boolean] {
  return [hu(a, b) >= level, hu(a + 1, b) >= level, hu(a + 1, b + 1) >= level, hu(a, b + 1) >= level];
}

/** Whether the two corners that lie at the level or above are joined through a cell crossed twice. */
function isJoined({ hu }: Sheet, level: number, a: number, b: number): boolean {
  const h00 = hu(a, b), h10 = hu(a + 1, b), h11 = hu(a + 1, b + 1), h01 = hu(a, b + 1), sum = h00 + h11 - h10 - h01;
  // The bilinear function's saddle; at the volume's edge there is none, and what lies outside joins nothing.
  const saddle = (h00 * h11 - h10 * h01) / sum;
  return Number.isFinite(saddle) && saddle >= level;
}

/** Where the edge leaves a cell that it entered through a side. */
function sideAcross(sheet: Sheet, level: number, a: number, b: number, side: Side): Side {
  const c = corners(sheet, level, a, b), crossed = [c[0] !== c[1], c[1] !== c[2], c[2] !== c[3], c[3] !== c[0]], many = crossed.filter(Boolean).length;
  if (many === 2) return crossed.findIndex((is, n) => is && n !== side) as Side;
  // Around corner 0 and 2 run the pairs (3,0) and (1,2); around 1 and 3 (0,1) and (2,3).
  const isAround02 = c[0] !== isJoined(sheet, level, a, b);
  return (isAround02 ? [3, 2, 1, 0][side] : [1, 0, 3, 2][side]) as Side;
}

/** A side of the cell through which the edge under the point enters it; undefined where there is no edge in it. */
function firstSide(sheet: Sheet, level: number, a: number, b: number, s: number): Side | undefined {
  const c = corners(sheet, level, a, b), crossed = [c[0] !== c[1], c[1] !== c[2], c[2] !== c[3], c[3] !== c[0]], many = crossed.filter(Boolean).length;
  if (many < 4) return many === 0 ? undefined : (crossed.indexOf(true) as Side);
  // Two edges in one cell: the point's own is the one on its side of the saddle.
  const { hu } = sheet, h00 = hu(a, b), h10 = hu(a + 1, b), h11 = hu(a + 1, b + 1), h01 = hu(a, b + 1), sum = h00 + h11 - h10 - h01;
  const isRight = s > (h00 - h01) / sum;
  return isRight ? 1 : 3;
}

/** Where the level lies on a side of a cell; half way where one end is outside the volume. */
function crossing({ hu }: Sheet, level: number, a: number, b: number, side: Side): [number, number] {
  const [pa, pb, qa, qb] = side === 0 ? [a, b, a + 1, b] : side === 1 ? [a + 1, b, a + 1, b + 1] : side === 2 ? [a, b + 1, a + 1, b + 1] : [a, b, a, b + 1];
  const low = hu(pa, pb), high = hu(qa, qb), part = Number.isFinite(low) && Number.isFinite(high) ? (level - low) / (high - low) : 0.5;
  return [pa + (qa - pa) * part, pb + (qb - pb) * part];
}

/** Runs of the voxels inside a loop. */
export function loopRuns(grid: Grid, plane: Plane, { slice, lines }: LevelLoop): BrickRuns[] {
  const [normal, u, v] = planeAxes[plane], width = grid.dims[u], bits = new Uint8Array(width * grid.dims[v]), bricks: BrickRuns[] = [];
  for (const { line, spans } of lines) for (let n = 0; n + 1 < spans.length; n += 2) bits.fill(1, line * width + spans[n], line * width + spans[n + 1]);
  for (let brick = 0; brick < brickCount(grid); brick++) {
    const origin = brickOrigin(grid, brick), extent = brickExtent(grid, brick), runs: number[] = [];
    if (slice < origin[normal] || slice >= origin[normal] + extent[normal]) continue;
    const low: [number, number, number] = [0, 0, 0], end: [number, number, number] = [extent[0], extent[1], extent[2]];
    low[normal] = slice - origin[normal];
    end[normal] = low[normal] + 1;
    for (let z = low[2]; z < end[2]; z++) for (let y = low[1]; y < end[1]; y++) for (let x = low[0], from = -1; x <= end[0]; x++) {
      const at = [origin[0] + x, origin[1] + y, origin[2] + z], is = x < end[0] && bits[at[u] + at[v] * width] === 1;
      if (is && from < 0) from = x;
      if (!is && from >= 0) { runs.push(from + BRICK * (y + BRICK * z), x - from); from = -1; }
    }
    if (runs.length > 0) bricks.push({ brick, runs: Uint16Array.from(runs) });
  }
  return bricks;
}

import type { Grid } from "../space/grid.ts";
import { BRICK, brickCount, brickExtent, brickOrigin, brickVoxels, maxBrickIndex } from "./brick.ts";
import { type ByteReader, type ByteWriter, FormatError, varuintSize } from "./byteCursor.ts";

/**
 * Voxels of one brick as pairs (start, length) of local indices: ascending, apart, as long as
 * they can be, never crossing an x-row (MK2).
 */
export interface BrickRuns {
  brick: number;
  runs: Uint16Array;
}

/** A run on the wire is one varuint: gap since the end of the run before × 32 + (length − 1). */
const runCode = (gap: number, length: number): number => gap * BRICK + length - 1;

/** Bytes of one brick's runs on the wire, without the brick's own number and count. */
export function runsSize(runs: Uint16Array, from = 0, to = runs.length): number {
  let size = 0;
  let end = 0;
  for (let i = from; i < to; i += 2) {
    size += varuintSize(runCode(runs[i] - end, runs[i + 1]));
    end = runs[i] + runs[i + 1];
  }
  return size;
}

/** Says what is wrong with the runs of a brick, or nothing. */
export function runsProblem(runs: Uint16Array): string | undefined {
  if (runs.length === 0 || runs.length % 2 !== 0) return "a brick without whole runs";
  let end = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const start = runs[i];
    const length = runs[i + 1];
    if (start < end) return "runs overlap or are out of order";
    if (length < 1 || start + length > brickVoxels) return "run outside its brick";
    if ((start % BRICK) + length > BRICK) return "run crosses an x-row";
    if (i > 0 && start === end && start % BRICK !== 0) return "two runs that are one";
    end = start + length;
  }
  return undefined;
}

/** Writes a list of bricks, ascending and each once; throws `FormatError` where it is not canonical. */
export function writeBricks(out: ByteWriter, bricks: readonly BrickRuns[]): void {
  out.varuint(bricks.length);
  let before = -1;
  for (const { brick, runs } of bricks) {
    if (!Number.isInteger(brick) || brick <= before || brick > maxBrickIndex) throw new FormatError("bricks must ascend");
    const problem = runsProblem(runs);
    if (problem !== undefined) throw new FormatError(problem);
    out.varuint(brick - before - 1);
    out.varuint(runs.length / 2);
    let end = 0;
    for (let i = 0; i < runs.length; i += 2) {
      out.varuint(runCode(runs[i] - end, runs[i + 1]));
      end = runs[i] + runs[i + 1];
    }
    before = brick;
  }
}

/** Where runs are read into before it is known how many there are. */
let scratch = new Uint16Array(4096);

/** Reads what `writeBricks` wrote; throws `FormatError`. All runs lie in one array. Memory stays within 8 × the bytes read. */
export function readBricks(from: ByteReader): BrickRuns[] {
  const count = from.varuint(maxBrickIndex + 1);
  if (count > from.left) throw new FormatError("more bricks than bytes");
  const numbers: number[] = [], ends: number[] = [];
  let before = -1, used = 0;
  for (let b = 0; b < count; b++) {
    const brick = before + 1 + from.varuint(maxBrickIndex);
    if (brick > maxBrickIndex) throw new FormatError("brick number too large");
    const runCount = from.varuint(brickVoxels);
    if (runCount > from.left) throw new FormatError("more runs than bytes");
    if (runCount === 0) throw new FormatError("a brick without whole runs");
    if (used + 2 * runCount > scratch.length) {
      const larger = new Uint16Array(2 * (used + 2 * runCount));
      larger.set(scratch.subarray(0, used));
      scratch = larger;
    }
    let end = 0;
    for (let i = used, last = used + 2 * runCount; i < last; i += 2) {
      const code = from.varuint(brickVoxels * BRICK), start = end + (code >> 5), length = (code & 31) + 1;
      // What `runsProblem` asks, as far as the code does not rule it out.
      if (start + length > brickVoxels) throw new FormatError("run outside its brick");
      if ((start & 31) + length > BRICK) throw new FormatError("run crosses an x-row");
      if (start === end && (start & 31) !== 0 && i > used) throw new FormatError("two runs that are one");
      scratch[i] = start;
      scratch[i + 1] = length;
      end = start + length;
    }
    used += 2 * runCount;
    numbers.push(brick);
    ends.push(used);
    before = brick;
  }
  const all = scratch.slice(0, used);
  if (scratch.length > 1 << 20) scratch = new Uint16Array(4096);
  return numbers.map((brick, b) => ({ brick, runs: all.subarray(b === 0 ? 0 : ends[b - 1], ends[b]) }));
}

/** Says which run lies outside the grid (or outside `box`, half-open voxel bounds), or nothing. */
export function outsideProblem(
  grid: Grid, bricks: readonly BrickRuns[], box?: readonly [number, number, number, number, number, number],
): string | undefined {
  const count = brickCount(grid), [nx, ny, nz] = grid.dims, nbx = Math.ceil(nx / BRICK), nby = Math.ceil(ny / BRICK);
  for (const { brick, runs } of bricks) {
    if (brick >= count) return `brick ${brick} is outside the grid`;
    const line = Math.floor(brick / nbx);
    // A brick that lies inside the grid whole holds whatever its runs say.
    if (box === undefined && (brick % nbx) * BRICK + BRICK <= nx && (line % nby) * BRICK + BRICK <= ny && Math.floor(line / nby) * BRICK + BRICK <= nz) continue;
    const low = [0, 0, 0];
    const high: number[] = brickExtent(grid, brick);
    const origin = brickOrigin(grid, brick);
    if (box !== undefined) {
      for (let a = 0; a < 3; a++) {
        low[a] = Math.max(low[a], box[a] - origin[a]);
        high[a] = Math.min(high[a], box[a + 3] - origin[a]);
      }
    }
    for (let i = 0; i < runs.length; i += 2) {
      const x = runs[i] & 31;
      const y = (runs[i] >> 5) & 31;
      const z = runs[i] >> 10;
      if (x < low[0] || x + runs[i + 1] > high[0] || y < low[1] || y >= high[1] || z < low[2] || z >= high[2]) {
        return `brick ${brick} has a run outside the ${box === undefined ? "grid" : "box"}`;
      }
    }
  }
  return undefined;
}

/** Bricks in their order, in portions whose runs take at most so many bytes each; a brick that takes more is a portion of its own. */
export function portionsOf(bricks: readonly BrickRuns[], mostBytes: number): BrickRuns[][] {
  const made: BrickRuns[][] = [];
  let size = Infinity;
  for (const brick of bricks) {
    const own = runsSize(brick.runs);
    if (size + own > mostBytes) { made.push([]); size = 0; }
    made[made.length - 1].push(brick);
    size += own;
  }
  return made;
}

/** Smallest half-open voxel box around all runs; all zero when there are none. */
export function boxOf(grid: Grid, bricks: readonly BrickRuns[]): [number, number, number, number, number, number] {
  const low = [Infinity, Infinity, Infinity];
  const high = [0, 0, 0];
  for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let i = 0; i < runs.length; i += 2) {
      const x = ox + (runs[i] & 31);
      const y = oy + ((runs[i] >> 5) & 31);
      const z = oz + (runs[i] >> 10);
      if (x < low[0]) low[0] = x;
      if (y < low[1]) low[1] = y;
      if (z < low[2]) low[2] = z;
      if (x + runs[i + 1] > high[0]) high[0] = x + runs[i + 1];
      if (y + 1 > high[1]) high[1] = y + 1;
      if (z + 1 > high[2]) high[2] = z + 1;
    }
  }
  if (high[0] === 0) return [0, 0, 0, 0, 0, 0];
  return [low[0], low[1], low[2], high[0], high[1], high[2]];
}

/** How many voxels the runs cover. */
export function runVoxels(bricks: readonly BrickRuns[]): number {
  let voxels = 0;
  for (const { runs } of bricks) for (let i = 1; i < runs.length; i += 2) voxels += runs[i];
  return voxels;
}

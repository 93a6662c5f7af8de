import { brickOrigin } from "../../core/mask/brick.ts";
import type { Mark } from "../../core/mask/mark.ts";
import type { BrickRuns, Layer, StrokeEntry } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";

/** An entry whose voxels are at hand, blob or not. */
export interface OracleEntry {
  entry: StrokeEntry;
  bricks: BrickRuns[];
}

/**
 * What the fold of a log must be, said as plainly as possible: sort everything, skip what is hidden, paint into
 * one dense array. Slow, and shares nothing with `MaskFold` but the grid.
 */
export function foldDense(grid: Grid, log: readonly OracleEntry[], marks: readonly Mark[], base?: Uint8Array, layer: Layer = "anatomy"): Uint8Array {
  const [nx, ny, nz] = grid.dims;
  const dense = base?.slice() ?? new Uint8Array(nx * ny * nz);
  const ordered = log
    .filter(({ entry }) => entry.layer === layer && !isHidden(entry, marks))
    .sort((a, b) => {
      const one = a.entry;
      const other = b.entry;
      return one.lamport - other.lamport || one.id.clientId - other.id.clientId || one.id.counter - other.id.counter;
    });
  for (const { entry, bricks } of ordered) {
    for (const { brick, runs } of bricks) {
      const [ox, oy, oz] = brickOrigin(grid, brick);
      for (let r = 0; r < runs.length; r += 2) {
        for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) {
          const x = ox + (v % 32);
          const y = oy + (Math.floor(v / 32) % 32);
          const z = oz + Math.floor(v / 1024);
          dense[x + y * nx + z * nx * ny] = entry.value;
        }
      }
    }
  }
  return dense;
}

/** MK5's side of the log: the highest n wins, and hidden wins a tie. */
function isHidden(entry: StrokeEntry, marks: readonly Mark[]): boolean {
  let best: Mark | undefined;
  for (const mark of marks) {
    if (mark.stroke.clientId !== entry.id.clientId || mark.stroke.counter !== entry.id.counter) continue;
    if (best === undefined || mark.n > best.n || (mark.n === best.n && mark.hidden)) best = mark;
  }
  return best?.hidden ?? false;
}

/** Voxels of each value but 0. */
export function countDense(dense: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of dense) if (value !== 0) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** A seeded generator of 32-bit numbers (mulberry32), so that a failing run can be named by its seed. */
export function seededRandom(seed: number): { below(limit: number): number; chance(p: number): boolean; shuffle<T>(items: readonly T[]): T[] } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (p) => next() < p,
    shuffle: (items) => {
      const shuffled = items.slice();
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
      }
      return shuffled;
    },
  };
}

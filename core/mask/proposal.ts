// The layer `proposal`: what automatic tools found and nobody has accepted yet (ARCHITECTURE §4).
import { BRICK, brickCount } from "./brick.ts";
import type { MaskFold } from "./maskFold.ts";
import { runVoxels } from "./brickRuns.ts";
import { restrictRuns } from "./rasterize.ts";
import type { BrickRuns } from "./stroke.ts";

/** A voxel proposed for label value v is painted with v + 128 where a stripe runs (label values end at 127). */
export const proposalOffset = 128;

/** Every row of a brick as a run of its own. */
const allRows = Uint16Array.from({ length: 2 * BRICK * BRICK }, (_, i) => (i % 2 === 0 ? (i / 2) * BRICK : BRICK));

/** Whether a stripe runs through a voxel of a brick: diagonals two voxels wide, seen as hatching in every plane. */
export const isStriped = (local: number): boolean => ((((local & 31) + ((local >> 5) & 31) + (local >> 10)) >> 1) & 1) === 0;

/**
 * What a viewer paints of a brick: anatomy, and over it the proposal as stripes. Bricks start at multiples of 32, so
 * stripes go on across them.
 * @returns `anatomy` itself where nothing is proposed; else a new array
 */
export function compositeBrick(anatomy: Uint8Array | undefined, proposal: Uint8Array | undefined): Uint8Array | undefined {
  if (proposal === undefined) return anatomy;
  const painted = anatomy?.slice() ?? new Uint8Array(BRICK * BRICK * BRICK);
  for (let local = 0; local < painted.length; local++) {
    if (proposal[local] !== 0 && isStriped(local)) painted[local] = proposal[local] + proposalOffset;
  }
  return painted;
}

/** What a viewer paints of a fold's brick; undefined where there is nothing. */
export const paintedBrick = (fold: MaskFold, brick: number): Uint8Array | undefined => compositeBrick(fold.brick(brick), fold.brick(brick, "proposal"));

/** Voxels that the proposal holds, a segment; `where` limits them (inside a brush, say). */
export interface Proposed {
  value: number;
  voxels: number;
  bricks: BrickRuns[];
}

/**
 * What a person accepts: for each label value the proposed voxels, to be written to the anatomy.
 * @param isLocked label values of the anatomy that nobody may change now; their voxels are left out
 */
export function proposed(fold: MaskFold, isLocked: (value: number) => boolean, where?: (brick: number, local: number) => boolean): Proposed[] {
  const found = new Map<number, Proposed>();
  for (let brick = 0; brick < brickCount(fold.grid); brick++) {
    const content = fold.brick(brick, "proposal");
    if (content === undefined) continue;
    const anatomy = fold.brick(brick);
    for (const value of new Set(content)) {
      if (value === 0 || isLocked(value)) continue;
      const bricks = restrictRuns([{ brick, runs: allRows }], (local) => content[local] === value
        && !(anatomy !== undefined && isLocked(anatomy[local])) && (where === undefined || where(brick, local)));
      const one = found.get(value) ?? { value, voxels: 0, bricks: [] };
      one.voxels += runVoxels(bricks);
      one.bricks.push(...bricks);
      if (bricks.length > 0) found.set(value, one);
    }
  }
  return [...found.values()].sort((a, b) => a.value - b.value);
}

/** The voxels at which something is proposed: what a stroke that discards them writes 0 to. `where` limits them. */
export function proposalRuns(fold: MaskFold, where?: (brick: number, local: number) => boolean): BrickRuns[] {
  const bricks: BrickRuns[] = [];
  for (let brick = 0; brick < brickCount(fold.grid); brick++) {
    const content = fold.brick(brick, "proposal");
    if (content === undefined) continue;
    bricks.push(...restrictRuns([{ brick, runs: allRows }], (local) => content[local] !== 0 && (where === undefined || where(brick, local))));
  }
  return bricks;
}

// The layer `proposal`: what automatic tools found and nobody has accepted yet (ARCHITECTURE §4).
import { BRICK } from "./brick.ts";
import type { MaskFold } from "./maskFold.ts";

/** A voxel proposed for label value v is painted with v + 128 where a stripe runs (label values end at 127). */
export const proposalOffset = 128;

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

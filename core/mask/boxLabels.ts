import type { Grid } from "../space/grid.ts";
import { BRICK, brickIndex, localIndex } from "./brick.ts";

/** A box of voxels, first and last of each axis. */
export interface VoxelBox { first: readonly number[]; last: readonly number[] }

/** The bricks that a box of voxels touches. */
export function bricksOfBox(grid: Grid, { first, last }: VoxelBox): number[] {
  const [low, high] = [first, last].map((corner) => corner.map((n) => Math.floor(n / BRICK))), found: number[] = [];
  for (let z = low[2]; z <= high[2]; z++) for (let y = low[1]; y <= high[1]; y++) for (let x = low[0]; x <= high[0]; x++) found.push(brickIndex(grid, x, y, z));
  return found;
}

/**
 * The label values in a box of voxels, x fastest, and the grid of that box.
 * @param brickAt content of a brick by its index; undefined: nothing is drawn in it
 */
export function labelsInBox(grid: Grid, { first, last }: VoxelBox, brickAt: (index: number) => Uint8Array | undefined): { grid: Grid; labels: Uint8Array } {
  const dims = last.map((n, i) => n - first[i] + 1) as [number, number, number], labels = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (const index of bricksOfBox(grid, { first, last })) {
    const content = brickAt(index);
    if (!content) continue;
    const [nbx, nby] = [Math.ceil(grid.dims[0] / BRICK), Math.ceil(grid.dims[1] / BRICK)], corner = [index % nbx, Math.floor(index / nbx) % nby, Math.floor(index / (nbx * nby))].map((n) => n * BRICK);
    const [from, to] = [corner.map((n, i) => Math.max(n, first[i])), corner.map((n, i) => Math.min(n + BRICK - 1, last[i]))];
    for (let k = from[2]; k <= to[2]; k++) for (let j = from[1]; j <= to[1]; j++) {
      const row = localIndex(from[0] - corner[0], j - corner[1], k - corner[2]);
      labels.set(content.subarray(row, row + to[0] - from[0] + 1), from[0] - first[0] + dims[0] * (j - first[1] + dims[1] * (k - first[2])));
    }
  }
  return { grid: { dims, spacing: grid.spacing, origin: first.map((n, i) => grid.origin[i] + n * grid.spacing[i]) as [number, number, number] }, labels };
}

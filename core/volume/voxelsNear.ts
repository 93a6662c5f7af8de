import type { Grid } from "../space/grid.ts";
import { sweep } from "./removeTable.ts";

/** Marks (1) every voxel of a box of ± `mm` round the voxel of each point. @param positions RAS mm, x y z after each other; those outside the grid mark its edge */
export function voxelsNear({ dims, spacing, origin }: Grid, positions: ArrayLike<number>, mm: number): Uint8Array {
  let mask = new Uint8Array(dims[0] * dims[1] * dims[2]);
  for (let p = 0; p < positions.length; p += 3) {
    const [i, j, k] = [0, 1, 2].map((axis) => Math.max(0, Math.min(dims[axis] - 1, Math.round((positions[p + axis] - origin[axis]) / spacing[axis]))));
    mask[i + dims[0] * (j + dims[1] * k)] = 1;
  }
  for (const axis of [0, 1, 2]) mask = sweep(mask, dims, axis, Math.ceil(mm / spacing[axis]), false) as Uint8Array<ArrayBuffer>;
  return mask;
}

import type { Grid } from "./grid.ts";
import { resamplePlanes } from "./resamplePlanes.ts";
import { resampleStack, type Resampled, type SliceStack } from "./resampleStack.ts";

/** How slices that do not lie on a canonical grid became a volume on one: with the slices, all that its voxels depend on. */
export interface Resampling {
  grid: Grid;
  /** HU of voxels outside every slice. */
  fill: number;
  /**
   * Slices that lie straight but unevenly: their positions and those of the grid's planes along the normal, mm, and where their
   * pixels go (`resamplePlanes`). Null where each voxel is looked up at its own place (`resampleStack`).
   */
  straight: { along: number[]; planes: number[]; base: number; strides: [number, number, number] } | null;
}

/** The volume of slices, the same bytes from the same two arguments (JB4). @param onPlane told how far it is, 0 to 1 */
export function resample(stack: SliceStack, { grid, fill, straight }: Resampling, onPlane?: (fraction: number) => void): Resampled {
  return straight ? resamplePlanes(stack, grid, straight.along, straight.planes, straight.base, straight.strides) : resampleStack(stack, grid, fill, onPlane);
}

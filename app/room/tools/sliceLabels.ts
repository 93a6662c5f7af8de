import { BRICK, brickIndex, brickRows } from "../../../core/mask/brick.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick } from "../../../core/mask/proposal.ts";
import { normalAxis, type Plane } from "../view/tileGeometry.ts";
import { localOf, previewed, type SlicePreview } from "./preview.ts";

/**
 * Labels of one slice as they are painted, with what a tool would change. The lower shown axis is fastest.
 * @param preview null: no preview
 */
export function sliceLabels(fold: MaskFold, plane: Plane, index: number, preview: SlicePreview | null): Uint8Array {
  const { grid } = fold, [nx, ny] = grid.dims, axis = normalAxis[plane], [h, v] = axis === 2 ? [0, 1] : axis === 1 ? [0, 2] : [1, 2];
  const labels = new Uint8Array(grid.dims[h] * grid.dims[v]), step = [1, nx, nx * ny][h], localStep = [1, BRICK, brickRows][h], at = [0, 0, 0];
  // A brick with a proposal is put together from both layers: once, not for each of its rows.
  const painteds = new Map<number, Uint8Array | undefined>();
  const paintedOf = (brick: number) => {
    if (!painteds.has(brick)) painteds.set(brick, paintedBrick(fold, brick));
    return painteds.get(brick);
  };
  at[axis] = index;
  for (at[v] = 0; at[v] < grid.dims[v]; at[v]++) for (at[h] = 0; at[h] < grid.dims[h]; at[h] += BRICK) {
    // A stretch of the row lies in one brick.
    const [x, y, z] = at, brick = brickIndex(grid, x >> 5, y >> 5, z >> 5), content = paintedOf(brick), isTouched = preview?.touches(brick) === true;
    if (content === undefined && !isTouched) continue;
    const anatomy = fold.brick(brick), length = Math.min(BRICK, grid.dims[h] - at[h]);
    for (let n = 0, o = at[h] + at[v] * grid.dims[h], local = localOf(x, y, z), voxel = x + y * nx + z * nx * ny; n < length; n++, o++, local += localStep, voxel += step) {
      const painted = content === undefined ? 0 : content[local];
      if (preview === null || !isTouched) { labels[o] = painted; continue; }
      const label = anatomy === undefined ? 0 : anatomy[local];
      labels[o] = previewed(painted, label, preview.at(brick, local, voxel, label), local);
    }
  }
  return labels;
}

import { brickIndex } from "../../../core/mask/brick.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick } from "../../../core/mask/proposal.ts";
import { normalAxis, type Plane } from "../view/tileGeometry.ts";
import { localOf, previewed, type SlicePreview } from "./preview.ts";

/**
 * Labels of one slice as they are painted, with what a tool would change. The lower shown axis is fastest.
 * @param preview null: no preview
 * @param previewLabel value whose colour says what would come
 */
export function sliceLabels(fold: MaskFold, plane: Plane, index: number, preview: SlicePreview | null, previewLabel: number): Uint8Array {
  const { grid } = fold;
  const [nx, ny] = grid.dims;
  const axis = normalAxis[plane];
  const [h, v] = axis === 2 ? [0, 1] : axis === 1 ? [0, 2] : [1, 2];
  const labels = new Uint8Array(grid.dims[h] * grid.dims[v]);
  const at = [0, 0, 0];
  at[axis] = index;
  let lastBrick = -1, isTouched = false;
  let content: Uint8Array | undefined, anatomy: Uint8Array | undefined;
  for (let b = 0, o = 0; b < grid.dims[v]; b++) {
    at[v] = b;
    for (let a = 0; a < grid.dims[h]; a++, o++) {
      at[h] = a;
      const [x, y, z] = at;
      if (lastBrick < 0 || (a & 31) === 0) {
        const brick = brickIndex(grid, x >> 5, y >> 5, z >> 5);
        if (brick !== lastBrick) {
          content = paintedBrick(fold, brick);
          anatomy = fold.brick(brick);
          isTouched = preview?.touches(brick) === true;
          lastBrick = brick;
        }
      }
      if (content === undefined && !isTouched) continue;
      const local = localOf(x, y, z), painted = content === undefined ? 0 : content[local];
      if (preview === null || !isTouched) { labels[o] = painted; continue; }
      const label = anatomy === undefined ? 0 : anatomy[local];
      labels[o] = previewed(painted, label, preview.at(lastBrick, local, x + y * nx + z * nx * ny, label), local, previewLabel);
    }
  }
  return labels;
}

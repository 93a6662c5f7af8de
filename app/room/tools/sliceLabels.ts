import { brickIndex } from "../../../core/mask/brick.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick, proposalOffset } from "../../../core/mask/proposal.ts";
import { normalAxis, type Plane } from "../view/tileGeometry.ts";

/**
 * Labels of one slice, with `preview` at voxels in a HU range that may be changed. The lower shown axis is fastest.
 * @param range null: no preview
 */
export function sliceLabels(
  fold: MaskFold, hu: Int16Array, plane: Plane, index: number, range: readonly [number, number] | null, preview: number, untouchable: ReadonlySet<number>,
): Uint8Array {
  const { grid } = fold;
  const [nx, ny] = grid.dims;
  const axis = normalAxis[plane];
  const [h, v] = axis === 2 ? [0, 1] : axis === 1 ? [0, 2] : [1, 2];
  const labels = new Uint8Array(grid.dims[h] * grid.dims[v]);
  const at = [0, 0, 0];
  at[axis] = index;
  let lastBrick = -1;
  let content: Uint8Array | undefined;
  for (let b = 0, o = 0; b < grid.dims[v]; b++) {
    at[v] = b;
    for (let a = 0; a < grid.dims[h]; a++, o++) {
      at[h] = a;
      const [x, y, z] = at;
      const brick = brickIndex(grid, x >> 5, y >> 5, z >> 5);
      if (brick !== lastBrick) { content = paintedBrick(fold, brick); lastBrick = brick; }
      const label = content === undefined ? 0 : content[(x & 31) + ((y & 31) << 5) + ((z & 31) << 10)];
      const value = range === null ? 0 : hu[x + y * nx + z * nx * ny];
      labels[o] = range !== null && value >= range[0] && value <= range[1] && !untouchable.has(label % proposalOffset) ? preview : label;
    }
  }
  return labels;
}

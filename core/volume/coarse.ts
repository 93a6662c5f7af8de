import type { NodeKind } from "../build/node.ts";
import type { Grid } from "../space/grid.ts";

/** The node that makes the coarse volume of a case's. */
export const coarseKind: NodeKind = { name: "coarse", version: 1, inputs: ["volume"], priority: 0 };
/** Most voxels along an axis of a coarse volume. */
export const coarseSide = 128;

/**
 * A small volume for the first sight: means of blocks of whole voxels, so many that no axis is longer than `side`. Its voxels'
 * centres are the blocks', the last block of an axis may reach over the end.
 */
export function coarseVolume(grid: Grid, hu: Int16Array, side = coarseSide): { grid: Grid; hu: Int16Array<ArrayBuffer> } {
  const { dims, spacing, origin } = grid, factor = dims.map((n) => Math.ceil(n / side)), size = dims.map((n, axis) => Math.ceil(n / factor[axis]));
  const [nx, ny, nz] = size, out = new Int16Array(nx * ny * nz), sums = new Float64Array(nx * ny), counts = new Uint32Array(nx * ny), ofX = Int32Array.from({ length: dims[0] }, (_, x) => Math.floor(x / factor[0]));
  for (let k = 0; k < nz; k++) {
    sums.fill(0);
    counts.fill(0);
    for (let z = k * factor[2]; z < Math.min(dims[2], (k + 1) * factor[2]); z++) for (let y = 0; y < dims[1]; y++) {
      const row = nx * Math.floor(y / factor[1]), from = dims[0] * (y + dims[1] * z);
      for (let x = 0; x < dims[0]; x++) { sums[row + ofX[x]] += hu[from + x]; counts[row + ofX[x]]++; }
    }
    for (let i = 0; i < sums.length; i++) out[k * nx * ny + i] = Math.round(sums[i] / counts[i]);
  }
  const at = (axis: number) => origin[axis] + (factor[axis] - 1) / 2 * spacing[axis];
  return { grid: { dims: [nx, ny, nz], spacing: [spacing[0] * factor[0], spacing[1] * factor[1], spacing[2] * factor[2]], origin: [at(0), at(1), at(2)] }, hu: out };
}

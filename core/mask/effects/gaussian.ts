import type { Grid } from "../../space/grid.ts";
import { exp } from "../../space/math.ts";
import type { Region } from "./region.ts";

/** Weights of a Gaussian of that standard deviation in voxels, up to three of them to each side, adding up to 1. */
function kernel(sigma: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma)), weights = new Float64Array(2 * reach + 1);
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += weights[i + reach] = sigma > 0 ? exp(-(i * i) / (2 * sigma * sigma)) : i === 0 ? 1 : 0;
  return weights.map((weight) => weight / sum);
}

/**
 * Gaussian mean of a mask, 0 to 1 a voxel: one axis after the other, in mm on anisotropic voxels. The volume's edge is no
 * surface: beyond it the mask goes on as it is at the edge. Beyond the region the mask is empty.
 * @param sigmaMm standard deviation, mm
 */
export function gaussianShare({ dims, spacing }: Grid, { low, size, bits }: Region, sigmaMm: number): Float32Array {
  let values = Float32Array.from(bits);
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const weights = kernel(sigmaMm / spacing[axis]), reach = (weights.length - 1) / 2, n = size[axis], stride = strides[axis], next = new Float32Array(values.length);
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1], first = -low[axis], last = dims[axis] - 1 - low[axis];
    for (let v = 0; v < size[b]; v++) for (let u = 0; u < size[a]; u++) {
      const start = u * strides[a] + v * strides[b];
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) {
          const at = Math.max(first, Math.min(last, i + k));
          if (at >= 0 && at < n) sum += weights[k + reach] * values[start + at * stride];
        }
        next[start + i * stride] = sum;
      }
    }
    values = next;
  }
  return values;
}

/** The mask smoothed by a Gaussian: where at least half of the mean is mask. */
export const gaussian = (grid: Grid, region: Region, sigmaMm: number): Uint8Array => Uint8Array.from(gaussianShare(grid, region, sigmaMm), (share) => (share >= 0.5 ? 1 : 0));

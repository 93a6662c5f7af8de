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

/** Voxels of a row that are looked at together: where all that reaches them is empty, or full, nothing need be summed. */
const chunk = 64;
const [isEmpty, isFull, isMixed] = [0, 1, 2];

/** Along the rows themselves, of a mask of 0 and 1. `first` and `last`: what of the volume lies beyond the region. */
function alongRows(bits: Uint8Array, n: number, weights: Float64Array, first: number, last: number, tell?: (fraction: number) => void): Float32Array {
  const reach = (weights.length - 1) / 2, out = new Float32Array(bits.length), before = new Int32Array(n + 1);
  for (let start = 0, row = 0; start < bits.length; start += n, row++) {
    if (row % 4096 === 0) tell?.(start / bits.length);
    for (let i = 0; i < n; i++) before[i + 1] = before[i] + bits[start + i];
    if (before[n] === 0) continue;
    for (let i = 0; i < n; i++) {
      const from = Math.max(first, i - reach), to = Math.min(last, i + reach), low = Math.max(0, from), high = Math.min(n - 1, to), inside = before[high + 1] - before[low];
      if (inside === 0) continue;
      if (inside === to - from + 1) { out[start + i] = 1; continue; }
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const at = Math.max(first, Math.min(last, i + k));
        if (at >= 0 && at < n) sum += weights[k + reach] * bits[start + at];
      }
      out[start + i] = sum;
    }
  }
  return out;
}

/**
 * Gaussian mean of a mask, 0 to 1 a voxel: one axis after the other, in mm on anisotropic voxels. The volume's edge is no
 * surface: beyond it the mask goes on as it is at the edge. Beyond the region the mask is empty.
 * @param sigmaMm standard deviation, mm
 * @param tell told the share that is done
 */
export function gaussianShare({ dims, spacing }: Grid, { low, size, bits }: Region, sigmaMm: number, tell?: (fraction: number) => void): Float32Array {
  const [nx, ny, nz] = size, chunks = Math.ceil(nx / chunk), sum = new Float64Array(chunk);
  let values = alongRows(bits, nx, kernel(sigmaMm / spacing[0]), -low[0], dims[0] - 1 - low[0], tell && ((share) => tell(share / 3)));
  const states = (of: Float32Array): Uint8Array => {
    const found = new Uint8Array(ny * nz * chunks);
    for (let row = 0, c = 0; row < ny * nz; row++) for (let x = 0; x < nx; x += chunk, c++) {
      const value = of[row * nx + x], end = row * nx + Math.min(nx, x + chunk);
      let i = row * nx + x;
      while (i < end && of[i] === value) i++;
      found[c] = i < end || (value !== 0 && value !== 1) ? isMixed : value === 0 ? isEmpty : isFull;
    }
    return found;
  };
  for (const axis of [1, 2] as const) {
    const weights = kernel(sigmaMm / spacing[axis]), reach = (weights.length - 1) / 2, n = size[axis], stride = axis === 1 ? 1 : ny, next = new Float32Array(values.length), state = states(values);
    const first = -low[axis], last = dims[axis] - 1 - low[axis], sources = new Int32Array(weights.length);
    for (let z = 0; z < nz; z++) {
      tell?.((axis + z / nz) / 3);
      for (let y = 0; y < ny; y++) {
        const row = y + ny * z, i = axis === 1 ? y : z;
        for (let k = -reach; k <= reach; k++) {
          const at = Math.max(first, Math.min(last, i + k));
          sources[k + reach] = at >= 0 && at < n ? row + (at - i) * stride : -1;
        }
        for (let c = 0; c < chunks; c++) {
          const x = c * chunk, width = Math.min(chunk, nx - x);
          let empty = 0, full = 0;
          for (const source of sources) {
            const here = source < 0 ? isEmpty : state[source * chunks + c];
            if (here === isEmpty) empty++; else if (here === isFull) full++;
          }
          if (empty === sources.length) continue;
          if (full === sources.length) { next.fill(1, row * nx + x, row * nx + x + width); continue; }
          sum.fill(0);
          for (let k = 0; k < sources.length; k++) {
            if (sources[k] < 0) continue;
            const weight = weights[k], from = sources[k] * nx + x;
            for (let v = 0; v < width; v++) sum[v] += weight * values[from + v];
          }
          for (let v = 0, to = row * nx + x; v < width; v++) next[to + v] = sum[v];
        }
      }
    }
    values = next;
  }
  return values;
}

/** The mask smoothed by a Gaussian: where at least half of the mean is mask. */
export function gaussian(grid: Grid, region: Region, sigmaMm: number, tell?: (fraction: number) => void): Uint8Array {
  const share = gaussianShare(grid, region, sigmaMm, tell), smoothed = new Uint8Array(share.length);
  for (let i = 0; i < share.length; i++) if (share[i] >= 0.5) smoothed[i] = 1;
  return smoothed;
}

import type { Grid } from "../space/grid.ts";
import { exp } from "../space/math.ts";

/** HU on a grid, x fastest. */
export interface HuVolume { grid: Grid; hu: Int16Array<ArrayBuffer> }
const clamped = (at: number, count: number) => at < 0 ? 0 : at >= count ? count - 1 : at;
const toHu = (value: number) => Math.max(-32768, Math.min(32767, Math.round(value)));

/** The middle value of the 27 neighbours, the border repeated. An isolated value that no neighbour shares goes. */
export function medianOf27({ grid, hu }: HuVolume, onPlane: (fraction: number) => void = () => undefined): HuVolume {
  const [nx, ny, nz] = grid.dims, out = new Int16Array(hu.length), near = new Int16Array(27);
  for (let z = 0, at = 0; z < nz; z++) {
    onPlane(z / nz);
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) {
      let n = 0;
      for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) {
        const row = nx * (clamped(y + dy, ny) + ny * clamped(z + dz, nz));
        for (let dx = -1; dx <= 1; dx++) near[n++] = hu[row + clamped(x + dx, nx)];
      }
      near.sort();
      out[at] = near[13];
    }
  }
  return { grid, hu: out };
}

/** Weights of a Gaussian up to three sigma, together one. */
function gaussianWeights(sigma: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma)), weights = new Float64Array(2 * reach + 1);
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += weights[i + reach] = exp(-i * i / (2 * sigma * sigma));
  return weights.map((w) => w / sum);
}

/** Gaussian of `sigmaMm` along each axis in its own spacing; the border repeated. */
export function gaussian({ grid, hu }: HuVolume, sigmaMm: number, onPlane: (fraction: number) => void = () => undefined): HuVolume {
  let values = Float32Array.from(hu), made = new Float32Array(hu.length);
  const [nx, ny] = grid.dims, strides = [1, nx, nx * ny];
  for (let axis = 0; axis < 3; axis++) {
    onPlane(axis / 3);
    const weights = gaussianWeights(sigmaMm / grid.spacing[axis]), reach = (weights.length - 1) / 2, stride = strides[axis], count = grid.dims[axis];
    for (let at = 0; at < values.length; at++) {
      const p = Math.floor(at / stride) % count, line = at - p * stride;
      let sum = 0;
      for (let i = -reach; i <= reach; i++) sum += weights[i + reach] * values[line + clamped(p + i, count) * stride];
      made[at] = sum;
    }
    [values, made] = [made, values];
  }
  return { grid, hu: Int16Array.from(values, toHu) };
}

/**
 * Perona and Malik's diffusion (IEEE PAMI 12, 1990, their second conductance 1 / (1 + (g/k)²)): `steps` explicit steps of 1/7,
 * gradients in HU per finest voxel edge, so that thick slices diffuse less across.
 */
export function anisotropic({ grid, hu }: HuVolume, edgeHu: number, steps: number, onPlane: (fraction: number) => void = () => undefined): HuVolume {
  const [nx, ny, nz] = grid.dims, strides = [1, nx, nx * ny], least = Math.min(...grid.spacing), shares = grid.spacing.map((mm) => (least / mm) * (least / mm));
  let values = Float32Array.from(hu), made = new Float32Array(hu.length);
  const flow = (difference: number, share: number) => share * difference / (1 + (difference / edgeHu) * (difference / edgeHu));
  for (let step = 0; step < steps; step++) {
    onPlane(step / steps);
    for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) {
      const value = values[at], place = [x, y, z];
      let sum = 0;
      for (let axis = 0; axis < 3; axis++) {
        if (place[axis] > 0) sum += flow(values[at - strides[axis]] - value, shares[axis]);
        if (place[axis] < grid.dims[axis] - 1) sum += flow(values[at + strides[axis]] - value, shares[axis]);
      }
      made[at] = value + sum / 7;
    }
    [values, made] = [made, values];
  }
  return { grid, hu: Int16Array.from(values, toHu) };
}

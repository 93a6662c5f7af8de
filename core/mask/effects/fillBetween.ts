import type { Grid } from "../../space/grid.ts";
import { squaredDistances } from "./distance.ts";
import type { Region } from "./region.ts";

/** Signed distance in mm within one slice, negative inside; what lies beyond the slice counts as outside. */
function signedSlice(bits: Uint8Array, [nu, nv]: readonly [number, number, number], spacing: readonly [number, number, number]): Float64Array {
  const wide = new Uint8Array((nu + 2) * (nv + 2)), size: [number, number, number] = [nu + 2, nv + 2, 1];
  for (let v = 0; v < nv; v++) wide.set(bits.subarray(v * nu, (v + 1) * nu), 1 + (v + 1) * (nu + 2));
  const outside = squaredDistances(wide, size, spacing, 1), inside = squaredDistances(wide, size, spacing, 0), signed = new Float64Array(nu * nv);
  for (let v = 0, at = 0; v < nv; v++) for (let u = 0; u < nu; u++, at++) {
    const from = u + 1 + (v + 1) * (nu + 2);
    signed[at] = bits[at] !== 0 ? -Math.sqrt(inside[from]) : Math.sqrt(outside[from]);
  }
  return signed;
}

/**
 * The mask with the empty slices between its drawn ones filled: the shape goes over from one drawn slice to the next by
 * their signed distances, weighted by how near each is (Raya and Udupa 1990). Drawn slices stay as they are;
 * shapes that do not overlap, one seen through the other, are not joined.
 * @param axis 0 sagittal, 1 coronal, 2 axial slices
 */
export function fillBetween(grid: Grid, { size, bits }: Region, axis: 0 | 1 | 2, tell?: (fraction: number) => void): Uint8Array {
  const strides = [1, size[0], size[0] * size[1]], [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const flat: [number, number, number] = [size[a], size[b], 1], step: [number, number, number] = [grid.spacing[a], grid.spacing[b], 1];
  const slice = (k: number): Uint8Array => {
    const out = new Uint8Array(flat[0] * flat[1]);
    for (let v = 0, at = 0; v < flat[1]; v++) for (let u = 0; u < flat[0]; u++, at++) out[at] = bits[u * strides[a] + v * strides[b] + k * strides[axis]];
    return out;
  };
  const filled = bits.slice();
  /** Fills the slices after `low` and before `high`, whose distances these are. */
  const between = (lower: Float64Array, upper: Float64Array, low: number, high: number): void => {
    for (let m = low + 1; m < high; m++) {
      const share = (m - low) / (high - low);
      for (let v = 0, at = 0; v < flat[1]; v++) for (let u = 0; u < flat[0]; u++, at++) {
        if ((1 - share) * lower[at] + share * upper[at] < 0) filled[u * strides[a] + v * strides[b] + m * strides[axis]] = 1;
      }
    }
  };
  let before = -1, distance: Float64Array | null = null;
  for (let k = 0; k < size[axis]; k++) {
    tell?.(k / size[axis]);
    const here = slice(k);
    if (!here.includes(1)) continue;
    const next = signedSlice(here, flat, step);
    if (distance !== null) between(distance, next, before, k);
    [before, distance] = [k, next];
  }
  return filled;
}

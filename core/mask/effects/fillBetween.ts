import type { Grid } from "../../space/grid.ts";
import { fillMoved } from "./movedShapes.ts";
import type { Region } from "./region.ts";
import { signedSlice } from "./signedSlice.ts";

/**
 * The mask with the empty slices between its drawn ones filled: the shape goes over from one drawn slice to the next by
 * their signed distances, weighted by how near each is (Raya and Udupa 1990). Drawn slices stay as they are. Shapes that do
 * not overlap, one seen through the other, are joined as one that moved where they are each other's nearest (MK13).
 * @param axis 0 sagittal, 1 coronal, 2 axial slices
 * @param joinMm how far apart the centroids of shapes that do not overlap may be, in the slice's plane; 0: they are not joined
 */
export function fillBetween(grid: Grid, { size, bits }: Region, axis: 0 | 1 | 2, joinMm: number, tell?: (fraction: number) => void): Uint8Array {
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
  /** The drawn slice before, and its distances once they were needed. */
  let before: { k: number; bits: Uint8Array; distance: Float64Array | null } | null = null;
  for (let k = 0; k < size[axis]; k++) {
    tell?.(k / size[axis]);
    const here = slice(k);
    if (!here.includes(1)) continue;
    let distance: Float64Array | null = null;
    // Slices that follow each other have nothing between them.
    if (before !== null && k > before.k + 1) {
      const low = before.k, shares = Array.from({ length: k - low - 1 }, (_, n) => (n + 1) / (k - low));
      distance = signedSlice(here, flat, step);
      between(before.distance ?? signedSlice(before.bits, flat, step), distance, low, k);
      fillMoved(before.bits, here, flat, step, joinMm, shares, (n, at) => {
        const v = Math.floor(at / flat[0]);
        filled[(at - v * flat[0]) * strides[a] + v * strides[b] + (low + 1 + n) * strides[axis]] = 1;
      }, tell && (() => tell(k / size[axis])));
    }
    before = { k, bits: here, distance };
  }
  return filled;
}

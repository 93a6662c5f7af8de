import { squaredDistances } from "./distance.ts";

/** Signed distance in mm within one slice of `size` voxels, first axis fastest, negative inside; what lies beyond the slice counts as outside. */
export function signedSlice(bits: Uint8Array, [nu, nv]: readonly [number, number, number], spacing: readonly [number, number, number]): Float64Array {
  const wide = new Uint8Array((nu + 2) * (nv + 2)), size: [number, number, number] = [nu + 2, nv + 2, 1];
  for (let v = 0; v < nv; v++) wide.set(bits.subarray(v * nu, (v + 1) * nu), 1 + (v + 1) * (nu + 2));
  const outside = squaredDistances(wide, size, spacing, 1), inside = squaredDistances(wide, size, spacing, 0), signed = new Float64Array(nu * nv);
  for (let v = 0, at = 0; v < nv; v++) for (let u = 0; u < nu; u++, at++) {
    const from = u + 1 + (v + 1) * (nu + 2);
    signed[at] = bits[at] !== 0 ? -Math.sqrt(inside[from]) : Math.sqrt(outside[from]);
  }
  return signed;
}

/**
 * Slices of a scan as slabs, the part of the stack that lies nearer to a slice than to any other. A slice's value is the mean
 * over as much as it is thick, about its own position; where gaps differ its slab's middle lies elsewhere, and the slab's
 * mean is the value moved there along the slope to its neighbours: what is straight along the normal stays where it is. Between slices the value follows the parabola of each slab that has this mean and meets its
 * neighbours at the slabs' faces (piecewise parabolic reconstruction, Colella & Woodward 1984, J Comput Phys 54:174,
 * eq. 1.6 to 1.10, for unequal widths). Unlike linear interpolation it keeps the volume above a threshold, which thin
 * walls that cross the slices lose by being averaged.
 */
export interface Slabs {
  /** Positions of the slices, mm, ascending. */
  readonly at: Float64Array;
  /** Faces of the slabs, one more than slices. */
  readonly faces: Float64Array;
  /** For each face the weights of the slices k−2, k−1, k, k+1, where k is the slab above it. */
  readonly faceWeights: Float64Array;
  /** How far a slab's middle lies above its slice, as a share of the way from the slice below to the one above; 0 for even gaps. */
  readonly leans: Float64Array;
}

/** A middle this near to its slice, mm, is there: the rest is the arithmetic's. */
const noOffsetMm = 1e-9;

/** @throws RangeError for fewer than 2 slices or positions that do not ascend */
export function slabsOf(positions: readonly number[]): Slabs {
  const n = positions.length;
  if (n < 2 || positions.some((p, k) => !Number.isFinite(p) || (k > 0 && !(p > positions[k - 1])))) throw new RangeError("positions of slices must ascend");
  const at = Float64Array.from(positions), faces = new Float64Array(n + 1);
  for (let k = 1; k < n; k++) faces[k] = (at[k - 1] + at[k]) / 2;
  faces[0] = at[0] - (at[1] - at[0]) / 2;
  faces[n] = at[n - 1] + (at[n - 1] - at[n - 2]) / 2;
  const width = (k: number) => { const c = Math.max(0, Math.min(n - 1, k)); return faces[c + 1] - faces[c]; };
  const faceWeights = new Float64Array(4 * (n + 1)), leans = new Float64Array(n), bound = (k: number) => Math.max(0, Math.min(n - 1, k));
  const offset = (k: number) => { const c = bound(k), mm = (faces[c] + faces[c + 1]) / 2 - at[c]; return Math.abs(mm) < noOffsetMm ? 0 : mm; };
  for (let k = 0; k < n; k++) leans[k] = offset(k) / (at[bound(k + 1)] - at[bound(k - 1)]);
  /** Adds to the weights of slices `low` and `high` what the slope between them does to a mean of this weight; none where they are one. */
  const lean = (face: number, mean: number, slice: number, low: number, high: number) => {
    const mm = at[bound(face - 2 + high)] - at[bound(face - 2 + low)];
    if (!(mm > 0)) return;
    const share = mean * offset(slice) / mm;
    faceWeights[4 * face + high] += share;
    faceWeights[4 * face + low] -= share;
  };
  for (let f = 0; f <= n; f++) {
    // The face between slabs j and j+1; d0…d3 are the widths of j−1 … j+2.
    const d0 = width(f - 2), d1 = width(f - 1), d2 = width(f), d3 = width(f + 1), sum = d0 + d1 + d2 + d3;
    // δa of slab j in terms of (a1−a0), (a2−a1); of slab j+1 in terms of (a2−a1), (a3−a2).
    const s1 = d1 / (d0 + d1 + d2), p1 = s1 * (2 * d0 + d1) / (d2 + d1), q1 = s1 * (d1 + 2 * d2) / (d0 + d1);
    const s2 = d2 / (d1 + d2 + d3), p2 = s2 * (2 * d1 + d2) / (d3 + d2), q2 = s2 * (d2 + 2 * d3) / (d1 + d2);
    const c = 2 * d2 * d1 / (d1 + d2) * ((d0 + d1) / (2 * d1 + d2) - (d3 + d2) / (2 * d2 + d1)) / sum;
    const m = -d1 * (d0 + d1) / (2 * d1 + d2) / sum, l = d2 * (d2 + d3) / (d1 + 2 * d2) / sum;
    const middle = d1 / (d1 + d2) + c + m * q2 + l * p1;
    const means = [-l * q1, 1 - middle + l * q1, middle - m * p2, m * p2];
    means.forEach((mean, i) => { faceWeights[4 * f + i] = mean; });
    means.forEach((mean, i) => lean(f, mean, f - 2 + i, Math.max(0, i - 1), Math.min(3, i + 1)));
  }
  return { at, faces, faceWeights, leans };
}

/** The slab that holds a position, beginning the search at `from`; −1 below all, the number of slices above all. */
export function slabAt(slabs: Slabs, position: number, from: number): number {
  const { faces } = slabs, n = faces.length - 1;
  if (position < faces[0]) return -1;
  if (position > faces[n]) return n;
  let k = Math.max(0, Math.min(n - 1, from));
  while (k > 0 && position < faces[k]) k--;
  while (k < n - 1 && position >= faces[k + 1]) k++;
  return k;
}

/** The value at a position in slab k from the values of the slices k−2 … k+2 (those outside repeat the outermost). */
export function slabValue(slabs: Slabs, k: number, position: number, a: number, b: number, c: number, d: number, e: number): number {
  const { faces, faceWeights: w, leans } = slabs, low = 4 * k, high = low + 4;
  let below = w[low] * a + w[low + 1] * b + w[low + 2] * c + w[low + 3] * d;
  let above = w[high] * b + w[high + 1] * c + w[high + 2] * d + w[high + 3] * e;
  below = b < c ? Math.max(b, Math.min(c, below)) : Math.max(c, Math.min(b, below));
  above = d < c ? Math.max(d, Math.min(c, above)) : Math.max(c, Math.min(d, above));
  // A value that its neighbours do not lie on either side of is nowhere else; one that they do is moved at most half the way to one.
  const move = (c - b) * (d - c) > 0 ? leans[k] * (d - b) : 0, most = Math.abs(leans[k] > 0 ? d - c : c - b) / 2, mean = c + Math.max(-most, Math.min(most, move));
  const x = (position - faces[k]) / (faces[k + 1] - faces[k]);
  return below + x * (above - below + 6 * (mean - (below + above) / 2) * (1 - x));
}

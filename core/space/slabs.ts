/**
 * Slices of a scan as slabs: each slice's value is the mean over its slab, the part of the stack that lies nearer to it
 * than to any other slice. Between slices the value follows the parabola of each slab that has this mean and meets its
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
}

/** @throws RangeError for fewer than 2 slices or positions that do not ascend */
export function slabsOf(positions: readonly number[]): Slabs {
  const n = positions.length;
  if (n < 2 || positions.some((p, k) => !Number.isFinite(p) || (k > 0 && !(p > positions[k - 1])))) throw new RangeError("positions of slices must ascend");
  const at = Float64Array.from(positions), faces = new Float64Array(n + 1);
  for (let k = 1; k < n; k++) faces[k] = (at[k - 1] + at[k]) / 2;
  faces[0] = at[0] - (at[1] - at[0]) / 2;
  faces[n] = at[n - 1] + (at[n - 1] - at[n - 2]) / 2;
  const width = (k: number) => { const c = Math.max(0, Math.min(n - 1, k)); return faces[c + 1] - faces[c]; };
  const faceWeights = new Float64Array(4 * (n + 1));
  for (let f = 0; f <= n; f++) {
    // The face between slabs j and j+1; d0…d3 are the widths of j−1 … j+2.
    const d0 = width(f - 2), d1 = width(f - 1), d2 = width(f), d3 = width(f + 1), sum = d0 + d1 + d2 + d3;
    // δa of slab j in terms of (a1−a0), (a2−a1); of slab j+1 in terms of (a2−a1), (a3−a2).
    const s1 = d1 / (d0 + d1 + d2), p1 = s1 * (2 * d0 + d1) / (d2 + d1), q1 = s1 * (d1 + 2 * d2) / (d0 + d1);
    const s2 = d2 / (d1 + d2 + d3), p2 = s2 * (2 * d1 + d2) / (d3 + d2), q2 = s2 * (d2 + 2 * d3) / (d1 + d2);
    const c = 2 * d2 * d1 / (d1 + d2) * ((d0 + d1) / (2 * d1 + d2) - (d3 + d2) / (2 * d2 + d1)) / sum;
    const m = -d1 * (d0 + d1) / (2 * d1 + d2) / sum, l = d2 * (d2 + d3) / (d1 + 2 * d2) / sum;
    const middle = d1 / (d1 + d2) + c + m * q2 + l * p1;
    faceWeights[4 * f] = -l * q1;
    faceWeights[4 * f + 1] = 1 - middle + l * q1;
    faceWeights[4 * f + 2] = middle - m * p2;
    faceWeights[4 * f + 3] = m * p2;
  }
  return { at, faces, faceWeights };
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
  const { faces, faceWeights: w } = slabs, low = 4 * k, high = low + 4;
  let below = w[low] * a + w[low + 1] * b + w[low + 2] * c + w[low + 3] * d;
  let above = w[high] * b + w[high + 1] * c + w[high + 2] * d + w[high + 3] * e;
  below = b < c ? Math.max(b, Math.min(c, below)) : Math.max(c, Math.min(b, below));
  above = d < c ? Math.max(d, Math.min(c, above)) : Math.max(c, Math.min(d, above));
  const x = (position - faces[k]) / (faces[k + 1] - faces[k]);
  return below + x * (above - below + 6 * (c - (below + above) / 2) * (1 - x));
}

import type { TellShare } from "./progress.ts";

/** Larger than any squared distance in a volume, mm². */
const far = 1e12;

/**
 * Squared Euclidean distance, mm², of every voxel centre to the nearest one whose byte is `target`, exact on anisotropic
 * voxels (Felzenszwalb and Huttenlocher 2012: lower envelope of parabolas, one axis after the other).
 * @param size voxels an axis, x fastest
 * @param tell told the share that is done; what it throws stops it
 */
export function squaredDistances(bits: Uint8Array, size: readonly [number, number, number], spacing: readonly [number, number, number], target: 0 | 1 = 1, tell?: TellShare): Float64Array {
  const field = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) field[i] = bits[i] === target ? 0 : far;
  const longest = Math.max(...size, 1);
  const line = new Float64Array(longest), out = new Float64Array(longest), places = new Int32Array(longest), borders = new Float64Array(longest + 1);
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const n = size[axis], stride = strides[axis], step = spacing[axis] * spacing[axis];
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    for (let v = 0; v < size[b]; v++) {
      tell?.((axis + v / size[b]) / 3);
      for (let u = 0; u < size[a]; u++) {
        const start = u * strides[a] + v * strides[b];
        let isFar = true;
        for (let i = 0; i < n; i++) {
          line[i] = field[start + i * stride];
          if (line[i] < far) isFar = false;
        }
        if (isFar) continue;
        envelope(line, n, step, out, places, borders);
        for (let i = 0; i < n; i++) field[start + i * stride] = out[i];
      }
    }
  }
  return field;
}

/** out[i] = min over j of line[j] + step·(i − j)². */
function envelope(line: Float64Array, n: number, step: number, out: Float64Array, places: Int32Array, borders: Float64Array): void {
  let k = -1;
  for (let q = 0; q < n; q++) {
    if (line[q] >= far) continue;
    let from = -Infinity;
    while (k >= 0) {
      const p = places[k];
      from = (line[q] - line[p] + step * (q * q - p * p)) / (2 * step * (q - p));
      if (from > borders[k]) break;
      k--;
    }
    k++;
    places[k] = q;
    borders[k] = k === 0 ? -Infinity : from;
  }
  let at = 0;
  for (let i = 0; i < n; i++) {
    while (at < k && borders[at + 1] < i) at++;
    const p = places[at];
    out[i] = line[p] + step * (i - p) * (i - p);
  }
}

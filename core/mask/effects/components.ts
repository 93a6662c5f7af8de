import { bitEngine } from "../bitKernel.ts";
import { complement } from "../bitRows.ts";

/** Connected parts of a mask: a number for each voxel (0 outside the mask) and the size of each, from number 1. */
export interface Components {
  labels: Int32Array;
  /** sizes[n] is the number of voxels of part n; sizes[0] is 0. */
  sizes: number[];
}

/** Parts of a mask joined through 26 (or 6) neighbours, numbered in order of their first voxel. What is not 0 is in the mask. */
export function componentsOf(bits: Uint8Array, size: readonly [number, number, number], neighbours: 6 | 26 = 26): Components {
  const engine = bitEngine(), { first, edges, numbers, sizes } = engine.parts(complement(engine.pack(bits, size, 0)), neighbours);
  const labels = new Int32Array(bits.length);
  for (let row = 0, start = 0; row + 1 < first.length; row++, start += size[0]) {
    for (let r = first[row]; r < first[row + 1]; r++) labels.fill(numbers[r], start + edges[2 * r], start + edges[2 * r + 1]);
  }
  return { labels, sizes: [...sizes] };
}

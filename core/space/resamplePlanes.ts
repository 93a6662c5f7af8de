import type { Grid } from "./grid.ts";
import { slabsOf, slabValue } from "./slabs.ts";
import { samePlaceMm, type Resampled, type SliceStack } from "./resampleStack.ts";

/**
 * Slices that lie straight but unevenly, onto a grid whose in-plane voxels are their pixels: a plane on a slice is that
 * slice bit for bit, one beyond the last slice repeats it, all others follow the slabs. Pixel (i, j) of plane k goes to
 * index `base + i*strides[0] + j*strides[1] + k*strides[2]`.
 * @param along positions of the slices on the normal, ascending; @param planes positions of the grid's planes, in the order of k
 */
export function resamplePlanes(
  stack: Pick<SliceStack, "columns" | "rows" | "hu">, grid: Grid, along: readonly number[], planes: readonly number[], base: number, strides: readonly [number, number, number],
): Resampled {
  const { columns, rows, hu: source } = stack, slabs = slabsOf(along), count = along.length, area = columns * rows;
  const hu = new Int16Array(grid.dims[0] * grid.dims[1] * grid.dims[2]);
  let least = 32767, most = -32768, exactPlanes = 0, isBounded = false;
  for (const [plane, wanted] of planes.entries()) {
    const position = Math.max(along[0], Math.min(along[count - 1], wanted));
    let k = 0;
    while (k < count - 1 && position >= slabs.faces[k + 1]) k++;
    const isSlice = Math.abs(position - along[k]) <= samePlaceMm;
    if (Math.abs(wanted - along[k]) <= samePlaceMm) exactPlanes++;
    const c0 = k * area, b0 = Math.max(0, k - 1) * area, a0 = Math.max(0, k - 2) * area, d0 = Math.min(count - 1, k + 1) * area, e0 = Math.min(count - 1, k + 2) * area;
    if (isSlice) {
      const [step] = strides;
      for (let j = 0, from = c0; j < rows; j++) {
        for (let to = base + j * strides[1] + plane * strides[2], end = from + columns; from < end; from++, to += step) hu[to] = source[from];
      }
      continue;
    }
    // Only what is computed can leave the range of the values that were measured.
    if (!isBounded) {
      for (let at = 0; at < source.length; at++) { const value = source[at]; if (value < least) least = value; if (value > most) most = value; }
      isBounded = true;
    }
    for (let j = 0, p = 0; j < rows; j++) {
      for (let i = 0, to = base + j * strides[1] + plane * strides[2]; i < columns; i++, p++, to += strides[0]) {
        const value = Math.round(slabValue(slabs, k, position, source[a0 + p], source[b0 + p], source[c0 + p], source[d0 + p], source[e0 + p]));
        hu[to] = value < least ? least : value > most ? most : value;
      }
    }
  }
  return { hu, outside: 0, exactPlanes };
}

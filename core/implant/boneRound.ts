import type { VoxelBox } from "../mask/boxLabels.ts";
import { fromDense } from "../mask/labelmap.ts";
import type { Grid } from "../space/grid.ts";
import type { Mesh } from "../surface/mesh.ts";
import { surfaceOf } from "../surface/surfaceNets.ts";

/** How far round the points bone is meshed, mm: where the bone is cut at the box, the cut lies this far away. */
const roundMm = 13;

/** The box of voxels in which bone is looked at round some points. @param points x, y, z each, RAS mm */
export function boxRound(grid: Grid, points: ArrayLike<number>): VoxelBox {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i++) { low[i % 3] = Math.min(low[i % 3], points[i]); high[i % 3] = Math.max(high[i % 3], points[i]); }
  return {
    first: low.map((mm, i) => Math.max(0, Math.floor((mm - roundMm - grid.origin[i]) / grid.spacing[i]))),
    last: high.map((mm, i) => Math.min(grid.dims[i] - 1, Math.ceil((mm + roundMm - grid.origin[i]) / grid.spacing[i]))),
  };
}

/**
 * The closed surface (RAS mm) of one label value in the box round some points: what distances between an implant and
 * its bone are measured to. One surface for building and for checking.
 * @param points x, y, z each, RAS mm
 */
export const boneRound = (grid: Grid, labels: Uint8Array, value: number, points: ArrayLike<number>): Mesh => boneInBox(grid, labels, value, boxRound(grid, points));

/** The same in a box. */
export function boneInBox(grid: Grid, labels: Uint8Array, value: number, { first, last }: VoxelBox): Mesh {
  const dims = last.map((n, i) => n - first[i] + 1) as [number, number, number];
  if (dims.some((n) => !(n > 0))) return { positions: new Float32Array(0), triangles: new Uint32Array(0) };
  const part = new Uint8Array(dims[0] * dims[1] * dims[2]), [nx, ny] = grid.dims;
  for (let k = 0, at = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) {
    const row = first[0] + nx * (first[1] + j + ny * (first[2] + k));
    for (let i = 0; i < dims[0]; i++, at++) if (labels[row + i] === value) part[at] = 1;
  }
  const origin = first.map((n, i) => grid.origin[i] + n * grid.spacing[i]) as [number, number, number];
  return surfaceOf(fromDense({ dims, spacing: grid.spacing, origin }, part), 1);
}

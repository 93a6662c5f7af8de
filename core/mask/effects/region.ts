import type { Grid } from "../../space/grid.ts";

/** A box of voxels, half open, and one byte a voxel inside it, x fastest; 1 is in the mask. */
export interface Region {
  readonly low: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly bits: Uint8Array;
}

/** Bounds [low, high) of the voxels that hold, grown by `pad` voxels an axis within the grid; null where none does. */
export function boundsOf(grid: Grid, holds: (index: number) => boolean, pad: readonly [number, number, number]): { low: [number, number, number]; high: [number, number, number] } | null {
  const [nx, ny, nz] = grid.dims;
  const low = [nx, ny, nz], high = [0, 0, 0];
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        if (!holds(i)) continue;
        if (x < low[0]) low[0] = x;
        if (x >= high[0]) high[0] = x + 1;
        if (y < low[1]) low[1] = y;
        if (y >= high[1]) high[1] = y + 1;
        if (z < low[2]) low[2] = z;
        high[2] = z + 1;
      }
    }
  }
  if (high[2] === 0) return null;
  return {
    low: [Math.max(0, low[0] - pad[0]), Math.max(0, low[1] - pad[1]), Math.max(0, low[2] - pad[2])],
    high: [Math.min(nx, high[0] + pad[0]), Math.min(ny, high[1] + pad[1]), Math.min(nz, high[2] + pad[2])],
  };
}

/** Calls with the index in the grid and in the region of every voxel of the region. */
export function eachVoxel(grid: Grid, { low, size }: Pick<Region, "low" | "size">, visit: (index: number, at: number) => void): void {
  const [nx, ny] = grid.dims;
  for (let z = 0, at = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      let index = low[0] + (low[1] + y) * nx + (low[2] + z) * nx * ny;
      for (let x = 0; x < size[0]; x++) visit(index++, at++);
    }
  }
}

/** The mask of the voxels that hold, cut to its bounds and `padMm` around them; empty (size 0) where none does. */
export function regionOf(grid: Grid, holds: (index: number) => boolean, padMm = 0): Region {
  const pad = grid.spacing.map((step) => Math.ceil(padMm / step) + 1) as [number, number, number];
  const bounds = boundsOf(grid, holds, pad);
  if (!bounds) return { low: [0, 0, 0], size: [0, 0, 0], bits: new Uint8Array() };
  const size: [number, number, number] = [bounds.high[0] - bounds.low[0], bounds.high[1] - bounds.low[1], bounds.high[2] - bounds.low[2]];
  const bits = new Uint8Array(size[0] * size[1] * size[2]);
  eachVoxel(grid, { low: bounds.low, size }, (index, at) => { if (holds(index)) bits[at] = 1; });
  return { low: bounds.low, size, bits };
}

import type { Grid } from "../../space/grid.ts";

/** A box of voxels, half open, and one byte a voxel inside it, x fastest; 1 is in the mask. */
export interface Region {
  readonly low: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly bits: Uint8Array;
}

type Bounds = { low: [number, number, number]; high: [number, number, number] };
type Pad = readonly [number, number, number];

/** Bounds of what the rows hold, grown by `pad` within the grid; `spanOf` puts the first and last voxel of the row that begins at an index into `span`, or says that there is none. */
function boundsOfRows({ dims: [nx, ny, nz] }: Grid, pad: Pad, spanOf: (start: number, span: Int32Array) => boolean): Bounds | null {
  const low = [nx, ny, nz], high = [0, 0, 0], span = new Int32Array(2);
  for (let z = 0, start = 0; z < nz; z++) for (let y = 0; y < ny; y++, start += nx) {
    if (!spanOf(start, span)) continue;
    low[0] = Math.min(low[0], span[0]);
    high[0] = Math.max(high[0], span[1] + 1);
    low[1] = Math.min(low[1], y);
    high[1] = Math.max(high[1], y + 1);
    low[2] = Math.min(low[2], z);
    high[2] = z + 1;
  }
  if (high[2] === 0) return null;
  return {
    low: [Math.max(0, low[0] - pad[0]), Math.max(0, low[1] - pad[1]), Math.max(0, low[2] - pad[2])],
    high: [Math.min(nx, high[0] + pad[0]), Math.min(ny, high[1] + pad[1]), Math.min(nz, high[2] + pad[2])],
  };
}

/** Bounds [low, high) of the voxels that hold, grown by `pad` voxels an axis within the grid; null where none does. */
export function boundsOf(grid: Grid, holds: (index: number) => boolean, pad: Pad): Bounds | null {
  const nx = grid.dims[0];
  return boundsOfRows(grid, pad, (start, span) => {
    let first = 0, last = nx - 1;
    while (first < nx && !holds(start + first)) first++;
    if (first === nx) return false;
    while (!holds(start + last)) last--;
    span[0] = first;
    span[1] = last;
    return true;
  });
}

/**
 * Bounds [low, high) of the voxels whose label is marked in `isWanted` (by value), grown by `pad` voxels an axis within the
 * grid, and which of these labels there are; null where there is none. Empty stretches of a row cost a quarter of a step a voxel.
 */
export function boundsOfLabels(grid: Grid, labels: Uint8Array, isWanted: Uint8Array, pad: Pad): (Bounds & { found: Set<number> }) | null {
  const nx = grid.dims[0], isThere = new Uint8Array(256), skips = isWanted[0] === 0;
  const fours = labels.byteOffset % 4 === 0 ? new Uint32Array(labels.buffer, labels.byteOffset, labels.length >> 2) : null;
  const bounds = boundsOfRows(grid, pad, (start, span) => {
    let first = -1, last = -1;
    for (let x = 0; x < nx; x++) {
      const i = start + x;
      if (skips && fours !== null && (i & 3) === 0 && x + 3 < nx && fours[i >> 2] === 0) { x += 3; continue; }
      if (isWanted[labels[i]] === 0) continue;
      isThere[labels[i]] = 1;
      if (first < 0) first = x;
      last = x;
    }
    span[0] = first;
    span[1] = last;
    return first >= 0;
  });
  return bounds && { ...bounds, found: new Set([...isThere.keys()].filter((label) => isThere[label] === 1)) };
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

/** `regionOf` for the voxels that hold one label value, or one of several marked by value. */
export function regionOfLabel(grid: Grid, labels: Uint8Array, wanted: number | Uint8Array, padMm = 0): Region {
  const isWanted = typeof wanted === "number" ? new Uint8Array(256) : wanted, pad = grid.spacing.map((step) => Math.ceil(padMm / step) + 1) as [number, number, number];
  if (typeof wanted === "number") isWanted[wanted] = 1;
  const bounds = boundsOfLabels(grid, labels, isWanted, pad);
  if (!bounds) return { low: [0, 0, 0], size: [0, 0, 0], bits: new Uint8Array() };
  const { low, high } = bounds, size: [number, number, number] = [high[0] - low[0], high[1] - low[1], high[2] - low[2]], bits = new Uint8Array(size[0] * size[1] * size[2]), [nx, ny] = grid.dims;
  for (let z = 0, at = 0; z < size[2]; z++) for (let y = 0; y < size[1]; y++) {
    const start = low[0] + nx * (low[1] + y + ny * (low[2] + z));
    for (let i = start; i < start + size[0]; i++, at++) bits[at] = isWanted[labels[i]];
  }
  return { low, size, bits };
}

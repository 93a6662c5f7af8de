import { type Grid, rasToIjk, type RasPoint } from "../space/grid.ts";
import { BRICK, brickCount, brickExtent, brickOrigin } from "./brick.ts";
import type { BrickRuns } from "./brickRuns.ts";

/** A closed outline in a slice. */
export interface Outline {
  /** Corners, RAS mm; the last is joined to the first. */
  points: readonly RasPoint[];
  /** Axis normal to the slice drawn in: 0 x (sagittal), 1 y (coronal), 2 z (axial). */
  plane: 0 | 1 | 2;
}

/** Which voxels of a slice have their centre inside an outline (even-odd), `size[0]` × `size[1]` of the slice's own axes. */
export interface SliceMask { bits: Uint8Array; size: readonly [number, number]; axes: readonly [number, number]; slice: number }

/** The inside of an outline on the voxels of its slice: that of its first corner. Crossings along rows, so no corner counts twice. */
export function outlineMask(grid: Grid, { points, plane }: Outline): SliceMask {
  const axes: readonly [number, number] = plane === 0 ? [1, 2] : plane === 1 ? [0, 2] : [0, 1], size: [number, number] = [grid.dims[axes[0]], grid.dims[axes[1]]];
  const corners = points.map((p) => rasToIjk(grid, p)), bits = new Uint8Array(size[0] * size[1]);
  const slice = corners.length < 3 ? -1 : Math.max(0, Math.min(grid.dims[plane] - 1, Math.floor(corners[0][plane] + 0.5)));
  for (let v = 0; v < size[1]; v++) {
    const crossings: number[] = [];
    for (let i = 0; i < corners.length; i++) {
      const a = corners[i], b = corners[(i + 1) % corners.length], av = a[axes[1]], bv = b[axes[1]];
      if ((av <= v) === (bv <= v)) continue;
      crossings.push(a[axes[0]] + (v - av) / (bv - av) * (b[axes[0]] - a[axes[0]]));
    }
    crossings.sort((one, other) => one - other);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i])), end = Math.min(size[0], Math.ceil(crossings[i + 1]));
      if (end > from) bits.fill(1, v * size[0] + from, v * size[0] + end);
    }
  }
  return { bits, size, axes, slice };
}

/**
 * Runs of the voxels within a depth of the outline's slice that lie inside it (or outside it), along the slice's normal.
 * @param depth slices to each side of the outline's own; Infinity: all of them
 * @param mayHold whether a brick can hold a voxel that is wanted; others are passed over
 */
export function outlineRuns(grid: Grid, outline: Outline, depth = 0, isInside = true, mayHold: (brick: number) => boolean = () => true): BrickRuns[] {
  const mask = outlineMask(grid, outline), wanted = isInside ? 1 : 0, { plane } = outline, bricks: BrickRuns[] = [];
  if (mask.slice < 0) return bricks;
  const first = Math.max(0, mask.slice - depth), last = Math.min(grid.dims[plane] - 1, mask.slice + depth), width = mask.size[0];
  for (let brick = 0; brick < brickCount(grid); brick++) {
    const origin = brickOrigin(grid, brick), extent = brickExtent(grid, brick);
    if (origin[plane] > last || origin[plane] + extent[plane] <= first || !mayHold(brick)) continue;
    const runs: number[] = [], holds = (x: number, y: number, z: number): boolean => {
      const at = [origin[0] + x, origin[1] + y, origin[2] + z];
      return at[plane] >= first && at[plane] <= last && mask.bits[at[mask.axes[0]] + at[mask.axes[1]] * width] === wanted;
    };
    for (let z = 0; z < extent[2]; z++) for (let y = 0; y < extent[1]; y++) for (let x = 0; x < extent[0];) {
      if (!holds(x, y, z)) { x++; continue; }
      const from = x;
      while (x < extent[0] && holds(x, y, z)) x++;
      runs.push(from + BRICK * (y + BRICK * z), x - from);
    }
    if (runs.length > 0) bricks.push({ brick, runs: Uint16Array.from(runs) });
  }
  return bricks;
}

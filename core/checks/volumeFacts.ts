import { voxelVolumeMm3, type Grid } from "../space/grid.ts";
import { boneHu, emptyBlocks, scanEdges, type ScanEdges } from "./scanEdges.ts";
import { latticeOfGrid, type Measured } from "./scanLattice.ts";
import { streakHu } from "./streaks.ts";

/** What the voxels of a volume say about the scan. */
export interface VolumeFacts extends ScanEdges {
  /** Modes of the air (−1100…−900) and soft-tissue (−50…120) ranges; null where there is too little of it. */
  airHu: number | null;
  softHu: number | null;
  boneMm3: number;
  metalMm3: number;
  /** Robust standard deviation between x-neighbours that are both soft tissue; null where there is too little. */
  noiseHu: number | null;
  /** Contrast of streaks round metal; null where there is none or no soft tissue round it. */
  streakHu: number | null;
  /** How many voxels have the value `v`, at `v + 32768`. */
  histogram: Uint32Array;
  /** How many voxels of each plane are metal. */
  metalOfPlane: Uint32Array;
}

const metalHu = 2500, low = -1100, softLow = -50, high = 120;

/** Counts the values of an x-row and the steps between soft-tissue neighbours; bone is marked in the blocks. @returns the row's voxels of metal */
function countRow(hu: Int16Array, from: number, nx: number, histogram: Uint32Array, steps: Uint32Array, blocks: Int32Array, blockOfX: Int32Array, blockRow: number): number {
  let metal = 0, before = from > 0 ? hu[from - 1] : -2000;
  for (let x = 0; x < nx; x++) {
    const value = hu[from + x];
    histogram[value + 32_768]++;
    if (value >= boneHu) {
      blocks[blockRow + blockOfX[x]] = -1;
      if (value >= metalHu) metal++;
    } else if (value >= softLow && value <= high && before >= softLow && before <= high) steps[value < before ? before - value : value - before]++;
    before = value;
  }
  return metal;
}

/** Where the scan ends, if that is not at the grid's faces: what was found at its own edges, or what its slices measured. */
export type ScanEnds = { edges: ScanEdges } | { measured: Measured } | null;

/** One pass over the voxels, and one over where the scan ends. */
export function volumeFacts(grid: Grid, hu: Int16Array, ends: ScanEnds = null): VolumeFacts {
  const [nx, ny, nz] = grid.dims, histogram = new Uint32Array(65_536), steps = new Uint32Array(512), metalOfPlane = new Uint32Array(nz);
  const boneBlocks = emptyBlocks(grid), { size, counts: [bx, by], blocks } = boneBlocks, blockOfX = Int32Array.from({ length: nx }, (_, x) => Math.floor(x / size[0]));
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    metalOfPlane[z] += countRow(hu, nx * (y + ny * z), nx, histogram, steps, blocks, blockOfX, bx * (Math.floor(y / size[1]) + by * Math.floor(z / size[2])));
  }
  const counts = histogram.subarray(low + 32_768, high + 32_769);
  let bone = 0, metal = 0, pairs = 0;
  for (const count of steps) pairs += count;
  for (let value = boneHu; value < 32_768; value++) bone += histogram[value + 32_768];
  for (const count of metalOfPlane) metal += count;
  const mode = (from: number, to: number): number | null => {
    let best = from, total = 0;
    // Values that scanner or import fill in are no measured air.
    for (let value = from; value <= to; value++) {
      if (value === -1024) continue;
      total += counts[value - low];
      if (counts[value - low] > counts[best - low]) best = value;
    }
    return total > 1000 && total > hu.length / 1000 ? best : null;
  };
  let median = 0;
  for (let seen = steps[0]; seen < pairs / 2 && median < steps.length - 1;) seen += steps[++median];
  const edges = ends && "edges" in ends ? ends.edges : scanEdges(latticeOfGrid(grid, hu, ends?.measured ?? null), boneBlocks);
  return {
    airHu: mode(-1100, -900) ?? (counts[-1024 - low] > hu.length / 20 ? -1024 : null), softHu: mode(-50, 120), boneMm3: bone * voxelVolumeMm3(grid), metalMm3: metal * voxelVolumeMm3(grid),
    noiseHu: pairs > 1000 ? median / 0.6745 / Math.sqrt(2) : null, ...edges,
    streakHu: metal * voxelVolumeMm3(grid) > 50 ? streakHu(grid, hu, metalOfPlane) : null, histogram, metalOfPlane,
  };
}

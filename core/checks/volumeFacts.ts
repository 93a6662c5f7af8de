import { voxelVolumeMm3, type Grid } from "../space/grid.ts";
import { streakHu } from "./streaks.ts";

/** What the voxels of a volume say about the scan. */
export interface VolumeFacts {
  /** Modes of the air (−1100…−900) and soft-tissue (−50…120) ranges; null where there is too little of it. */
  airHu: number | null;
  softHu: number | null;
  boneMm3: number;
  metalMm3: number;
  /** Robust standard deviation between x-neighbours that are both soft tissue; null where there is too little. */
  noiseHu: number | null;
  /** On the four side faces of the grid: area of the largest bone mass (above 300 HU), and of all above −300 HU. */
  boneAtBorderMm2: number;
  bodyAtBorderMm2: number;
  /** Bone area in the topmost and in the lowest plane. */
  boneAtTopMm2: number;
  boneAtBottomMm2: number;
  /** Of the lowest plane's bone, what lies within 40 mm of the foremost bone: a jaw that is cut, not the spine. */
  frontAtBottomMm2: number;
  /** Contrast of streaks round metal; null where there is none or no soft tissue round it. */
  streakHu: number | null;
  /** How many voxels have the value `v`, at `v + 32768`. */
  histogram: Uint32Array;
  /** How many voxels of each plane are metal. */
  metalOfPlane: Uint32Array;
}

const boneHu = 300, bodyHu = -300, metalHu = 2500, low = -1100, softLow = -50, high = 120;

/** Side of the blocks in which bone is joined, mm: finer than the soft tissue between bone and a head rest. */
const blockMm = 4;
/** From the foremost bone to what is a jaw and no longer a spine, mm. */
const jawMm = 40;

/** Blocks of a grid: how many voxels one has along each axis, how many there are, and -1 in each that holds bone. */
interface BoneBlocks { size: number[]; counts: number[]; blocks: Int32Array }
function emptyBlocks({ dims, spacing }: Grid): BoneBlocks {
  const size = spacing.map((mm) => Math.max(1, Math.round(blockMm / mm))), counts = dims.map((n, axis) => Math.ceil(n / size[axis]));
  return { size, counts, blocks: new Int32Array(counts[0] * counts[1] * counts[2]) };
}

/** Whether a voxel lies in the largest connected mass of bone, in blocks (tables and rests are others), and the foremost y of that. */
function largestBone({ size, counts: [bx, by, bz], blocks }: BoneBlocks): { has(x: number, y: number, z: number): boolean; front: number } {
  let best = 0, most = 0, label = 0;
  const stack: number[] = [];
  for (let seed = 0; seed < blocks.length; seed++) {
    if (blocks[seed] !== -1) continue;
    let members = 0;
    blocks[seed] = ++label;
    stack.push(seed);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      members++;
      const x = at % bx, y = Math.floor(at / bx) % by, z = Math.floor(at / (bx * by));
      const near = [x > 0 ? at - 1 : -1, x < bx - 1 ? at + 1 : -1, y > 0 ? at - bx : -1, y < by - 1 ? at + bx : -1, z > 0 ? at - bx * by : -1, z < bz - 1 ? at + bx * by : -1];
      for (const next of near) if (next >= 0 && blocks[next] === -1) { blocks[next] = label; stack.push(next); }
    }
    if (members > most) { most = members; best = label; }
  }
  let front = -1;
  if (best > 0) for (let at = 0; at < blocks.length; at++) if (blocks[at] === best) front = Math.max(front, (Math.floor(at / bx) % by + 1) * size[1] - 1);
  return { has: (x, y, z) => best > 0 && blocks[Math.floor(x / size[0]) + bx * (Math.floor(y / size[1]) + by * Math.floor(z / size[2]))] === best, front };
}

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

/** One pass over the voxels, and one over the faces. */
export function volumeFacts(grid: Grid, hu: Int16Array): VolumeFacts {
  const [nx, ny, nz] = grid.dims, [sx, sy, sz] = grid.spacing, histogram = new Uint32Array(65_536), steps = new Uint32Array(512), metalOfPlane = new Uint32Array(nz);
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
  let boneBorder = 0, bodyBorder = 0;
  const anatomy = largestBone(boneBlocks);
  const touch = (x: number, y: number, z: number, area: number) => {
    const value = hu[x + nx * (y + ny * z)];
    if (value >= bodyHu) bodyBorder += area;
    if (value >= boneHu && anatomy.has(x, y, z)) boneBorder += area;
  };
  for (let z = 0; z < nz; z++) {
    for (let x = 0; x < nx; x++) { touch(x, 0, z, sx * sz); touch(x, ny - 1, z, sx * sz); }
    for (let y = 0; y < ny; y++) { touch(0, y, z, sy * sz); touch(nx - 1, y, z, sy * sz); }
  }
  let top = 0, bottom = 0, jaw = 0;
  for (let at = (nz - 1) * nx * ny; at < hu.length; at++) if (hu[at] >= boneHu) top++;
  for (let y = 0, at = 0; y < ny; y++) for (let x = 0; x < nx; x++, at++) {
    if (hu[at] < boneHu || !anatomy.has(x, y, 0)) continue;
    bottom++;
    if ((anatomy.front - y) * sy <= jawMm) jaw++;
  }
  return {
    airHu: mode(-1100, -900) ?? (counts[-1024 - low] > hu.length / 20 ? -1024 : null), softHu: mode(-50, 120), boneMm3: bone * voxelVolumeMm3(grid), metalMm3: metal * voxelVolumeMm3(grid),
    noiseHu: pairs > 1000 ? median / 0.6745 / Math.sqrt(2) : null, boneAtBorderMm2: boneBorder, bodyAtBorderMm2: bodyBorder, boneAtTopMm2: top * sx * sy, boneAtBottomMm2: bottom * sx * sy, frontAtBottomMm2: jaw * sx * sy,
    streakHu: metal * voxelVolumeMm3(grid) > 50 ? streakHu(grid, hu, metalOfPlane) : null, histogram, metalOfPlane,
  };
}

import type { Grid } from "../space/grid.ts";
import { outerTable } from "./braincase.ts";
import { partsOf } from "./brick.ts";
import { hash } from "./shapes.ts";
import { brainAt, defect, faceShiftMm, tissueAt } from "./tissue.ts";

export { defect, faceShiftMm };

/** Voxels along an edge of the boxes that are worked at once. */
const brickVoxels = 8;

/**
 * A synthetic head CT, made from a seed: skin with nose, lips and ears, two skull tables with diploe between them, a
 * skull base, facial bones with orbits and sinuses, a jaw with teeth, the upper spine, brain with ventricles, noise and
 * partial volume, and a hole in the right parietal bone. Left and right differ by `faceShiftMm` at most. No person's anatomy.
 * @param dims voxels; the field of view stays 205 × 230 × 220 mm, so spacing follows
 */
export function headCt(seed: number, dims: readonly [number, number, number] = [256, 256, 200]): { grid: Grid; hu: Int16Array<ArrayBuffer> } {
  const extent = [205, 230, 220];
  const spacing: [number, number, number] = [extent[0] / dims[0], extent[1] / dims[1], extent[2] / dims[2]];
  const origin: [number, number, number] = [-extent[0] / 2 + spacing[0] / 2, -extent[1] / 2 + spacing[1] / 2, -95];
  const grid: Grid = { dims: [dims[0], dims[1], dims[2]], spacing, origin };
  const values = new Int16Array(dims[0] * dims[1] * dims[2]);
  for (let k = 0; k < dims[2]; k += brickVoxels) for (let j = 0; j < dims[1]; j += brickVoxels) for (let i = 0; i < dims[0]; i += brickVoxels) {
    fillBrick(values, grid, seed, i, j, k);
  }
  return { grid, hu: values };
}

/** Fills the voxels of one box that starts at (i0, j0, k0). */
function fillBrick(values: Int16Array, { dims, spacing, origin }: Grid, seed: number, i0: number, j0: number, k0: number): void {
  const voxel = (spacing[0] + spacing[1] + spacing[2]) / 3;
  const iEnd = Math.min(dims[0], i0 + brickVoxels), jEnd = Math.min(dims[1], j0 + brickVoxels), kEnd = Math.min(dims[2], k0 + brickVoxels);
  const x0 = origin[0] + i0 * spacing[0], x1 = origin[0] + (iEnd - 1) * spacing[0];
  const y0 = origin[1] + j0 * spacing[1], y1 = origin[1] + (jEnd - 1) * spacing[1];
  const z0 = origin[2] + k0 * spacing[2], z1 = origin[2] + (kEnd - 1) * spacing[2];
  const near = partsOf([x0 <= 0 && x1 >= 0 ? 0 : Math.min(Math.abs(x0), Math.abs(x1)) - 1, Math.max(Math.abs(x0), Math.abs(x1)) + 1, y0, y1, z0, z1]);
  const isAir = near.soft.length + near.face.length + near.jaw.length === 0 && isBeyondScalp(x0, x1, y0, y1, z0, z1);
  const isBrain = z0 > 36 && (z0 > 50 || x0 > 20 || x1 < -20) && isDeepInVault(x0, x1, y0, y1, z0, z1);
  for (let k = k0; k < kEnd; k++) for (let j = j0; j < jEnd; j++) {
    const y = origin[1] + j * spacing[1], z = origin[2] + k * spacing[2];
    for (let i = i0, at = i0 + dims[0] * (j + dims[1] * k); i < iEnd; i++, at++) {
      const value = isAir ? -1000 : isBrain ? brainAt(origin[0] + i * spacing[0], y, z, seed) : tissueAt(origin[0] + i * spacing[0], y, z, voxel, seed, near);
      values[at] = Math.round(value + noiseAt(at, seed));
    }
  }
}

/** Whether a box lies clear of the scalp: its nearest point is outside an ellipsoid that holds the scalp and its edge. */
function isBeyondScalp(x0: number, x1: number, y0: number, y1: number, z0: number, z1: number): boolean {
  const gap = (low: number, high: number, centre: number) => Math.max(0, low - centre, centre - high);
  const x = gap(x0, x1, 0) / 90, y = gap(y0, y1, -4) / 106, z = gap(z0, z1, z1 < 38 ? 0 : 38) / (z1 < 38 ? 60 : 88);
  return x * x + y * y + z * z > 1;
}

/** Whether all of a box above z = 36 mm lies more than 14 mm inside the vault there, a convex solid: all its corners do. */
function isDeepInVault(x0: number, x1: number, y0: number, y1: number, z0: number, z1: number): boolean {
  for (let c = 0; c < 8; c++) if (outerTable(c & 1 ? x0 : x1, c & 2 ? y0 : y1, c & 4 ? z0 : z1) > -14) return false;
  return true;
}

/** Scanner noise of about ±18 HU (sum of four uniform numbers: close to normal). */
function noiseAt(at: number, seed: number): number {
  const a = hash(at ^ Math.imul(seed, 0x9e3779b1)), b = hash(a ^ 0x68bc21eb);
  return ((a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16)) / 65536 * 31 - 62;
}

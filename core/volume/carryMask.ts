import type { Grid } from "../space/grid.ts";
import { applyRigid, type Rigid } from "../space/rigid.ts";

/** A mask on another grid. */
export interface CarriedMask {
  /** Label values, x fastest. */
  labels: Uint8Array;
  /** Whether every voxel of the new grid is one of the old grid's, at the same place. */
  isExact: boolean;
  /** How far the farthest voxel with a label lies from the voxel that it was taken from, mm. */
  farthestMm: number;
}

/** Grids whose places differ by less than this share of a voxel are the same: files keep positions as float32. */
const samePlace = 1e-3;

/**
 * Carries label values to another grid by their place in the patient. Where the new grid's voxels are some of the old one's,
 * they keep their values one by one; else each takes the value of the old voxel whose centre is nearest, nothing outside.
 * @param toOld from positions on the new grid to those on the old one; without it they are the same
 */
export function carryMask(labels: Uint8Array, old: Grid, grid: Grid, toOld?: Rigid): CarriedMask {
  const [nx, ny, nz] = grid.dims, out = new Uint8Array(nx * ny * nz), [ox, oy, oz] = old.dims;
  const offset = [0, 1, 2].map((axis) => (grid.origin[axis] - old.origin[axis]) / old.spacing[axis]), whole = offset.map(Math.round);
  const isExact = !toOld && grid.spacing.every((mm, axis) => Math.abs(mm - old.spacing[axis]) * grid.dims[axis] <= samePlace * mm && Math.abs(offset[axis] - whole[axis]) <= samePlace
    && whole[axis] >= 0 && whole[axis] + grid.dims[axis] <= old.dims[axis]);
  if (isExact) {
    for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
      const from = whole[0] + ox * (whole[1] + y + oy * (whole[2] + z));
      out.set(labels.subarray(from, from + nx), nx * (y + ny * z));
    }
    return { labels: out, isExact, farthestMm: 0 };
  }
  /** Voxel coordinates on the old grid. */
  const placeOf = (x: number, y: number, z: number) => {
    const mm = [grid.origin[0] + x * grid.spacing[0], grid.origin[1] + y * grid.spacing[1], grid.origin[2] + z * grid.spacing[2]] as const, p = toOld ? applyRigid(toOld, mm) : mm;
    return [(p[0] - old.origin[0]) / old.spacing[0], (p[1] - old.origin[1]) / old.spacing[1], (p[2] - old.origin[2]) / old.spacing[2]] as const;
  };
  const zero = placeOf(0, 0, 0), steps = [placeOf(1, 0, 0), placeOf(0, 1, 0), placeOf(0, 0, 1)].map((p) => p.map((n, axis) => n - zero[axis]));
  let farthest = 0;
  for (let z = 0, to = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const a = zero[0] + y * steps[1][0] + z * steps[2][0], b = zero[1] + y * steps[1][1] + z * steps[2][1], c = zero[2] + y * steps[1][2] + z * steps[2][2];
    for (let x = 0; x < nx; x++, to++) {
      const fx = a + x * steps[0][0], fy = b + x * steps[0][1], fz = c + x * steps[0][2], i = Math.floor(fx + 0.5), j = Math.floor(fy + 0.5), k = Math.floor(fz + 0.5);
      if (i < 0 || j < 0 || k < 0 || i >= ox || j >= oy || k >= oz) continue;
      const value = labels[i + ox * (j + oy * k)];
      if (value === 0) continue;
      out[to] = value;
      const dx = (fx - i) * old.spacing[0], dy = (fy - j) * old.spacing[1], dz = (fz - k) * old.spacing[2], mm2 = dx * dx + dy * dy + dz * dz;
      if (mm2 > farthest) farthest = mm2;
    }
  }
  return { labels: out, isExact, farthestMm: Math.sqrt(farthest) };
}

import type { Grid } from "../space/grid.ts";
import { latticeOfGrid, type ScanLattice } from "./scanLattice.ts";

/** How far a patient seems to have moved between two neighbouring planes. */
export interface Motion {
  /** The greatest step sideways or forward that the planes around it do not share, mm. */
  stepMm: number;
  /** It lies between this plane and the next. */
  plane: number;
  /** RAS z of the middle of that plane, mm. */
  zMm: number;
  /** Whether planes are the slices as they were taken, of a volume that is not. */
  isOfSlices: boolean;
  /** Share of the steps between planes that could be judged, 0 to 1. */
  judgedShare: number;
}

const boneHu = 300;
/** Distance of the lines along which bone's two outer edges are looked for, mm; finer where the volume is small. */
const lineMm = 4, fewestLines = 8, leastWidthMm = 5;
/** Lines that disagree by more, mm (between quartiles), show other anatomy, not a moved patient. */
const mostSpreadMm = 1;
/** Planes on each side whose steps are what is usual there. */
const around = 3;

/** The middle between bone's first and last edge along a line, mm from its beginning, edges placed between voxels; NaN where there is none. */
function middleOf(hu: Int16Array, from: number, stride: number, count: number, mm: number): number {
  let first = 0, last = count - 1;
  while (first < count && hu[from + first * stride] < boneHu) first++;
  if (first === count) return NaN;
  while (hu[from + last * stride] < boneHu) last--;
  if ((last - first) * mm < leastWidthMm) return NaN;
  const at = (i: number) => hu[from + i * stride], share = (inside: number, outside: number) => (at(inside) - boneHu) / (at(inside) - at(outside));
  return ((first === 0 ? 0 : first - share(first, first - 1)) + (last === count - 1 ? last : last + share(last, last + 1))) / 2 * mm;
}

/** The q-quantile of ascending numbers. */
const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor((sorted.length - 1) * q)];
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** Steps of bone's middle from plane to plane along one axis, mm: the median of the lines; NaN where too few agree. */
function stepsAlong({ dims, spacing, hu, base, strides, wander }: ScanLattice, axis: 0 | 1): number[] {
  const nz = dims[2], across = 1 - axis, every = Math.max(1, Math.round(Math.min(lineMm, dims[across] * spacing[across] / 32) / spacing[across]));
  const steps: number[] = [], aside = wander ? [wander.x, wander.y][axis] : null;
  let before: number[] = [];
  for (let k = 0; k < nz; k++) {
    const middles: number[] = [];
    for (let line = Math.floor(every / 2); line < dims[across]; line += every) middles.push((aside ? aside[k] : 0) + middleOf(hu, base + k * strides[2] + line * strides[across], strides[axis], dims[axis], spacing[axis]));
    if (k > 0) {
      const moved = ascending(middles.map((mm, i) => mm - before[i]).filter((mm) => !Number.isNaN(mm)));
      steps.push(moved.length >= fewestLines && quantile(moved, 0.75) - quantile(moved, 0.25) <= mostSpreadMm ? quantile(moved, 0.5) : NaN);
    }
    before = middles;
  }
  return steps;
}

/**
 * Looks for a patient who moved between slices: along lines from side to side and from front to back, the middle of what lies
 * between bone's outer edges goes smoothly from plane to plane; a step that the three planes on each side do not share is
 * motion (or a table that was moved). What is blurred within one slice it cannot see, nor a step along z. On the real head it
 * finds 0.29 mm at most; half of that head moved by 0.96 mm is found as 0.94.
 * @param lattice planes that are slices, along z; of a tilted scan the slices as they were taken
 */
export function motionIn(lattice: ScanLattice): Motion {
  const { dims, spacing, wander, zMm } = lattice, count = dims[2] - 1, isJudged = new Uint8Array(Math.max(0, count)), gapOf = (k: number) => wander ? wander.gapMm[k] / spacing[2] : 1;
  const found: Motion = { stepMm: 0, plane: 0, zMm: zMm[0], isOfSlices: wander !== null, judgedShare: 0 };
  for (const axis of [0, 1] as const) {
    const steps = stepsAlong(lattice, axis);
    for (const [k, step] of steps.entries()) {
      const low = Math.max(0, k - around), near = ascending(steps.slice(low, k + around + 1).map((mm, i) => mm / gapOf(low + i)).filter((mm) => !Number.isNaN(mm)));
      if (Number.isNaN(step) || near.length <= around) continue;
      isJudged[k] = 1;
      // Anatomy goes on as far as the next slice lies.
      const off = Math.abs(step - quantile(near, 0.5) * gapOf(k));
      if (off > found.stepMm) { found.stepMm = off; found.plane = k; found.zMm = zMm[k]; }
    }
  }
  found.judgedShare = count > 0 ? isJudged.reduce((sum, is) => sum + is, 0) / count : 0;
  return found;
}

/** The same of a volume whose planes are its slices. */
export const motionOf = (grid: Grid, hu: Int16Array): Motion => motionIn(latticeOfGrid(grid, hu));

import type { Grid } from "../space/grid.ts";
import { cutMm2, finding, type Finding } from "./ctQuality.ts";
import { latticeOfGrid, type ScanLattice } from "./scanLattice.ts";

/** Bone (above 300 HU), mm² in each plane from the feet up: to the patient's left and right of the middle, and around it. */
export interface PelvisProfile { planeMm: number; left: Float64Array; right: Float64Array; middle: Float64Array }

const boneHu = 300;
/** From the bones' middle: beyond it lie the iliac wings and no vertebra; within it the pubis and the ischia and no thigh bone [K]. */
const wingMm = 50, thighMm = 70;
/** In one plane a wing has at least so much bone, mm² [K]. */
const wingMm2 = 300;
/** Crests whose heights differ by more, mm, are not taken for two crests [K]. */
const unevenMm = 40;

/** The column halfway between the outermost bone of a plane, the median over the planes that hold some: the body is alike on both sides. */
function middleColumn({ dims: [nx, ny, nz], hu, base, strides }: ScanLattice): number {
  const halves: number[] = [];
  for (let z = 0; z < nz; z++) {
    let first = nx, last = -1;
    for (let y = 0; y < ny; y++) {
      const at = base + y * strides[1] + z * strides[2];
      for (let x = 0; x < first; x++) if (hu[at + x * strides[0]] >= boneHu) first = x;
      for (let x = nx - 1; x > last; x--) if (hu[at + x * strides[0]] >= boneHu) last = x;
    }
    if (last >= 0) halves.push((first + last) / 2);
  }
  return halves.sort((a, b) => a - b)[halves.length >> 1] ?? nx / 2;
}

/** How much bone lies sideways of the body's middle and around it, plane by plane. Two passes over the voxels. */
export function profileIn(lattice: ScanLattice): PelvisProfile {
  const { dims: [nx, ny, nz], spacing, hu, base, strides } = lattice, area = spacing[0] * spacing[1], median = middleColumn(lattice);
  // RAS: x grows to the patient's right.
  const made: PelvisProfile = { planeMm: spacing[2], left: new Float64Array(nz), right: new Float64Array(nz), middle: new Float64Array(nz) };
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0, at = base + y * strides[1] + z * strides[2]; x < nx; x++, at += strides[0]) {
    if (hu[at] < boneHu) continue;
    const beside = (x - median) * spacing[0];
    if (beside > wingMm) made.right[z] += area;
    else if (beside < -wingMm) made.left[z] += area;
    if (beside <= thighMm && beside >= -thighMm) made.middle[z] += area;
  }
  return made;
}
/** The same of a volume that was scanned as far as its grid reaches. */
export const pelvisProfile = (grid: Grid, hu: Int16Array): PelvisProfile => profileIn(latticeOfGrid(grid, hu));

const most = (values: Float64Array) => values.reduce((best, value, z) => value > values[best] ? z : best, 0);

/**
 * CK6: whether both iliac crests and both ischia lie in the scan, from where bone ends: above a crest the flank holds no bone in
 * some plane, below the ischia there is none around the middle any more. What cannot be told so needs a person's judgement.
 */
export function judgePelvis({ planeMm, left, right, middle }: PelvisProfile): Finding {
  const planes = middle.length, round = (mm2: number) => Math.round(mm2), missing: string[] = [];
  const ends: number[] = [];
  let worst = 0;
  for (const [side, wing] of [["right", right], ["left", left]] as const) {
    const at = most(wing), above = wing.subarray(at + 1), least = above.length > 0 ? Math.min(...above) : wing[at];
    worst = Math.max(worst, least);
    if (wing[at] < wingMm2) missing.push(`no iliac wing is seen on the patient's ${side} (at most ${round(wing[at])} mm² of bone beside the spine in a plane)`);
    else if (least > cutMm2) missing.push(`the crest on the patient's ${side} does not end below the top (at least ${round(least)} mm² of bone beside the spine in every plane above the wing)`);
    else ends.push(at + 1 + above.findIndex((mm2) => mm2 <= cutMm2));
  }
  if (ends.length === 2 && Math.abs(ends[0] - ends[1]) * planeMm > unevenMm) missing.push(`bone beside the spine ends ${round(Math.abs(ends[0] - ends[1]) * planeMm)} mm lower on the patient's ${ends[0] < ends[1] ? "right" : "left"}`);
  let z = 0;
  while (z < planes && middle[z] <= cutMm2) z++;
  if (z === 0) { worst = Math.max(worst, middle[0]); missing.push(`bone reaches the lowest plane between the thighs (${round(middle[0])} mm²): the ischia may be cut off`); }
  const of = { value: round(worst), limit: cutMm2, unit: "mm2" };
  return missing.length > 0 ? finding("pelvis-coverage", "attention", `Whether both iliac crests and both ischia lie in the scan needs a person's judgement: ${missing.join("; ")}.`, of)
    : finding("pelvis-coverage", "pass", `Both iliac wings end below the top, with no more than ${cutMm2} mm² of bone beside the spine in a plane above them, and ${z} planes at the bottom hold no bone between the thighs.`, of);
}

import { gridAround, type Vector } from "../space/gridAround.ts";
import { resampleStack } from "../space/resampleStack.ts";
import { anglesOfAxes, applyRigid, axesOfAngles, axesOfRight, type HeadAngles, invertRigid, type Rigid, rigidMatrix, type Rotation, turnAbout } from "../space/rigid.ts";
import type { Grid } from "../space/grid.ts";
import type { Derivation } from "./derivation.ts";
import { DeriveError } from "./deriveError.ts";
import type { HuVolume } from "./filters.ts";
import { LandmarkError, planeOfLandmarks } from "./landmarks.ts";
import { findMidPlane } from "./midPlane.ts";

export type PlaneWish = Extract<Derivation, { op: "reorient" }>["plane"];
/** How a volume is turned about its centre so that the mid-sagittal plane is a plane of constant x. */
export interface Turn extends HeadAngles {
  /** How far right of the volume's centre the plane runs, mm along its normal. */
  asideMm: number;
  /** Mean difference to the mirror image, HU, where the plane was found; how far landmarks miss it, mm. */
  meanErrorHu: number | null;
  missMm: number | null;
  isFrankfort: boolean;
}

const airHu = -1024, mostVoxels = 268_435_456, mostDeg = 45;
export const centreOf = ({ dims, spacing, origin }: Grid): Vector => [0, 1, 2].map((axis) => origin[axis] + (dims[axis] - 1) / 2 * spacing[axis]) as Vector;
const inner = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The turn that a wish comes to on a volume. @throws DeriveError */
export function turnOf(volume: HuVolume, wish: PlaneWish): Turn {
  if (wish.by === "angles") return { yawDeg: wish.yawDeg, rollDeg: wish.rollDeg, pitchDeg: wish.pitchDeg, asideMm: wish.asideMm, meanErrorHu: null, missMm: null, isFrankfort: false };
  const centre = centreOf(volume.grid), turn = (axes: Rotation, normal: readonly number[], offset: number) => ({ ...anglesOfAxes(axes), asideMm: offset - inner(normal, centre) });
  if (wish.by === "landmarks") {
    try {
      const { axes, normal, offset, missMm, isFrankfort } = planeOfLandmarks(wish.landmarks);
      return { ...turn(axes, normal, offset), meanErrorHu: null, missMm, isFrankfort };
    } catch (error) {
      throw error instanceof LandmarkError ? new DeriveError(error.message) : error;
    }
  }
  const found = findMidPlane(volume);
  if (!found) throw new DeriveError("No plane of symmetry was found: the volume holds too little of a body. Set landmarks or angles instead.");
  // No nod: a plane of symmetry tells nothing of it.
  return { ...turn(axesOfRight(found.normal, [0 - found.normal[1], found.normal[0], 0]), found.normal, found.offset), meanErrorHu: found.meanErrorHu, missMm: null, isFrankfort: false };
}

/** From positions of the scan to those of the turned volume: about the volume's centre, a turn and never a mirror. */
export const rigidOf = (grid: Grid, angles: HeadAngles): Rigid => turnAbout(centreOf(grid), axesOfAngles(angles));

/** What the record keeps of a turn, so that positions can go back. */
export const recordedTurn = (grid: Grid, turn: Turn) => {
  const to = rigidOf(grid, turn);
  return { ...turn, aboutMm: centreOf(grid), derivedFromScan: rigidMatrix(to), scanFromDerived: rigidMatrix(invertRigid(to)) };
};

/**
 * Turns a volume: its mid-sagittal plane becomes the middle plane of the grid's x. The grid holds all of the old one and
 * reaches as far to the left as to the right. Values by the way of tilted series. @throws DeriveError
 */
export function reorient({ grid, hu }: HuVolume, turn: Turn, onPlane?: (fraction: number) => void): HuVolume & { roundedHu: number; outside: number } {
  if ([turn.yawDeg, turn.rollDeg, turn.pitchDeg].some((deg) => !(Math.abs(deg) <= mostDeg))) throw new DeriveError(`The head would be turned by more than ${mostDeg}°: yaw ${turn.yawDeg.toFixed(1)}°, roll ${turn.rollDeg.toFixed(1)}°, pitch ${turn.pitchDeg.toFixed(1)}°. Check the landmarks or angles.`);
  const { dims, spacing, origin } = grid, to = rigidOf(grid, turn), axes = [0, 1, 2].map((axis) => to.rotation.map((row) => row[axis]) as Vector);
  const corners = Array.from({ length: dims[2] }, (_, k) => [...applyRigid(to, [origin[0], origin[1], origin[2] + k * spacing[2]])] as Vector);
  const around = gridAround(corners, axes[0], axes[1], axes[2], [dims[0], dims[1]], [spacing[0], spacing[1], spacing[2]]);
  const middle = centreOf(grid)[0] + turn.asideMm, step = around.spacing[0], reach = Math.max(middle - around.origin[0], around.origin[0] + (around.dims[0] - 1) * step - middle);
  const side = Math.ceil(reach / step - 1e-6), target: Grid = { dims: [2 * side + 1, around.dims[1], around.dims[2]], spacing: around.spacing, origin: [middle - side * step, around.origin[1], around.origin[2]] };
  const voxels = target.dims[0] * target.dims[1] * target.dims[2];
  if (!(voxels <= mostVoxels)) throw new DeriveError(`The turned volume would have ${voxels} voxels; the limit is ${mostVoxels}. Crop it or resample it first.`);
  const { hu: values, outside, roundedHu } = resampleStack({ columns: dims[0], rows: dims[1], hu, corners, rowDirection: axes[0], columnDirection: axes[1], columnMm: spacing[0], rowMm: spacing[1] }, target, airHu, onPlane);
  return { grid: target, hu: values, roundedHu, outside };
}

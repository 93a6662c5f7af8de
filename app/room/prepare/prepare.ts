import { type Grid, type RasPoint } from "../../../core/space/grid.ts";
import { axesOfAngles, type HeadAngles, type Rotation } from "../../../core/space/rigid.ts";
import type { MirrorPlane } from "../../../core/space/mirrorPlane.ts";
import { DeriveError } from "../../../core/volume/deriveError.ts";
import type { Derivation } from "../../../core/volume/derivation.ts";
import { type LandmarkName, landmarkNames } from "../../../core/volume/landmarks.ts";
import { centreOf, type Turn, turnOf } from "../../../core/volume/reorient.ts";

type Triple = readonly [number, number, number];
/** Both corners of a box of voxels, within it. */
export interface Box { low: Triple; high: Triple }
export type PlaneWay = "automatic" | "angles" | "landmarks";
/** What one person prepares: a box to crop to, or the plane to turn to. Nothing of it is shared until the volume is made. */
export interface Prepare {
  kind: "crop" | "reorient";
  box: Box;
  way: PlaneWay;
  /** The plane that was found by symmetry; null while it is looked for, or where there is none. */
  found: Turn | null;
  angles: HeadAngles & { asideMm: number };
  landmarks: Partial<Record<LandmarkName, RasPoint>>;
  /** The landmark that the next click sets. */
  picking: LandmarkName | null;
}

/** Fewest voxels of a crop along an axis. */
const leastVoxels = 3;
export const wholeBox = ({ dims }: Grid): Box => ({ low: [0, 0, 0], high: [dims[0] - 1, dims[1] - 1, dims[2] - 1] });
export const freshPrepare = (grid: Grid): Prepare => ({ kind: "crop", box: wholeBox(grid), way: "automatic", found: null, angles: { yawDeg: 0, rollDeg: 0, pitchDeg: 0, asideMm: 0 }, landmarks: {}, picking: null });

/** RAS mm of a face of the box: half a voxel beyond the centres of its last voxels. */
export const faceMm = (grid: Grid, box: Box, axis: number, end: "low" | "high"): number => grid.origin[axis] + grid.spacing[axis] * (box[end][axis] + (end === "low" ? -0.5 : 0.5));
/** Size of the box, mm. */
export const boxMm = (grid: Grid, { low, high }: Box): number[] => grid.spacing.map((mm, axis) => mm * (high[axis] - low[axis] + 1));

/** The box with one face on another voxel; it keeps at least three voxels and stays in the volume. */
export function faceOn(grid: Grid, box: Box, axis: number, end: "low" | "high", voxel: number): Box {
  const [least, most] = end === "low" ? [0, box.high[axis] - leastVoxels + 1] : [box.low[axis] + leastVoxels - 1, grid.dims[axis] - 1];
  const moved: [number, number, number] = [...box[end]];
  moved[axis] = Math.min(most, Math.max(least, Math.round(voxel)));
  return { ...box, [end]: moved };
}
/** The same with the face as near to a place as it can be. */
export const faceAt = (grid: Grid, box: Box, axis: number, end: "low" | "high", mm: number): Box => faceOn(grid, box, axis, end, (mm - grid.origin[axis]) / grid.spacing[axis] + (end === "low" ? 0.5 : -0.5));

const wishOf = ({ way, angles, landmarks }: Prepare): Extract<Derivation, { op: "reorient" }>["plane"] => way === "automatic" ? { by: "automatic" } : way === "angles" ? { by: "angles", ...angles }
  : { by: "landmarks", landmarks: landmarkNames.flatMap((name) => { const at = landmarks[name]; return at ? [{ name, at: [at[0], at[1], at[2]] as [number, number, number] }] : []; }) };

/** What the server is asked to make. */
export const derivationOf = (prepare: Prepare): Derivation => prepare.kind === "reorient" ? { op: "reorient", plane: wishOf(prepare) }
  : { op: "crop", low: [...prepare.box.low], high: [...prepare.box.high] };

/** The turn that is shown now, or why there is none. */
export function turnShown(grid: Grid, prepare: Prepare): { turn: Turn } | { problem: string | null } {
  if (prepare.way === "automatic") return prepare.found ? { turn: prepare.found } : { problem: null };
  try {
    return { turn: turnOf({ grid, hu: new Int16Array() }, wishOf(prepare)) };
  } catch (error) {
    if (error instanceof DeriveError) return { problem: error.message };
    throw error;
  }
}

/** The mid-sagittal plane of a turn, and the level plane through the volume's centre. */
export function planesOfTurn(grid: Grid, turn: Turn): { middle: MirrorPlane; level: MirrorPlane } {
  const axes: Rotation = axesOfAngles(turn), centre = centreOf(grid), column = (c: number): Triple => [axes[0][c], axes[1][c], axes[2][c]], offset = (n: Triple) => n[0] * centre[0] + n[1] * centre[1] + n[2] * centre[2];
  return { middle: { normal: column(0), offset: offset(column(0)) + turn.asideMm }, level: { normal: column(2), offset: offset(column(2)) } };
}

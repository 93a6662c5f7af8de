import { type MeasuredDisc, measuredDisc, unlikeFill } from "../../core/checks/measuredDisc.ts";
import { motionIn, motionOf, type Motion } from "../../core/checks/motion.ts";
import { profileIn, pelvisProfile, type PelvisProfile } from "../../core/checks/pelvisCoverage.ts";
import { scanEdges } from "../../core/checks/scanEdges.ts";
import { latticeOfStack, measuredIn, type StackPlace } from "../../core/checks/scanLattice.ts";
import type { SeriesPlan } from "../../core/checks/series.ts";
import type { ScanEnds } from "../../core/checks/volumeFacts.ts";
import type { Grid } from "../../core/space/grid.ts";

/** What only the slices themselves tell, once they are in memory: where the scan ends, and whether the patient moved between them. */
export interface ScanLook { ends: ScanEnds; motion: Motion | null; pelvis: PelvisProfile | null }

/** How decoded slices lie in memory: pixel (i, j) of slice k at `first + i*byColumn + j*byRow + k*bySlice`. */
export interface SlicesInMemory { hu: Int16Array; first: number; byColumn: number; byRow: number; bySlice: number; count: number }

/**
 * The circle of a slice's matrix that the scanner measured: from the padding that every slice
 * declares (`seen`: 1 where any has none), or from the one value at the slices' corners. Null where the whole matrix was measured.
 */
export function measuredPixels({ hu, first, byColumn, byRow, bySlice, count }: SlicesInMemory, place: StackPlace, seen: Uint8Array | null, diameterMm: number | null): MeasuredDisc | null {
  const { columns } = place, found = seen ?? unlikeFill(place, count, (k, p) => hu[first + k * bySlice + Math.floor(p / columns) * byRow + p % columns * byColumn]);
  return found && measuredDisc(found, place, diameterMm);
}

/** Below this the slices stand rather along the patient than across: a step from one to the next is no step up. */
const acrossCosine = 0.8;
const isAcross = ({ rowDirection: r, columnDirection: c }: StackPlace) => Math.abs(r[0] * c[1] - r[1] * c[0]) > acrossCosine;

/**
 * Looks at slices that lie askew, before they are resampled: the box round them ends elsewhere, and steps between them are blurred
 * there. The pelvis is looked for whatever the region is: it may be changed, and the slices are not kept.
 */
export function lookAtStack(place: StackPlace, hu: Int16Array, measured: MeasuredDisc | null): ScanLook {
  const lattice = latticeOfStack(place, hu, measured && measured.pixels);
  return { ends: { edges: scanEdges(lattice) }, motion: isAcross(place) ? motionIn(lattice) : null, pelvis: profileIn(lattice) };
}

/** Steps of the patient between slices as they were taken; null where these stand rather along the patient than across. */
export const motionOfSlices = (place: StackPlace, hu: Int16Array): Motion | null => isAcross(place) ? motionIn(latticeOfStack(place, hu, null)) : null;

/** Looks at a volume whose voxels are the slices' pixels. @param motion where its planes are not all slices: as these told it before */
export function lookAtVolume(grid: Grid, hu: Int16Array, place: StackPlace, measured: MeasuredDisc | null, isPelvis: boolean, motion: Motion | null = isAcross(place) ? motionOf(grid, hu) : null): ScanLook {
  return { ends: measured && { measured: measuredIn(measured.pixels, place) }, motion, pelvis: isPelvis ? pelvisProfile(grid, hu) : null };
}

/** The place of a plan's slices. */
export const placeOf = ({ corners, rowDirection, columnDirection, spacing }: SeriesPlan, columns: number, rows: number, [rowMm, columnMm]: readonly [number, number]): StackPlace =>
  ({ columns, rows, columnMm, rowMm, gapMm: spacing.gapMm, corners, rowDirection, columnDirection });

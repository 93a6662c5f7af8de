import type { Grid } from "../space/grid.ts";

type Vector = readonly [number, number, number];

/** The part of each slice's matrix that was measured, alike in all slices: voxel (x, y, z) at `base + x*strides[0] + …`, one stride being 0. */
export interface Measured { pixels: Uint8Array; base: number; strides: Vector; /** The lattice's axis that runs from slice to slice. */ across: 0 | 1 | 2 }

/**
 * Voxels as the scan has them: each of its axes is the one of RAS that it runs along most (x to the right, y to the front, z to
 * the head), though a tilted scan's are askew. Its outer faces are where the scan ends; a box resampled round it has others.
 */
export interface ScanLattice {
  dims: Vector;
  /** Millimetres between neighbours. */
  spacing: Vector;
  hu: Int16Array;
  /** Voxel (x, y, z) is `hu[base + x*strides[0] + y*strides[1] + z*strides[2]]`. */
  base: number;
  strides: Vector;
  /** Null where all was measured. */
  measured: Measured | null;
  /** RAS z of the middle of each plane, mm. */
  zMm: readonly number[];
  /** Where the planes are slices: how far each lies along x and along y of the lattice, mm, and how far the next one is. Null where they stand straight on each other, evenly. */
  wander: { x: readonly number[]; y: readonly number[]; gapMm: readonly number[] } | null;
}

/** Which axis of RAS each of three directions at right angles runs along, each axis once, and whether it runs towards its end. */
export function axesOf(directions: readonly (readonly number[])[]): { axis: Vector; isUp: readonly boolean[] } {
  const orders: Vector[] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]], sum = (order: Vector) => order.reduce((total, axis, i) => total + Math.abs(directions[i][axis]), 0);
  const axis = orders.reduce((best, order) => sum(order) > sum(best) ? order : best);
  return { axis, isUp: directions.map((d, i) => d[axis[i]] > 0) };
}

/** A volume on the canonical grid as a lattice. */
export function latticeOfGrid({ dims, spacing, origin }: Grid, hu: Int16Array, measured: Measured | null = null): ScanLattice {
  return { dims, spacing, hu, base: 0, strides: [1, dims[0], dims[0] * dims[1]], measured, zMm: Array.from({ length: dims[2] }, (_, z) => origin[2] + z * spacing[2]), wander: null };
}

/** How the slices of a stack lie: RAS, columns fastest in memory, then rows, then slices. */
export interface StackPlace {
  columns: number; rows: number; columnMm: number; rowMm: number; gapMm: number;
  corners: readonly Vector[]; rowDirection: Vector; columnDirection: Vector;
}
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const turned = (place: Pick<StackPlace, "rowDirection" | "columnDirection">) => axesOf([place.rowDirection, place.columnDirection, cross(place.rowDirection, place.columnDirection)]);

/** Counts, steps in memory or the like of columns, rows and slices, by the lattice's axes; and what to begin with where one runs against its axis. */
function byAxis(axis: Vector, isUp: readonly boolean[], sizes: Vector, steps: Vector): { base: number; strides: Vector } {
  const strides: [number, number, number] = [0, 0, 0];
  let base = 0;
  for (let i = 0; i < 3; i++) {
    strides[axis[i]] = isUp[i] ? steps[i] : 0 - steps[i];
    if (!isUp[i]) base += (sizes[i] - 1) * steps[i];
  }
  return { base, strides };
}

/** What every slice measured of its matrix (1; columns fastest), for the lattice of the stack and for a canonical grid whose voxels are its pixels. */
export function measuredIn(pixels: Uint8Array, place: StackPlace): Measured {
  const { axis, isUp } = turned(place);
  return { pixels, ...byAxis(axis, isUp, [place.columns, place.rows, 1], [1, place.columns, 0]), across: axis[2] as 0 | 1 | 2 };
}

/** Slices as their files hold them. `pixels`: what every slice measured of its matrix, where that is not all. */
export function latticeOfStack(place: StackPlace, hu: Int16Array, pixels: Uint8Array | null): ScanLattice {
  const { columns, rows, corners, rowDirection, columnDirection } = place, count = corners.length, { axis, isUp } = turned(place), sizes: Vector = [columns, rows, count];
  const directions = [rowDirection, columnDirection, cross(rowDirection, columnDirection)], mm: Vector = [place.columnMm, place.rowMm, place.gapMm], along = corners.map((corner) => dot(corner, directions[2] as Vector));
  const dims: [number, number, number] = [0, 0, 0], spacing: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < 3; i++) { dims[axis[i]] = sizes[i]; spacing[axis[i]] = mm[i]; }
  const middle = corners[count >> 1], upward = axis.indexOf(2), half = (i: number) => i === 2 ? 0 : directions[i][2] * mm[i] * (sizes[i] - 1) / 2;
  const ordered = <T>(values: readonly T[]) => isUp[2] ? [...values] : [...values].reverse();
  const zMm = upward === 2 ? ordered(corners.map((corner) => corner[2] + half(0) + half(1)))
    : Array.from({ length: dims[2] }, (_, z) => middle[2] + half(1 - upward) + directions[upward][2] * mm[upward] * (isUp[upward] ? z : dims[2] - 1 - z));
  const aside = (wanted: number) => { const i = axis.indexOf(wanted as 0 | 1 | 2), sign = isUp[i] ? 1 : -1; return ordered(corners.map((corner) => sign * dot(corner, directions[i] as Vector))); };
  const gapMm = along.slice(1).map((place1, k) => place1 - along[k]);
  return {
    dims, spacing, hu, ...byAxis(axis, isUp, sizes, [1, columns, columns * rows]), measured: pixels && measuredIn(pixels, place), zMm,
    wander: upward === 2 ? { x: aside(0), y: aside(1), gapMm: isUp[2] ? gapMm : gapMm.reverse() } : null,
  };
}

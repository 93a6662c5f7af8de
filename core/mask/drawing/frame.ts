import { type Grid, rasPoint, rasToIjk } from "../../space/grid.ts";
import type { Side } from "./intent.ts";

/** Coefficients of a linear map: a·x + b·y + c·z + d. */
export type Row = readonly [number, number, number, number];

/** How RAS mm lie before the viewer: across and down in the shape's own unit, and mm towards the viewer. */
export interface Frame { across: Row; down: Row; toward: Row }

export const valueAt = (row: Row, p: readonly [number, number, number]): number => row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3];

/** The same map from voxel coordinates. */
export const onVoxels = ({ origin: o, spacing: s }: Grid, row: Row): Row => [row[0] * s[0], row[1] * s[1], row[2] * s[2], valueAt(row, o)];

/** World axis (0 x, 1 y, 2 z) along which a plane's slices are stacked, and the two that lie in it. */
export const planeAxes = { sagittal: [0, 1, 2], coronal: [1, 0, 2], axial: [2, 0, 1] } as const;
const axisOfSide: Readonly<Record<Side, readonly [0 | 1 | 2, 1 | -1]>> = { left: [0, -1], right: [0, 1], posterior: [1, -1], anterior: [1, 1], inferior: [2, -1], superior: [2, 1] };
/** Where radiologists look from. */
export const usualSide = { axial: "inferior", coronal: "anterior", sagittal: "left" } as const satisfies Record<keyof typeof planeAxes, Side>;

const axisRow = (axis: number, factor = 1, offset = 0): Row => [0, 1, 2, 3].map((n) => (n === axis ? factor : n === 3 ? offset : 0)) as unknown as Row;

/** Number of the slice that a point lies in, 0 … count − 1. */
export const sliceOf = (grid: Grid, axis: 0 | 1 | 2, p: readonly [number, number, number]): number =>
  Math.max(0, Math.min(grid.dims[axis] - 1, Math.floor(rasToIjk(grid, rasPoint(...p))[axis] + 0.5)));

/** A slice's frame, in mm: across and down are the plane's two axes, depth counts from the slice that `p` lies in. */
export function sliceFrame(grid: Grid, plane: keyof typeof planeAxes, p: readonly [number, number, number], from: Side = usualSide[plane]): Frame {
  const [normal, u, v] = planeAxes[plane], [axis, sign] = axisOfSide[from];
  if (axis !== normal) throw new RangeError(`an ${plane} slice is not seen from ${from}`);
  return { across: axisRow(u), down: axisRow(v), toward: axisRow(normal, sign, -sign * (grid.origin[normal] + grid.spacing[normal] * sliceOf(grid, normal, p))) };
}

/** The frame of an orthographic picture that is no mirror image; `toward` counts mm from the world's origin. */
export function screenFrame({ across, down }: { across: Row; down: Row }): Frame {
  // To the right × up = to the viewer.
  const x = across[2] * down[1] - across[1] * down[2], y = across[0] * down[2] - across[2] * down[0], z = across[1] * down[0] - across[0] * down[1];
  const length = Math.sqrt(x * x + y * y + z * z);
  if (!(length > 1e-12)) throw new RangeError("the view has no direction: across and down are parallel");
  return { across, down, toward: [x / length, y / length, z / length, 0] };
}

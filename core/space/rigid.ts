import { atan2, cos, pi, sin } from "./math.ts";

type Point = readonly [number, number, number];
/** Rows of a rotation matrix. */
export type Rotation = readonly [Point, Point, Point];
/** A turn and a move, never a mirror: q = rotation · p + shift, mm. */
export interface Rigid { rotation: Rotation; shift: Point }

const inner = (a: Point, b: Point) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const transposed = ([a, b, c]: Rotation): Rotation => [[a[0], b[0], c[0]], [a[1], b[1], c[1]], [a[2], b[2], c[2]]];
const times = (m: Rotation, p: Point): Point => [inner(m[0], p), inner(m[1], p), inner(m[2], p)];
const product = (m: Rotation, n: Rotation): Rotation => {
  const [x, y, z] = transposed(n).map((column) => times(m, column));
  return transposed([x, y, z]);
};

/** +1 for a turn, −1 for a mirror. */
export const determinant = ([a, b, c]: Rotation): number => a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
export const applyRigid = ({ rotation, shift }: Rigid, p: Point): Point => {
  const q = times(rotation, p);
  return [q[0] + shift[0], q[1] + shift[1], q[2] + shift[2]];
};
export function invertRigid({ rotation, shift }: Rigid): Rigid {
  const back = transposed(rotation), moved = times(back, shift);
  return { rotation: back, shift: [0 - moved[0], 0 - moved[1], 0 - moved[2]] };
}
/** The 4×4 matrix, row-major, for the record. */
export const rigidMatrix = ({ rotation, shift }: Rigid): number[][] => [...rotation.map((row, axis) => [...row, shift[axis]]), [0, 0, 0, 1]];
/** A turn about a point that takes the directions given by the columns of `axes` to x, y and z. */
export function turnAbout(centre: Point, axes: Rotation): Rigid {
  const rotation = transposed(axes), moved = times(rotation, centre);
  return { rotation, shift: [centre[0] - moved[0], centre[1] - moved[1], centre[2] - moved[2]] };
}

/** Degrees of a head: yaw about z (to the left), then roll about y (to the right shoulder), then pitch about x (nose up). */
export interface HeadAngles { yawDeg: number; rollDeg: number; pitchDeg: number }

/** The head's own right, front and top as columns, in RAS. */
export function axesOfAngles({ yawDeg, rollDeg, pitchDeg }: HeadAngles): Rotation {
  const [yaw, roll, pitch] = [yawDeg, rollDeg, pitchDeg].map((deg) => deg * pi / 180);
  const aboutZ: Rotation = [[cos(yaw), 0 - sin(yaw), 0], [sin(yaw), cos(yaw), 0], [0, 0, 1]];
  const aboutY: Rotation = [[cos(roll), 0, sin(roll)], [0, 1, 0], [0 - sin(roll), 0, cos(roll)]];
  const aboutX: Rotation = [[1, 0, 0], [0, cos(pitch), 0 - sin(pitch)], [0, sin(pitch), cos(pitch)]];
  return product(product(aboutZ, aboutY), aboutX);
}

/** The angles of axes whose right points to +x and whose front points forwards: the inverse of `axesOfAngles`. */
export function anglesOfAxes([[xx, , ], [xy, , ], [xz, yz, zz]]: Rotation): HeadAngles {
  const degrees = (y: number, x: number) => atan2(y, x) * 180 / pi;
  return { yawDeg: degrees(xy, xx), rollDeg: degrees(0 - xz, Math.sqrt(xx * xx + xy * xy)), pitchDeg: degrees(yz, zz) };
}

/** The axes of a head whose right is `right` (length 1, towards +x) and whose front lies as near to `front` as it can. */
export function axesOfRight(right: Point, front: Point): Rotation {
  const along = inner(right, front), f: Point = [front[0] - along * right[0], front[1] - along * right[1], front[2] - along * right[2]], l = Math.sqrt(inner(f, f));
  const [x, y]: [Point, Point] = [right, [f[0] / l, f[1] / l, f[2] / l]];
  return transposed([x, y, [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]]);
}

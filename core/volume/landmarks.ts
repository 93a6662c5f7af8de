import { z } from "zod";
import { axesOfRight, type Rotation } from "../space/rigid.ts";
import type { MirrorPlane } from "../space/mirrorPlane.ts";

type Point = readonly [number, number, number];
/** Points of the head's middle, and pairs that mirror onto each other. */
export const midlineNames = ["nasion", "anteriorNasalSpine", "crista", "basion", "opisthion", "inion"] as const;
export const pairNames = ["porion", "orbitale", "zygion", "mastoid"] as const;
export const landmarkNames = [...midlineNames, ...pairNames.flatMap((name) => [`${name}Right`, `${name}Left`] as const)] as const;
export type LandmarkName = (typeof landmarkNames)[number];
const mm = z.number().min(-4000).max(4000);
/** A named point of the head in RAS mm of the volume that it was set in. Right and left are the patient's. */
export const landmark = z.strictObject({ name: z.enum(landmarkNames), at: z.tuple([mm, mm, mm]) });
export type Landmark = z.infer<typeof landmark>;

/** What keeps a plane from being laid through points, for the person. */
export class LandmarkError extends Error { override name = "LandmarkError"; }
export interface LandmarkPlane extends MirrorPlane {
  /** The head's own right, front and top as columns; the front is level by Frankfort where porion and orbitale are given. */
  axes: Rotation;
  isFrankfort: boolean;
  /** Root of the mean square by which the points miss the plane or their mirror image, mm. */
  missMm: number;
}

/** Points must spread at least so far, mm (root of the mean square), in the plane for it to be certain. */
const leastSpreadMm = 12;
const inner = (a: Point, b: Point) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const between = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
const from = (a: Point, b: Point): Point => [b[0] - a[0], b[1] - a[1], b[2] - a[2]];

/** Eigenvalues, ascending, with unit eigenvectors of a symmetric 3 × 3 matrix, by Jacobi's rotations. */
function eigen(matrix: readonly (readonly number[])[]): { value: number; vector: Point }[] {
  const a = matrix.map((row) => [...row]), v = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (let sweep = 0; sweep < 40; sweep++) for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
    if (Math.abs(a[p][q]) <= 1e-14 * (Math.abs(a[p][p]) + Math.abs(a[q][q]))) continue;
    const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]), t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1)), c = 1 / Math.sqrt(t * t + 1), s = t * c;
    for (let k = 0; k < 3; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
    for (let k = 0; k < 3; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
    for (let k = 0; k < 3; k++) [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
  }
  return [0, 1, 2].map((i) => ({ value: a[i][i], vector: [v[0][i], v[1][i], v[2][i]] as Point })).sort((one, other) => one.value - other.value);
}

/**
 * The mid-sagittal plane of named points: least squares of the distances of midline points to it and of each right point's
 * mirror image to its left point (halved, so that a pair weighs as one point in the middle would). The head looks level where a porion and
 * an orbitale are given (Frankfort's horizontal), else as in the scan. @throws LandmarkError
 */
export function planeOfLandmarks(landmarks: readonly Landmark[]): LandmarkPlane {
  const at = new Map<LandmarkName, Point>(landmarks.map(({ name, at: place }) => [name, place]));
  if (at.size !== landmarks.length) throw new LandmarkError("A landmark is given twice. Give each once.");
  const pairs = pairNames.flatMap((name) => {
    const right = at.get(`${name}Right`), left = at.get(`${name}Left`);
    return right && left ? [{ name, right, left }] : [];
  });
  for (const { name, right, left } of pairs) if (!(right[0] > left[0])) throw new LandmarkError(`The right ${name} lies to the left of the left one. Exchange them: right is the patient's.`);
  const midline = midlineNames.map((name) => at.get(name)).filter((p) => p !== undefined), used = midline.length + 2 * pairs.length;
  const inPlane: readonly Point[] = [...midline, ...pairs.map(({ right, left }) => between(right, left))];
  if (used < 3) throw new LandmarkError("A plane needs three points: of the midline, or a right and a left one that belong together. Set more landmarks.");
  const mean = [0, 1, 2].map((axis) => inPlane.reduce((sum, p) => sum + p[axis], 0) / inPlane.length) as unknown as Point;
  const sums = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  let apart = 0;
  for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) {
    for (const p of inPlane) sums[r][c] += (p[r] - mean[r]) * (p[c] - mean[c]);
    for (const { right, left } of pairs) sums[r][c] -= (right[r] - left[r]) * (right[c] - left[c]) / 4;
  }
  for (const { right, left } of pairs) apart += inner(from(left, right), from(left, right)) / 4;
  const [least, next] = eigen(sums);
  if (!(next.value - least.value >= leastSpreadMm * leastSpreadMm)) throw new LandmarkError("The landmarks lie nearly on one line, so that the plane could turn about it. Set one farther away, or a right and a left one.");
  const sign = least.vector[0] < 0 ? -1 : 1, normal: Point = [sign * least.vector[0], sign * least.vector[1], sign * least.vector[2]];
  if (normal[0] < 0.7) throw new LandmarkError("The plane of the landmarks lies more than 45° askew to the scan. Check their names and places.");
  const middle = (name: "porion" | "orbitale"): Point | null => {
    const sides = [at.get(`${name}Right`), at.get(`${name}Left`)].filter((p) => p !== undefined);
    return sides.length === 0 ? null : sides.length === 1 ? sides[0] : between(sides[0], sides[1]);
  };
  const ear = middle("porion"), eye = middle("orbitale"), front = ear && eye ? from(ear, eye) : null;
  const flat = front && front[1] - inner(front, normal) * normal[1];
  if (front && !(flat !== null && flat >= 20)) throw new LandmarkError("The orbitale does not lie in front of the porion. Check both.");
  return {
    normal, offset: inner(normal, mean), axes: axesOfRight(normal, front ?? levelFront(normal)), isFrankfort: front !== null,
    missMm: Math.sqrt(Math.max(0, least.value + apart) / (inPlane.length + pairs.length)),
  };
}

/** The front without a nod: horizontal along the plane, as yaw and roll alone leave it. */
const levelFront = ([x, y]: Point): Point => [0 - y, x, 0];

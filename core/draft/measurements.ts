import { z } from "zod";
import { atan2, pi } from "../space/math.ts";
import type { PlanValue } from "./planDoc.ts";
import { type PlanPoint, pointsIn } from "./planPoints.ts";

/** Entries of a plan that measure and make nothing: the length of a line, the angle at the second of three points, the area of a flat polygon. */
export const measurementKinds = ["ruler", "angle", "area"] as const;
export type MeasurementKind = (typeof measurementKinds)[number];
export const isMeasurementKind = (family: unknown): family is MeasurementKind => measurementKinds.includes(family as MeasurementKind);

/** Least and most points of each. */
export const pointCounts: Readonly<Record<MeasurementKind, readonly [number, number]>> = { ruler: [2, 2], angle: [3, 3], area: [3, 64] };

/** A measurement as it reads. `value` in the unit beside it; null while points are missing. */
export interface Measurement { id: string; kind: MeasurementKind; name: string; points: readonly PlanPoint[]; value: number | null; unit: "mm" | "°" | "mm²" }

const entry = z.object({ family: z.enum(measurementKinds), name: z.string().max(60).nullish(), isRemoved: z.boolean().nullish() });

type Vec = readonly [number, number, number];
const minus = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vec, b: Vec): Vec => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const length = (a: Vec): number => Math.sqrt(dot(a, a));

/** Distance of two points, mm. */
export const lengthMm = (a: Vec, b: Vec): number => length(minus(a, b));

/** Angle at `corner` between two points, degrees, 0 to 180; null where a side has no length. */
export function angleDeg(a: Vec, corner: Vec, b: Vec): number | null {
  const p = minus(a, corner), q = minus(b, corner);
  // atan2 of the products: exact near 0° and 180°, where the arc cosine is not.
  return length(p) === 0 || length(q) === 0 ? null : (atan2(length(cross(p, q)), dot(p, q)) * 180) / pi;
}

/** Area of a polygon, mm²: half the length of the sum of cross products (Newell); for one that is not flat, of its projection along that sum. */
export function areaMm2(points: readonly Vec[]): number {
  let sum: Vec = [0, 0, 0];
  for (let i = 1; i + 1 < points.length; i++) {
    const c = cross(minus(points[i], points[0]), minus(points[i + 1], points[0]));
    sum = [sum[0] + c[0], sum[1] + c[1], sum[2] + c[2]];
  }
  return length(sum) / 2;
}

const units: Readonly<Record<MeasurementKind, Measurement["unit"]>> = { ruler: "mm", angle: "°", area: "mm²" };
const names: Readonly<Record<MeasurementKind, string>> = { ruler: "Length", angle: "Angle", area: "Area" };

/** A name that none of `taken` has: itself, or with the first free number from 2 on. At most 60 characters. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const end = n === 1 ? "" : ` ${n}`, tried = `${name.slice(0, 60 - end.length)}${end}`;
    if (!taken.includes(tried)) return tried;
  }
}

/** What a new measurement is called beside the others. */
export const newMeasurementName = (kind: MeasurementKind, others: readonly Pick<Measurement, "name">[]): string => freeName(names[kind], others.map(({ name }) => name));

/** The measurement that an entry of a plan is; null where it is another thing, or taken out. */
export function readMeasurement(id: string, parameters: Readonly<Record<string, PlanValue>>): Measurement | null {
  const read = entry.safeParse(parameters);
  if (!read.success || read.data.isRemoved === true) return null;
  const { family: kind, name } = read.data, points = pointsIn(parameters, "points"), at = points.map((point) => point.at), [least, most] = pointCounts[kind];
  const isWhole = points.length >= least && points.length <= most;
  const value = !isWhole ? null : kind === "ruler" ? lengthMm(at[0], at[1]) : kind === "angle" ? angleDeg(at[0], at[1], at[2]) : areaMm2(at);
  return { id, kind, name: name?.trim() || names[kind], points, value, unit: units[kind] };
}

/** «31.4 mm»: with a digit after the point. */
export const measurementText = ({ value, unit }: Pick<Measurement, "value" | "unit">): string => (value === null ? "–" : `${value.toFixed(1)}${unit === "°" ? "" : " "}${unit}`);

/**
 * A closed line with at most so many corners: the corner whose triangle with its neighbours is smallest goes first
 * (Visvalingam and Whyatt 1993), so that the area changes least.
 */
export function closedLine(points: readonly Vec[], most: number): Vec[] {
  const kept = [...points];
  while (kept.length > most) {
    let smallest = Infinity, at = 0;
    for (let i = 0; i < kept.length; i++) {
      const area = areaMm2([kept[(i + kept.length - 1) % kept.length], kept[i], kept[(i + 1) % kept.length]]);
      if (area < smallest) { smallest = area; at = i; }
    }
    kept.splice(at, 1);
  }
  return kept;
}

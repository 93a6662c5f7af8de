import { blend } from "./shapes.ts";

/** The smallest and the largest x, y and z of a thing, mm. */
export type Box = readonly [number, number, number, number, number, number];
/** Signed distance in mm at a point whose x is the distance from the midline. */
export type Form = (side: number, y: number, z: number) => number;

/**
 * One solid of the phantom. Parts stand on the right of the head (x ≥ 0) and are mirrored, so x is the distance from
 * the midline; `fillet` is how softly the part joins the others, mm; outside `box` its distance is not negative.
 * All three kinds have the same fields, which keeps the inner loop free of allocations.
 */
export interface Part {
  readonly kind: "ball" | "bar" | "form";
  readonly box: Box;
  readonly fillet: number;
  /** Ball: centre. Bar: first end. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Ball: 1 / radius². Bar: from the first end to the second. */
  readonly u: number;
  readonly v: number;
  readonly w: number;
  /** Ball: least radius. Bar: radius at the first end, and how much more it is at the second. */
  readonly radius: number;
  readonly more: number;
  /** Bar: 1 / length². */
  readonly perLength: number;
  readonly form: Form;
}

const nothing: Form = () => nowhere;
/** What stands for the distance to nothing, mm. */
export const nowhere = 99;

/** An ellipsoid at (x, y, z) with radii rx, ry, rz, mm. */
export function ball(x: number, y: number, z: number, rx: number, ry: number, rz: number, fillet: number): Part {
  return {
    kind: "ball", box: [x - rx, x + rx, y - ry, y + ry, z - rz, z + rz], fillet, x, y, z,
    u: 1 / (rx * rx), v: 1 / (ry * ry), w: 1 / (rz * rz), radius: Math.min(rx, ry, rz), more: 0.5, perLength: 0.5, form: nothing,
  };
}

/** A rod from a to b whose radius goes from ra to rb, mm. */
export function bar(a: readonly [number, number, number], b: readonly [number, number, number], ra: number, rb: number, fillet: number): Part {
  const low = (n: 0 | 1 | 2) => Math.min(a[n] - ra, b[n] - rb), high = (n: 0 | 1 | 2) => Math.max(a[n] + ra, b[n] + rb);
  const u = b[0] - a[0], v = b[1] - a[1], w = b[2] - a[2];
  return {
    kind: "bar", box: [low(0), high(0), low(1), high(1), low(2), high(2)], fillet, x: a[0], y: a[1], z: a[2],
    u, v, w, radius: ra, more: rb - ra, perLength: 1 / (u * u + v * v + w * w), form: nothing,
  };
}

/** A solid of any form within a box. */
export const solid = (box: Box, fillet: number, form: Form): Part =>
  ({ kind: "form", box, fillet, x: 0.5, y: 0.5, z: 0.5, u: 0.5, v: 0.5, w: 0.5, radius: 0.5, more: 0.5, perLength: 0.5, form });

/** The parts that come nearer to a box than their fillet and `margin` mm more; all others cannot change a voxel in it. */
export function partsNear(parts: readonly Part[], box: Box, margin: number): Part[] {
  return parts.filter(({ box: b, fillet }) => {
    const reach = fillet + margin;
    return b[0] < box[1] + reach && b[1] > box[0] - reach && b[2] < box[3] + reach && b[3] > box[2] - reach && b[4] < box[5] + reach && b[5] > box[4] - reach;
  });
}

/** Signed distance in mm to a part (to a ball: a first-order estimate, exact on its surface). */
export function distanceTo(part: Part, side: number, y: number, z: number): number {
  if (part.kind === "form") return part.form(side, y, z);
  const dx = side - part.x, dy = y - part.y, dz = z - part.z;
  if (part.kind === "bar") {
    const t = Math.max(0, Math.min(1, (dx * part.u + dy * part.v + dz * part.w) * part.perLength));
    const ex = dx - t * part.u, ey = dy - t * part.v, ez = dz - t * part.w;
    return Math.sqrt(ex * ex + ey * ey + ez * ez) - part.radius - t * part.more;
  }
  const x2 = dx * dx * part.u, y2 = dy * dy * part.v, z2 = dz * dz * part.w, k0 = Math.sqrt(x2 + y2 + z2);
  return k0 === 0 ? -part.radius : (k0 * (k0 - 1)) / Math.sqrt(x2 * part.u + y2 * part.v + z2 * part.w);
}

/** Signed distance in mm to the smooth union of parts, `nowhere` for none. */
export function union(parts: readonly Part[], side: number, y: number, z: number): number {
  let distance = nowhere;
  // Below −16 mm no fillet reaches the surface any more.
  for (let n = 0; n < parts.length && distance > -16; n++) distance = blend(distance, distanceTo(parts[n], side, y, z), parts[n].fillet);
  return distance;
}

import type { RasPoint } from "../../space/grid.ts";
import type { BrickSource } from "../masking.ts";
import { type Row, screenFrame, valueAt } from "./frame.ts";
import { pickedPoint } from "./pick.ts";

type XY = readonly [number, number];
type Vec = readonly [number, number, number];
/** A shape on an orthographic picture: round by hand or by corners; from its centre to its edge; from corner to corner. */
export interface ScreenShape { kind: "freeForm" | "polygon" | "circle" | "rectangle"; points: readonly XY[] }

/** Most points of a side, so that a straight one follows a round surface. */
const sideSteps = 8, circleSteps = 36;

/** A shape's line on the picture, pixels: at most `most` points, the last drawn one among them. */
export function screenLine({ kind, points }: ScreenShape, most: number): XY[] {
  if (points.length < 2) return [...points];
  const [a, b] = points;
  if (kind === "circle") {
    const radius = Math.sqrt((b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1])), start = turnOf(b[0] - a[0], b[1] - a[1], radius);
    return Array.from({ length: circleSteps }, (_, n) => { const [u, v] = turned(start, n); return [a[0] + radius * u, a[1] + radius * v] as const; });
  }
  if (kind === "freeForm") {
    const step = Math.ceil(points.length / most);
    return points.filter((_, n) => (points.length - 1 - n) % step === 0);
  }
  const corners: readonly XY[] = kind === "rectangle" ? [a, [b[0], a[1]], b, [a[0], b[1]]] : points;
  const steps = Math.max(1, Math.min(sideSteps, Math.floor(most / corners.length)));
  if (steps === 1) return corners.length <= most ? [...corners] : screenLine({ kind: "freeForm", points: corners }, most);
  return corners.flatMap((from, n) => {
    const to = corners[(n + 1) % corners.length];
    return Array.from({ length: steps }, (_, k): XY => [from[0] + (to[0] - from[0]) * k / steps, from[1] + (to[1] - from[1]) * k / steps]);
  });
}

/** The unit vector towards an edge's point; to the right where it is in the middle. */
const turnOf = (x: number, y: number, length: number): XY => (length > 0 ? [x / length, y / length] : [1, 0]);
/** Cosine and sine of a 36th of a turn. */
const cos10 = 0.984807753012208, sin10 = 0.17364817766693033;
/** A unit vector turned by tens of degrees. */
function turned([u, v]: XY, tens: number): XY {
  for (let n = 0; n < tens; n++) [u, v] = [u * cos10 - v * sin10, u * sin10 + v * cos10];
  return [u, v];
}

/**
 * Lays a line of the picture over what is seen there, for people who look from elsewhere: where it passes beside everything it
 * goes on as deep as it was, before its first place on a surface as deep as `depthAt`.
 * @param view pixels across and down of RAS mm @param isSeen whether the surface of a label value is shown @returns RAS mm
 */
export function draped(source: BrickSource, view: { across: Row; down: Row }, line: readonly XY[], depthAt: Vec, isSeen: (label: number) => boolean): Vec[] {
  const { across: [ax, ay, az, a0], down: [dx, dy, dz, d0], toward } = screenFrame(view);
  const aa = ax * ax + ay * ay + az * az, ad = ax * dx + ay * dy + az * dz, dd = dx * dx + dy * dy + dz * dz, det = aa * dd - ad * ad;
  let depth = valueAt(toward, depthAt);
  return line.map(([px, py]) => {
    const on: RasPoint | undefined = pickedPoint(source, view, [px, py], isSeen);
    if (on) { depth = valueAt(toward, on); return [on[0], on[1], on[2]]; }
    // The combination of both pixel directions that lies at the pixel, and the way to the viewer.
    const u = px - a0, v = py - d0, s = (u * dd - v * ad) / det, t = (v * aa - u * ad) / det;
    return [s * ax + t * dx + depth * toward[0], s * ay + t * dy + depth * toward[1], s * az + t * dz + depth * toward[2]];
  });
}

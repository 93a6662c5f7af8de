import { isInside } from "../implant/signedDistances.ts";
import { triangleCentres } from "./measure.ts";
import type { Mesh } from "./mesh.ts";
import { distancesTo, type SurfaceDistance, summary } from "./simplify.ts";
import { soundnessOf } from "./soundness.ts";
import { buildTriangleTree } from "./triangleTree.ts";

/** How far a surface lies from another, mm. */
export interface SurfaceGap {
  /** At each vertex of the first surface: exact distance to the second; negative inside of it where `isSigned`. */
  map: Float32Array;
  /** The second surface is closed, so it has an inside. */
  isSigned: boolean;
  /** Without sign, over vertices and triangle centres of the first to the second, and of the second to the first. */
  from: SurfaceDistance; back: SurfaceDistance;
  /** The larger of both maxima. */
  hausdorffMm: number;
}

/** How much is done is said after so many points. */
const toldPoints = 4096;

/**
 * The distance between two surfaces (RAS mm), exactly, at every vertex and triangle centre of both. What nobody sees of a
 * surface counts too: the inner side of a bone is part of it.
 * @param say how much of it is done, 0…1 @throws RangeError where a surface has no triangle
 */
export function surfaceDistance(a: Mesh, b: Mesh, say: (fraction: number) => void = () => undefined): SurfaceGap {
  const toB = buildTriangleTree(b), toA = buildTriangleTree(a), isSigned = soundnessOf(b).genus !== null, centresA = triangleCentres(a), centresB = triangleCentres(b);
  const total = (a.positions.length + centresA.length + b.positions.length + centresB.length) / 3, map = new Float32Array(a.positions.length / 3);
  let done = 0;
  const tell = (): void => { if (++done % toldPoints === 0) say(done / total); };
  const both = (one: Float64Array, other: Float64Array): SurfaceDistance => { const all = new Float64Array(one.length + other.length); all.set(one); all.set(other, one.length); return summary(all); };
  const vertices = distancesTo(toB, a.positions, (v, found) => {
    map[v] = isSigned && isInside(toB, a.positions[3 * v], a.positions[3 * v + 1], a.positions[3 * v + 2], found) ? -found.distance : found.distance;
    tell();
  });
  const from = both(vertices, distancesTo(toB, centresA, tell)), back = both(distancesTo(toA, b.positions, tell), distancesTo(toA, centresB, tell));
  return { map, isSigned, from, back, hausdorffMm: Math.max(from.maxMm, back.maxMm) };
}

import { type ClosestPoint, closestPoint, rayHits, type TriangleTree } from "../surface/triangleTree.ts";

/** Distances are told up to this, mm. */
export const reachMm = 12;

/** A tilted direction, so that a ray seldom runs along the mesh's own edges. */
const aside = [0.2672612419124244, 0.5345224838248488, 0.8017837257372732] as const;

/**
 * Exact signed distance in mm from points to a closed surface, negative inside; ±`withinMm` beyond that. The sign is the
 * closest triangle's side where the foot lies within it, else the parity of a ray.
 * @param points x, y, z each, RAS mm
 */
export const signedDistances = (tree: TriangleTree, points: ArrayLike<number>, withinMm = reachMm): Float32Array => signedFeet(tree, points, withinMm).mm;

/** The same with the closest points of the surface, x, y, z each; NaN beyond `withinMm`. */
export function signedFeet(tree: TriangleTree, points: ArrayLike<number>, withinMm = reachMm): { mm: Float32Array; feet: Float64Array } {
  const out = new Float32Array(points.length / 3), feet = new Float64Array(points.length).fill(NaN);
  for (let i = 0; i < out.length; i++) {
    const x = points[3 * i], y = points[3 * i + 1], z = points[3 * i + 2], found = closestPoint(tree, x, y, z, withinMm);
    if (!found) {
      out[i] = rayHits(tree, x, y, z, ...aside).length % 2 === 1 ? -withinMm : withinMm;
      continue;
    }
    feet.set(found.point, 3 * i);
    out[i] = isInside(tree, x, y, z, found) ? -found.distance : found.distance;
  }
  return { mm: out, feet };
}

/** Whether a point lies inside a closed surface. @param found the surface's closest point to it */
export function isInside(tree: TriangleTree, x: number, y: number, z: number, found: ClosestPoint): boolean {
  const { positions: P, triangles: T } = tree.mesh;
  const a = 3 * T[3 * found.triangle], b = 3 * T[3 * found.triangle + 1], c = 3 * T[3 * found.triangle + 2];
  const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
  const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx, l = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
  const along = (nx * (x - found.point[0]) + ny * (y - found.point[1]) + nz * (z - found.point[2])) / l;
  return Math.abs(along) > 0.9999 * found.distance ? along < 0 : rayHits(tree, x, y, z, ...aside).length % 2 === 1;
}

import { atan2 } from "../space/math.ts";
import type { Mesh } from "./mesh.ts";
import { distancesTo, summary, type SurfaceDistance } from "./simplify.ts";
import { buildTriangleTree, closestPoint, rayHits, type TriangleTree } from "./triangleTree.ts";

type Vector = readonly [number, number, number];

/** Unit normal of each vertex: sum of its triangles' normals, weighted by area; (0, 0, 0) where there is none. */
export function vertexNormals({ positions: P, triangles: T }: Mesh): Float64Array {
  const N = new Float64Array(P.length);
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const v of [a, b, c]) for (let i = 0; i < 3; i++) N[v + i] += n[i];
  }
  for (let v = 0; v < N.length; v += 3) {
    const length = Math.sqrt(N[v] * N[v] + N[v + 1] * N[v + 1] + N[v + 2] * N[v + 2]);
    for (let i = 0; i < 3; i++) N[v + i] = length > 0 ? N[v + i] / length : 0;
  }
  return N;
}

/** Wall thickness in mm along the inward normal at a vertex: the way to where the ray leaves the body; NaN where it never does. */
export function rayThickness(tree: TriangleTree, normals: Float64Array, vertex: number): number {
  const { positions: P } = tree.mesh, v = 3 * vertex, start = 1e-4;
  const [dx, dy, dz] = [-normals[v], -normals[v + 1], -normals[v + 2]];
  const out = rayHits(tree, P[v] + start * dx, P[v + 1] + start * dy, P[v + 2] + start * dz, dx, dy, dz).find(({ isLeaving }) => isLeaving);
  return out ? out.distance + start : Number.NaN;
}

/**
 * Wall thickness in mm as the diameter of the largest ball inside the body that touches the vertex: the ball is shrunk
 * until nothing of the surface lies inside it (Inui et al. 2015), facets beside the vertex left out. Never more than the
 * thickness along the normal; NaN where that is.
 */
export function ballThickness(tree: TriangleTree, normals: Float64Array, vertex: number): number {
  const { positions: P } = tree.mesh, v = 3 * vertex, d = [-normals[v], -normals[v + 1], -normals[v + 2]];
  let radius = rayThickness(tree, normals, vertex) / 2;
  for (let step = 0; step < 40; step++) {
    const centre = d.map((n, i) => P[v + i] + radius * n), near = closestPoint(tree, centre[0], centre[1], centre[2]);
    if (!near || near.distance >= radius * (1 - 1e-4)) break;
    // The ball through the vertex, tangent there, and through the point that lay inside.
    const w = near.point.map((x, i) => x - P[v + i]), along = w[0] * d[0] + w[1] * d[1] + w[2] * d[2], square = w[0] * w[0] + w[1] * w[1] + w[2] * w[2];
    // A neighbouring facet, nearly in the tangent plane (below 14°): the surface's own curvature, no opposite wall.
    if (!(along > 0.25 * Math.sqrt(square))) break;
    const next = square / (2 * along);
    if (!(next < radius)) break;
    radius = next;
  }
  return 2 * radius;
}

/** Distances between two surfaces, mm: each side's vertices and triangle centres to the other surface, exactly. */
export interface TwoSided { from: SurfaceDistance; back: SurfaceDistance; hausdorffMm: number }

/** The middle of each triangle, x, y, z. */
export function triangleCentres({ positions: P, triangles: T }: Mesh): Float64Array {
  const out = new Float64Array(T.length);
  for (let t = 0; t < T.length; t += 3) for (let i = 0; i < 3; i++) out[t + i] = (P[3 * T[t] + i] + P[3 * T[t + 1] + i] + P[3 * T[t + 2] + i]) / 3;
  return out;
}

/** @throws RangeError where a surface has no triangle */
export function distanceBetween(a: Mesh, b: Mesh): TwoSided {
  const points = (mesh: Mesh): Float64Array => {
    const out = new Float64Array(mesh.positions.length + mesh.triangles.length);
    out.set(mesh.positions);
    out.set(triangleCentres(mesh), mesh.positions.length);
    return out;
  };
  const from = summary(distancesTo(buildTriangleTree(b), points(a))), back = summary(distancesTo(buildTriangleTree(a), points(b)));
  return { from, back, hausdorffMm: Math.max(from.maxMm, back.maxMm) };
}

/** Length of the way through the points, mm. */
export function polylineLengthMm(points: readonly Vector[]): number {
  let total = 0;
  for (let i = 1; i < points.length; i++) {
    const [x, y, z] = [0, 1, 2].map((k) => points[i][k] - points[i - 1][k]);
    total += Math.sqrt(x * x + y * y + z * z);
  }
  return total;
}

/** Angle at b between the ways to a and c, degrees 0…180; 0 where a point coincides with b. */
export function angleDegrees(a: Vector, b: Vector, c: Vector): number {
  const u = [0, 1, 2].map((i) => a[i] - b[i]), v = [0, 1, 2].map((i) => c[i] - b[i]);
  const x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2], z = u[0] * v[1] - u[1] * v[0];
  return (atan2(Math.sqrt(x * x + y * y + z * z), u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) * 180) / atan2(0, -1);
}

/** Area of a flat or nearly flat polygon in space, mm²: half the length of its vector area. */
export function polygonAreaMm2(points: readonly Vector[]): number {
  const sum = [0, 0, 0];
  for (let i = 1; i + 1 < points.length; i++) {
    const u = [0, 1, 2].map((k) => points[i][k] - points[0][k]), v = [0, 1, 2].map((k) => points[i + 1][k] - points[0][k]);
    sum[0] += u[1] * v[2] - u[2] * v[1]; sum[1] += u[2] * v[0] - u[0] * v[2]; sum[2] += u[0] * v[1] - u[1] * v[0];
  }
  return Math.sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]) / 2;
}

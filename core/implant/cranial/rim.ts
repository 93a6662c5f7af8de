import type { Mesh } from "../../surface/mesh.ts";
import { closestPoint, type TriangleTree } from "../../surface/triangleTree.ts";
import type { ShellPlace } from "./field.ts";

/** How the rim's outer edge lies against the bone. Lengths in mm, shares 0 to 1. */
export interface RimFigures {
  lengthMm: number;
  points: number;
  /** Share of the rim that came from removed undercut, where the gap may be wider. */
  undercutShare: number;
  /** Over the rim without undercut. */
  marginMm: { least: number; mean: number; p95: number; most: number } | null;
  /** Share of it within ± 0.1 mm of the asked margin. */
  withinShare: number;
  leastOverallMm: number;
}

const sampleMm = 0.25, tolerance = 0.1;

/** Points along the line where the plate's wall crosses a depth below the outer surface, every 0.25 mm. */
export function outerEdge({ positions: P, triangles: T }: Mesh, place: ShellPlace, depthMm: number): Float64Array {
  const vertices = P.length / 3, depth = new Float64Array(vertices), points: number[] = [];
  for (let v = 0; v < vertices; v++) {
    place.at([P[3 * v], P[3 * v + 1], P[3 * v + 2]]);
    depth[v] = place.aboveOuter + depthMm;
  }
  let carried = 0;
  for (let t = 0; t < T.length; t += 3) {
    const ends: number[][] = [];
    for (let i = 0; i < 3; i++) {
      const a = T[t + i], b = T[t + (i + 1) % 3];
      if ((depth[a] < 0) === (depth[b] < 0)) continue;
      const s = depth[a] / (depth[a] - depth[b]);
      ends.push([0, 1, 2].map((k) => P[3 * a + k] + s * (P[3 * b + k] - P[3 * a + k])));
    }
    if (ends.length !== 2) continue;
    const d = ends[1].map((x, i) => x - ends[0][i]), length = Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    let at = sampleMm - carried;
    for (; at <= length; at += sampleMm) points.push(...ends[0].map((x, i) => x + d[i] * at / length));
    carried = length - (at - sampleMm);
  }
  return Float64Array.from(points);
}

/**
 * Exact distances from the outer edge to the bone against the asked margin.
 * @param isUndercut tells whether undercut was removed at a point
 */
export function rimFigures(edge: Float64Array, bone: TriangleTree, marginMm: number, isUndercut: (x: number, y: number, z: number) => boolean): RimFigures {
  const plain: number[] = [], all: number[] = [];
  for (let i = 0; i < edge.length; i += 3) {
    const found = closestPoint(bone, edge[i], edge[i + 1], edge[i + 2], 12);
    const d = found ? found.distance : 12;
    all.push(d);
    if (!isUndercut(edge[i], edge[i + 1], edge[i + 2])) plain.push(d);
  }
  const sorted = plain.sort((a, b) => a - b), n = sorted.length;
  return {
    lengthMm: all.length * sampleMm, points: all.length, undercutShare: all.length === 0 ? 0 : 1 - n / all.length,
    marginMm: n === 0 ? null : { least: sorted[0], mean: sorted.reduce((s, d) => s + d, 0) / n, p95: sorted[Math.floor(0.95 * (n - 1))], most: sorted[n - 1] },
    withinShare: n === 0 ? 1 : sorted.filter((d) => Math.abs(d - marginMm) <= tolerance).length / n,
    leastOverallMm: all.reduce((least, d) => Math.min(least, d), Infinity),
  };
}

/**
 * Moves vertices of the plate's wall to exactly the margin from the bone, by at most `mostMm`.
 * What is too near is moved wherever it lies. @param isWall whether the bone (not the opening's edge, undercut or the two faces) bounds the plate at a point
 */
export function snapWall(mesh: Mesh, bone: TriangleTree, marginMm: number, mostMm: number, isWall: (x: number, y: number, z: number) => boolean): Mesh {
  const positions = Float32Array.from(mesh.positions);
  if (marginMm < 0.1) return mesh;
  for (let v = 0; v < positions.length; v += 3) {
    for (let round = 0; round < 3; round++) {
      const x = positions[v], y = positions[v + 1], z = positions[v + 2];
      const found = closestPoint(bone, x, y, z, marginMm + 0.5);
      if (!found || found.distance < 1e-3 || Math.abs(found.distance - marginMm) > 0.35 || (found.distance > marginMm && !isWall(x, y, z))) break;
      const f = Math.max(-mostMm, Math.min(mostMm, marginMm - found.distance)) / found.distance;
      positions[v] = x + f * (x - found.point[0]);
      positions[v + 1] = y + f * (y - found.point[1]);
      positions[v + 2] = z + f * (z - found.point[2]);
    }
  }
  return { positions, triangles: mesh.triangles };
}

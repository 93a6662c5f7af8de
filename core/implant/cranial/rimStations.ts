import type { Mesh } from "../../surface/mesh.ts";
import { closestPoint, type TriangleTree } from "../../surface/triangleTree.ts";
import type { ShellPlace } from "./field.ts";
import { dot, plus, unit, type Vec } from "./vector.ts";

/** A place of the rim where its gap is told: on the outer edge, and where the wall comes nearest to the bone in the section across the rim there. RAS, mm. */
export interface RimStation { edge: Vec; edgeMm: number; nearest: Vec; nearestMm: number }

/** Stations lie so far apart along the outer edge, mm. */
export const stationMm = 0.25;
/** How far aside of its outer edge, across the way out of the head, a station's wall is looked at, mm. */
export const sectionReachMm = 1;
/** Distances to the bone are told up to this, mm. */
export const farthestBoneMm = 12;
/** Side of the map's cells that triangles are looked up by, mm: one beside holds all within the reach, a triangle's own size included. */
const cellMm = 2.5;

interface Wall { positions: Float32Array; triangles: Uint32Array; depth: Float64Array; u: Float64Array; v: Float64Array }

/** How far each vertex lies above the depth of the outer edge, mm, and where on the map. */
function wallOf({ positions, triangles }: Mesh, place: ShellPlace, depthMm: number): Wall {
  const count = positions.length / 3, depth = new Float64Array(count), u = new Float64Array(count), v = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    place.at([positions[3 * at], positions[3 * at + 1], positions[3 * at + 2]]);
    depth[at] = place.aboveOuter + depthMm;
    u[at] = place.u;
    v[at] = place.v;
  }
  return { positions, triangles, depth, u, v };
}

const vertexAt = (P: Float32Array, at: number): Vec => [P[3 * at], P[3 * at + 1], P[3 * at + 2]];
const between = (a: Vec, b: Vec, s: number): Vec => [a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]), a[2] + s * (b[2] - a[2])];

/** Points along the line where the wall crosses the depth, every `stationMm`, each with the rim's direction there and its map position. */
function outerEdge({ positions: P, triangles: T, depth, u, v }: Wall): { at: Vec; along: Vec; u: number; v: number }[] {
  const points: { at: Vec; along: Vec; u: number; v: number }[] = [];
  let carried = 0;
  for (let t = 0; t < T.length; t += 3) {
    const ends: Vec[] = [];
    for (let i = 0; i < 3; i++) {
      const a = T[t + i], b = T[t + (i + 1) % 3];
      if ((depth[a] < 0) !== (depth[b] < 0)) ends.push(between(vertexAt(P, a), vertexAt(P, b), depth[a] / (depth[a] - depth[b])));
    }
    if (ends.length !== 2) continue;
    const d = plus(ends[1], ends[0], -1), length = Math.sqrt(dot(d, d));
    let at = stationMm - carried;
    for (; at <= length; at += stationMm) points.push({ at: between(ends[0], ends[1], at / length), along: unit(d), u: u[T[t]], v: v[T[t]] });
    carried = length - (at - stationMm);
  }
  return points;
}

/**
 * The stations of a plate's rim, every 0.25 mm along its outer edge: the line where its wall crosses a depth below the outer
 * surface. Distances to the bone are exact; the section's wall is looked at where the plane across the rim crosses the mesh's edges.
 * @param mesh the plate without tabs and holes @param depthMm of the outer edge below the outer table
 */
export function rimStations(mesh: Mesh, place: ShellPlace, depthMm: number, bone: TriangleTree): RimStation[] {
  const wall = wallOf(mesh, place, depthMm), { positions: P, triangles: T, depth } = wall, points = outerEdge(wall), centre = place.survey.chart.centre;
  const key = (a: number, b: number): number => (a + 512) * 1024 + b + 512, cellOf = (x: number): number => Math.floor(x / cellMm);
  const cells = new Map<number, number[]>();
  const beside = (u: number, v: number): number[] => {
    const keys: number[] = [];
    for (let b = -1; b <= 1; b++) for (let a = -1; a <= 1; a++) keys.push(key(cellOf(u) + a, cellOf(v) + b));
    return keys;
  };
  for (const { u, v } of points) for (const cell of beside(u, v)) if (!cells.has(cell)) cells.set(cell, []);
  for (let t = 0; t < T.length; t += 3) {
    if (depth[T[t]] > 0 && depth[T[t + 1]] > 0 && depth[T[t + 2]] > 0) continue;
    cells.get(key(cellOf(wall.u[T[t]]), cellOf(wall.v[T[t]])))?.push(t);
  }
  return points.map(({ at, along, u, v }) => {
    const edgeMm = closestPoint(bone, at[0], at[1], at[2], farthestBoneMm)?.distance ?? farthestBoneMm, out = unit(plus(at, centre, -1));
    let nearest = at, nearestMm = edgeMm;
    for (const cell of beside(u, v)) for (const t of cells.get(cell) ?? []) for (let i = 0; i < 3; i++) {
      // Each edge is met twice, once each way: once is enough.
      const a = T[t + i], b = T[t + (i + 1) % 3];
      if (a > b || (depth[a] > 0 && depth[b] > 0)) continue;
      const from = vertexAt(P, a), to = vertexAt(P, b), sideFrom = dot(plus(from, at, -1), along), sideTo = dot(plus(to, at, -1), along);
      if ((sideFrom < 0) === (sideTo < 0)) continue;
      const point = between(from, to, sideFrom / (sideFrom - sideTo)), off = plus(point, at, -1), up = dot(off, out);
      if (dot(off, off) - up * up > sectionReachMm * sectionReachMm) continue;
      const found = closestPoint(bone, point[0], point[1], point[2], nearestMm);
      if (found && found.distance < nearestMm) { nearest = point; nearestMm = found.distance; }
    }
    return { edge: at, edgeMm, nearest, nearestMm };
  });
}

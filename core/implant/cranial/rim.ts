import type { Mesh } from "../../surface/mesh.ts";
import { eachSelfIntersection } from "../../surface/selfIntersections.ts";
import { closestPoint, type TriangleTree } from "../../surface/triangleTree.ts";
import { vertexNormals } from "../thickness.ts";
import { freed } from "./field.ts";
import { gapToleranceMm } from "./rimWords.ts";
import { type RimStation, stationMm } from "./rimStations.ts";
import type { Vec } from "./vector.ts";

/** Distances over a set of stations, mm. */
export interface GapFigures { least: number; mean: number; p95: number; most: number }

/** How the rim lies against the bone (rule PL5). Lengths in mm, shares 0 to 1. */
export interface RimFigures {
  lengthMm: number;
  /** Stations, one each 0.25 mm along the outer edge. */
  points: number;
  /** Shares of the rim: undercut was removed; an edge thinner than the least wall was cut; the bone is not whole, so that nothing sets the gap. The second is judged. */
  undercutShare: number;
  featherShare: number;
  openShare: number;
  /** Gaps where the wall comes nearest to the bone, over the judged stations: where no undercut was removed and the bone is whole. */
  marginMm: GapFigures | null;
  /** Share of the judged stations within ± 0.1 mm of the asked margin. */
  withinShare: number;
  /** Share of all stations within it, whatever bounds the plate. */
  withinOverallShare: number;
  /** The nearest of all stations. */
  leastOverallMm: number;
  /** The same at the outer edge itself, over all stations where no undercut was removed; and the widest gap there of the judged ones whose edge was cut. */
  outerEdge: { marginMm: GapFigures | null; withinShare: number; cutMostMm: number | null };
}

/** Smaller gaps than this, mm, are left as sampled: there is no room to move a wall in. */
export const leastSnappedMm = 0.1;

function gapFigures(mm: readonly number[], marginMm: number): { marginMm: GapFigures | null; withinShare: number } {
  const sorted = [...mm].sort((a, b) => a - b), n = sorted.length;
  if (n === 0) return { marginMm: null, withinShare: 1 };
  return {
    marginMm: { least: sorted[0], mean: sorted.reduce((s, d) => s + d, 0) / n, p95: sorted[Math.floor(0.95 * (n - 1))], most: sorted[n - 1] },
    withinShare: sorted.filter((d) => Math.abs(d - marginMm) <= gapToleranceMm).length / n,
  };
}

/**
 * The gap along a rim against the asked margin.
 * @param whyFreed bits of `freed` at a point; 0 where the bone sets the gap
 */
export function rimFigures(stations: readonly RimStation[], marginMm: number, whyFreed: (at: Vec) => number): RimFigures {
  const judged: number[] = [], atEdge: number[] = [];
  let feather = 0, undercut = 0, open = 0, cutMostMm: number | null = null;
  for (const { edge, edgeMm, nearest, nearestMm } of stations) {
    const why = whyFreed(edge), isCut = (why & freed.feather) !== 0;
    if (!isCut && why & freed.undercut) { undercut++; continue; }
    atEdge.push(edgeMm);
    // Where the wall comes nearest to the bone it is the opening's own edge that bounds it.
    if (whyFreed(nearest) & freed.opening) open++;
    else {
      judged.push(nearestMm);
      if (!isCut) continue;
      feather++;
      cutMostMm = Math.max(cutMostMm ?? 0, edgeMm);
    }
  }
  const share = (points: number) => stations.length === 0 ? 0 : points / stations.length;
  return {
    lengthMm: stations.length * stationMm, points: stations.length, undercutShare: share(undercut), featherShare: share(feather), openShare: share(open),
    ...gapFigures(judged, marginMm),
    withinOverallShare: share(stations.filter(({ nearestMm }) => Math.abs(nearestMm - marginMm) <= gapToleranceMm).length),
    leastOverallMm: stations.reduce((least, { nearestMm }) => Math.min(least, nearestMm), Infinity),
    outerEdge: { ...gapFigures(atEdge, marginMm), cutMostMm },
  };
}

/** Twice the area vector of a triangle. */
function triangleNormal(P: Float32Array, T: Uint32Array, t: number): [number, number, number] {
  const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
  const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}

/** A triangle may turn by at most 60° while its vertices are moved. */
const leastTurn = 0.5;
const unfoldRounds = 12;
/** How often moves are taken back where the wall came to cross itself all the same. */
const untangleRounds = 4;

/** A wall that is farther off the gap than this, mm, is not moved: something else bounds the plate there. */
export const snapReachMm = 0.5;
/** Beside a part of the wall that the bone sets, moves fade out over so many edges of the mesh: a step between moved and unmoved vertices would fold. */
const fadeRings = 4;

/** 1 where the bone sets the wall, falling to 0 over `fadeRings` edges beside it. */
function wallWeights({ positions: P, triangles: T }: Mesh, isWall: (x: number, y: number, z: number) => boolean): Float32Array {
  const weight = Float32Array.from({ length: P.length / 3 }, (_, v) => isWall(P[3 * v], P[3 * v + 1], P[3 * v + 2]) ? 1 : 0);
  for (let ring = 0; ring < fadeRings; ring++) {
    const before = weight.slice();
    for (let t = 0; t < T.length; t += 3) {
      const most = Math.max(before[T[t]], before[T[t + 1]], before[T[t + 2]]) - 1 / (fadeRings + 1);
      for (let i = t; i < t + 3; i++) if (most > weight[T[i]]) weight[T[i]] = most;
    }
  }
  return weight;
}

/**
 * Moves vertices of the plate's wall along their normals until the bone is exactly the margin away, by at most `mostMm`
 * (less beside the wall, and the farther off it is, so that moves have no steps);
 * a move that would fold a triangle over is halved, and taken back in the end, as is one that makes the wall cross itself. What is too near is moved wherever it lies.
 * @returns the mesh, and how often it crosses itself where that was counted
 * @param isWall whether the bone (not the opening's edge, undercut or the two faces) bounds the plate at a point
 */
export function snapWall(mesh: Mesh, bone: TriangleTree, marginMm: number, mostMm: number, isWall: (x: number, y: number, z: number) => boolean): { mesh: Mesh; selfIntersections: number | null } {
  if (marginMm < leastSnappedMm) return { mesh, selfIntersections: null };
  const { positions: from, triangles: T } = mesh, normals = vertexNormals(mesh), moves = new Float64Array(from.length / 3), weight = wallWeights(mesh, isWall);
  for (let v = 0; v < moves.length; v++) {
    const o = 3 * v, distanceAt = (s: number): number => closestPoint(bone, from[o] + s * normals[o], from[o + 1] + s * normals[o + 1], from[o + 2] + s * normals[o + 2], marginMm + 0.8)?.distance ?? Infinity;
    const here = distanceAt(0), off = here - marginMm;
    if (!(Math.abs(off) <= snapReachMm) || here < 1e-3 || (off > 0 && weight[v] <= 0)) continue;
    const most = off <= 0 ? mostMm : weight[v] * mostMm * Math.min(1, (snapReachMm - off) / (snapReachMm - mostMm));
    // The wall's normal points to the bone: moving out by s brings it about s nearer.
    let s = 0, d = here;
    for (let round = 0; round < 4 && Math.abs(d - marginMm) > 0.004; round++) {
      s = Math.max(-most, Math.min(most, s + (d - marginMm)));
      d = distanceAt(s);
    }
    if (Math.abs(d - marginMm) < Math.abs(off)) moves[v] = s;
  }
  const positions = Float32Array.from(from);
  unfold(mesh, positions, normals, moves);
  let selfIntersections: number | null = null;
  for (let round = 0; round < untangleRounds; round++) {
    const tangled = new Set<number>();
    eachSelfIntersection({ positions, triangles: T }, (s, t) => { for (let i = 0; i < 3; i++) tangled.add(T[3 * s + i]).add(T[3 * t + i]); });
    if (tangled.size === 0) { selfIntersections = 0; break; }
    for (let t = 0; t < T.length; t += 3) if (tangled.has(T[t]) || tangled.has(T[t + 1]) || tangled.has(T[t + 2])) for (let i = 0; i < 3; i++) moves[T[t + i]] = 0;
    unfold(mesh, positions, normals, moves);
  }
  return { mesh: { positions, triangles: T }, selfIntersections };
}

/** Sets positions to the moved ones, taking back what of the moves would fold a triangle over. */
function unfold({ positions: from, triangles: T }: Mesh, positions: Float32Array, normals: Float64Array, moves: Float64Array): void {
  for (let round = 0; round <= unfoldRounds; round++) {
    for (let v = 0; v < moves.length; v++) for (let k = 0; k < 3; k++) positions[3 * v + k] = from[3 * v + k] + moves[v] * normals[3 * v + k];
    const folded: number[] = [];
    for (let t = 0; t < T.length; t += 3) {
      if (moves[T[t]] === 0 && moves[T[t + 1]] === 0 && moves[T[t + 2]] === 0) continue;
      const a = triangleNormal(from, T, t), b = triangleNormal(positions, T, t);
      const along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2], lengths = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
      if (along < 0 || along * along < leastTurn * leastTurn * lengths) folded.push(t);
    }
    if (folded.length === 0) break;
    for (const t of folded) for (let i = 0; i < 3; i++) moves[T[t + i]] = round < unfoldRounds / 2 ? moves[T[t + i]] / 2 : 0;
  }
}

import type { Mesh } from "../../surface/mesh.ts";
import { eachSelfIntersection } from "../../surface/selfIntersections.ts";
import { closestPoint, type TriangleTree } from "../../surface/triangleTree.ts";
import { vertexNormals } from "../thickness.ts";

/** Smaller gaps than this, mm, are left as sampled: there is no room to move a wall in. */
export const leastSnappedMm = 0.1;

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
/** Over convex bone a triangle's middle lies nearer to it than its corners: what is nearer than the margin by no more than this, mm, is left. */
const leftNearerMm = 0.03;
/** How often corners are moved back from what lies nearer between them. */
const backRounds = 4;
/** How often the neighbours of what is moved back are moved with it, where triangles would fold. */
const togetherRounds = 6;
/** Where between its corners a triangle is looked at, in quarters: on its edges, and inside it. */
const onEdge = [[1, 3, 0], [2, 2, 0], [3, 1, 0]] as const, insideIt = [[2, 1, 1], [1, 2, 1], [1, 1, 2]] as const;
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
 * How much nearer to the bone than `leastMm` a triangle comes between its corners, mm, for each of its corners the most of all
 * its triangles; 0 where it does not.
 * @param isWanted 1 for a vertex whose triangles are looked at
 */
function nearerBetween({ positions: P, triangles: T }: Mesh, bone: TriangleTree, leastMm: number, isWanted: Uint8Array): Float32Array {
  const nearer = new Float32Array(P.length / 3);
  const look = (a: number, b: number, c: number, [i, j, k]: readonly number[]): void => {
    const at = (axis: number): number => (i * P[3 * a + axis] + j * P[3 * b + axis] + k * P[3 * c + axis]) / 4;
    const found = closestPoint(bone, at(0), at(1), at(2), leastMm);
    if (!found) return;
    const mm = Math.fround(leastMm - found.distance);
    if (mm > nearer[a]) nearer[a] = mm;
    if (mm > nearer[b]) nearer[b] = mm;
    if (k > 0 && mm > nearer[c]) nearer[c] = mm;
  };
  for (let t = 0; t < T.length; t += 3) {
    const a = T[t], b = T[t + 1], c = T[t + 2];
    if (!isWanted[a] && !isWanted[b] && !isWanted[c]) continue;
    // Each edge is met twice, once each way: once is enough.
    for (const quarters of onEdge) {
      if (a < b) look(a, b, c, quarters);
      if (b < c) look(b, c, a, quarters);
      if (c < a) look(c, a, b, quarters);
    }
    for (const quarters of insideIt) look(a, b, c, quarters);
  }
  return nearer;
}

/**
 * Moves vertices of the plate's wall along their normals until the bone is exactly the margin away, by at most `mostMm`
 * (less beside the wall, and the farther off it is, so that moves have no steps), then away from convex bone, by as much again at most,
 * where the wall between them comes nearer than the margin;
 * a move that would fold a triangle over is halved, and taken back in the end, as is one that makes the wall cross itself. What is too near is moved wherever it lies.
 * @returns the mesh, and how often it crosses itself where that was counted
 * @param isWall whether the bone (not the opening's edge, undercut or the two faces) bounds the plate at a point
 */
export function snapWall(mesh: Mesh, bone: TriangleTree, marginMm: number, mostMm: number, isWall: (x: number, y: number, z: number) => boolean): { mesh: Mesh; selfIntersections: number | null } {
  if (marginMm < leastSnappedMm) return { mesh, selfIntersections: null };
  const { positions: from, triangles: T } = mesh, normals = vertexNormals(mesh), moves = new Float64Array(from.length / 3), weight = wallWeights(mesh, isWall);
  const isNear = new Uint8Array(moves.length);
  for (let v = 0; v < moves.length; v++) {
    const o = 3 * v, distanceAt = (s: number): number => closestPoint(bone, from[o] + s * normals[o], from[o + 1] + s * normals[o + 1], from[o + 2] + s * normals[o + 2], marginMm + 0.8)?.distance ?? Infinity;
    const here = distanceAt(0), off = here - marginMm;
    if (Math.abs(off) <= snapReachMm) isNear[v] = 1;
    if (!isNear[v] || here < 1e-3 || (off > 0 && weight[v] <= 0)) continue;
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
  unfold(mesh, positions, { start: from, directions: normals, mm: moves });
  standBack(mesh, positions, bone, marginMm - leftNearerMm, mostMm, isNear);
  const whole: Moves = { start: from, directions: Float64Array.from(positions, (x, i) => x - from[i]), mm: new Float64Array(moves.length).fill(1) };
  let selfIntersections: number | null = null;
  for (let round = 0; round < untangleRounds; round++) {
    const tangled = new Set<number>();
    eachSelfIntersection({ positions, triangles: T }, (s, t) => { for (let i = 0; i < 3; i++) tangled.add(T[3 * s + i]).add(T[3 * t + i]); });
    if (tangled.size === 0) { selfIntersections = 0; break; }
    for (let t = 0; t < T.length; t += 3) if (tangled.has(T[t]) || tangled.has(T[t + 1]) || tangled.has(T[t + 2])) for (let i = 0; i < 3; i++) whole.mm[T[t + i]] = 0;
    unfold(mesh, positions, whole);
  }
  return { mesh: { positions, triangles: T }, selfIntersections };
}

/** Vertices on their way: each moves from where it started along a direction of its own, by its move, mm. */
interface Moves { start: Float32Array; directions: Float64Array; mm: Float64Array }

/** Sets positions to the moved ones. @returns the triangles, by their first index, that are folded over against those of the mesh */
function folded({ positions: from, triangles: T }: Mesh, positions: Float32Array, { start, directions, mm }: Moves): number[] {
  for (let v = 0; v < mm.length; v++) for (let k = 0; k < 3; k++) positions[3 * v + k] = start[3 * v + k] + mm[v] * directions[3 * v + k];
  const found: number[] = [];
  for (let t = 0; t < T.length; t += 3) {
    if (mm[T[t]] === 0 && mm[T[t + 1]] === 0 && mm[T[t + 2]] === 0) continue;
    const a = triangleNormal(from, T, t), b = triangleNormal(positions, T, t);
    const along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2], lengths = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) * (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
    if (along < 0 || along * along < leastTurn * leastTurn * lengths) found.push(t);
  }
  return found;
}

/** Sets positions to the moved ones, taking back what of the moves would fold a triangle over. */
function unfold(mesh: Mesh, positions: Float32Array, moves: Moves): void {
  for (let round = 0; round <= unfoldRounds; round++) {
    const found = folded(mesh, positions, moves);
    if (found.length === 0) break;
    for (const t of found) for (const v of mesh.triangles.subarray(t, t + 3)) moves.mm[v] = round < unfoldRounds / 2 ? moves.mm[v] / 2 : 0;
  }
}

/**
 * Moves corners away from the bone where a triangle comes nearer than `leastMm` between them, each by `mostMm` at most.
 * Corners of a triangle that would fold over are moved as far as the one that is moved farthest: away from one place of the bone they move alike.
 */
function standBack(mesh: Mesh, positions: Float32Array, bone: TriangleTree, leastMm: number, mostMm: number, isNear: Uint8Array): void {
  const { triangles: T } = mesh, count = positions.length / 3, gone = new Float64Array(count);
  let isWanted = isNear;
  for (let round = 0; round < backRounds; round++) {
    const nearer = nearerBetween({ positions, triangles: T }, bone, leastMm, isWanted);
    if (!nearer.some((mm) => mm > 0)) break;
    const moves: Moves = { start: positions.slice(), directions: new Float64Array(positions.length), mm: Float64Array.from(nearer, (mm, v) => Math.min(mm, mostMm - gone[v])) };
    const turnAway = (v: number): void => {
      const o = 3 * v, found = isNear[v] ? closestPoint(bone, moves.start[o], moves.start[o + 1], moves.start[o + 2]) : null;
      if (found && found.distance > 1e-3) for (let k = 0; k < 3; k++) moves.directions[o + k] = (moves.start[o + k] - found.point[k]) / found.distance;
    };
    for (let v = 0; v < count; v++) if (moves.mm[v] > 0) turnAway(v);
    for (let together = 0; together < togetherRounds; together++) {
      const found = folded(mesh, positions, moves);
      if (found.length === 0) break;
      for (const t of found) {
        const corners = T.subarray(t, t + 3), farthest = corners.reduce((most, v) => Math.max(most, moves.mm[v]), 0);
        for (const v of corners) {
          if (moves.mm[v] === 0) turnAway(v);
          moves.mm[v] = Math.min(farthest, mostMm - gone[v]);
        }
      }
    }
    unfold(mesh, positions, moves);
    isWanted = Uint8Array.from(moves.mm, (mm, v) => { gone[v] += mm; return mm > 0 || nearer[v] > 0 ? 1 : 0; });
  }
}

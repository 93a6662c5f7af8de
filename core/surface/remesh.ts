import { fieldSurface } from "../implant/fieldSurface.ts";
import { signedDistances } from "../implant/signedDistances.ts";
import { distanceBetween } from "./measure.ts";
import type { Mesh } from "./mesh.ts";
import { blockAround, blockDistances, piecesOf } from "./meshDistances.ts";
import { countSelfIntersections } from "./selfIntersections.ts";
import { soundnessOf } from "./soundness.ts";
import { buildTriangleTree, closestPoint, rayHits } from "./triangleTree.ts";

/** What a remesh did: two-sided distance to the surface before, edge lengths, the sharpest corner of a triangle. */
export interface RemeshReport { edgeMm: number; maxErrorMm: number; trianglesBefore: number; trianglesAfter: number; maxMm: number; meanMm: number; medianEdgeMm: number; tries: number }

/** The surface cannot be made anew within the bound; nothing was changed. */
export class RemeshError extends Error {
  override name = "RemeshError";
}

const rounds = 4, mostTries = 4;

/** Moves every vertex to the middle of its neighbours along the surface, then onto the surface that was; triangles become more even. */
function evened(mesh: Mesh, onto: (x: number, y: number, z: number) => readonly number[]): Mesh {
  const { triangles: T } = mesh, P = Float32Array.from(mesh.positions), n = P.length / 3;
  for (let round = 0; round < rounds; round++) {
    const sum = new Float64Array(3 * n), count = new Uint32Array(n);
    for (let h = 0; h < T.length; h++) {
      const v = T[h], w = T[h % 3 === 2 ? h - 2 : h + 1];
      for (let i = 0; i < 3; i++) sum[3 * v + i] += P[3 * w + i];
      count[v]++;
    }
    for (let v = 0; v < n; v++) {
      const [x, y, z] = [0, 1, 2].map((i) => P[3 * v + i] + 0.5 * (sum[3 * v + i] / count[v] - P[3 * v + i]));
      const to = onto(x, y, z);
      for (let i = 0; i < 3; i++) P[3 * v + i] = to[i];
    }
  }
  return { positions: P, triangles: T };
}

const medianEdge = ({ positions: P, triangles: T }: Mesh): number => {
  const lengths = Float64Array.from(T, (v, h) => {
    const w = T[h % 3 === 2 ? h - 2 : h + 1], d = [0, 1, 2].map((i) => P[3 * v + i] - P[3 * w + i]);
    return Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  }).sort();
  return lengths[lengths.length >> 1] ?? 0;
};

/**
 * The same surface with triangles of about one size (edges near `edgeMm`), within `maxErrorMm` on both sides, closed and
 * manifold: the surface's signed distance is cut anew on a lattice, the vertices evened out along the surface and put back
 * onto it. Where the bound does not hold (sharp edges need smaller triangles) the edge is made smaller; where evening out
 * makes triangles cross, the vertices stay where the lattice had them.
 * @param mesh closed and facing outward @throws RemeshError, RangeError
 */
export function remeshWithin(mesh: Mesh, edgeMm: number, maxErrorMm: number): { mesh: Mesh; report: RemeshReport } {
  if (!(edgeMm >= 0.05) || !(maxErrorMm > 0)) throw new RangeError("the edge is at least 0.05 mm, the error more than 0");
  if (soundnessOf(mesh).genus === null) throw new RemeshError("the surface is not closed and manifold; repair it first");
  const tree = buildTriangleTree(mesh), onto = (x: number, y: number, z: number) => closestPoint(tree, x, y, z)?.point ?? [x, y, z];
  let worst = Infinity;
  for (let tries = 1, edge = edgeMm; tries <= mostTries; tries++, edge *= 0.6) {
    // The lattice's own triangles have edges a little longer than its step.
    const step = edge / 1.15, block = blockAround(mesh, step, 2 * step), [nx, ny] = block.dims, { distance } = blockDistances(block, mesh, 2.5 * step);
    // Away from the surface all of a piece lies on one side of it.
    const piece = piecesOf(block, (at) => distance[at] > 0.9 * step), sides = new Map<number, number>(), field = new Float32Array(distance.length), near: number[] = [], places: number[] = [];
    for (let at = 0; at < field.length; at++) {
      const place = [block.origin[0] + step * (at % nx), block.origin[1] + step * (Math.floor(at / nx) % ny), block.origin[2] + step * Math.floor(at / (nx * ny))] as const;
      if (piece[at] === 0) { near.push(at); places.push(...place); continue; }
      let side = sides.get(piece[at]);
      if (side === undefined) sides.set(piece[at], side = rayHits(tree, ...place, 0.2672612419124244, 0.5345224838248488, 0.8017837257372732).length % 2 === 1 ? -1 : 1);
      field[at] = side * Math.min(2.5 * step, distance[at]);
    }
    signedDistances(tree, places, 2.5 * step).forEach((d, i) => { field[near[i]] = d; });
    const raw = fieldSurface(block, field).mesh, even = evened(raw, onto);
    const made = soundnessOf(even).genus !== null && countSelfIntersections(even) === 0 ? even : raw;
    if (made.triangles.length === 0 || soundnessOf(made).genus === null || countSelfIntersections(made) > 0) continue;
    const { hausdorffMm, from, back } = distanceBetween(mesh, made);
    worst = Math.min(worst, hausdorffMm);
    if (hausdorffMm > maxErrorMm) continue;
    return { mesh: made, report: { edgeMm: edge, maxErrorMm, trianglesBefore: mesh.triangles.length / 3, trianglesAfter: made.triangles.length / 3, maxMm: hausdorffMm, meanMm: Math.max(from.meanMm, back.meanMm), medianEdgeMm: medianEdge(made), tries } };
  }
  // No try came so far that its distance was measured.
  if (worst === Infinity) throw new RemeshError(`no triangles of ${edgeMm} mm and somewhat less make a sound surface of this one: parts are thinner than that, or triangles cross. Give a smaller edge`);
  throw new RemeshError(`no triangles of ${edgeMm} mm and somewhat less come within ${maxErrorMm} mm of this surface (best: ${worst.toFixed(3)} mm). Give a smaller edge or a larger error`);
}

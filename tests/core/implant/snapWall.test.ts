import { describe, expect, it } from "vitest";
import { snapWall } from "../../../core/implant/cranial/snapWall.ts";
import { type Block, blockToRas, fieldSurface } from "../../../core/implant/fieldSurface.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { countSelfIntersections } from "../../../core/surface/selfIntersections.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { buildTriangleTree, closestPoint, type TriangleTree } from "../../../core/surface/triangleTree.ts";

type Point = readonly [number, number, number];
const away = (p: Point, q: Point): number => Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);

/** The surface of a field over a cube round a point. */
function sampled(field: (p: Point) => number, middle: Point, halfMm: number, stepMm: number): Mesh {
  const n = 2 * Math.ceil(halfMm / stepMm) + 1, half = (n - 1) / 2 * stepMm;
  const block: Block = { dims: [n, n, n], stepMm, origin: [middle[0] - half, middle[1] - half, middle[2] - half], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
  return fieldSurface(block, Float32Array.from({ length: n * n * n }, (_, at) => field(blockToRas(block, at % n, Math.floor(at / n) % n, Math.floor(at / (n * n)))))).mesh;
}

/** The least distance to the bone of a mesh: each triangle looked at in 45 places. */
function leastGapMm({ positions: P, triangles: T }: Mesh, bone: TriangleTree): number {
  let least = Infinity;
  for (let t = 0; t < T.length; t += 3) for (let i = 0; i <= 8; i++) for (let j = 0; i + j <= 8; j++) {
    const [x, y, z] = [0, 1, 2].map((k) => (i * P[3 * T[t] + k] + j * P[3 * T[t + 1] + k] + (8 - i - j) * P[3 * T[t + 2] + k]) / 8);
    least = Math.min(least, closestPoint(bone, x, y, z, least)?.distance ?? Infinity);
  }
  return least;
}

describe("a plate's wall beside a knob of bone of 0.3 mm radius", () => {
  it("PL5: comes nowhere nearer to it than the margin − 0.05 mm, between its vertices neither; stays sound; no vertex moves far", () => {
    const stepMm = 0.45, mostMm = 0.35 * stepMm, marginMm = 0.5, radiusMm = 0.3;
    for (const knob of [[0.07, 0.11, 5], [0.2, -0.3, 5.2], [2.9, 2.9, 2.9]] as const) {
      const bone = buildTriangleTree(sampled((p) => away(p, knob) - radiusMm, knob, 0.6, 0.06));
      const plate = sampled((p) => Math.max(away(p, [0, 0, 0]) - 5, radiusMm + marginMm - away(p, knob)), [0, 0, 0], 6, stepMm);
      const { mesh, selfIntersections } = snapWall(plate, bone, marginMm, mostMm, (x, y, z) => away([x, y, z], knob) < 1.2);
      expect(leastGapMm(mesh, bone)).toBeGreaterThanOrEqual(marginMm - 0.05);
      expect([selfIntersections, countSelfIntersections(mesh)]).toEqual([0, 0]);
      expect(soundnessOf(mesh)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: 1, genus: 0 });
      for (let v = 0; v < plate.positions.length; v += 3) expect(Math.hypot(...[0, 1, 2].map((k) => mesh.positions[v + k] - plate.positions[v + k]))).toBeLessThanOrEqual(2 * mostMm + 1e-5);
    }
  });
});

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { farthestFrom } from "../../../core/surface/farthest.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { repairMesh } from "../../../core/surface/repair.ts";
import { buildTriangleTree, closestPoint } from "../../../core/surface/triangleTree.ts";
import { randomOf, sphereMesh } from "./shapes.ts";

const data = "../shared/data/meshes/anatomy_metres";

/** The largest distance of `count` points of each triangle of a mesh, corners among them, from another mesh. */
function sampledFar({ positions: P, triangles: T }: Mesh, to: Mesh, count: number): number {
  const tree = buildTriangleTree(to), next = randomOf(3);
  let far = 0;
  for (let t = 0; t < T.length; t += 3) for (let n = 0; n < count; n++) {
    const s = n < 3 ? Number(n === 1) : Math.sqrt(next()), r = n < 3 ? Number(n === 2) : next() * s, w = [n < 3 ? 1 - s - r : 1 - s, n < 3 ? s : s - r, r];
    const [x, y, z] = [0, 1, 2].map((i) => [0, 1, 2].reduce((sum, k) => sum + w[k] * P[3 * T[t + k] + i], 0));
    far = Math.max(far, closestPoint(tree, x, y, z)?.distance ?? Infinity);
  }
  return far;
}

describe("the displacement that a repair tells", () => {
  it("is of any point, not of corners and centres alone", () => {
    // Of a right triangle whose corners alone are there the middle of the longest side is farthest.
    const speck = 1e-4, at = [[0, 0], [10, 0], [0, 10]], positions = Float32Array.from(at.flatMap(([x, y]) => [x, y, 0, x, y, speck, x, y, -speck]));
    const far = farthestFrom(buildTriangleTree({ positions, triangles: Uint32Array.from(positions.slice(0, 9), (_, v) => v) }), at.flatMap(([x, y]) => [x, y, 0]));
    expect(far).toBeGreaterThanOrEqual(Math.sqrt(50) - 1e-3);
    expect(far).toBeLessThanOrEqual(1.021 * Math.sqrt(50));
  });

  it("is the largest distance both ways over all steps", () => {
    for (const seed of [4, 5, 6, 7]) {
      // Corners drawn over their neighbours, near each other, so that places are mended over and over.
      const ball = sphereMesh(10, 40), next = randomOf(seed), bent = Float32Array.from(ball.positions), { triangles: T } = ball;
      for (let n = 0; n < 12; n++) {
        const t = 3 * Math.floor(next() * (T.length / 12)), a = 3 * T[t], b = 3 * T[t + 1];
        for (let i = 0; i < 3; i++) bent[a + i] = (bent[a + i] + 2.4 * (ball.positions[b + i] - ball.positions[a + i])) * 0.96;
      }
      const came = { positions: bent, triangles: T }, { mesh, report } = repairMesh(came), sampled = Math.max(sampledFar(came, mesh, 60), sampledFar(mesh, came, 60));
      expect(report).toMatchObject({ looseTriangles: 0, holesLeftOpen: 0 });
      expect(report.trianglesTakenOut).toBeGreaterThan(0);
      expect(report.largestDisplacementMm, `seed ${seed}`).toBeGreaterThanOrEqual(sampled - 1e-5);
      expect(report.largestDisplacementMm, `seed ${seed}`).toBeLessThanOrEqual(1.05 * sampled);
    }
  });

  it.skipIf(!existsSync(data))("holds of real bones, and is within the limit", () => {
    for (const name of ["hat_jaw", "hat_lumbar", "r_tibia", "r_pelvis"]) {
      const { mesh: came } = readMesh(new Uint8Array(readFileSync(`${data}/${name}.stl`)), `${name}.stl`, "m"), { mesh, report } = repairMesh(came);
      // What is dropped as loose is counted, not displaced.
      if (report.looseTriangles === 0) expect(report.largestDisplacementMm, name).toBeGreaterThanOrEqual(sampledFar(came, mesh, 40) - 1e-5);
      const extent = Math.max(...[0, 1, 2].map((axis) => { const along = came.positions.filter((_, i) => i % 3 === axis); return Math.max(...along) - Math.min(...along); }));
      expect(report.largestDisplacementMm, name).toBeLessThanOrEqual(0.025 * extent);
    }
  }, 60_000);
});

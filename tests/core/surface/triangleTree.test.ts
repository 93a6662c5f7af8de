import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { buildTriangleTree, closestOnTriangle, closestPoint, firstLeaving, rayHits } from "../../../core/surface/triangleTree.ts";
import { randomOf, sphereMesh } from "./shapes.ts";

describe("the tree of triangles", () => {
  it("finds the closest point as every triangle tried one by one", () => {
    const next = randomOf(5), positions = Float32Array.from({ length: 9 * 300 }, () => next() * 20 - 10);
    const mesh: Mesh = { positions, triangles: Uint32Array.from({ length: 900 }, (_, i) => i) }, tree = buildTriangleTree(mesh), out = new Float64Array(3);
    for (let n = 0; n < 300; n++) {
      const [x, y, z] = [next() * 30 - 15, next() * 30 - 15, next() * 30 - 15];
      let best = Infinity;
      for (let t = 0; t < 900; t += 3) best = Math.min(best, closestOnTriangle(positions, 3 * t, 3 * t + 3, 3 * t + 6, x, y, z, out));
      const found = closestPoint(tree, x, y, z);
      expect(found?.distance).toBe(Math.sqrt(best));
      const [px, py, pz] = found!.point;
      expect(Math.sqrt((px - x) * (px - x) + (py - y) * (py - y) + (pz - z) * (pz - z))).toBeCloseTo(found!.distance, 12);
      // No point of the triangle, sampled, is closer.
      const t = 9 * found!.triangle;
      for (let k = 0; k < 20; k++) {
        const s = next(), r = next() * (1 - s), q = [0, 1, 2].map((i) => positions[t + i] * (1 - s - r) + positions[t + 3 + i] * s + positions[t + 6 + i] * r);
        expect(Math.hypot(q[0] - x, q[1] - y, q[2] - z)).toBeGreaterThanOrEqual(found!.distance - 1e-9);
      }
    }
    expect(closestPoint(tree, 1000, 0, 0, 5)).toBeNull();
    expect(closestPoint(buildTriangleTree({ positions: new Float32Array(0), triangles: new Uint32Array(0) }), 0, 0, 0)).toBeNull();
  });

  it("finds where a ray first comes out as all its hits tell, in any tangle of triangles and along axes", () => {
    const next = randomOf(9), positions = Float32Array.from({ length: 9 * 200 }, () => next() * 20 - 10);
    const tree = buildTriangleTree({ positions, triangles: Uint32Array.from({ length: 600 }, (_, i) => i) });
    let met = 0;
    for (let n = 0; n < 500; n++) {
      const raw = n % 5 === 0 ? [0, 0, n % 2 === 0 ? 1 : -1] : [next() - 0.5, next() - 0.5, next() - 0.5], length = Math.hypot(...raw), [dx, dy, dz] = raw.map((x) => x / length);
      const [x, y, z] = [next() * 24 - 12, next() * 24 - 12, next() * 24 - 12], all = rayHits(tree, x, y, z, dx, dy, dz).find(({ isLeaving }) => isLeaving);
      const found = firstLeaving(tree, x, y, z, dx, dy, dz);
      expect(found?.triangle).toBe(all?.triangle);
      if (all && found) { met++; expect(found.distance).toBeCloseTo(all.distance, 9); }
    }
    expect(met).toBeGreaterThan(100);
    expect(firstLeaving(buildTriangleTree({ positions: new Float32Array(0), triangles: new Uint32Array(0) }), 0, 0, 0, 1, 0, 0)).toBeNull();
  });

  it("a ray enters and leaves a ball, and says which", () => {
    const tree = buildTriangleTree(sphereMesh(10, 48));
    const hits = rayHits(tree, -30, 0.31, 0.17, 2, 0, 0);
    expect(hits.map(({ isLeaving }) => isLeaving)).toEqual([false, true]);
    expect(hits[0].distance).toBeCloseTo(20, 1);
    expect(hits[1].distance).toBeCloseTo(40, 1);
    expect(rayHits(tree, 0, 0.2, 0.3, 0, 0, -1).map(({ isLeaving }) => isLeaving)).toEqual([true]);
    expect(rayHits(tree, -30, 11, 0, 1, 0, 0)).toEqual([]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refineBand } from "../../../core/implant/cranial/refine.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { meshAreaMm2, meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";

const grid: Grid = { dims: [12, 12, 12], spacing: [1, 1.2, 1.5], origin: [0, 0, 0] };
const ball = surfaceOf(fromDense(grid, Uint8Array.from({ length: 12 * 12 * 12 }, (_, at) => {
  const [x, y, z] = [at % 12 - 5.5, Math.floor(at / 12) % 12 - 5.5, Math.floor(at / 144) - 5.5];
  return x * x + y * y + z * z < 20 ? 1 : 0;
})), 1);

describe("a finer band", () => {
  it("keeps volume and area, stays closed and manifold for any set of vertices", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: ball.positions.length / 3, maxLength: ball.positions.length / 3, max: 1 }), fc.double({ min: 0.1, max: 2, noNaN: true }), (band, longest) => {
      const fine = refineBand(ball, (v) => band[v] === 1, longest);
      expect(soundnessOf(fine)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: 1, genus: 0 });
      expect(meshVolumeMm3(fine)).toBeCloseTo(meshVolumeMm3(ball), 2);
      expect(meshAreaMm2(fine)).toBeCloseTo(meshAreaMm2(ball), 2);
    }), { numRuns: 200 });
  });
  it("splits every edge of the band that is too long, and no other", () => {
    const long = refineBand(ball, () => true, 0.01), none = refineBand(ball, () => false, 0.01), short = refineBand(ball, () => true, 5);
    expect(long.triangles.length).toBe(4 * ball.triangles.length);
    expect(none).toEqual(ball);
    expect(short).toEqual(ball);
  });
});

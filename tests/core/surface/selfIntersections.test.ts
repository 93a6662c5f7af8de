import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { countSelfIntersections } from "../../../core/surface/selfIntersections.ts";

/** Two triangles: one in the plane z = 0, one upright through it, its lowest corner at height `z`. */
const pair = (z: number, x = 0.2): Mesh => ({
  positions: Float32Array.from([0, 0, 0, 1, 0, 0, 0, 1, 0, x, 0.2, z, x, 0.2, 1, x + 0.1, 0.3, 1]),
  triangles: Uint32Array.from([0, 1, 2, 3, 4, 5]),
});

describe("self-intersections", () => {
  it("counts a crossing deeper than 1e-3 mm and no shallower one", () => {
    expect(countSelfIntersections(pair(-0.5))).toBe(1);
    expect(countSelfIntersections(pair(-0.01))).toBe(1);
    expect(countSelfIntersections(pair(-0.0005))).toBe(0);
    expect(countSelfIntersections(pair(0.1))).toBe(0);
    expect(countSelfIntersections(pair(-0.5, 2))).toBe(0);
  });

  it("does not count triangles that share a vertex", () => {
    const mesh = pair(-0.5);
    mesh.triangles[3] = 0;
    expect(countSelfIntersections(mesh)).toBe(0);
  });

  it("counts as many crossings as every pair tried one by one, wherever the triangles lie", () => {
    let seed = 7;
    const next = () => { seed = (Math.imul(seed, 1664525) + 1013904223) | 0; return (seed >>> 8) / 16777216; };
    const count = 120;
    const positions = new Float32Array(count * 9);
    for (let t = 0; t < count; t++) {
      const centre = [next() * 6 - 3, next() * 6 - 3, next() * 6 - 3];
      for (let i = 0; i < 9; i++) positions[9 * t + i] = centre[i % 3] + next() * 2;
    }
    const triangles = Uint32Array.from({ length: count * 3 }, (_, i) => i);
    let expected = 0;
    for (let s = 0; s < count; s++) for (let t = s + 1; t < count; t++) {
      const two = new Float32Array([...positions.subarray(9 * s, 9 * s + 9), ...positions.subarray(9 * t, 9 * t + 9)]);
      expected += countSelfIntersections({ positions: two, triangles: Uint32Array.of(0, 1, 2, 3, 4, 5) });
    }
    expect(expected).toBeGreaterThan(20);
    expect(countSelfIntersections({ positions, triangles })).toBe(expected);
  });
});

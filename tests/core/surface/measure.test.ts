import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { angleDegrees, ballThickness, distanceBetween, polygonAreaMm2, polylineLengthMm, rayThickness, vertexNormals } from "../../../core/surface/measure.ts";
import { simplifyWithin } from "../../../core/surface/simplify.ts";
import { contourAreaMm2, sliceContours } from "../../../core/surface/sliceContours.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { buildTriangleTree } from "../../../core/surface/triangleTree.ts";
import { sphereMesh } from "./shapes.ts";

/** A shell between two balls. */
function shell(outerR: number, innerR: number): Mesh {
  const outer = sphereMesh(outerR, 64), inner = sphereMesh(innerR, 64), n = outer.positions.length / 3;
  return { positions: Float32Array.from([...outer.positions, ...inner.positions]), triangles: Uint32Array.from([...outer.triangles, ...[...inner.triangles.toReversed()].map((v) => v + n)]) };
}

describe("measures", () => {
  it("thickness of a shell by ray and by ball, of a ball by ball", () => {
    const mesh = shell(10, 7), tree = buildTriangleTree(mesh), normals = vertexNormals(mesh);
    for (const v of [40, 333, 900]) {
      expect(rayThickness(tree, normals, v)).toBeCloseTo(3, 0);
      expect(Math.abs(rayThickness(tree, normals, v) - 3)).toBeLessThan(0.05);
      expect(Math.abs(ballThickness(tree, normals, v) - 3)).toBeLessThan(0.1);
    }
    const ball = sphereMesh(10, 64);
    expect(Math.abs(ballThickness(buildTriangleTree(ball), vertexNormals(ball), 500) - 20)).toBeLessThan(0.4);
  });

  it("distance between two balls, both ways", () => {
    const { from, back, hausdorffMm } = distanceBetween(sphereMesh(10, 64), sphereMesh(11, 64));
    for (const side of [from, back]) expect(Math.abs(side.meanMm - 1)).toBeLessThan(0.03);
    expect(hausdorffMm).toBeLessThan(1.03);
    expect(() => distanceBetween(sphereMesh(1, 8), { positions: new Float32Array(0), triangles: new Uint32Array(0) })).toThrow(RangeError);
  });

  it("lengths, angles, areas", () => {
    expect(polylineLengthMm([[0, 0, 0], [3, 4, 0], [3, 4, 12]])).toBe(17);
    expect(polylineLengthMm([[1, 1, 1]])).toBe(0);
    expect(angleDegrees([1, 0, 0], [0, 0, 0], [0, 5, 0])).toBeCloseTo(90, 12);
    expect(angleDegrees([1, 0, 0], [0, 0, 0], [-2, 0, 0])).toBeCloseTo(180, 12);
    expect(angleDegrees([1, 0, 0], [1, 0, 0], [-2, 0, 0])).toBe(0);
    expect(polygonAreaMm2([[0, 0, 5], [4, 0, 5], [4, 3, 5], [0, 3, 5]])).toBe(12);
  });

  it("outlines on a slice close and enclose the section's area, holes and vertices in the plane included", () => {
    const mesh = shell(10, 7);
    for (const axis of [0, 1, 2] as const) for (const at of [0, 0.3, -4.2, 8.5]) {
      const contours = sliceContours(mesh, axis, at), full = Math.PI * (100 - at * at), hole = Math.PI * Math.max(0, 49 - at * at);
      expect(contours.every(({ isClosed }) => isClosed)).toBe(true);
      expect(contours.length).toBe(hole > 0 ? 2 : 1);
      expect(Math.abs(contourAreaMm2(contours) - (full - hole))).toBeLessThan(0.012 * full);
    }
    // Each point names a vertex of the edge that it was cut from: it lies within that edge of it.
    for (const { points, vertices } of sliceContours(mesh, 2, 0.3)) {
      expect(vertices.length).toBe(points.length / 2);
      vertices.forEach((v, i) => expect(Math.hypot(mesh.positions[3 * v] - points[2 * i], mesh.positions[3 * v + 1] - points[2 * i + 1], mesh.positions[3 * v + 2] - 0.3)).toBeLessThan(2));
    }
    expect(sliceContours(mesh, 2, 20)).toEqual([]);
    expect(sliceContours({ ...mesh, triangles: mesh.triangles.slice(3 * 500) }, 0, 0.3).some(({ isClosed }) => !isClosed)).toBe(true);
  });

  it("simplifies within the bound, both ways, and stays closed", async () => {
    const ball = sphereMesh(20, 160);
    for (const bound of [0.02, 0.2]) {
      const { mesh, report } = await simplifyWithin(ball, bound);
      expect(mesh.triangles.length).toBeLessThan(ball.triangles.length * (bound > 0.1 ? 0.5 : 0.9));
      expect(soundnessOf(mesh)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: 1, genus: 0 });
      expect(distanceBetween(ball, mesh).hausdorffMm).toBeLessThanOrEqual(bound);
      expect(report.maxMm).toBeLessThanOrEqual(bound);
      expect(report.trianglesAfter).toBe(mesh.triangles.length / 3);
    }
  });
});

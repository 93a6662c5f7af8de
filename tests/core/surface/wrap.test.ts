import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { meshVolumeMm3, type Mesh } from "../../../core/surface/mesh.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { RemeshError, remeshWithin } from "../../../core/surface/remesh.ts";
import { countSelfIntersections } from "../../../core/surface/selfIntersections.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { buildTriangleTree, closestPoint } from "../../../core/surface/triangleTree.ts";
import { blockAround, blockDistances } from "../../../core/surface/meshDistances.ts";
import { wrapMesh } from "../../../core/surface/wrap.ts";
import { sphereMesh } from "./shapes.ts";

const sound = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 }, data = "../shared/data/meshes";
const asRead = (mesh: Mesh) => { const back = decodeStl(encodeStl(mesh)); return { ...soundnessOf(back), crossings: countSelfIntersections(back) }; };
/** A ball without the triangles whose first corner lies above z = `from`. */
const bowl = (r: number, from: number): Mesh => {
  const ball = sphereMesh(r, 48), { positions: P, triangles: T } = ball;
  return { positions: P, triangles: T.filter((_, h) => P[3 * T[h - (h % 3)] + 2] < from) };
};

describe("wrap", () => {
  it("distances on a block are those of the tree", () => {
    const ball = sphereMesh(6, 20), block = blockAround(ball, 0.7, 3), { distance } = blockDistances(block, ball, 2.5), tree = buildTriangleTree(ball), [nx, ny] = block.dims;
    let worst = 0, seen = 0;
    for (let at = 0; at < distance.length; at += 3) {
      const exact = closestPoint(tree, block.origin[0] + 0.7 * (at % nx), block.origin[1] + 0.7 * (Math.floor(at / nx) % ny), block.origin[2] + 0.7 * Math.floor(at / (nx * ny)))?.distance ?? 0;
      if (exact > 2.4) continue;
      seen++;
      worst = Math.max(worst, Math.abs(exact - distance[at]));
    }
    expect(seen).toBeGreaterThan(500);
    expect(worst).toBeLessThan(0.014);
  });

  it("closes a ball with a hole smaller than the gap, keeps its size, and leaves no inside", () => {
    const { mesh, report } = wrapMesh(bowl(10, 9.6), 0.5, 9);
    expect(asRead(mesh)).toMatchObject({ ...sound, crossings: 0, components: 1, genus: 0 });
    expect(Math.abs(meshVolumeMm3(mesh) / ((4 / 3) * Math.PI * 1000) - 1)).toBeLessThan(0.03);
    expect(report.inward.p95Mm).toBeLessThan(0.1);
  });

  it("samples that lie on the grown body's very end are inside: a box stays whole at every gap", () => {
    const corners = Array.from({ length: 8 }, (_, i) => [5 * (i & 1), 5 * ((i >> 1) & 1), 10 * (i >> 2)]).flat();
    const box: Mesh = { positions: Float32Array.from(corners), triangles: Uint32Array.from([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]].flatMap(([a, b, c, d]) => [a, b, c, a, c, d])) };
    for (const gap of [4, 2, 0]) {
      const { mesh, report } = wrapMesh(box, 0.4, gap);
      expect({ gap, ...asRead(mesh) }).toMatchObject({ gap, ...sound, crossings: 0, components: 1, genus: 0 });
      expect(Math.abs(meshVolumeMm3(mesh) / 250 - 1)).toBeLessThan(0.03);
      expect(report.outward.maxMm).toBeLessThan(0.3);
    }
  });

  it("an open sheet that encloses nothing is told so, and what is thinner than the detail goes", () => {
    expect(() => wrapMesh(bowl(10, 0), 0.5, 2)).toThrow(/gap as wide/);
    const { mesh } = wrapMesh(bowl(10, 0), 1, 24);
    expect(asRead(mesh)).toMatchObject({ ...sound, crossings: 0, components: 1, genus: 0 });
  });

  it("joins parts nearer than the gap and leaves farther ones alone", () => {
    const one = sphereMesh(5, 24), n = one.positions.length / 3;
    const two = (mm: number): Mesh => ({ positions: Float32Array.from([...one.positions, ...one.positions.map((x, i) => (i % 3 === 0 ? x + 10 + mm : x))]), triangles: Uint32Array.from([...one.triangles, ...one.triangles.map((v) => v + n)]) });
    expect(asRead(wrapMesh(two(0.8), 0.4, 3).mesh)).toMatchObject({ ...sound, crossings: 0, components: 1 });
    expect(asRead(wrapMesh(two(6), 0.4, 3).mesh)).toMatchObject({ ...sound, crossings: 0, components: 2 });
  });

  it("refuses what it cannot hold, with what to do", () => {
    expect(() => wrapMesh(sphereMesh(100, 8), 0.05, 1)).toThrow(/larger detail/);
    expect(() => wrapMesh(sphereMesh(5, 8), 0.01, 1)).toThrow(/smallest detail/);
    expect(() => wrapMesh({ positions: new Float32Array(), triangles: new Uint32Array() }, 1, 1)).toThrow(/no triangle/);
  });

  it.skipIf(!existsSync(data))("gives a sound shell of every faulty block", () => {
    for (const name of ["block_exact-bad", "block_fill-holes-bad", "block_normal-directions-bad", "sphere_with_holes"]) {
      const { mesh } = readMesh(new Uint8Array(readFileSync(`${data}/repair_pairs/${name}.stl`)), name);
      const low = [0, 1, 2].map((i) => mesh.positions.reduce((m, x, k) => (k % 3 === i ? Math.min(m, x) : m), Infinity)), high = [0, 1, 2].map((i) => mesh.positions.reduce((m, x, k) => (k % 3 === i ? Math.max(m, x) : m), -Infinity));
      const size = Math.max(...high.map((x, i) => x - low[i]));
      expect({ name, ...asRead(wrapMesh(mesh, Math.max(0.05, size / 25), size / 2).mesh) }).toMatchObject({ name, ...sound, crossings: 0 });
    }
  });
});

describe("remesh", () => {
  it("gives even triangles within the bound, sound as read back", () => {
    const ball = sphereMesh(10, 48), { mesh, report } = remeshWithin(ball, 1, 0.1);
    expect(asRead(mesh)).toMatchObject({ ...sound, crossings: 0, components: 1, genus: 0 });
    expect(report.maxMm).toBeLessThanOrEqual(0.1);
    expect(report.medianEdgeMm).toBeGreaterThan(0.5);
    expect(report.medianEdgeMm).toBeLessThan(1.3);
    expect(Math.abs(meshVolumeMm3(mesh) / meshVolumeMm3(ball) - 1)).toBeLessThan(0.01);
  });

  it("keeps a cavity, and says when the bound cannot be held", () => {
    const outer = sphereMesh(8, 32), inner = sphereMesh(4, 24), n = outer.positions.length / 3;
    const hollow: Mesh = { positions: Float32Array.from([...outer.positions, ...inner.positions]), triangles: Uint32Array.from([...outer.triangles, ...[...inner.triangles.toReversed()].map((v) => v + n)]) };
    const { mesh } = remeshWithin(hollow, 0.8, 0.2);
    expect(asRead(mesh)).toMatchObject({ ...sound, crossings: 0, components: 2 });
    expect(Math.abs(meshVolumeMm3(mesh) / meshVolumeMm3(hollow) - 1)).toBeLessThan(0.02);
    expect(() => remeshWithin(bowl(5, 3), 1, 0.1)).toThrow(RemeshError);
    expect(() => remeshWithin(sphereMesh(5, 12), 2, 1e-6)).toThrow(RemeshError);
  });
});

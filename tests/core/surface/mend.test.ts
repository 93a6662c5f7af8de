import { expect, it } from "vitest";
import { faultsOf, fileSoundnessOf } from "../../../core/surface/fileSoundness.ts";
import { mendMesh } from "../../../core/surface/mend.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { distancesTo } from "../../../core/surface/simplify.ts";
import { buildTriangleTree } from "../../../core/surface/triangleTree.ts";
import { sphereMesh } from "./shapes.ts";

/** A closed box, mm, its faces a grid of squares with a cell of `mm`. */
function box(size: number, cell: number): Mesh {
  const positions: number[] = [], triangles: number[] = [], known = new Map<string, number>(), n = Math.round(size / cell);
  const vertex = (p: readonly number[]) => {
    const key = p.join(), at = known.get(key);
    if (at !== undefined) return at;
    known.set(key, positions.length / 3);
    positions.push(...p.map((v) => v * cell));
    return positions.length / 3 - 1;
  };
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [0, n]) {
      for (let u = 0; u < n; u++) {
        for (let v = 0; v < n; v++) {
          const at = (du: number, dv: number) => { const p = [0, 0, 0]; p[axis] = side; p[(axis + 1) % 3] = u + du; p[(axis + 2) % 3] = v + dv; return vertex(p); };
          const [a, b, c, d] = [at(0, 0), at(1, 0), at(1, 1), at(0, 1)];
          triangles.push(...(side === n ? [a, b, c, a, c, d] : [a, c, b, a, d, c]));
        }
      }
    }
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

it("no point of a surface that was wrapped and then cut anew lies farther off than the report says", async () => {
  const from = box(10, 2.5), { mesh, report } = await mendMesh(from, { wrap: { gapMm: 1, detailMm: 0.5 }, remesh: { edgeMm: 1, maxErrorMm: 0.2 } });
  expect(report.remeshed?.maxMm).toBeGreaterThan(0);
  const farthest = Math.max(...distancesTo(buildTriangleTree(from), mesh.positions));
  expect(farthest).toBeGreaterThan(0);
  expect(report.largestDisplacementMm).toBeGreaterThanOrEqual(farthest);
  const { report: wrapped } = await mendMesh(from, { wrap: { gapMm: 1, detailMm: 0.5 } });
  expect(report.largestDisplacementMm).toBeCloseTo(wrapped.largestDisplacementMm + (report.remeshed?.maxMm ?? 0), 9);
});

it("a surface with a hole is closed and then made of far fewer triangles, sound, none of it farther off than the report says", async () => {
  const whole = sphereMesh(15, 160), from = { positions: whole.positions, triangles: whole.triangles.slice(12) }, { mesh, report } = await mendMesh(from, { simplify: { maxErrorMm: 0.1 } });
  expect([report.changes?.holesFilled, faultsOf(fileSoundnessOf(mesh))]).toEqual([1, []]);
  expect(mesh.triangles.length).toBeLessThan(from.triangles.length / 3);
  const there = distancesTo(buildTriangleTree(from), mesh.positions), back = distancesTo(buildTriangleTree(mesh), from.positions), farthest = Math.max(...there, ...back);
  expect([farthest > 0, farthest <= report.largestDisplacementMm + 1e-6, report.simplified!.maxMm <= 0.1, report.simplified!.trianglesAfter]).toEqual([true, true, true, mesh.triangles.length / 3]);
  const open = await mendMesh({ positions: from.positions, triangles: new Uint32Array(0) }, { simplify: { maxErrorMm: 0.1 } });
  expect([open.mesh.triangles.length, open.report.simplified]).toEqual([0, null]);
});

it("what is lost between the points of a lattice is told as that, with what to do, and no distance is told that nobody measured", async () => {
  const told = await mendMesh(box(2, 1), { remesh: { edgeMm: 500, maxErrorMm: 0.2 } }).then(() => "", (error: unknown) => String(error));
  expect(told).toContain("RemeshError: no triangles of 500 mm and somewhat less make a sound surface of this one");
  expect(told).toContain("Give a smaller edge");
  expect(told).not.toContain("Infinity");
  const coarse = await mendMesh(sphereMesh(15, 40), { remesh: { edgeMm: 8, maxErrorMm: 0.001 } }).then(() => "", (error: unknown) => String(error));
  expect(coarse).toMatch(/come within 0\.001 mm of this surface \(best: \d+\.\d{3} mm\)/);
});

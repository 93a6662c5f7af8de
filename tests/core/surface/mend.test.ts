import { expect, it } from "vitest";
import { mendMesh } from "../../../core/surface/mend.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { distancesTo } from "../../../core/surface/simplify.ts";
import { buildTriangleTree } from "../../../core/surface/triangleTree.ts";

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

it("no point of a surface that was wrapped and then cut anew lies farther off than the report says", () => {
  const from = box(10, 2.5), { mesh, report } = mendMesh(from, { wrap: { gapMm: 1, detailMm: 0.5 }, remesh: { edgeMm: 1, maxErrorMm: 0.2 } });
  expect(report.remeshed?.maxMm).toBeGreaterThan(0);
  const farthest = Math.max(...distancesTo(buildTriangleTree(from), mesh.positions));
  expect(farthest).toBeGreaterThan(0);
  expect(report.largestDisplacementMm).toBeGreaterThanOrEqual(farthest);
  const wrapped = mendMesh(from, { wrap: { gapMm: 1, detailMm: 0.5 } }).report;
  expect(report.largestDisplacementMm).toBeCloseTo(wrapped.largestDisplacementMm + (report.remeshed?.maxMm ?? 0), 9);
});

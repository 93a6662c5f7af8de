import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { repairMesh } from "../../../core/surface/repair.ts";
import { shellsOf, twinsOf } from "../../../core/surface/repairTopology.ts";
import { soundnessOf, weld } from "../../../core/surface/soundness.ts";
import { StartingState } from "../../../core/surface/startingState.ts";
import { buildTriangleTree, closestPoint } from "../../../core/surface/triangleTree.ts";
import { sphereMesh } from "./shapes.ts";

const data = "../shared/data/meshes/anatomy_metres/hat_lumbar.stl";
const ball = sphereMesh(10, 32), n = ball.positions.length / 3;

/** A ball of 10 mm round the origin and a tetrahedron of half edge `s` about a place of its wall. */
function ballAndSpeck(s: number): Mesh {
  const corners = [[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]].flatMap((d) => d.map((x, i) => [4.7, 0.9, 8.7][i] + s * x));
  return { positions: Float32Array.from([...ball.positions, ...corners]), triangles: Uint32Array.from([...ball.triangles, ...[0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3].map((v) => v + n)]) };
}

/** How many shells of a mesh, welded, have no open side. */
function closedShells({ positions, triangles }: Mesh): number {
  const same = weld(positions), twin = twinsOf(positions, triangles.map((v) => same[v])), shell = shellsOf(twin), open = new Set(shell.filter((_, t) => [0, 1, 2].some((i) => twin[3 * t + i] < 0)));
  return new Set(shell).size - open.size;
}

describe("bodies in a repair", () => {
  it("SF5: none is lost, however near another one is", () => {
    for (const s of [0.1, 0.2, 0.3]) {
      const came = ballAndSpeck(s), { mesh, report } = repairMesh(came), tree = buildTriangleTree(mesh);
      expect(report.crossingsBefore).toBeGreaterThan(0);
      expect(report.crossingsAfter).toBeLessThanOrEqual(report.crossingsBefore);
      expect(soundnessOf(mesh)).toMatchObject({ openEdges: 0, components: 2 });
      // Each of the speck's corners is still there as far as is told.
      for (let v = n; v < n + 4; v++) expect(closestPoint(tree, came.positions[3 * v], came.positions[3 * v + 1], came.positions[3 * v + 2])?.distance).toBeLessThanOrEqual(report.largestDisplacementMm + 1e-5);
    }
  });

  it("one is measured to itself, is not lost, and is not opened where it was closed", () => {
    const { positions, triangles } = ballAndSpeck(0.2), P = Array.from(positions), T = Array.from(triangles), own = ball.triangles.length;
    const start = new StartingState({ P, T }, { P, T }, []), without = (first: number): number[] => T.filter((_, h) => h < first || h >= first + 3);
    expect(start.farMm({ P, T })).toBe(0);
    // The ball's wall is 0.4 mm at most from any of the speck: it is gone all the same.
    expect(start.farMm({ P, T: T.slice(0, own) })).toBe(Infinity);
    expect([start.farMm({ P, T: without(0) }), start.farMm({ P, T: without(own) })]).toEqual([Infinity, Infinity]);
    // A body that was open may lose a triangle: its place is as far from the rest of the same body, not from the other one.
    const open = without(own), opened = new StartingState({ P, T: open }, { P, T: open }, []);
    const far = opened.farMm({ P, T: open.filter((_, h) => h < own || h >= own + 3) });
    expect(far).toBeGreaterThan(0.2);
    expect(far).toBeLessThan(0.6);
    // A ball cannot be opened even where an open body is closed by it.
    expect(opened.farMm({ P, T: without(0) })).toBe(Infinity);
  });

  it.skipIf(!existsSync(data))("all of a spine's eleven are there, and those that were closed are closed", () => {
    const { mesh: came } = readMesh(new Uint8Array(readFileSync(data)), "hat_lumbar.stl", "m"), { mesh, report } = repairMesh(came);
    expect(soundnessOf(came).components).toBe(11);
    expect(soundnessOf(mesh).components).toBe(11);
    expect(report.shells).toBe(11);
    expect(closedShells(came)).toBeGreaterThan(0);
    expect(closedShells(mesh)).toBeGreaterThanOrEqual(closedShells(came));
  });
});

import { describe, expect, it } from "vitest";
import { faultsOf, fileSoundnessOf } from "../../../core/surface/fileSoundness.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { sphereMesh } from "./shapes.ts";

const joined = (...meshes: Mesh[]): Mesh => ({
  positions: Float32Array.from(meshes.flatMap(({ positions }) => [...positions])),
  triangles: Uint32Array.from(meshes.flatMap(({ triangles }, i) => [...triangles].map((v) => v + meshes.slice(0, i).reduce((sum, { positions }) => sum + positions.length / 3, 0)))),
});
const moved = ({ positions, triangles }: Mesh, mm: number): Mesh => ({ positions: positions.map((x, i) => (i % 3 === 0 ? x + mm : x)), triangles });
const turned = ({ positions, triangles }: Mesh): Mesh => ({ positions, triangles: triangles.toReversed() });
const ball = sphereMesh(10, 20), small = sphereMesh(4, 12);

describe("MQ1: what may be wrong with a surface's file", () => {
  it("is nothing for a ball, a hollow one, and two of them", () => {
    for (const mesh of [ball, joined(ball, turned(small)), joined(ball, moved(ball, 50))]) expect(faultsOf(fileSoundnessOf(mesh))).toEqual([]);
  });

  it("a shell inside out is told from a cavity", () => {
    expect(faultsOf(fileSoundnessOf(turned(ball)))).toEqual(["1 shell inside out"]);
    expect(faultsOf(fileSoundnessOf(joined(ball, turned(moved(small, 50)))))).toEqual(["1 shell inside out"]);
    expect(fileSoundnessOf(joined(turned(ball), turned(moved(ball, 50)))).invertedShells).toBe(2);
    // In a cavity's cavity there is solid again.
    expect(fileSoundnessOf(joined(sphereMesh(20, 20), turned(ball), small)).invertedShells).toBe(0);
  });

  it("triangles with two corners at one place, or all on a line, are counted, as a reader welds them", () => {
    const { positions, triangles } = ball, n = positions.length / 3, line = Float32Array.of(0.1, 0.2, 0.3, 0.2, 0.4, 0.6, 0.4, 0.8, 1.2);
    expect(fileSoundnessOf({ positions: Float32Array.from([...positions, ...line]), triangles: Uint32Array.from([...triangles, n, n + 1, n + 2, n, n + 1, n]) }).degenerateTriangles).toBe(2);
    const doubled = Float32Array.from([...positions, ...positions.subarray(0, 3)]);
    expect(fileSoundnessOf({ positions: doubled, triangles: Uint32Array.from([...triangles, 0, n, triangles[1]]) }).degenerateTriangles).toBe(1);
  });

  it("a hole and a crossing are told in words", () => {
    expect(faultsOf(fileSoundnessOf({ positions: ball.positions, triangles: ball.triangles.slice(3) }))).toEqual(["3 open edges"]);
    expect(faultsOf(fileSoundnessOf(joined(ball, moved(ball, 7)))).join()).toMatch(/^\d+ places where it crosses itself$/);
  });
});

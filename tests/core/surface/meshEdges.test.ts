import { describe, expect, it } from "vitest";
import { fillJudge } from "../../../core/surface/fillJudge.ts";
import { MeshEdges, SeenTriangles } from "../../../core/surface/meshEdges.ts";
import type { RepairReport, Work } from "../../../core/surface/repairWork.ts";
import { eachSelfIntersection } from "../../../core/surface/selfIntersections.ts";
import { randomOf } from "./shapes.ts";

describe("edges and triangles by their corners", () => {
  it("are those of a map, in its order, for meshes with any faults", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = randomOf(seed), vertices = 4 + Math.floor(next() * 60), corners = Array.from({ length: 3 * Math.floor(next() * 400) }, () => Math.floor(next() * vertices));
      const naive = new Map<string, number[]>(), key = (a: number, b: number) => `${Math.min(a, b)} ${Math.max(a, b)}`;
      corners.forEach((a, h) => { const b = corners[h % 3 === 2 ? h - 2 : h + 1]; naive.set(key(a, b), [...naive.get(key(a, b)) ?? [], h]); });
      const edges = new MeshEdges(corners);
      expect(Array.from({ length: edges.count }, (_, edge) => edges.sides(edge))).toEqual([...naive.values()]);
      for (let a = 0; a < vertices; a++) for (let b = 0; b < vertices; b++) if (edges.has(a, b) !== naive.has(key(a, b))) expect({ seed, a, b }).toBe("told alike");
      const seen = new SeenTriangles(corners.length / 3), known = new Set<string>();
      for (let t = 0; t < corners.length; t += 3) {
        const [a, b, c] = corners.slice(t, t + 3), name = [a, b, c].sort((p, q) => p - q).join(" ");
        expect(seen.add(a, b, c)).toBe(!known.has(name));
        known.add(name);
      }
    }
  });

  it("a fill is judged as by all triangles of the mesh, far and near, small and large, those added meanwhile too", () => {
    let crossed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const next = randomOf(seed), P: number[] = [], T: number[] = [];
      const add = (to: number[], size: number): void => { const at = [next() * 40 - 20, next() * 40 - 20, next() * 40 - 20]; for (let i = 0; i < 3; i++) { to.push(P.length / 3); P.push(...at.map((x) => x + (next() - 0.5) * size)); } };
      for (let t = 0; t < 300; t++) add(T, t % 25 === 0 ? 60 : 3);
      const judge = fillJudge({ P, T, report: {} as RepairReport } satisfies Work);
      for (let round = 0; round < 6; round++) {
        const fill: number[] = [];
        for (let t = 0; t < 4; t++) add(fill, 8);
        const naive = new Set<number>();
        eachSelfIntersection({ positions: Float32Array.from(P), triangles: Uint32Array.from([...fill, ...T]) }, (s, t) => { for (const at of [s, t]) if (at < 4) naive.add(at); });
        const told = judge(fill);
        expect([...told].sort()).toEqual([...naive].sort());
        crossed += told.size;
        T.push(...fill);
      }
    }
    expect(crossed).toBeGreaterThan(10);
  });
});

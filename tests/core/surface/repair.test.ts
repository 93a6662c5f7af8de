import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meshVolumeMm3, type Mesh } from "../../../core/surface/mesh.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { crossingRimAdvice } from "../../../core/surface/openHoles.ts";
import { repairMesh } from "../../../core/surface/repair.ts";
import { countSelfIntersections } from "../../../core/surface/selfIntersections.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { randomOf, sphereMesh } from "./shapes.ts";

const sound = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 };
const data = "../shared/data/meshes";
const asRead = (mesh: Mesh) => soundnessOf(decodeStl(encodeStl(mesh)));

describe("repair", () => {
  it("leaves a sound mesh as it is", () => {
    const ball = sphereMesh(10, 32), { mesh, report } = repairMesh(ball);
    expect(meshVolumeMm3(mesh)).toBeCloseTo(meshVolumeMm3(ball), 6);
    expect(report).toMatchObject({ holesFilled: 0, flippedTriangles: 0, shellsTurned: 0, verticesSplit: 0, largestDisplacementMm: 0, shells: 1 });
  });

  it("closes, turns and cleans a ball with holes, flipped, doubled and degenerate triangles", () => {
    const ball = sphereMesh(10, 32), next = randomOf(9), triangles: number[] = [];
    let flipped = 0, removed = 0;
    for (let t = 0; t < ball.triangles.length; t += 3) {
      const [a, b, c] = ball.triangles.subarray(t, t + 3), chance = next();
      if (chance < 0.04) { removed++; continue; }
      if (chance < 0.1) { triangles.push(a, c, b); flipped++; } else triangles.push(a, b, c);
      if (chance > 0.95) triangles.push(b, c, a);
      if (chance > 0.98) triangles.push(a, a, b);
    }
    expect(Math.min(flipped, removed)).toBeGreaterThan(5);
    const { mesh, report } = repairMesh({ positions: ball.positions, triangles: Uint32Array.from(triangles) });
    expect(asRead(mesh)).toMatchObject({ ...sound, components: 1, genus: 0 });
    expect(Math.abs(meshVolumeMm3(mesh) / meshVolumeMm3(ball) - 1)).toBeLessThan(0.01);
    expect(report.flippedTriangles).toBe(flipped);
    expect(report.holesFilled).toBeGreaterThan(0);
    expect(report.duplicateTriangles).toBeGreaterThan(0);
  });

  it("turns a shell outward and keeps a cavity", () => {
    const outer = sphereMesh(10, 24), inner = sphereMesh(5, 24), n = outer.positions.length / 3;
    const both = (outside: boolean, inside: boolean): Mesh => ({
      positions: Float32Array.from([...outer.positions, ...inner.positions]),
      triangles: Uint32Array.from([...(outside ? outer.triangles : outer.triangles.toReversed()), ...[...(inside ? inner.triangles : inner.triangles.toReversed())].map((v) => v + n)]),
    });
    const hollow = meshVolumeMm3(outer) - meshVolumeMm3(inner);
    expect(meshVolumeMm3(repairMesh(both(true, false)).mesh)).toBeCloseTo(hollow, 1);
    expect(meshVolumeMm3(repairMesh(both(false, false)).mesh)).toBeCloseTo(hollow, 1);
  });

  it("parts what meets in one vertex or one edge, no further than 2e-3 mm", () => {
    const cube = (x: number, y: number, z: number): number[][] => [0, 1, 2, 3, 4, 5, 6, 7].map((c) => [x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)]);
    const faces = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]].flatMap(([a, b, c, d]) => [[a, b, c], [a, c, d]]);
    for (const at of [[1, 1, 1], [1, 1, 0]]) {
      const corners = [...cube(0, 0, 0), ...cube(at[0], at[1], at[2])];
      const mesh = { positions: Float32Array.from(corners.flat()), triangles: Uint32Array.from([...faces, ...faces.map((f) => f.map((v) => v + 8))].flat()) };
      expect(asRead(mesh).genus).toBeNull();
      const { mesh: made, report } = repairMesh(mesh);
      expect(asRead(made)).toMatchObject({ ...sound, components: 2, genus: 0 });
      expect(meshVolumeMm3(made)).toBeCloseTo(2, 1);
      // As written: float32.
      expect(report.largestDisplacementMm).toBeLessThanOrEqual(2e-3 + 1e-7);
    }
  });

  it("takes out triangles that cross and closes the place, says how far anything went, and leaves fewer crossings than before", () => {
    // Corners of a ball drawn over their neighbours and a little into it: local folds.
    const ball = sphereMesh(10, 40), next = randomOf(4), bent = Float32Array.from(ball.positions), { triangles: T } = ball;
    for (let n = 0; n < 4; n++) {
      const t = 3 * Math.floor(next() * (T.length / 3)), a = 3 * T[t], b = 3 * T[t + 1];
      for (let i = 0; i < 3; i++) bent[a + i] = (bent[a + i] + 2.4 * (ball.positions[b + i] - ball.positions[a + i])) * 0.97;
    }
    const crossed = { positions: bent, triangles: ball.triangles }, before = countSelfIntersections(crossed), { mesh, report } = repairMesh(crossed);
    expect(before).toBeGreaterThan(0);
    expect(report).toMatchObject({ crossingsBefore: before, crossingsAfter: 0 });
    expect(countSelfIntersections(mesh)).toBe(0);
    expect(asRead(mesh)).toMatchObject({ ...sound, components: 1, genus: 0 });
    expect(report.largestDisplacementMm).toBeGreaterThan(0);
    expect(report.largestDisplacementMm).toBeLessThanOrEqual(0.5);
    // Two balls in each other: no local fault, said and left.
    const n = ball.positions.length / 3, two = { positions: Float32Array.from([...ball.positions, ...ball.positions.map((x, i) => (i % 3 === 0 ? x + 9.3 : x))]), triangles: Uint32Array.from([...ball.triangles, ...ball.triangles.map((v) => v + n)]) };
    const both = repairMesh(two).report;
    expect(both.crossingsBefore).toBeGreaterThan(0);
    expect(both.crossingsAfter).toBeLessThanOrEqual(both.crossingsBefore);
  });

  it.skipIf(!existsSync(data))("mends the blocks, the conveyor, the ball with holes and the bones of the test data", () => {
    const of = (name: string, unit: "mm" | "m" = "mm") => repairMesh(readMesh(new Uint8Array(readFileSync(`${data}/${name}`)), name, unit).mesh);
    for (const name of ["exact-bad", "fill-holes-bad", "nearby-bad", "normal-directions-bad", "normal-directions-good", "basic"]) {
      const { mesh } = of(`repair_pairs/block_${name}.stl`);
      expect({ name, ...asRead(mesh) }).toMatchObject({ name, ...sound });
      expect(Math.abs(meshVolumeMm3(mesh) - 61.02)).toBeLessThan(0.3);
    }
    for (const name of ["conveyor_fill-holes-bad", "conveyor_open_59_edges", "sphere_with_holes"]) expect({ name, ...asRead(of(`repair_pairs/${name}.stl`).mesh) }).toMatchObject({ name, ...sound });
    // SF5: no more crossings than came, as a reader of the file counts them; closed, or told where not.
    const most: Record<string, number> = { hat_jaw: 0, hat_lumbar: 504, hat_skull: 200, r_femur: 0, r_pelvis: 0, r_tibia: 0 };
    for (const [name, crossings] of Object.entries(most)) {
      const { mesh, report } = of(`anatomy_metres/${name}.stl`, "m"), back = decodeStl(encodeStl(mesh)), seen = soundnessOf(back);
      expect(countSelfIntersections(back), name).toBeLessThanOrEqual(Math.min(crossings, report.crossingsBefore));
      expect(countSelfIntersections(back), name).toBe(report.crossingsAfter);
      if (report.holesLeftOpen === 0) expect({ name, ...seen }).toMatchObject({ name, ...sound });
      else {
        // A non-manifold edge has a side that is open to us and is not to the reader.
        const edges = report.openHoles.reduce((sum, hole) => sum + hole.edges, 0);
        expect(edges, name).toBeGreaterThanOrEqual(seen.openEdges);
        expect(edges, name).toBeLessThanOrEqual(seen.openEdges + seen.nonManifoldEdges);
      }
      // The spine's bodies lie in each other, rims and all.
      if (name === "hat_lumbar") expect(report.holesWithCrossingRim).toBeGreaterThan(0);
      // Seven each before what stands in a hole's way was taken out, four in the skull before that began with little; the rest are crossed by another body, or by a wall farther off than a repair may go.
      expect({ name, open: report.holesLeftOpen }).toEqual({ name, open: { hat_lumbar: 6, hat_skull: 2 }[name] ?? 0 });
    }
  }, 120_000);

  it("SF5: a fill that would cross another part is not taken while another one fits, and else the hole stays open and is told", () => {
    // A thin needle through the hole of a bowl: a flat fill crosses it; a fan round a middle off the ring goes past a short one only.
    const ball = sphereMesh(10, 32), bowl = ball.triangles.filter((_, h) => ball.positions[3 * ball.triangles[h - (h % 3)] + 2] < 7), n = ball.positions.length / 3;
    const withNeedle = (from: number, to: number): Mesh => ({
      positions: Float32Array.from([...ball.positions, -0.2, -0.2, to, 0.2, -0.2, to, 0, 0.2, to, 0, 0, from]),
      triangles: Uint32Array.from([...bowl, ...[0, 1, 2, 0, 3, 1, 1, 3, 2, 2, 3, 0].map((v) => v + n)]),
    });
    const past = repairMesh(withNeedle(3, 8.5)), through = repairMesh(withNeedle(-5, 60));
    expect(past.report).toMatchObject({ holesLeftOpen: 0, holesFilled: 1, crossingsBefore: 0, crossingsAfter: 0, leftOut: null });
    expect(countSelfIntersections(past.mesh)).toBe(0);
    expect(asRead(past.mesh)).toMatchObject({ ...sound, components: 2 });
    expect(through.report).toMatchObject({ holesLeftOpen: 1, holesFilled: 0, crossingsBefore: 0, crossingsAfter: 0 });
    expect(through.report.openHoles[0].centreMm[2]).toBeGreaterThan(5);
    // The rim itself is free: only what would fill it is not.
    expect([through.report.holesWithCrossingRim, through.report.openHoles[0].rimCrosses, crossingRimAdvice(through.report)]).toEqual([0, false, null]);
    expect(countSelfIntersections(through.mesh)).toBe(0);
    expect(asRead(through.mesh).openEdges).toBe(through.report.openHoles[0].edges);
  });

  it("SF5: a hole whose own rim goes through other triangles says so, and what a person can do", () => {
    // A plate in the rim of a bowl's hole, larger than a repair may take out.
    const ball = sphereMesh(10, 32), bowl = ball.triangles.filter((_, h) => ball.positions[3 * ball.triangles[h - (h % 3)] + 2] < 7), n = ball.positions.length / 3;
    const { mesh, report } = repairMesh({
      positions: Float32Array.from([...ball.positions, 3, -3, 0, 11, -3, 0, 7, -2.8, 14, 7, -2.6, 5]),
      triangles: Uint32Array.from([...bowl, ...[0, 1, 2, 0, 3, 1, 1, 3, 2, 2, 3, 0].map((v) => v + n)]),
    });
    expect(report).toMatchObject({ holesLeftOpen: 1, holesWithCrossingRim: 1, openHoles: [{ rimCrosses: true }] });
    expect(asRead(mesh).components).toBe(2);
    expect(crossingRimAdvice(report)).toMatch(/^The rim of the hole left open goes through other triangles.*Wrap the surface/);
    expect(crossingRimAdvice({ holesLeftOpen: 3, holesWithCrossingRim: 2 })).toMatch(/^The rims of 2 of the 3 holes left open go /);
    expect(crossingRimAdvice({ holesLeftOpen: 3 })).toBeNull();
  });

  it("SF5: never more crossings than came, whatever was torn, bent, turned, doubled or laid into each other", () => {
    const random = fc.record({ seed: fc.integer({ min: 1, max: 1e6 }), torn: fc.double({ min: 0, max: 0.35, noNaN: true }), bent: fc.double({ min: 0, max: 1.2, noNaN: true }), apart: fc.double({ min: 0.3, max: 25, noNaN: true }), balls: fc.integer({ min: 1, max: 3 }) });
    let closed = 0;
    fc.assert(fc.property(random, ({ seed, torn, bent, apart, balls }) => {
      const next = randomOf(seed), ball = sphereMesh(10, 12), positions: number[] = [], triangles: number[] = [];
      for (let k = 0; k < balls; k++) {
        const from = positions.length / 3;
        ball.positions.forEach((x, i) => positions.push(x + (i % 3 === k % 3 ? k * apart : 0) + bent * (next() - 0.5)));
        for (let t = 0; t < ball.triangles.length; t += 3) {
          const [a, b, c] = [0, 1, 2].map((i) => ball.triangles[t + i] + from), chance = next();
          if (chance < torn) continue;
          triangles.push(...(chance > 0.95 ? [a, c, b] : [a, b, c]));
          if (next() > 0.97) triangles.push(b, c, a);
          if (next() > 0.99) triangles.push(a, b, Math.floor(next() * (positions.length / 3)));
        }
      }
      if (triangles.length === 0) return;
      const came = { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) }, before = countSelfIntersections(decodeStl(encodeStl(came)));
      const { mesh, report } = repairMesh(came);
      if (mesh.triangles.length === 0) return;
      const back = decodeStl(encodeStl(mesh)), after = countSelfIntersections(back);
      expect(after).toBeLessThanOrEqual(before);
      expect(report.crossingsAfter).toBe(after);
      if (report.holesLeftOpen === 0 && report.leftOut === null) { closed++; expect(soundnessOf(back).openEdges).toBe(0); }
    }), { numRuns: 40, seed: 11 });
    expect(closed).toBeGreaterThan(5);
  }, 120_000);
});

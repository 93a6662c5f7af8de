import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fitFor, fitOf } from "../../../core/checks/fit.ts";
import { boneRound } from "../../../core/implant/boneRound.ts";
import { buildCranial } from "../../../core/implant/cranial/build.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { distanceBand, LiveFit, sampleBand } from "../../../core/checks/fitPreview.ts";
import { squaredToTriangle } from "../../../core/implant/cranial/boneDistance.ts";
import { signedDistances } from "../../../core/implant/signedDistances.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { buildTriangleTree } from "../../../core/surface/triangleTree.ts";
import { seeded } from "../../bench/cranial/sites.ts";
import { quantile } from "../../bench/measure.ts";
import { vault } from "../implant/vault.ts";

/** A ball of triangles round a point: latitude by longitude. */
function ball(radius: number, centre = [0, 0, 0], rings = 24): Mesh {
  const positions: number[] = [], triangles: number[] = [], n = 2 * rings;
  positions.push(centre[0], centre[1], centre[2] - radius);
  for (let i = 1; i < rings; i++) for (let j = 0; j < n; j++) {
    const a = Math.PI * i / rings, b = 2 * Math.PI * j / n;
    positions.push(centre[0] + radius * Math.sin(a) * Math.cos(b), centre[1] + radius * Math.sin(a) * Math.sin(b), centre[2] - radius * Math.cos(a));
  }
  positions.push(centre[0], centre[1], centre[2] + radius);
  const at = (i: number, j: number) => i === 0 ? 0 : i === rings ? positions.length / 3 - 1 : 1 + (i - 1) * n + j % n;
  for (let i = 0; i < rings; i++) for (let j = 0; j < n; j++) {
    if (i > 0) triangles.push(at(i, j), at(i, j + 1), at(i + 1, j));
    if (i < rings - 1) triangles.push(at(i, j + 1), at(i + 1, j + 1), at(i + 1, j));
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

const random = seeded(5);
const points = Float32Array.from({ length: 3 * 2000 }, () => (random() - 0.5) * 30);

/** Distance to every triangle, the least. */
const naive = ({ positions: P, triangles: T }: Mesh, x: number, y: number, z: number): number => {
  let best = Infinity;
  const nine = new Float64Array(9);
  for (let t = 0; t < T.length; t += 3) {
    for (let k = 0; k < 9; k++) nine[k] = P[3 * T[t + Math.floor(k / 3)] + k % 3];
    best = Math.min(best, squaredToTriangle(x, y, z, nine, 0));
  }
  return Math.sqrt(best);
};

describe("fit", () => {
  const bone = ball(10);

  it("tells the distance to the nearest triangle and the side, as trying every triangle does", () => {
    const found = signedDistances(buildTriangleTree(bone), points, 40);
    for (let i = 0; i < 300; i++) {
      const [x, y, z] = [points[3 * i], points[3 * i + 1], points[3 * i + 2]];
      expect(Math.abs(Math.abs(found[i]) - naive(bone, x, y, z))).toBeLessThan(1e-5);
      const r = Math.hypot(x, y, z);
      if (Math.abs(r - 10) > 0.2) expect(found[i] < 0).toBe(r < 10);
    }
  });

  it("CK1: stays within 0.01 mm of VTK at p99.9 (peer: /usr/bin/python3 with vtk)", () => {
    const folder = mkdtempSync(join(tmpdir(), "caseroom-fit-"));
    try {
      writeFileSync(join(folder, "in.json"), JSON.stringify({ v: [...bone.positions], t: [...bone.triangles], p: [...points] }));
      writeFileSync(join(folder, "peer.py"), `
import json, sys, vtk
d = json.load(open(sys.argv[1])); pts = vtk.vtkPoints(); polys = vtk.vtkCellArray()
for i in range(0, len(d['v']), 3): pts.InsertNextPoint(*d['v'][i:i+3])
for i in range(0, len(d['t']), 3):
    polys.InsertNextCell(3)
    for k in range(3): polys.InsertCellPoint(d['t'][i+k])
m = vtk.vtkPolyData(); m.SetPoints(pts); m.SetPolys(polys)
f = vtk.vtkImplicitPolyDataDistance(); f.SetInput(m)
print(json.dumps([f.EvaluateFunction(d['p'][i:i+3]) for i in range(0, len(d['p']), 3)]))`);
      let told: string;
      try {
        told = execFileSync("/usr/bin/python3", [join(folder, "peer.py"), join(folder, "in.json")], { encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "ignore"] });
      } catch {
        console.info("VTK is absent; not compared");
        return;
      }
      const peer = JSON.parse(told) as number[], own = signedDistances(buildTriangleTree(bone), points, 40);
      expect(quantile(peer.map((d, i) => Math.abs(d - own[i])), 0.999)).toBeLessThan(0.01);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("CK1: tells 100,000 points near the bone within 5 s", () => {
    // As a plate's vertices lie: up to 2 mm off.
    const large = ball(10, [0, 0, 0], 100), tree = buildTriangleTree(large), random = seeded(9), many = new Float32Array(300_000);
    for (let i = 0; i < many.length; i += 3) {
      const at = [0, 1, 2].map(() => random() - 0.5), r = (8 + 4 * random()) / Math.hypot(...at);
      many.set(at.map((x) => x * r), i);
    }
    const took = Array.from({ length: 2 }, () => { const begin = performance.now(); signedDistances(tree, many); return performance.now() - begin; }), ms = Math.min(...took);
    console.info(`exact distances of 100,000 points to ${large.triangles.length / 3} triangles: ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(5000);
  });

  it("has a preview band within 0.10 mm at p99.9 of the exact distance near the implant", () => {
    const implant = ball(10.5), exact = signedDistances(buildTriangleTree(bone), implant.positions), seen = sampleBand(distanceBand(bone, implant.positions), implant.positions);
    expect(quantile([...exact].map((d, i) => Math.abs(d - seen[i])), 0.999)).toBeLessThan(0.1);
  });

  it("the live map: the next plate is told out of the band of the one before, one that leaves it out of its own; 100,000 points within 20 ms", () => {
    const live = new LiveFit(bone), exactOf = ({ positions }: Mesh) => signedDistances(buildTriangleTree(bone), positions);
    const off = (plate: Mesh) => { const exact = exactOf(plate); return quantile([...live.gapsAt(plate.positions, 2.55)].map((d, i) => Math.abs(d - exact[i])), 0.999); };
    expect([off(ball(10.5)) < 0.1, live.bands]).toEqual([true, 1]);
    expect([off(ball(10.7)) < 0.1, live.bands]).toEqual([true, 1]);
    expect([off(ball(12)) < 0.1, live.bands]).toEqual([true, 2]);
    // Another band of gaps is another map: what was beyond 2.55 mm is known now.
    expect([Math.max(...live.gapsAt(ball(13.2).positions, 2.55)) < 2.551, Math.max(...live.gapsAt(ball(13.2).positions, 4)) > 3.1]).toEqual([true, true]);
    const many = new Float32Array(300_000), { positions } = ball(10.5);
    for (let i = 0; i < many.length; i++) many[i] = positions[i % positions.length];
    live.gapsAt(many, 2.55);
    const took = Array.from({ length: 9 }, () => { const begin = performance.now(); live.gapsAt(many, 2.55); return performance.now() - begin; }), ms = quantile(took, 0);
    console.info(`live map of 100,000 points: ${ms.toFixed(1)} ms`);
    expect(ms).toBeLessThan(20);
  });

  it("CK13: a rim that touches the bone fails with tabs as without them; the tabs themselves, nearer than the gap, do not", { timeout: 120_000 }, async () => {
    const { grid, labels } = vault([{ direction: [0.8, -0.2, 0.55], radiusMm: 22 }]);
    for (const more of [{ fixation: null }, { fixation: "tabs" }, { fixation: "tabs", material: "ti6al4v-lpbf", thickness: 0.6 }]) {
      const read = readPlan({ family: "cranial", bone: 1, ...more });
      if ("faults" in read) throw new Error(JSON.stringify(read.faults));
      const { mesh, report } = await buildCranial({ plan: read.plan, grid, labels }), [x, y] = report.insertionAxis, length = Math.hypot(x, y), aside = [-y / length, x / length, 0];
      const gapAt = (mm: number) => {
        const moved = { ...mesh, positions: mesh.positions.map((at, i) => at + mm * aside[i % 3]) }, { criteria, numbers } = fitFor(read.plan, moved, boneRound(grid, labels, 1, mesh.positions), grid, labels, null).report;
        return [criteria.find(({ id }) => id === "leastGap")?.verdict, (numbers.tabPoints as number) > 0];
      };
      const hasTabs = read.plan.fixation !== null;
      expect([more, gapAt(0), gapAt(0.3)[0], gapAt(0.52)]).toEqual([more, ["pass", hasTabs], "needsJudgement", ["fail", hasTabs]]);
    }
  });

  it("CK13: touching fails whatever gap is planned above the contact's tolerance; a plan of contact is held by the overlap", () => {
    // Its side towards −x has a vertex in the middle, whose normal is the side's.
    const cube = (x: number, size: number): Mesh => ({
      positions: Float32Array.from([...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [x + size * (i & 1), size * ((i >> 1 & 1) - 0.5), size * ((i >> 2) - 0.5)]), x, 0, 0]),
      triangles: Uint32Array.from([0, 4, 8, 4, 6, 8, 6, 2, 8, 2, 0, 8, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 1, 3, 5, 3, 7, 5]),
    });
    const leastAt = (gapMm: number, marginMm: number) => fitOf(cube(gapMm, 4), cube(-10, 10), marginMm).report.criteria.find(({ id }) => id === "leastGap")?.verdict;
    for (const marginMm of [0.1, 0.2, 0.25, 0.3, 0.5, 1]) expect([marginMm, leastAt(marginMm, marginMm), leastAt(0.04, marginMm), leastAt(0, marginMm)]).toEqual([marginMm, "pass", "fail", "fail"]);
    expect([leastAt(0.12, 0.25), leastAt(0, 0), leastAt(0, 0.05)]).toEqual(["needsJudgement", "pass", "pass"]);
  });

  it("judges gap and overlap with numbers, limits, method and node", () => {
    // A ball inside a hollow one: the gap is the difference of the radii.
    const shell = ball(12), hollow: Mesh = { positions: shell.positions, triangles: shell.triangles.map((_, i, t) => t[i % 3 === 1 ? i + 1 : i % 3 === 2 ? i - 1 : i]) };
    const outer = ball(15), offset = outer.positions.length / 3;
    const wall: Mesh = { positions: Float32Array.from([...outer.positions, ...hollow.positions]), triangles: Uint32Array.from([...outer.triangles, ...[...hollow.triangles].map((v) => v + offset)]) };
    const good = fitOf(ball(11.5), wall, 0.5).report;
    expect([good.verdict, good.node, good.isPreview]).toEqual(["pass", "fit@6", false]);
    expect((good.numbers.gapMm as { mean: number }).mean).toBeCloseTo(0.5, 1);
    // The whole surface is 1.6 mm farther than planned: with a bevel that opens by as much it is as planned.
    const widestOf = (bevelMm: number) => fitOf(ball(9.9), wall, 0.5, null, bevelMm).report.criteria.find(({ id }) => id === "widestGap");
    expect(widestOf(0)).toMatchObject({ unit: "mm", pass: 1, fail: 1.5, verdict: "fail" });
    expect([widestOf(0.3)?.verdict, widestOf(1.6)?.verdict]).toEqual(["needsJudgement", "pass"]);
    const tight = fitOf(ball(12.4), wall, 0.5).report;
    expect(tight.verdict).toBe("fail");
    expect(tight.criteria.find(({ id }) => id === "overlap")).toMatchObject({ unit: "mm", pass: 0.1, fail: 0.25, verdict: "fail" });
  });
});

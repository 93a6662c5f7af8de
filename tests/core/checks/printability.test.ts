import { describe, expect, it } from "vitest";
import { judged, worstOf } from "../../../core/checks/criteria.ts";
import { overhangMm2, printabilityOf, printFor } from "../../../core/checks/printability.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";

/** A block with its lower corner at 0. */
function block(x: number, y: number, z: number): Mesh {
  const positions = Float32Array.from([0, 0, 0, x, 0, 0, x, y, 0, 0, y, 0, 0, 0, z, x, 0, z, x, y, z, 0, y, z]);
  const quads = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]];
  return { positions, triangles: Uint32Array.from(quads.flatMap(([a, b, c, d]) => [a, b, c, a, c, d])) };
}

describe("print check", () => {
  it("finds thickness, size, volume and mass of a block", () => {
    const { report, thicknessMm } = printabilityOf(block(20, 10, 3), "peek-fff");
    expect(report.verdict).toBe("pass");
    expect(report.numbers.volumeMm3).toBeCloseTo(600, 4);
    expect(report.numbers.massG).toBeCloseTo(0.78, 5);
    expect((report.numbers.boundingBox as { sizeMm: number[] }).sizeMm).toEqual([20, 10, 3]);
    expect((report.numbers.thicknessMm as { least: number }).least).toBeCloseTo(3, 3);
    expect(Math.min(...thicknessMm)).toBeCloseTo(3, 3);
    expect((report.numbers.overhang as { areaMm2: number }).areaMm2).toBeCloseTo(200, 4);
  });

  it("fails a wall that the process cannot make, each material by its own number", () => {
    expect(printabilityOf(block(20, 10, 0.5), "peek-fff").report.verdict).toBe("fail");
    expect(printabilityOf(block(20, 10, 0.5), "ti6al4v-lpbf").report.verdict).toBe("needsJudgement");
    expect(printabilityOf(block(20, 10, 0.7), "ti6al4v-lpbf").report.verdict).toBe("pass");
  });

  it("fails an open surface", () => {
    const { positions, triangles } = block(5, 5, 5);
    expect(printabilityOf({ positions, triangles: triangles.slice(3) }, "peek-machined").report.criteria.find(({ id }) => id === "soundness")?.verdict).toBe("fail");
  });

  it("takes a down-facing plane as overhang only when it is flatter than the limit", () => {
    const tilted = (deg: number) => [Math.sin(deg * Math.PI / 180), 0, Math.cos(deg * Math.PI / 180)] as const;
    // Tilted by 30° the 20 × 10 face below needs support at a limit of 45°, and the 10 × 3 face beside it (60° steep) does not.
    expect(overhangMm2(block(20, 10, 3), tilted(30), 45)).toBeCloseTo(200, 3);
    expect(overhangMm2(block(20, 10, 3), tilted(60), 45)).toBeCloseTo(30, 3);
  });

  it("CK11 (CR1, CR2): a plate thinner than plates of its material are needs a person's judgement, whatever the process makes; one of exactly that does not", () => {
    const of = (material: string, mm: number) => {
      const { verdict, criteria } = printabilityOf(block(30, 20, mm), material).report;
      return [verdict, ...criteria.flatMap(({ id, verdict: own }) => (own === "pass" ? [] : [id]))];
    };
    expect([of("peek-machined", 2), of("peek-machined", 3), of("peek-fff", 1.3), of("pmma-moulded", 2.5), of("ti6al4v-lpbf", 0.6)])
      .toEqual([["needsJudgement", "plateThickness"], ["pass"], ["needsJudgement", "plateThickness"], ["needsJudgement", "plateThickness"], ["pass"]]);
  });

  it("counts overhang for the direction that the plan says, by the profile of the plan's material", () => {
    const overhang = (plan: Partial<Parameters<typeof printFor>[0]> & { material: string }) => printFor({ fixation: null, tabThicknessMm: 0.6, ...plan }, block(20, 10, 3)).report.numbers.overhang;
    expect(overhang({ material: "ti6al4v-lpbf" })).toMatchObject({ areaMm2: 200, limitDeg: 45, up: [0, 0, 1] });
    expect(overhang({ material: "ti6al4v-lpbf", buildDirection: [0.5, 0, 0] })).toMatchObject({ areaMm2: 30, limitDeg: 45, up: [1, 0, 0] });
    expect(overhang({ material: "peek-fff", buildDirection: [0, -1, 0] })).toMatchObject({ areaMm2: 60, limitDeg: 50, up: [0, -1, 0] });
    expect(overhang({ material: "peek-machined", buildDirection: [1, 0, 0] })).toMatchObject({ areaMm2: null, limitDeg: null });
  });

  it("judges by limits; what could not be found needs a person", () => {
    const make = (value: number | null, isLeast = false) => judged({ id: "x", what: "x", value, unit: "mm", pass: 1, fail: isLeast ? 0.5 : 2, isLeast, source: "test" }).verdict;
    expect([make(1), make(1.5), make(2.1), make(null), make(NaN), make(1, true), make(0.7, true), make(0.4, true)])
      .toEqual(["pass", "needsJudgement", "fail", "needsJudgement", "needsJudgement", "pass", "needsJudgement", "fail"]);
    expect(worstOf([])).toBe("pass");
  });
});

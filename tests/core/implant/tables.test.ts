import { describe, expect, it } from "vitest";
import { chartOf } from "../../../core/implant/cranial/chart.ts";
import type { Survey } from "../../../core/implant/cranial/survey.ts";
import { radiusOf, tablesAcross } from "../../../core/implant/cranial/tables.ts";

const bump = (u: number, v: number): number => 1.5 * Math.exp(-((u - 4) * (u - 4) + v * v) / 120);
const ridge = (u: number): number => 2 * Math.exp(-(u - 4) * (u - 4) / 120);

/** A vault with a bump or a ridge, 6 mm thick; a round hole; the other side lies 2 mm further in, tilted, some mm aside, and is whole. */
function survey(holeMm: number, rise = bump, asideMm = 0): { made: Survey; outerAt: (u: number, v: number) => number } {
  const edge = 96, half = edge / 2, count = edge * edge, field = () => new Float64Array(count);
  const outerAt = (u: number, v: number) => 80 - (u * u + v * v) / 400 + rise(u, v);
  const made = {
    chart: chartOf([0, 0, 0], [0, 0, 1], 80), nodes: { u0: -half + 0.5, v0: -half + 0.5, step: 1, nu: edge, nv: edge },
    outer: field(), inner: field(), mirrorOuter: field(), mirrorInner: field(), expected: field(),
  };
  for (let at = 0; at < count; at++) {
    const u = -half + 0.5 + (at % edge), v = -half + 0.5 + Math.floor(at / edge), r = outerAt(u, v), isHole = u * u + v * v < holeMm * holeMm;
    made.outer[at] = isHole ? NaN : r;
    made.inner[at] = isHole ? NaN : r - 6;
    made.mirrorOuter[at] = outerAt(u - asideMm, v) - 2 + 0.02 * u;
    made.mirrorInner[at] = made.mirrorOuter[at] - 6;
    made.expected[at] = 80 - (u * u + v * v) / 400;
  }
  return { made, outerAt };
}

describe("tables across a hole", () => {
  const worstOf = (reference: "blend" | "spline", rise = bump, asideMm = 0) => {
    const { made, outerAt } = survey(20, rise, asideMm), tables = tablesAcross(made, reference);
    let worst = 0;
    for (let v = -18; v <= 18; v += 3) for (let u = -18; u <= 18; u += 3) {
      if (u * u + v * v > 18 * 18) continue;
      worst = Math.max(worst, Math.abs(radiusOf(tables, "outer", u, v) - outerAt(u, v)), Math.abs(radiusOf(tables, "inner", u, v) - outerAt(u, v) + 6));
    }
    return worst;
  };
  it("follow the other side's shape wherever it lies: its bump is there, its place and tilt are the rim's", () => {
    expect(worstOf("blend")).toBeLessThan(0.5);
  });
  it("have a ridge where the bone round the hole has it, also where the other side's lies 5 mm aside", () => {
    expect(worstOf("blend", ridge, 5)).toBeLessThan(0.4);
  });
  it("know nothing of a bump where the spline alone is asked for", () => {
    expect(worstOf("spline")).toBeGreaterThan(1);
  });
});

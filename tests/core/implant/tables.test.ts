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
    outer: field(), inner: field(), mirrorOuter: field(), mirrorInner: field(), expected: field(), cavity: null,
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

describe("tables across a hole beside a sinus", () => {
  /** The other side and what lies round the hole have a sinus left of u = 4: a front wall of 3 mm, 9 mm of air, a back wall of 3 mm; below v = -14 the other side is an orbit. */
  const made = (): Survey => {
    const { made: plain } = survey(18), { nodes: { nu, u0, v0 } } = plain;
    const back = plain.inner.slice(), mirrorBack = plain.mirrorInner.slice(), mirrorFar = plain.mirrorOuter.slice();
    for (let at = 0; at < back.length; at++) {
      const u = u0 + at % nu, v = v0 + Math.floor(at / nu);
      if (v < -14) mirrorFar[at] -= 25;
      if (u > 4) continue;
      plain.inner[at] = plain.outer[at] - 3;
      plain.mirrorInner[at] = plain.mirrorOuter[at] - 3;
      back[at] = plain.outer[at] - 15;
      mirrorBack[at] = plain.mirrorOuter[at] - 15;
    }
    return { ...plain, cavity: { back, mirrorBack, mirrorFar } };
  };
  it("PL4: take the front wall's thickness where the other side has air behind it, and the whole bone's where it is solid", () => {
    const tables = tablesAcross(made(), "blend"), thick = (u: number, v: number) => radiusOf(tables, "outer", u, v) - radiusOf(tables, "inner", u, v);
    for (const v of [-6, 0, 6]) {
      expect(thick(-6, v)).toBeGreaterThan(2.5);
      expect(thick(-6, v)).toBeLessThan(3.5);
      expect(thick(14, v)).toBeGreaterThan(5);
    }
  });
  it("PL4: are open where the other side has an orbit, and nowhere else", () => {
    const { open, nodes } = tablesAcross(made(), "blend");
    open?.forEach((isOpen, at) => {
      const u = nodes.u0 + (at % nodes.nu) * nodes.step, v = nodes.v0 + Math.floor(at / nodes.nu) * nodes.step;
      if (v < -20 && v > -36 && Math.abs(u) < 36) expect(isOpen).toBe(1);
      if (v > -8) expect(isOpen).toBe(0);
    });
    expect(open).not.toBeNull();
    expect(tablesAcross(survey(18).made, "blend").open).toBeNull();
  });
});

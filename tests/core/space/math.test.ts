import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atan2, cos, exp, log, pow, sin } from "../../../core/space/math.ts";

/** Largest of |ours − Math's| ÷ max(|Math's|, floor) over values that fast-check makes. */
function worst(arb: fc.Arbitrary<number[]>, ours: (...x: number[]) => number, peer: (...x: number[]) => number, floor = 1): number {
  return Math.max(...fc.sample(arb, { numRuns: 20_000, seed: 7 }).map((x) => Math.abs(ours(...x) - peer(...x)) / Math.max(floor, Math.abs(peer(...x)))));
}
const within = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const one = (min: number, max: number) => fc.tuple(within(min, max));

describe("JB5: transcendental functions of our own", () => {
  it("agree with the engine's to the last few bits", () => {
    expect(worst(one(-1000, 1000), sin, Math.sin)).toBeLessThan(4e-13);
    expect(worst(one(-1000, 1000), cos, Math.cos)).toBeLessThan(4e-13);
    expect(worst(one(-7, 7), sin, Math.sin)).toBeLessThan(2e-15);
    expect(worst(one(-7, 7), cos, Math.cos)).toBeLessThan(2e-15);
    expect(worst(fc.tuple(within(-50, 50), within(-50, 50)), atan2, (y, x) => Math.atan2(y + 0, x + 0))).toBeLessThan(1e-15);
    expect(worst(one(-700, 700), exp, Math.exp, 1e-300)).toBeLessThan(1e-15);
    expect(worst(one(1e-300, 1e300), log, Math.log)).toBeLessThan(1e-15);
    expect(worst(one(0.5, 2), log, Math.log, 1e-3)).toBeLessThan(1e-15);
    expect(worst(fc.tuple(within(0.01, 100), within(-10, 10)), pow, Math.pow, 1e-30)).toBeLessThan(5e-14);
  });

  it("hold at the edges", () => {
    expect([sin(0), cos(0), exp(0), log(1), pow(3, 2), pow(2, -2)]).toEqual([0, 1, 1, 0, 9, 0.25]);
    expect([atan2(0, 1), atan2(1, 0), atan2(0, -1), atan2(-1, 0), atan2(0, 0)]).toEqual([0, Math.PI / 2, Math.PI, -Math.PI / 2, 0]);
    expect([exp(800), exp(-800), log(0), pow(0, 2), pow(0, -1)]).toEqual([Infinity, 0, -Infinity, 0, Infinity]);
    expect([log(-1), exp(NaN), sin(Infinity), pow(-1, 0.5), atan2(NaN, 1)].every(Number.isNaN)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { huAt, huScale, rangeWith, shareOf } from "../../../app/room/tools/huScale.ts";
import { histogramOf } from "../../../core/mask/effects/automaticThreshold.ts";

const hu = Int16Array.from({ length: 2_000_000 }, (_, i) => (i === 7 ? 30_000 : i % 3 === 0 ? -1000 + (i % 50) : (i % 1200) - 100));

describe("the scale of a histogram", () => {
  it("leaves out the rare HU at its ends, but shows the range that is chosen, and every bar is a share of the fullest", () => {
    const scale = huScale(histogramOf(hu), [226, 1500]);
    expect([scale.low, scale.high]).toEqual([-1000, 1550]);
    expect(huScale(histogramOf(hu), [-1200, 3071]).low).toBe(-1200);
    expect(Math.max(...scale.bars)).toBe(1);
    expect(Math.min(...scale.bars)).toBe(0);
    expect(scale.bars[0]).toBe(1);
  });
  it("goes from a place to its HU and back, and stops at its ends", () => {
    const scale = huScale(histogramOf(hu), [226, 1500]);
    for (const value of [-1000, -3, 0, 226, 1549]) expect(huAt(scale, shareOf(scale, value))).toBe(value);
    expect([huAt(scale, -1), huAt(scale, 2), shareOf(scale, 9000)]).toEqual([scale.low, scale.high, 1]);
  });
  it("keeps the lower end below the upper one, whole and within what a voxel holds", () => {
    expect(rangeWith([200, 300], 0, 350)).toEqual([350, 350]);
    expect(rangeWith([200, 300], 1, 150.4)).toEqual([150, 150]);
    expect(rangeWith([200, 300], 0, -90_000)).toEqual([-32_768, 300]);
    expect(rangeWith([200, 300], 1, 90_000)).toEqual([200, 32_767]);
  });
});

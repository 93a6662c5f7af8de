import { describe, expect, it } from "vitest";
import { BitKernel } from "../../../../core/mask/bitKernel.ts";
import { ballOffsets } from "../../../../core/mask/bitRows.ts";
import { BitTwin } from "../../../../core/mask/bitTwin.ts";
import { applyEffect } from "../../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../../core/mask/effects/intent.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

// A skull's worth of work in small: a thick shell with pores and chips, on anisotropic voxels.
const grid: Grid = { dims: [90, 84, 60], spacing: [0.5, 0.6, 0.9], origin: [0, 0, 0] }, random = seededRandom(11);
const labels = Uint8Array.from({ length: 90 * 84 * 60 }, (_, i) => {
  const r = Math.hypot((i % 90 - 45) * 0.5, (Math.floor(i / 90) % 84 - 42) * 0.6, (Math.floor(i / 7560) - 30) * 0.9);
  return random.chance(0.01) ? (r < 22 ? 1 : 0) : r > 12 && r < 19 ? 1 : 0;
});
const hu = Int16Array.from(labels, (label, i) => 50 * label + (i % 37));
// A second segment beside the first, for what works on several.
for (let i = 0; i < labels.length; i++) if (labels[i] === 1 && i % 90 > 60) labels[i] = 2;
// A rod of a third segment drawn in every ninth slice only, beside where it was in the one before.
for (let i = 0; i < labels.length; i++) if (i % 90 % 9 === 0 && Math.hypot((Math.floor(i / 90) % 84 - 70) * 0.6, (Math.floor(i / 7560) - 4 - i % 90 * 0.55) * 0.9) < 2) labels[i] = 5;

/** Effects whose work is long, and the largest step between two words of how far it is: one pass of the kernel over runs is one step. */
const long: readonly (readonly [string, object, number])[] = [
  ["margin by a ball of rows", { effect: "margin", mm: 3 }, 0.11],
  ["margin by distances", { effect: "margin", mm: 30 }, 0.11],
  ["margin inwards", { effect: "margin", mm: -2 }, 0.11],
  ["hollow", { effect: "hollow", thicknessMm: 2, shell: "medial" }, 0.11],
  ["median", { effect: "smooth", method: "median", mm: 1.5 }, 0.11],
  ["opening", { effect: "smooth", method: "opening", mm: 1.5 }, 0.11],
  ["closing", { effect: "smooth", method: "closing", mm: 1.5 }, 0.11],
  ["wrap", { effect: "wrap", gapMm: 6, detailMm: 2 }, 0.11],
  ["holes in slices", { effect: "fillHoles", plane: "axial" }, 0.11],
  ["holes", { effect: "fillHoles" }, 0.57],
  ["joint smoothing", { effect: "jointSmooth", segments: [1, 2], mm: 0.7 }, 0.11],
  ["Gaussian smoothing", { effect: "smooth", method: "gaussian", mm: 0.7 }, 0.25],
  ["filling between slices", { effect: "fillBetween", plane: "coronal" }, 0.11],
  ["joining shapes that moved between slices", { effect: "fillBetween", segment: 5, plane: "sagittal" }, 0.11],
  ["threshold", { effect: "threshold", min: 30 }, 0.11],
  ["inverting", { effect: "logic", operation: "invert", overwrite: "all" }, 0.11],
  ["splitting", { effect: "split", into: [3, 4] }, 0.4],
  ["islands", { effect: "islands", operation: "keepLargest" }, 0.43],
];

describe("How far a long effect is", () => {
  it.each(long)("%s: the share grows without a leap and ends at 1", (_, intent, largest) => {
    const told: number[] = [], parsed = effectIntent.parse({ segment: 1, ...intent });
    const made = applyEffect(parsed, { grid, labels, hu }, (fraction) => told.push(fraction));
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
    // From the end of the work to writing the voxels down, brick layer by brick layer, is another matter: 0.8 to 1.
    const work = told.filter((fraction) => fraction >= 0.1 && fraction <= 0.8);
    expect(Math.max(...work.slice(1).map((fraction, i) => fraction - work[i]))).toBeLessThanOrEqual(largest);
    expect(made).toEqual(applyEffect(parsed, { grid, labels, hu }));
  });

  it.each(long)("%s: stopped at any word it writes nothing, and the next is whole", (_, intent) => {
    const parsed = effectIntent.parse({ segment: 1, ...intent }), whole = applyEffect(parsed, { grid, labels, hu });
    for (const stop of [0.1, 0.2, 0.45, 0.62]) {
      expect(() => applyEffect(parsed, { grid, labels, hu }, (fraction, what) => { if (fraction > stop) throw new Error(`stopped: ${what}`); })).toThrow("stopped: ");
      expect(applyEffect(parsed, { grid, labels, hu })).toEqual(whole);
    }
  });

  it.each([["kernel", new BitKernel()], ["twin", new BitTwin()]])("the %s's union told slice by slice is the union of one call, from an empty offset to a wide one", (_, engine) => {
    const size: [number, number, number] = [70, 9, 11], rows = engine.pack(Uint8Array.from({ length: 70 * 9 * 11 }, () => (random.chance(0.05) ? 1 : 0)), size);
    for (const mm of [0, 1, 2.5, 6]) {
      const told: number[] = [], offsets = ballOffsets([1, 1, 1], mm);
      expect(engine.union(rows, offsets, (share) => told.push(share))).toEqual(new BitTwin().union(rows, offsets));
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect(told.every((share) => share >= 0 && share < 1)).toBe(true);
      expect(() => engine.union(rows, offsets, () => { throw new Error("stopped"); })).toThrow("stopped");
      expect(engine.union(rows, offsets)).toEqual(new BitTwin().union(rows, offsets));
    }
  });
});

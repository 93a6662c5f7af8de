import { describe, expect, it } from "vitest";
import { maskingOf, maskingWords, protectedLabels } from "../../../app/room/tools/masking.ts";
import { nothingDrawn, withNames } from "../../../app/room/tools/refusals.ts";
import type { RoomSegment } from "../../../app/room/useRoom.ts";
import { restricted, nothingKeptOut } from "../../../core/mask/masking.ts";
import { applyEffect } from "../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../core/mask/effects/intent.ts";
import { fromDense, denseLabels } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import type { Grid } from "../../../core/space/grid.ts";

const segments = [1, 2, 3, 4].map((value) => ({ value, name: `S${value}`, isLocked: value === 4 }) as RoomSegment), hidden = new Set([3]);
const grid: Grid = { dims: [8, 2, 1], spacing: [1, 1, 1], origin: [0, 0, 0] };
// Two voxels each of nothing and of segments 1 to 4, at HU 0 and 500 in turn.
const dense = Uint8Array.from({ length: 16 }, (_, i) => (i < 10 ? i >> 1 : 0)), hu = Int16Array.from({ length: 16 }, (_, i) => (i % 2) * 500);

describe("masking in the room", () => {
  it.each([
    ["anywhere", "all", null, [0, 1, 2, 3]], ["insideVisible", "all", null, [1, 2]], ["outsideVisible", "all", null, [0, 3]], [2, "all", null, [2]],
    ["anywhere", "visible", null, [0, 1, 2]], ["anywhere", "none", null, [0, 1]], ["insideVisible", "none", [400, 600], [1]],
  ] as const)("area %s, overwrite %s, HU %j: brush and effect may change the same voxels", (area, overwrite, onlyHu, labels) => {
    const rules = { area, overwrite, onlyHu: onlyHu && ([onlyHu[0], onlyHu[1]] as const), hidden, segment: 1 };
    const protection = protectedLabels(rules, segments);
    expect([0, 1, 2, 3, 4].filter((value) => !protection.has(value))).toEqual(labels);
    expect(protection.get(4)).toBe("locked");
    const fold = new MaskFold(grid, fromDense(grid, dense)), all = [{ brick: 0, runs: Uint16Array.of(0, 8, 32, 8) }];
    const brushed = restricted(fold, all, { masking: maskingOf(rules, segments), segment: 1, hu }, nothingKeptOut());
    const written = new Set(brushed.flatMap(({ runs }) => Array.from({ length: runs.length / 2 }, (_, i) => Array.from({ length: runs[2 * i + 1] }, (_, k) => runs[2 * i] + k)).flat()));
    // The same voxels as an effect that wants all of them; what holds the segment already is not written again by an effect.
    const strokes = (() => { try { return applyEffect(effectIntent.parse({ effect: "threshold", segment: 1, min: -1000, ...maskingOf(rules, segments) }), { grid, labels: dense, hu }); } catch { return []; } })();
    const after = dense.slice();
    for (const { value, bricks } of strokes) for (const { runs } of bricks) for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) after[(v & 31) + 8 * (v >> 5)] = value;
    for (let i = 0; i < 16; i++) expect(after[i] === 1, `voxel ${i}`).toBe(dense[i] === 1 || written.has((i & 7) + 32 * (i >> 3)));
    expect(denseLabels(fold.labelmap())).toEqual(dense);
  });

  it("the rule is told in words, and a stroke that changed nothing says which rule", () => {
    expect(maskingWords({ area: "anywhere", overwrite: "all", onlyHu: null }, segments)).toEqual([]);
    expect(maskingWords({ area: 2, overwrite: "none", onlyHu: [226, 3071] }, segments)).toEqual(["only inside S2", "inside 226…3071 HU", "leaves other segments"]);
    const keptOut = nothingKeptOut();
    keptOut.protection.set(4, "locked").set(3, "overwrite").set(0, "area");
    expect(nothingDrawn(keptOut, segments, { onlyHu: null, segment: 1, area: "insideVisible", overwrite: "visible" }, { effect: "paint" }))
      .toBe("Nothing was drawn: S4 is locked here; the editable area is only inside visible segments; S3 is not to be overwritten (only visible segments are).");
  });
});

it("voxels of a removed segment are kept out like any other's, and it is said that they are a segment's that is gone", () => {
  const rules = { area: "anywhere", overwrite: "none", onlyHu: null, hidden, segment: 1 } as const, keptOut = nothingKeptOut();
  expect(protectedLabels(rules, segments).get(7)).toBe("overwrite");
  expect(restricted(new MaskFold(grid, fromDense(grid, dense.map(() => 7))), [{ brick: 0, runs: Uint16Array.of(0, 8) }], { masking: maskingOf(rules, segments), segment: 1 }, keptOut)).toEqual([]);
  expect(nothingDrawn(keptOut, segments, rules, { effect: "paint" })).toBe("Nothing was drawn: a segment that is gone is not to be overwritten (no other segment is).");
});

it("what core says of a label value is told by the segment's name", () => {
  expect(withNames("Segment 2 holds no voxel.", segments)).toBe("S2 holds no voxel.");
  expect(withNames("None of the segments 1, 3 holds a voxel; segment 9 is locked.", segments)).toBe("None of the S1, S3 holds a voxel; segment 9 is locked.");
  expect(withNames("Of segments 1 and 2 there is nothing to intersect.", segments)).toBe("Of S1 and S2 there is nothing to intersect.");
  expect(withNames("Growing from seeds needs at least two segments with some voxels drawn.", segments)).toBe("Growing from seeds needs at least two segments with some voxels drawn.");
});

describe("combining with what is proposed", () => {
  const proposal = Uint8Array.from(dense, (_, i) => (i === 2 || i === 4 || i === 12 ? 2 : 0)), held = (operation: string, more = {}) => {
    const after = dense.slice();
    for (const { value, bricks } of applyEffect(effectIntent.parse({ effect: "logic", segment: 1, operation, other: 2, of: "proposal", ...more }), { grid, labels: dense, hu, proposal })) for (const { runs } of bricks) for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) after[(v & 31) + 8 * (v >> 5)] = value;
    return [...after.keys()].filter((i) => after[i] === 1);
  };
  it("subtracts, intersects, adds and takes over; of two segments of one layer it says that they share nothing", () => {
    expect(held("subtract")).toEqual([3]);
    expect(held("intersect")).toEqual([2]);
    expect(held("copy")).toEqual([2, 4, 12]);
    expect(held("union")).toEqual([2, 3, 4, 12]);
    expect(held("union", { overwrite: "none" })).toEqual([2, 3, 12]);
    expect(() => held("subtract", { of: "anatomy" })).toThrow(/share no voxel/);
    expect(() => held("subtract", { other: 5 })).toThrow(/holds no proposed voxel/);
  });
});

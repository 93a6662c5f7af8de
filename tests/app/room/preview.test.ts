import { describe, expect, it } from "vitest";
import { markedPreview, previewed, previewLabel, rangePreview, strokesPreview } from "../../../app/room/tools/preview.ts";
import { sliceLabels } from "../../../app/room/tools/sliceLabels.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick, isStriped, proposalOffset } from "../../../core/mask/proposal.ts";
import { applyEffect } from "../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../core/mask/effects/intent.ts";
import { brickIndex } from "../../../core/mask/brick.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 40, 35], spacing: [0.5, 0.7, 1.5], origin: [0, 0, 0] }, [nx, ny, nz] = grid.dims, count = nx * ny * nz;
const random = seededRandom(3), labels = Uint8Array.from({ length: count }, (_, i) => (i % nx > 10 && i % nx < 50 && i % 7 !== 0 ? 1 + (i % 3) : 0)), hu = Int16Array.from({ length: count }, () => random.below(400));
const proposal = Uint8Array.from({ length: count }, (_, i) => (i % 11 === 0 ? 2 : 0)), fold = new MaskFold(grid, fromDense(grid, labels), fromDense(grid, proposal));
const painted = Array.from({ length: 3 * 2 * 2 }, (_, brick) => paintedBrick(fold, brick));
const local = (x: number, y: number, z: number) => (x & 31) + 32 * (y & 31) + 1024 * (z & 31);

/** Each voxel of a slice as it should be painted, one by one. */
function plain(axis: 0 | 1 | 2, index: number, wanted: (i: number) => number): number[] {
  const [h, v] = axis === 2 ? [0, 1] : axis === 1 ? [0, 2] : [1, 2], out: number[] = [], at = [0, 0, 0];
  at[axis] = index;
  for (at[v] = 0; at[v] < grid.dims[v]; at[v]++) for (at[h] = 0; at[h] < grid.dims[h]; at[h]++) {
    const [x, y, z] = at, i = x + nx * (y + ny * z), shown = painted[brickIndex(grid, x >> 5, y >> 5, z >> 5)]?.[local(x, y, z)] ?? 0;
    out.push(previewed(shown, labels[i], wanted(i), local(x, y, z)));
  }
  return out;
}

describe("what a tool would do, painted over a slice", () => {
  it("tells what comes, what goes and what stays apart", () => {
    const striped = 0, between = 2;
    expect([isStriped(striped), isStriped(between)]).toEqual([true, false]);
    expect([previewed(5, 5, 5, striped), previewed(5 + proposalOffset, 5, 5, between)]).toEqual([5, 5 + proposalOffset]);
    expect([previewed(0, 0, 5, striped), previewed(0, 0, 5, between)]).toEqual([previewLabel, 5]);
    expect([previewed(5, 5, 0, striped), previewed(5, 5, 0, between)]).toEqual([5, 0]);
  });

  it.each([["axial", 2, 17], ["coronal", 1, 33], ["sagittal", 0, 40]] as const)("%s: a range of HU takes what may be changed; an effect shows what it would write", (plane, axis, index) => {
    const untouchable = new Set([3]), range = [120, 300] as const;
    const inRange = (i: number) => (hu[i] >= 150 && hu[i] <= 300 && labels[i] !== 3 ? 1 : labels[i]);
    expect([...sliceLabels(fold, plane, index, rangePreview(hu, range, 1, untouchable, [150, 390]))]).toEqual(plain(axis, index, inRange));
    // Exactly the range: what the effect would take away is shown too, and locked and uneditable voxels stay.
    const set = labels.slice();
    for (const { value, bricks } of applyEffect(effectIntent.parse({ effect: "threshold", segment: 1, min: 120, max: 300, mode: "set", locked: [3], editableRange: [90, 390] }), { grid, labels, hu })) for (const { brick, runs } of bricks) for (let r = 0; r < runs.length; r += 2) for (let n = runs[r]; n < runs[r] + runs[r + 1]; n++) {
      set[(brick % 3) * 32 + (n & 31) + nx * ((Math.floor(brick / 3) % 2) * 32 + ((n >> 5) & 31) + ny * (Math.floor(brick / 6) * 32 + (n >> 10)))] = value;
    }
    expect(set.some((value, i) => value === 0 && labels[i] === 1)).toBe(true);
    expect([...sliceLabels(fold, plane, index, rangePreview(hu, range, 1, untouchable, [90, 390], true))]).toEqual(plain(axis, index, (i) => set[i]));
    const strokes = applyEffect(effectIntent.parse({ effect: "smooth", segment: 1, method: "closing", mm: 1.2, locked: [2] }), { grid, labels }), after = labels.slice();
    for (const { value, bricks } of strokes) for (const { brick, runs } of bricks) for (let r = 0; r < runs.length; r += 2) for (let n = runs[r]; n < runs[r] + runs[r + 1]; n++) {
      after[(brick % 3) * 32 + (n & 31) + nx * ((Math.floor(brick / 3) % 2) * 32 + ((n >> 5) & 31) + ny * (Math.floor(brick / 6) * 32 + (n >> 10)))] = value;
    }
    expect(after).not.toEqual(labels);
    expect([...sliceLabels(fold, plane, index, strokesPreview(strokes))]).toEqual(plain(axis, index, (i) => after[i]));
    const marked = new Set<number>([...labels.keys()].filter((i) => after[i] !== labels[i]));
    expect([...sliceLabels(fold, plane, index, markedPreview(strokes.flatMap(({ bricks }) => bricks)))]).toEqual(plain(axis, index, (i) => (marked.has(i) ? previewLabel : labels[i])));
    expect([...sliceLabels(fold, plane, index, null)]).toEqual(plain(axis, index, (i) => labels[i]));
  });
});

import { expect, it } from "vitest";
import { DenseMirror } from "../../../../core/mask/effects/denseMirror.ts";
import { boundsOf, boundsOfLabels, regionOf, regionOfLabel } from "../../../../core/mask/effects/region.ts";
import { brickCount } from "../../../../core/mask/brick.ts";
import { denseLabels, fromDense } from "../../../../core/mask/labelmap.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 33, 40], spacing: [0.5, 0.7, 1.5], origin: [0, 0, 0] }, count = 70 * 33 * 40;

it("a mirror that gets only the bricks that changed is the whole labelmap", () => {
  const random = seededRandom(2), mirror = new DenseMirror(grid), now = new Uint8Array(count);
  for (let round = 0; round < 12; round++) {
    const before = fromDense(grid, now.slice()), value = random.below(4), from = random.below(count), to = Math.min(count, from + random.below(9000));
    if (round === 8) now.fill(0); else now.fill(value, from, to);
    const after = fromDense(grid, now);
    mirror.put(Array.from({ length: brickCount(grid) }, (_, brick) => brick).filter((brick) => before.bricks.get(brick)?.join() !== after.bricks.get(brick)?.join()).map((brick) => [brick, after.bricks.get(brick) ?? null] as const));
    expect(Buffer.compare(mirror.labels, denseLabels(after))).toBe(0);
  }
});

it("bounds of labels, found by fours, are those of a look at every voxel, wherever the array begins", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 40; round++) {
    const buffer = new ArrayBuffer(count + 8), labels = new Uint8Array(buffer, round % 8, count);
    for (let n = random.below(5); n > 0; n--) labels[random.below(count)] = 1 + random.below(3);
    const isWanted = Uint8Array.from({ length: 256 }, (_, label) => (label === 1 || label === 3 || (round % 9 === 8 && label === 0) ? 1 : 0)), pad = [random.below(4), random.below(4), random.below(4)] as const;
    const plain = boundsOf(grid, (i) => isWanted[labels[i]] === 1, pad), found = boundsOfLabels(grid, labels, isWanted, pad);
    expect(found && { low: found.low, high: found.high }).toEqual(plain);
    if (found) expect([...found.found].sort()).toEqual([...new Set(labels)].filter((label) => isWanted[label] === 1).sort());
    expect(regionOfLabel(grid, labels, 2, 1.3)).toEqual(regionOf(grid, (i) => labels[i] === 2, 1.3));
  }
});

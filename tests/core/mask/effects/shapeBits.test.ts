import { expect, it } from "vitest";
import { squaredDistances } from "../../../../core/mask/effects/distance.ts";
import { closing, fillHoles, margin, median, opening } from "../../../../core/mask/effects/shape.ts";
import type { Region } from "../../../../core/mask/effects/region.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const madeOf = (seed: number): { grid: Grid; region: Region } => {
  const random = seededRandom(seed), size: [number, number, number] = [1 + random.below(60), 1 + random.below(30), 1 + random.below(14)];
  const spacing: [number, number, number] = [0.1 * (3 + random.below(9)), 0.1 * (3 + random.below(9)), 0.25 * (1 + random.below(10))], share = [0.002, 0.02, 0.3, 0.98][seed % 4];
  return { grid: { dims: size, spacing, origin: [0, 0, 0] }, region: { low: [0, 0, 0], size, bits: Uint8Array.from({ length: size[0] * size[1] * size[2] }, () => (random.below(10_000) < share * 10_000 ? 1 : 0)) } };
};
/** Margin by distances of every voxel to the nearest of the other kind. */
function plainMargin({ spacing }: Grid, { bits, size }: Region, mm: number): Uint8Array {
  const limit = (Math.abs(mm) + 1e-6) ** 2, squared = squaredDistances(bits, size, spacing, mm > 0 ? 1 : 0);
  return bits.map((bit, i) => (mm > 0 ? (squared[i] <= limit ? 1 : 0) : bit !== 0 && squared[i] > limit ? 1 : 0));
}

it("margins in mm, a ball of rows or a whole distance transform, are those of the distances", () => {
  for (let seed = 1; seed <= 24; seed++) {
    const { grid, region } = madeOf(seed);
    for (const mm of [0.3, 1, 2.4, 6, 60, -0.5, -1.7]) expect(margin(grid, region, mm), `seed ${seed}, ${mm} mm`).toEqual(plainMargin(grid, region, mm));
    expect(margin(grid, region, 0)).toEqual(region.bits);
    const grown = plainMargin(grid, region, 1.2), closed = plainMargin(grid, { ...region, bits: grown }, -1.2);
    expect(closing(grid, region, 1.2)).toEqual(closed.map((bit, i) => bit | region.bits[i]));
    const opened = plainMargin(grid, { ...region, bits: plainMargin(grid, region, -1.2) }, 1.2);
    expect(opening(grid, region, 1.2)).toEqual(opened.map((bit, i) => bit & region.bits[i]));
  }
});

it("median of a region inside a volume counts the whole window, and cavities open to the region's edge stay", () => {
  const grid: Grid = { dims: [40, 40, 40], spacing: [1, 1, 1], origin: [0, 0, 0] }, size: [number, number, number] = [2, 2, 2], bits = new Uint8Array(8).fill(1);
  expect([...median(grid, { low: [10, 10, 10], size, bits }, 1)]).toEqual(Array(8).fill(0));
  expect([...median({ ...grid, dims: [2, 2, 2] }, { low: [0, 0, 0], size, bits }, 1)]).toEqual(Array(8).fill(1));
  const shell = new Uint8Array(125).fill(1);
  shell[62] = 0;
  shell[2] = 0;
  const filled = fillHoles(grid, { low: [0, 0, 0], size: [5, 5, 5], bits: shell });
  expect([filled[62], filled[2]]).toEqual([1, 0]);
});

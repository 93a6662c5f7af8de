import { expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { bricksOfBox, labelsInBox } from "../../../core/mask/boxLabels.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { seeded } from "../../bench/cranial/sites.ts";

it("gives the voxels of a box as the dense labels have them, across bricks and at the grid's far faces", () => {
  const grid: Grid = { dims: [70, 41, 66], spacing: [0.5, 0.75, 2], origin: [-3, 8, 100] }, random = seeded(3);
  const dense = Uint8Array.from({ length: 70 * 41 * 66 }, () => (random() < 0.4 ? Math.floor(random() * 5) : 0)), { bricks } = fromDense(grid, dense);
  for (const box of [{ first: [0, 0, 0], last: [69, 40, 65] }, { first: [31, 5, 30], last: [33, 39, 64] }, { first: [64, 32, 64], last: [69, 40, 65] }, { first: [7, 8, 9], last: [7, 8, 9] }]) {
    const { grid: own, labels } = labelsInBox(grid, box, (index) => bricks.get(index)), [nx, ny] = own.dims;
    expect(own.dims).toEqual(box.last.map((n, i) => n - box.first[i] + 1));
    expect(own.origin).toEqual(box.first.map((n, i) => grid.origin[i] + n * grid.spacing[i]));
    const asked = Uint8Array.from(labels, (_, at) => dense[box.first[0] + at % nx + 70 * (box.first[1] + Math.floor(at / nx) % ny + 41 * (box.first[2] + Math.floor(at / (nx * ny))))]);
    expect(labels).toEqual(asked);
  }
  expect(bricksOfBox(grid, { first: [31, 0, 0], last: [32, 0, 32] })).toEqual([0, 1, 6, 7]);
});

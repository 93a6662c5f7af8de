import { describe, expect, test } from "vitest";
import { brickOrigin } from "../../../core/mask/brick.ts";
import { type BrickRuns, runsProblem, runVoxels } from "../../../core/mask/brickRuns.ts";
import { huPresets } from "../../../core/mask/huPresets.ts";
import { type BrushStroke, rasterizeBrush, restrictRuns, threshold } from "../../../core/mask/rasterize.ts";
import { type Grid, ijkPoint, ijkToRas, rasPoint, type RasPoint, voxelCount, voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 60, 40], spacing: [0.4, 0.7, 1.6], origin: [-10, 5, 200] };

function voxelsOf(bricks: readonly BrickRuns[]): Set<number> {
  const voxels = new Set<number>();
  for (const { brick, runs } of bricks) {
    expect(runsProblem(runs)).toBeUndefined();
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) {
      for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) {
        const [x, y, z] = [ox + (v & 31), oy + ((v >> 5) & 31), oz + (v >> 10)];
        expect(x < 70 && y < 60 && z < 40).toBe(true);
        voxels.add(x + y * 70 + z * 4200);
      }
    }
  }
  return voxels;
}

/** Distance from p to the segment a–b, ignoring one axis for a disc. */
function distance(p: RasPoint, a: RasPoint, b: RasPoint, ignored: number): number {
  const keep = [0, 1, 2].filter((axis) => axis !== ignored);
  const along = keep.reduce((sum, axis) => sum + (p[axis] - a[axis]) * (b[axis] - a[axis]), 0);
  const length = keep.reduce((sum, axis) => sum + (b[axis] - a[axis]) ** 2, 0);
  const t = length > 0 ? Math.min(1, Math.max(0, along / length)) : 0;
  return Math.sqrt(keep.reduce((sum, axis) => sum + (p[axis] - a[axis] - t * (b[axis] - a[axis])) ** 2, 0));
}

/** Every voxel judged alone; those within rounding of the rim may go either way. */
function check(brush: BrushStroke): void {
  const voxels = voxelsOf(rasterizeBrush(grid, brush));
  const ignored = brush.shape === "disc" ? brush.plane : -1;
  const nearest = new Set(brush.points.map((p) => p.map((mm, axis) => Math.floor((mm - grid.origin[axis]) / grid.spacing[axis] + 0.5)).join()));
  const slice = (p: RasPoint) => Math.floor((p[brush.plane] - grid.origin[brush.plane]) / grid.spacing[brush.plane] + 0.5);
  let wrong = 0;
  for (let k = 0; k < 40; k++) for (let j = 0; j < 60; j++) for (let i = 0; i < 70; i++) {
    const p = ijkToRas(grid, ijkPoint(i, j, k));
    let least = Infinity;
    brush.points.forEach((to, n) => {
      if (n === 0 && brush.points.length > 1) return;
      if (ignored >= 0 && slice(to) !== [i, j, k][ignored]) return;
      least = Math.min(least, distance(p, brush.points[Math.max(0, n - 1)], to, ignored));
    });
    if (Math.abs(least - brush.radiusMm) < 1e-9) continue;
    const expected = least < brush.radiusMm || nearest.has([i, j, k].join());
    if (voxels.has(i + j * 70 + k * 4200) !== expected) wrong++;
  }
  expect(wrong, JSON.stringify(brush)).toBe(0);
}

describe("brush", () => {
  test("a ball covers the voxels whose centres lie within its radius in mm, on anisotropic voxels, along a line", () => {
    check({ shape: "ball", radiusMm: 5, plane: 2, points: [rasPoint(3, 20, 230)] });
    check({ shape: "ball", radiusMm: 2.3, plane: 2, points: [rasPoint(-8, 10, 210), rasPoint(15, 44, 255), rasPoint(15, 10, 255)] });
  });

  test("a disc stays in its slice, on each plane", () => {
    for (const plane of [0, 1, 2] as const) {
      const points = [rasPoint(3, 20, 230), rasPoint(8, 30, 238)].map((p) => {
        const flat = [...p];
        flat[plane] = [3, 20, 230][plane];
        return rasPoint(flat[0], flat[1], flat[2]);
      });
      check({ shape: "disc", radiusMm: 4, plane, points });
    }
  });

  test("at and over the edge of the grid nothing wraps round", () => {
    const random = seededRandom(3);
    for (let n = 0; n < 6; n++) {
      const at = () => rasPoint(-14 + random.below(36), random.below(52), 190 + random.below(84));
      check({ shape: n % 2 === 0 ? "ball" : "disc", radiusMm: 1 + random.below(7), plane: 2, points: [at(), at()] });
    }
    expect(rasterizeBrush(grid, { shape: "disc", radiusMm: 3, plane: 2, points: [rasPoint(0, 10, 500)] })).toEqual([]);
  });

  test("the smallest brush still writes the voxel under it", () => {
    expect(runVoxels(rasterizeBrush(grid, { shape: "ball", radiusMm: 0.01, plane: 2, points: [rasPoint(0.13, 10.2, 230.7)] }))).toBe(1);
  });

  test("a large ball's volume is 4/3·π·r³ within 1 %", () => {
    const fine: Grid = { dims: [128, 128, 128], spacing: [0.5, 0.4, 0.5], origin: [0, 0, 0] };
    const voxels = runVoxels(rasterizeBrush(fine, { shape: "ball", radiusMm: 20, plane: 2, points: [rasPoint(32, 25, 31)] }));
    expect(voxels * voxelVolumeMm3(fine) / (4 / 3 * Math.PI * 8000)).toBeCloseTo(1, 2);
  });
});

test("threshold takes both ends, restrictRuns what is allowed of it", () => {
  const random = seededRandom(6);
  const hu = Int16Array.from({ length: voxelCount(grid) }, () => random.below(5) - 2);
  const bricks = threshold(grid, hu, -1, 1);
  const voxels = voxelsOf(bricks);
  const wrong = hu.reduce((sum, value, index) => sum + (voxels.has(index) === (value >= -1 && value <= 1) ? 0 : 1), 0);
  expect(wrong).toBe(0);
  const even = voxelsOf(restrictRuns(bricks, (local, brick) => (local + brick) % 2 === 0));
  const expected = bricks.reduce((sum, { brick, runs }) => {
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) if ((v + brick) % 2 === 0) sum++;
    return sum;
  }, 0);
  expect(even.size).toBe(expected);
  expect(() => threshold(grid, new Int16Array(3), 0, 1)).toThrow(RangeError);
});

test("presets have an order and ids of their own", () => {
  expect(new Set(huPresets.map(({ id }) => id)).size).toBe(huPresets.length);
  for (const { min, max } of huPresets) expect(min).toBeLessThan(max);
  expect(huPresets.find(({ id }) => id === "bone")).toMatchObject({ min: 226, max: 3071 });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planSeries, type SliceGeometry } from "../../../core/checks/series.ts";
import { resamplePlanes } from "../../../core/space/resamplePlanes.ts";
import { resampleStack } from "../../../core/space/resampleStack.ts";
import { slabsOf, slabValue } from "../../../core/space/slabs.ts";

type V = [number, number, number];
const options = { useRegularPart: false, maxVoxels: 1e8 };
const cross = (a: V, b: V): V => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** Slices at `along` on the normal, moved sideways by `shift` per mm along the column direction. */
function slices(row: V, column: V, along: number[], shift = 0, size = { columns: 9, rows: 7 }, start: V = [10, -20, 30]): SliceGeometry[] {
  const normal = cross(row, column);
  return along.map((mm) => ({
    ...size, orientation: [...row, ...column], pixelSpacing: [0.7, 0.5],
    position: start.map((p, i) => p + normal[i] * mm + column[i] * shift * mm) as V,
  }));
}
const planned = (given: SliceGeometry[], more = {}) => {
  const made = planSeries(given, { ...options, ...more });
  if (!made.ok) throw new Error(made.refusal.message);
  return made.plan;
};
/** All signed axis pairs that make a right-handed slice. */
const axes: V[] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
const pairs = axes.flatMap((a) => axes.filter((b) => a.every((x, i) => x * b[i] === 0)).map((b) => [a, b] as const));

describe("series", () => {
  it("SP2: in all 24 directions of slices, both orders (48), every pixel lies at its place within 1e-3 mm and on its side", () => {
    expect(pairs).toHaveLength(24);
    for (const [row, column] of pairs) for (const isReversed of [false, true]) {
      const along = [0, 2, 4, 6], given = slices(row, column, isReversed ? [...along].reverse() : along), plan = planned(given), { grid } = plan;
      expect(plan.mode).toBe("copy");
      const [nx, ny] = grid.dims;
      for (const [k, at] of plan.order.entries()) for (const i of [0, 8]) for (const j of [0, 6]) {
        const index = plan.base + i * plan.strides[0] + j * plan.strides[1] + k * plan.strides[2];
        const ijk = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / nx / ny)];
        const lps = given[at].position.map((p, c) => p + row[c] * 0.5 * i + column[c] * 0.7 * j);
        ijk.forEach((n, axis) => expect(grid.origin[axis] + grid.spacing[axis] * n).toBeCloseTo(axis === 2 ? lps[2] : -lps[axis], 3));
      }
    }
  });

  it("tilt from -30° to 30° and any turn: a sphere comes out at its place and of its volume; codes are exact", () => {
    fc.assert(fc.property(fc.double({ min: -30, max: 30, noNaN: true }), fc.double({ min: -0.4, max: 0.4, noNaN: true }), fc.constantFrom(...pairs), (tiltDeg, turn, [row, column]) => {
      const tangent = Math.tan(tiltDeg * Math.PI / 180), size = { columns: 72, rows: 60 }, normal = cross(row, column);
      const turned = row.map((x, i) => x * Math.cos(turn) + normal[i] * Math.sin(turn)) as V;
      const along = Array.from({ length: 44 }, (_, k) => 0.8 * k), given = slices(turned, column, along, tangent, size), plan = planned(given);
      const isTilted = Math.abs(tangent) * 0.8 * 43 > 0.05;
      expect(plan.reasons.includes("tilted")).toBe(isTilted);
      expect(plan.tiltTangent).toBeCloseTo(Math.abs(tangent), 5);
      if (plan.mode === "copy") return;
      // A ball of 8 mm about the middle of the stack; 0 outside, 1000 inside, its face one voxel soft.
      const mid = given[22].position, centre = mid.map((p, i) => p + turned[i] * 18 + column[i] * 21), area = 72 * 60, hu = new Int16Array(area * 44);
      plan.order.forEach((s, k) => {
        for (let j = 0, p = k * area; j < 60; j++) for (let i = 0; i < 72; i++, p++) {
          const d = Math.sqrt(given[s].position.reduce((sum, x, c) => sum + (x + turned[c] * 0.5 * i + column[c] * 0.7 * j - centre[c]) ** 2, 0));
          hu[p] = Math.round(1000 * Math.max(0, Math.min(1, (8 - d) / 0.8 + 0.5)));
        }
      });
      const { grid } = plan, made = resampleStack({ columns: 72, rows: 60, hu, corners: plan.corners, rowDirection: plan.rowDirection, columnDirection: plan.columnDirection, columnMm: 0.5, rowMm: 0.7 }, grid, -1024).hu;
      let count = 0;
      const sum = [0, 0, 0];
      for (let z = 0, at = 0; z < grid.dims[2]; z++) for (let y = 0; y < grid.dims[1]; y++) for (let x = 0; x < grid.dims[0]; x++, at++) {
        if (made[at] < 500) continue;
        count++;
        [x, y, z].forEach((n, axis) => { sum[axis] += grid.origin[axis] + grid.spacing[axis] * n; });
      }
      const volume = 4 / 3 * Math.PI * 512;
      expect(Math.abs(count * grid.spacing[0] * grid.spacing[1] * grid.spacing[2] / volume - 1)).toBeLessThan(0.01);
      sum.forEach((total, axis) => expect(Math.abs(total / count - (axis === 2 ? centre[2] : -centre[axis]))).toBeLessThan(0.1));
    }), { numRuns: 12, seed: 4 });
  }, 60_000);

  it("SP3: uneven gaps: the even run stays bit for bit, missing slices are named, the regular part can be taken", () => {
    const plan = planned(slices([1, 0, 0], [0, 1, 0], [0, 2, 4, 6, 10, 12, 12.5]));
    expect(plan.reasons).toEqual(["uneven"]);
    expect(plan.spacing.missing).toMatchObject([{ afterSlice: 3, mm: 4 }]);
    expect(plan.grid.dims[2]).toBe(8);
    const area = 63, hu = Int16Array.from({ length: 7 * area }, (_, i) => Math.floor(i / area) * 100 + i % area);
    const { hu: made, exactPlanes } = resamplePlanes({ columns: 9, rows: 7, hu }, plan.grid, plan.along, plan.planes, plan.base, plan.strides);
    expect(exactPlanes).toBe(6);
    const at = (k: number) => made[plan.base + k * plan.strides[2]];
    expect([0, 1, 2, 3, 5, 6].map(at)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(planned(slices([1, 0, 0], [0, 1, 0], [0, 2, 4, 6, 10, 12, 12.5]), { useRegularPart: true })).toMatchObject({ mode: "copy", leftOut: [4, 5, 6] });
  });

  it("refuses equal places, mixed geometry, and directions that are no unit vectors", () => {
    const code = (given: SliceGeometry[]) => { const made = planSeries(given, options); return made.ok ? "ok" : made.refusal.code; };
    expect(code(slices([1, 0, 0], [0, 1, 0], [0, 1, 1, 2]))).toBe("duplicate-positions");
    expect(code([...slices([1, 0, 0], [0, 1, 0], [0, 1, 2]), ...slices([1, 0, 0], [0, 1, 0], [3], 0, { columns: 8, rows: 7 })])).toBe("mixed-geometry");
    expect(code(slices([1.1, 0, 0], [0, 1, 0], [0, 1, 2]))).toBe("not-a-volume");
    expect(code(slices([1, 0, 0], [0.1, 0.995, 0], [0, 1, 2]))).toBe("not-a-volume");
  });

  it("slabs: on unequal gaps what is straight along the normal stays at its place; on equal ones a quadratic is reconstructed exactly from its means", () => {
    const uneven = slabsOf([0, 1, 2.5, 3, 4.2, 9, 10, 11.5]), values = [...uneven.at].map((mm) => 3 * mm - 5);
    for (const way of [1, -1]) for (let x = 2; x < 9.5; x += 0.05) {
      let k = 0;
      while (x >= uneven.faces[k + 1]) k++;
      expect(slabValue(uneven, k, x, ...[-2, -1, 0, 1, 2].map((i) => way * values[Math.max(0, Math.min(7, k + i))]) as [number, number, number, number, number])).toBeCloseTo(way * (3 * x - 5), 9);
    }
    const slabs = slabsOf([0, 1.2, 2.4, 3.6, 4.8, 6, 7.2]), { faces } = slabs;
    const means = [...slabs.at].map((_, k) => (faces[k + 1] ** 3 - faces[k] ** 3) / 3 / (faces[k + 1] - faces[k]));
    for (const x of [2.0, 2.5, 2.9, 3.5, 4]) {
      let k = 0;
      while (x >= faces[k + 1]) k++;
      expect(slabValue(slabs, k, x, means[k - 2], means[k - 1], means[k], means[k + 1], means[k + 2])).toBeCloseTo(x * x, 9);
    }
  });
});

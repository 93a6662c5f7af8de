import { expect, it } from "vitest";
import { cutBoneMm } from "../../../core/checks/coverage.ts";
import { fitFor } from "../../../core/checks/fit.ts";
import { boneRound } from "../../../core/implant/boneRound.ts";
import type { Grid } from "../../../core/space/grid.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [40, 30, 50], spacing: [0.8, 1, 1.5], origin: [-10, 20, 5] }, [nx, ny, nz] = grid.dims;
const labelsOf = (isBone: (i: number, j: number, k: number) => boolean): Uint8Array => Uint8Array.from({ length: nx * ny * nz }, (_, at) => (isBone(at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)) ? 3 : 0));
const rasOf = (i: number, j: number, k: number): [number, number, number] => [grid.origin[0] + i * grid.spacing[0], grid.origin[1] + j * grid.spacing[1], grid.origin[2] + k * grid.spacing[2]];
/** An octahedron round a voxel: its nearest point to what lies along an axis is a corner. */
function plate(i: number, j: number, k: number, radius: number): Mesh {
  const [x, y, z] = rasOf(i, j, k), positions = [x + radius, y, z, x - radius, y, z, x, y + radius, z, x, y - radius, z, x, y, z + radius, x, y, z - radius];
  return { positions: Float32Array.from(positions), triangles: Uint32Array.of(0, 2, 4, 2, 1, 4, 1, 3, 4, 3, 0, 4, 2, 0, 5, 1, 2, 5, 3, 1, 5, 0, 3, 5) };
}

it("CK5: the distance is that to the nearest bone in an outer face, on whichever side, and other labels and inner bone are none of it", () => {
  const below = labelsOf((_i, _j, k) => k === 0);
  expect(cutBoneMm(plate(20, 15, 30, 2), grid, below, 3, null)).toBeCloseTo(30 * 1.5 - 2, 4);
  expect(cutBoneMm(plate(20, 15, 30, 2), grid, below, 1, null)).toBeNull();
  expect(cutBoneMm(plate(20, 15, 30, 2), grid, labelsOf((i, j, k) => i > 0 && i < nx - 1 && j > 0 && j < ny - 1 && k > 0 && k < nz - 1), 3, null)).toBeNull();
  expect(cutBoneMm({ positions: new Float32Array(), triangles: new Uint32Array() }, grid, below, 3, null)).toBeNull();
  for (const [isBone, mm] of [[(i: number) => i === nx - 1, 19 * 0.8 - 2], [(i: number) => i === 0, 20 * 0.8 - 2], [(_i: number, j: number) => j === ny - 1, 14 - 2], [(_i: number, _j: number, k: number) => k === nz - 1, 19 * 1.5 - 2]] as const) {
    expect(cutBoneMm(plate(20, 15, 30, 2), grid, labelsOf(isBone), 3, null)).toBeCloseTo(mm, 4);
  }
});

it("CK5: no more bone in a face than the CT report tolerates counts as none", () => {
  const patch = (side: number) => labelsOf((i, j, k) => k === 0 && i < side && j < side);
  // 0.8 mm² a voxel: 7 × 7 are 39 mm², 8 × 8 are 51.
  expect(cutBoneMm(plate(20, 15, 30, 2), grid, patch(7), 3, null)).toBeNull();
  expect(cutBoneMm(plate(20, 15, 30, 2), grid, patch(8), 3, null)).not.toBeNull();
});

it("CK5: as a plain search over all voxels of the faces finds it, for voxels at random", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 20; round++) {
    const labels = labelsOf(() => random.chance(0.15)), [i, j, k] = [5 + random.below(nx - 10), 5 + random.below(ny - 10), 5 + random.below(nz - 10)], mesh = plate(i, j, k, 0.001), [x, y, z] = rasOf(i, j, k);
    let nearest = Infinity;
    for (let c = 0; c < nz; c++) for (let b = 0; b < ny; b++) for (let a = 0; a < nx; a++) {
      if (labels[a + nx * (b + ny * c)] !== 3 || !(a === 0 || b === 0 || c === 0 || a === nx - 1 || b === ny - 1 || c === nz - 1)) continue;
      const p = rasOf(a, b, c);
      nearest = Math.min(nearest, Math.hypot(p[0] - x, p[1] - y, p[2] - z));
    }
    expect(Math.abs((cutBoneMm(mesh, grid, labels, 3, null) ?? NaN) - nearest)).toBeLessThan(0.002);
  }
});

it("CK5: a fit needs judgement within 20 mm of cut bone, fails where the plate reaches it, and says nothing of it where none is cut", () => {
  const plan = { marginMm: 0.5, bevelDeg: 0, thickness: 3, fixation: null, tabThicknessMm: 0.6, material: "peek-machined", bone: 3 }, of = (k: number, labels: Uint8Array) => {
    const mesh = plate(20, 15, k, 1);
    return fitFor(plan, mesh, boneRound(grid, labels, 3, mesh.positions), grid, labels, null).report;
  };
  const below = labelsOf((_i, _j, k) => k === 0), verdictAt = (k: number) => of(k, below).criteria.find(({ id }) => id === "coverage");
  expect(verdictAt(30)).toMatchObject({ verdict: "pass", source: "CT9", unit: "mm", pass: 20, fail: 2 });
  expect(verdictAt(10)).toMatchObject({ verdict: "needsJudgement", value: expect.closeTo(14, 4) });
  expect(verdictAt(1)).toMatchObject({ verdict: "fail" });
  expect(of(1, below).verdict).toBe("fail");
  expect(of(30, below).numbers.cutBoneMm).toBeCloseTo(44, 4);
  const inner = of(30, labelsOf((i, j, k) => i === 20 && j === 15 && k === 20));
  expect([inner.criteria.some(({ id }) => id === "coverage"), inner.numbers.cutBoneMm]).toEqual([false, null]);
});

import { describe, expect, it } from "vitest";
import { derive, regularPart } from "../../../core/volume/derive.ts";
import { gaussian, medianOf27, type HuVolume } from "../../../core/volume/filters.ts";

function volume(dims: [number, number, number], spacing: [number, number, number], value: (x: number, y: number, z: number) => number): HuVolume {
  const hu = new Int16Array(dims[0] * dims[1] * dims[2]);
  for (let z = 0, at = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++) hu[at++] = value(x, y, z);
  return { grid: { dims, spacing, origin: [-10, 20, 30] }, hu };
}
const at = ({ grid: { dims }, hu }: HuVolume, x: number, y: number, z: number) => hu[x + dims[0] * (y + dims[1] * z)];
const noisy = volume([7, 6, 5], [0.5, 0.5, 1], (x, y, z) => (x * 977 + y * 131 + z * 53) % 211 - 100);

describe("derived volumes", () => {
  it("a crop keeps voxels bit for bit at their places, and refuses a box outside", () => {
    const made = derive(noisy, { op: "crop", low: [1, 2, 1], high: [5, 5, 4] }, null);
    expect(made.grid).toEqual({ dims: [5, 4, 4], spacing: [0.5, 0.5, 1], origin: [-9.5, 21, 31] });
    for (let z = 0; z < 4; z++) for (let y = 0; y < 4; y++) for (let x = 0; x < 5; x++) expect(at(made, x, y, z)).toBe(at(noisy, x + 1, y + 2, z + 1));
    expect(() => derive(noisy, { op: "crop", low: [0, 0, 0], high: [7, 5, 4] }, null)).toThrow(/does not lie in the volume/);
  });

  it("cubes reproduce a volume that is linear in the plane, voxel by voxel, and keep corners at their places", () => {
    const ramp = volume([12, 12, 9], [0.5, 0.5, 1], (x, y) => 20 * x - 30 * y), made = derive(ramp, { op: "isotropic", spacingMm: 0.25 }, null);
    expect(made.grid).toMatchObject({ dims: [23, 23, 33], spacing: [0.25, 0.25, 0.25], origin: [-10, 20, 30] });
    for (let y = 4; y < 18; y++) for (let x = 4; x < 18; x++) expect(Math.abs(at(made, x, y, 10) - (10 * x - 15 * y))).toBeLessThanOrEqual(0.5);
    expect(() => derive(ramp, { op: "isotropic", spacingMm: 5 }, null)).toThrow(/fewer than 3/);
  });

  it("the median is that of the sorted 27 neighbours", () => {
    const made = medianOf27(noisy), [nx, ny, nz] = noisy.grid.dims, inside = (p: number, n: number) => Math.min(n - 1, Math.max(0, p));
    for (const [x, y, z] of [[0, 0, 0], [3, 3, 2], [6, 5, 4], [2, 5, 1]]) {
      const near: number[] = [];
      for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) near.push(at(noisy, inside(x + dx, nx), inside(y + dy, ny), inside(z + dz, nz)));
      expect(at(made, x, y, z)).toBe(near.sort((a, b) => a - b)[13]);
    }
  });

  it("a Gaussian spreads a point by its width in mm along each axis and keeps its sum; diffusion keeps a step and calms what is flat", () => {
    const point = volume([41, 41, 21], [0.5, 0.5, 1], (x, y, z) => x === 20 && y === 20 && z === 10 ? 32_000 : 0), { hu, grid } = gaussian(point, 1);
    const sum = hu.reduce((a, b) => a + b, 0), spread = [0, 1, 2].map((axis) => hu.reduce((total, v, i) => {
      const p = [i % 41, Math.floor(i / 41) % 41, Math.floor(i / 1681)][axis] - [20, 20, 10][axis];
      return total + v * (p * grid.spacing[axis]) ** 2;
    }, 0) / sum);
    expect(Math.abs(sum / 32_000 - 1)).toBeLessThan(0.02);
    for (const mm2 of spread) expect(Math.abs(mm2 - 1)).toBeLessThan(0.06);
    const step = volume([20, 12, 12], [1, 1, 1], (x, y, z) => (x < 10 ? 0 : 1000) + (x * 37 + y * 61 + z * 17) % 21 - 10), made = derive(step, { op: "anisotropic", edgeHu: 40, steps: 10 }, null);
    const roughness = (v: HuVolume) => { let total = 0; for (let z = 2; z < 10; z++) for (let y = 2; y < 10; y++) total += Math.abs(at(v, 3, y, z) - at(v, 4, y, z)); return total; };
    expect(roughness(made)).toBeLessThan(roughness(step) / 3);
    expect(at(made, 10, 6, 6) - at(made, 9, 6, 6)).toBeGreaterThan(900);
  });

  it("the table goes, the body and its inner air stay", () => {
    const round = (x: number, y: number, r: number) => (x - 40) ** 2 + (y - 45) ** 2 <= r * r;
    const scan = volume([80, 80, 12], [2, 2, 2], (x, y) => round(x, y, 8) ? -800 : round(x, y, 25) ? 40 : y >= 10 && y <= 12 && x > 5 && x < 75 ? 100 : -1000), made = derive(scan, { op: "removeTable" }, null);
    expect(at(made, 40, 11, 6)).toBe(-1024);
    for (let y = 0; y < 80; y++) for (let x = 0; x < 80; x++) if (round(x, y, 25)) expect(at(made, x, y, 6)).toBe(at(scan, x, y, 6));
  });

  it("the regular part is refused where the slices are not planes of the volume", () => {
    expect(() => regularPart(noisy, { positions: [[0, 0, 30]], orientation: [1, 0, 0, 0, 0.95, 0.31], tiltDeg: 18, run: { slices: 1, fromMm: 30 } })).toThrow(/tilted or oblique/);
    expect(() => derive(noisy, { op: "regularPart" }, null)).toThrow(/Only a DICOM series/);
  });
});

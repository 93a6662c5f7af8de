import fc from "fast-check";
import { expect, it } from "vitest";
import { coarseVolume } from "../../../core/volume/coarse.ts";
import { coarseSlice } from "../../../app/room/view/coarseSlice.ts";

it("a coarse voxel is the mean of its block and lies at the block's middle", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.integer(), (nx, ny, nz, side, seed) => {
    const dims = [nx, ny, nz] as const, hu = Int16Array.from({ length: nx * ny * nz }, (_, i) => Math.imul(i + 1, seed | 1) % 2000), grid = { dims, spacing: [0.5, 0.7, 2] as const, origin: [1, 2, 3] as const };
    const made = coarseVolume(grid, hu, side), factor = dims.map((n) => Math.ceil(n / side));
    expect(made.grid.dims.every((n) => n <= side)).toBe(true);
    for (let k = 0, at = 0; k < made.grid.dims[2]; k++) for (let j = 0; j < made.grid.dims[1]; j++) for (let i = 0; i < made.grid.dims[0]; i++, at++) {
      let sum = 0, count = 0;
      for (let z = k * factor[2]; z < Math.min(nz, (k + 1) * factor[2]); z++) for (let y = j * factor[1]; y < Math.min(ny, (j + 1) * factor[1]); y++) for (let x = i * factor[0]; x < Math.min(nx, (i + 1) * factor[0]); x++) { sum += hu[x + nx * (y + ny * z)]; count++; }
      expect(made.hu[at]).toBe(Math.round(sum / count) + 0);
    }
    made.grid.origin.forEach((mm, axis) => expect(mm).toBeCloseTo(grid.origin[axis] + (factor[axis] - 1) / 2 * grid.spacing[axis], 9));
  }));
});

it("SP2: in the coarse picture the patient's right is at the left, front and top are at the top", () => {
  const grid = { dims: [3, 4, 5] as const, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const }, at = (x: number, y: number, z: number) => { const hu = new Int16Array(60).fill(-1024); hu[x + 3 * (y + 4 * z)] = 3000; return hu; };
  const brightest = (plane: "axial" | "coronal" | "sagittal", index: number, hu: Int16Array) => { const { width, rgba } = coarseSlice({ grid, hu }, plane, index), i = rgba.findIndex((v, p) => p % 4 === 0 && v === 255) / 4; return [i % width, Math.floor(i / width)]; };
  expect(brightest("axial", 1, at(2, 3, 1))).toEqual([0, 0]);
  expect(brightest("coronal", 0, at(2, 0, 4))).toEqual([0, 0]);
  expect(brightest("sagittal", 0, at(0, 3, 4))).toEqual([0, 0]);
  expect(brightest("sagittal", 0, at(0, 0, 0))).toEqual([3, 4]);
});

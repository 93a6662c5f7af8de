import { describe, expect, it } from "vitest";
import { bitBoxOfDense } from "../../../core/surface/bitBox.ts";
import { randomOf } from "./shapes.ts";

describe("voxels as bits", () => {
  it("JB4: are those of a dense array within two values, however its rows lie and whatever the values", () => {
    const limits = [[226, 32767], [-500, 300], [-32768, -1], [-1, -1], [0, 0], [32767, 32767], [-32768, -32768], [-32768, 32767], [-40000, -32768], [1, 40000]];
    for (const [seed, nx] of [[1, 64], [2, 70], [3, 67], [4, 31], [5, 96]]) for (const [min, max] of limits) for (const shift of [0, 1]) {
      const next = randomOf(seed + 1000 * shift), dims = [nx, 3, 4] as const, grid = { dims, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const };
      const near = [min, max, min - 1, max + 1, 0, -1, 32767, -32768];
      const data = new Int16Array(12 * nx + shift).subarray(shift).map(() => next() < 0.5 ? Math.floor(next() * 65536) - 32768 : near[Math.floor(next() * 8)]);
      const found = bitBoxOfDense(grid, data, min, max), inside: number[] = [], wanted = [...data.keys()].filter((i) => data[i] >= min && data[i] <= max);
      if (found) {
        const { words, wordsPerRow, size, first } = found.box;
        expect({ size, first }).toEqual({ size: [nx + 2, 5, 6], first: [-1, -1, -1] });
        for (let z = 0; z < 6; z++) for (let y = 0; y < 5; y++) for (let x = 0; x < 32 * wordsPerRow; x++) {
          if ((words[(z * 5 + y) * wordsPerRow + (x >> 5)] >>> (x & 31)) & 1) inside.push(x - 1 + nx * (y - 1 + 3 * (z - 1)));
        }
      }
      expect({ seed, min, max, shift, voxels: found?.voxels ?? 0, inside }).toEqual({ seed, min, max, shift, voxels: wanted.length, inside: wanted });
    }
  });

  it("are those of bytes too", () => {
    const next = randomOf(6), grid = { dims: [67, 3, 2] as const, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const }, data = Uint8Array.from({ length: 402 }, () => Math.floor(next() * 3));
    expect(bitBoxOfDense(grid, data, 2)?.voxels).toBe(data.filter((value) => value === 2).length);
    expect(bitBoxOfDense(grid, data, 7)).toBeNull();
  });
});

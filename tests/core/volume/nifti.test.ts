import { describe, expect, it } from "vitest";
import type { Grid } from "../../../core/space/grid.ts";
import { canonicalVolume, decodeNifti, encodeNifti, NiftiError } from "../../../core/volume/nifti.ts";
import { writtenNifti as written } from "../../support/niftiWriter.ts";

const grid: Grid = { dims: [3, 4, 5], spacing: [0.7, 0.9, 1.25], origin: [-11.5, 21.4, 30] };
const hu = Int16Array.from({ length: 60 }, (_, i) => 37 * i - 1000);
const codeOf = (make: () => unknown): string => {
  try { make(); } catch (error) { if (error instanceof NiftiError) return error.code; throw error; }
  return "none";
};

const plain = [[2, 0, 0, 1], [0, 3, 0, 2], [0, 0, 4, 3], [0, 0, 0, 1]];

describe("NIfTI", () => {
  it("comes back as it went in, decimals of spacing and origin included", () => {
    const back = canonicalVolume(decodeNifti(encodeNifti({ grid, data: hu })));
    expect(back).toEqual({ grid, hu, findings: [] });
    const labels = Uint8Array.from({ length: 60 }, (_, i) => i * 4);
    expect([...canonicalVolume(decodeNifti(encodeNifti({ grid, data: labels }))).hu]).toEqual([...labels]);
    expect(() => encodeNifti({ grid, data: hu.subarray(1) })).toThrow(RangeError);
  });

  it("SP2: in all 48 orientations every voxel stays at its place in the patient", () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let tried = 0;
    for (const order of orders) for (let flips = 0; flips < 8; flips++) {
      // File axis c runs along RAS axis order[c], backwards where its flip bit is set.
      const dims = order.map((axis) => grid.dims[axis]);
      const affine = [[0, 0, 0, grid.origin[0]], [0, 0, 0, grid.origin[1]], [0, 0, 0, grid.origin[2]], [0, 0, 0, 1]];
      order.forEach((axis, c) => {
        const isFlipped = (flips >> c) & 1;
        affine[axis][c] = isFlipped ? -grid.spacing[axis] : grid.spacing[axis];
        if (isFlipped) affine[axis][3] += grid.spacing[axis] * (dims[c] - 1);
      });
      const values: number[] = [];
      for (let k = 0; k < dims[2]; k++) for (let j = 0; j < dims[1]; j++) for (let i = 0; i < dims[0]; i++) {
        const p = [0, 0, 0];
        [i, j, k].forEach((n, c) => { p[order[c]] = (flips >> c) & 1 ? dims[c] - 1 - n : n; });
        values.push(hu[p[0] + 3 * p[1] + 12 * p[2]]);
      }
      for (const version of [1, 2] as const) {
        const back = canonicalVolume(decodeNifti(written({ dims, affine, values, type: 4, bytes: 2, version })));
        expect([...back.hu]).toEqual([...hu]);
        expect(back.grid.dims).toEqual(grid.dims);
        back.grid.origin.forEach((mm, i) => expect(mm).toBeCloseTo(grid.origin[i], 4));
        back.grid.spacing.forEach((mm, i) => expect(mm).toBeCloseTo(grid.spacing[i], 5));
      }
      tried++;
    }
    expect(tried).toBe(48);
  });

  it("reads every integer and real type, both byte orders and both versions", () => {
    const values = [0, 1, 2, 3, 100, 101, 7, 9];
    for (const [type, bytes] of [[2, 1], [4, 2], [8, 4], [16, 4], [64, 8], [256, 1], [512, 2], [768, 4], [1024, 8], [1280, 8]]) {
      for (const isLittle of [true, false]) for (const version of [1, 2] as const) {
        const back = canonicalVolume(decodeNifti(written({ dims: [2, 2, 2], affine: plain, values, type, bytes, isLittle, version })));
        expect({ type, isLittle, version, hu: [...back.hu] }).toEqual({ type, isLittle, version, hu: values });
      }
    }
  });

  it("reads a qform: half a turn about z is the scanner's LPS", () => {
    const affine = [[-2, 0, 0, 5], [0, -3, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]];
    const decoded = decodeNifti(written({ dims: [2, 2, 2], affine, values: [0, 1, 2, 3, 4, 5, 6, 7], type: 4, bytes: 2, quaternion: [0, 0, 1] }));
    expect(decoded.orientation).toBe("qform");
    const { grid: found, hu: turned } = canonicalVolume(decoded);
    expect(found).toEqual({ dims: [2, 2, 2], spacing: [2, 3, 4], origin: [3, 3, 7] });
    expect([...turned]).toEqual([3, 2, 1, 0, 7, 6, 5, 4]);
  });

  it("says how far values were rounded, clamped or missing", () => {
    const { hu: found, findings } = canonicalVolume(decodeNifti(written({ dims: [2, 2, 2], affine: plain, values: [0, 0.25, Number.NaN, 1e6, -1e6, 5, 6, 7], type: 16, bytes: 4 })));
    expect([...found]).toEqual([0, 0, -1024, 32767, -32768, 5, 6, 7]);
    expect(findings.map(({ code, value }) => [code, value])).toEqual([["quantised", 0.25], ["clamped", 2], ["padding", 1]]);
    expect([...canonicalVolume(decodeNifti(written({ dims: [2, 1, 1], affine: plain, values: [3, 4], type: 4, bytes: 2, slope: 2 }))).hu]).toEqual([6, 8]);
  });

  it("refuses what is cut off, oblique, without orientation, mirrored against itself, or no volume", () => {
    const good = encodeNifti({ grid, data: hu });
    const changed = (at: number, ...bytes: number[]) => { const copy = good.slice(); copy.set(bytes, at); return copy; };
    expect(codeOf(() => decodeNifti(good.subarray(0, good.length - 1)))).toBe("truncated");
    expect(codeOf(() => decodeNifti(good.subarray(0, 100)))).toBe("truncated");
    expect(codeOf(() => decodeNifti(new Uint8Array(2)))).toBe("not-a-volume");
    expect(codeOf(() => decodeNifti(new Uint8Array(4096).fill(65)))).toBe("not-a-volume");
    expect(codeOf(() => decodeNifti(changed(344, 0x6e, 0x69)))).toBe("not-a-volume");
    expect(codeOf(() => decodeNifti(changed(40, 4, 0, 3, 0, 4, 0, 5, 0, 2, 0)))).toBe("not-a-volume");
    expect(codeOf(() => decodeNifti(changed(42, 0xff, 0xff)))).toBe("not-a-volume");
    expect(codeOf(() => decodeNifti(changed(70, 128, 0)))).toBe("unsupported-datatype");
    expect(codeOf(() => decodeNifti(changed(252, 0, 0, 0, 0)))).toBe("no-orientation");
    expect(codeOf(() => decodeNifti(changed(283, 0xbf)))).toBe("orientation-conflict");
    const oblique = [[2, 0.4, 0, 0], [-0.4, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]];
    expect(codeOf(() => canonicalVolume(decodeNifti(written({ dims: [2, 2, 2], affine: oblique, values: [0, 1, 2, 3, 4, 5, 6, 7], type: 4, bytes: 2 }))))).toBe("oblique");
  });

  it("an askew volume is made straight when asked: values stay at their places in the patient", () => {
    // A value that grows evenly over the patient, sampled on a grid turned by 20° about z and sheared by 15° along it.
    const c = Math.cos(0.35), d = Math.sin(0.35), dims = [24, 20, 16], affine = [[c, -d, 0, -8], [d, c, 0.4, -12], [0, 0, 1.5, 5], [0, 0, 0, 1]];
    const value = (x: number, y: number, z: number) => 10 * x - 7 * y + 5 * z, values: number[] = [];
    for (let k = 0; k < 16; k++) for (let j = 0; j < 20; j++) for (let i = 0; i < 24; i++) values.push(Math.round(value(...[0, 1, 2].map((r) => affine[r][0] * i + affine[r][1] * j + affine[r][2] * k + affine[r][3]) as [number, number, number])));
    const made = canonicalVolume(decodeNifti(written({ dims, affine, values, type: 4, bytes: 2 })), { straighten: true });
    expect(made.findings.map(({ code }) => code)).toContain("resampled");
    let seen = 0;
    for (let z = 2, { dims: [nx, ny, nz], spacing: s, origin: o } = made.grid; z < nz - 2; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) {
      const found = made.hu[x + nx * (y + ny * z)], p = [o[0] + s[0] * x, o[1] + s[1] * y, o[2] + s[2] * z] as const;
      const k = (p[2] - 5) / 1.5, i = c * (p[0] + 8) + d * (p[1] + 12 - 0.4 * k), j = -d * (p[0] + 8) + c * (p[1] + 12 - 0.4 * k);
      if (i < 2 || i > 21 || j < 2 || j > 17) continue;
      seen++;
      expect(Math.abs(found - value(...p))).toBeLessThan(1.6);
    }
    expect(seen).toBeGreaterThan(1000);
  });
});

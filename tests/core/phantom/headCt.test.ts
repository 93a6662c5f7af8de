import { describe, expect, it } from "vitest";
import { partsOf } from "../../../core/phantom/brick.ts";
import { defect, faceShiftMm, headCt } from "../../../core/phantom/headCt.ts";
import { tissueAt } from "../../../core/phantom/tissue.ts";

describe("the synthetic head", () => {
  const { grid, hu } = headCt(7, [64, 64, 50]);
  const fine = headCt(7, [96, 96, 80]);
  const at = (x: number, y: number, z: number) => {
    const [i, j, k] = [x, y, z].map((mm, axis) => Math.round((mm - grid.origin[axis]) / grid.spacing[axis]));
    return hu[i + grid.dims[0] * (j + grid.dims[1] * k)];
  };
  const boneAlong = (sign: number) => {
    let bone = 0;
    for (let mm = 30; mm < 76; mm++) {
      const scale = mm / 60;
      if (at(sign * defect.centre[0] * scale * 1.06, defect.centre[1] * scale, 38 + (defect.centre[2] - 38) * scale) > 226) bone++;
    }
    return bone;
  };

  it("is the same for the same seed and another for another", () => {
    expect(headCt(7, [64, 64, 50]).hu).toEqual(hu);
    expect(headCt(8, [64, 64, 50]).hu).not.toEqual(hu);
  });

  it("has air around, brain inside, and bone in a plausible share", () => {
    expect(hu[0]).toBeLessThan(-900);
    expect(Math.abs(at(0, -20, 60) - 35)).toBeLessThan(90);
    const bone = hu.reduce((count, value) => count + (value >= 226 ? 1 : 0), 0) / hu.length;
    expect(bone).toBeGreaterThan(0.03);
    expect(bone).toBeLessThan(0.25);
  });

  it("lacks bone on the right, where the defect is, and has it on the left", () => {
    expect(boneAlong(1)).toBe(0);
    expect(boneAlong(-1)).toBeGreaterThan(0);
  });

  it("has what a head has: orbits, teeth above teeth, sinuses and airway with air, a canal in the spine", () => {
    const around = (x: number, y: number, z: number) => {
      const { hu, grid } = fine;
      let [low, high] = [Infinity, -Infinity];
      for (let n = 0; n < 27; n++) {
        const [i, j, k] = [x, y, z].map((mm, axis) => Math.round((mm - grid.origin[axis]) / grid.spacing[axis]) + ([n % 3, Math.floor(n / 3) % 3, Math.floor(n / 9)][axis] - 1));
        const value = hu[i + grid.dims[0] * (j + grid.dims[1] * k)];
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
      return { low, high };
    };
    for (const side of [1, -1]) {
      expect(around(side * 30 + faceShiftMm, 69, -2).high, "eyeball").toBeLessThan(226);
      expect(around(side * 46 + faceShiftMm, 62, 7).high, "rim of the orbit").toBeGreaterThan(600);
      expect(around(side * 20, 70, -52).high, "upper tooth").toBeGreaterThan(1200);
      expect(around(side * 23 + faceShiftMm, 53, -30).low, "maxillary sinus").toBeLessThan(-700);
    }
    expect(around(faceShiftMm, 14, -60).low, "airway").toBeLessThan(-700);
    expect(around(faceShiftMm, -30, -70).high, "canal").toBeLessThan(226);
    expect(around(0, 20, 60).high, "brain").toBeLessThan(150);
  });

  it("is no mirror image of itself, face and jaw included", () => {
    const { hu, grid } = fine, [nx, ny, nz] = grid.dims;
    let differing = 0;
    for (let k = 0; k < Math.floor(nz * 0.3); k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx / 2; i++) {
      const row = nx * (j + ny * k);
      if ((hu[row + i] >= 226) !== (hu[row + nx - 1 - i] >= 226)) differing++;
    }
    expect(differing).toBeGreaterThan(500);
  });

  it("the parts that are near a box and its shortcuts give what all parts give", () => {
    const { hu, grid } = fine, voxel = (grid.spacing[0] + grid.spacing[1] + grid.spacing[2]) / 3;
    const all = partsOf([-1000, 1000, -1000, 1000, -1000, 1000]);
    let seen = 0, worst = 0;
    for (let at = 11; at < hu.length; at += 37, seen++) {
      const [i, j, k] = [at % grid.dims[0], Math.floor(at / grid.dims[0]) % grid.dims[1], Math.floor(at / grid.dims[0] / grid.dims[1])];
      const value = tissueAt(grid.origin[0] + i * grid.spacing[0], grid.origin[1] + j * grid.spacing[1], grid.origin[2] + k * grid.spacing[2], voxel, 7, all);
      worst = Math.max(worst, Math.abs(value - hu[at]));
    }
    expect(seen).toBeGreaterThan(10_000);
    expect(worst, "noise alone is at most 62 HU").toBeLessThanOrEqual(63);
  });
});

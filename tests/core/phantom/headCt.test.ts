import { describe, expect, it } from "vitest";
import { defect, headCt } from "../../../core/phantom/headCt.ts";

describe("the synthetic head", () => {
  const { grid, hu } = headCt(7, [64, 64, 50]);
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
});

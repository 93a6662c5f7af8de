import { expect, it } from "vitest";
import { frameName, sliceName } from "../../../core/checks/sliceName.ts";

it("a slice is called by number and position along its stack, in RAS mm, and by what is there of both", () => {
  const axial = [1, 0, 0, 0, 1, 0], coronal = [1, 0, 0, 0, 0, -1], sagittal = [0, 1, 0, 0, 0, -1];
  expect(sliceName(31, [10, 20, 146.04], axial)).toBe("image 31 at z 146.0 mm");
  expect(sliceName(31, [10, 20, -0.04], axial)).toBe("image 31 at z 0.0 mm");
  // x and y turn from LPS to RAS.
  expect([sliceName(1, [10, 20, 5], coronal), sliceName(1, [10, 20, 5], sagittal)]).toEqual(["image 1 at y -20.0 mm", "image 1 at x -10.0 mm"]);
  expect([sliceName(null, [0, 0, 7.25], axial), sliceName(4, [NaN, NaN, NaN], axial), sliceName(4, null, axial), sliceName(null, null, axial), sliceName(2, [0, 0, 1], [])])
    .toEqual(["the image at z 7.3 mm", "image 4", "image 4", null, "image 2 at z 1.0 mm"]);
  expect([frameName(2, 11, [0, 0, 3], axial), frameName(null, 0, [0, 0, NaN], axial)]).toEqual(["image 2 frame 12 at z 3.0 mm", "frame 1"]);
});

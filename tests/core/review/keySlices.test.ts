import { describe, expect, it } from "vitest";
import { labelDifference } from "../../../core/review/difference.ts";
import { drawSlice, slicePlanes } from "../../../core/review/keySlices.ts";
import { rightOfMidlineMm, sideConflict } from "../../../core/review/side.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";

const grid: Grid = { dims: [40, 50, 30], spacing: [2, 2, 2], origin: [-40, -50, -30] };
const at = (i: number, j: number, k: number) => i + 40 * (j + 50 * k);
/** A tetrahedron of 16 mm round a point, RAS mm. */
const implantAt = (x: number, y: number, z: number) => ({ positions: Float32Array.from([x - 8, y - 8, z - 8, x + 8, y - 8, z - 8, x, y + 8, z - 8, x, y, z + 8]), triangles: Uint32Array.from([0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3]) });
const middleOf = ({ width, rgba }: ReturnType<typeof drawSlice>, isIt: (r: number, g: number, b: number) => boolean) => {
  let x = 0, y = 0, n = 0;
  for (let p = 0; p < rgba.length / 4; p++) if (isIt(rgba[4 * p], rgba[4 * p + 1], rgba[4 * p + 2])) { x += p % width; y += Math.floor(p / width); n++; }
  return { x: x / n, y: y / n, n };
};
const isAmber = (r: number, g: number, b: number) => r === 245 && g === 184 && b === 74, isBlue = (r: number, g: number, b: number) => r === 79 && g === 156 && b === 249;

describe("SP1 left is left: key slices of a version", () => {
  it("show the patient's right on the left of axial and coronal pictures, the front at the top or left, the head at the top", () => {
    const labels = new Uint8Array(40 * 50 * 30), hu = new Int16Array(labels.length).fill(40);
    // Bone far to the patient's right (RAS +x), in front (+y) and above (+z), the implant at the same place.
    for (let k = 20; k < 26; k++) for (let j = 38; j < 44; j++) for (let i = 30; i < 36; i++) labels[at(i, j, k)] = 1;
    const point = [-40 + 2 * 32.5, -50 + 2 * 40.5, -30 + 2 * 22.5] as const, implant = implantAt(...point);
    const seen = Object.fromEntries(slicePlanes.map(({ name, axis }) => [name, drawSlice({ grid, hu, labels, bone: 1, implant }, axis, point[axis])]));
    for (const is of [isAmber, isBlue]) {
      const [axial, coronal, sagittal] = [seen.axial, seen.coronal, seen.sagittal].map((picture) => ({ ...middleOf(picture, is), ...picture }));
      expect([axial.n > 20, coronal.n > 20, sagittal.n > 20]).toEqual([true, true, true]);
      expect([axial.x / axial.width < 0.4, axial.y / axial.height < 0.4]).toEqual([true, true]);
      expect([coronal.x / coronal.width < 0.4, coronal.y / coronal.height < 0.4]).toEqual([true, true]);
      expect([sagittal.x / sagittal.width < 0.4, sagittal.y / sagittal.height < 0.4]).toEqual([true, true]);
    }
    // Bone and implant lie over each other to a pixel's breadth, wherever the voxels' corners are.
    const bone = middleOf(seen.coronal, isAmber), plate = middleOf(seen.coronal, isBlue);
    expect(Math.abs(bone.x - plate.x)).toBeLessThan(0.75 * (640 / 80));
  });
});

describe("SP1 left is left: the prescription's side against the implant's place", () => {
  const at = (x: number, normal: number[] = [1, 0, 0], offsetMm = 2, areaMm2 = 1257) => ({ defect: { centreRas: [x, 10, 60], areaMm2 }, reference: { symmetry: { normal, offsetMm } } }) as unknown as Parameters<typeof sideConflict>[1];
  it("right is RAS +x of the plane of symmetry, whichever way its normal points", () => {
    for (const [normal, offset] of [[[1, 0, 0], 2], [[-1, 0, 0], -2]] as const) {
      expect(rightOfMidlineMm(at(42, [...normal], offset))).toBe(40);
      expect(sideConflict("right", at(42, [...normal], offset))).toBeNull();
      expect(sideConflict("left", at(42, [...normal], offset))).toMatch(/says left, and the implant lies 40 mm to the patient's right/);
      expect(sideConflict("right", at(-38, [...normal], offset))).toMatch(/says right, and the implant lies 40 mm to the patient's left/);
      expect(sideConflict("left", at(5, [...normal], offset))).toBeNull();
    }
  });

  it("RV6: what lies on one side and does not reach the midline is neither on both sides nor on the midline", () => {
    // An opening of 1257 mm² reaches 20 mm from its centre.
    for (const side of ["both", "midline"] as const) {
      expect([sideConflict(side, at(22)), sideConflict(side, at(-18)), sideConflict(side, at(42, [1, 0, 0], 2, 5027))]).toEqual([null, null, null]);
      expect(sideConflict(side, at(42))).toMatch(/says (both sides|midline), and the implant lies 40 mm to the patient's right/);
      expect(sideConflict(side, at(-38))).toMatch(/to the patient's left/);
    }
  });
});

describe("what changed between two labelmaps", () => {
  it("counts added and removed voxels of each value", () => {
    const before = new Uint8Array(40 * 50 * 30), after = before.slice();
    before.fill(1, 0, 100);
    after.fill(1, 20, 110);
    after.fill(3, 200, 207);
    expect(labelDifference(fromDense(grid, before), fromDense(grid, after))).toEqual([{ value: 1, added: 10, removed: 20 }, { value: 3, added: 7, removed: 0 }]);
  });
});

import { describe, expect, it } from "vitest";
import { finding, judgeMotion, judgeVoxels, type Region } from "../../../core/checks/ctQuality.ts";
import { findingPictures, removedPicture } from "../../../core/checks/findingPictures.ts";
import { motionOf } from "../../../core/checks/motion.ts";
import { volumeFacts } from "../../../core/checks/volumeFacts.ts";
import type { Picture } from "../../../core/surface/picture.ts";

const [nx, ny, nz] = [72, 80, 48], grid = { dims: [nx, ny, nz] as const, spacing: [1.5, 1.5, 2] as const, origin: [-54, -60, 10] as const };
/** A volume of values by position in mm from the grid's corner; air with a little noise where there is nothing. */
function scene(draw: (x: number, y: number, z: number) => number | null): Int16Array {
  const hu = new Int16Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) hu[at] = draw(1.5 * i, 1.5 * j, 2 * k) ?? -1000 + at % 5;
  return hu;
}
/** A skull with brain in it, its edges soft over a voxel; what lies from plane `from` up is moved by (dx, dy) mm. */
const head = (from = nz, dx = 0, dy = 0) => (x: number, y: number, z: number) => {
  const isMoved = z >= 2 * from, r = Math.sqrt(((x - 54 - (isMoved ? dx : 0)) / 1) ** 2 + ((y - 60 - (isMoved ? dy : 0)) / 1.1) ** 2 + ((z - 40) / 1.1) ** 2), edge = (at: number) => Math.max(0, Math.min(1, (at - r) / 1.5 + 0.5));
  return Math.round(-1000 + 1900 * edge(40) - 860 * edge(34));
};
const codes = (hu: Int16Array, region: Region = "cranial") => judgeVoxels(volumeFacts(grid, hu), region).map(({ code, severity }) => `${code} ${severity}`);
const share = ({ width, height, rgba }: Picture, is: (r: number, g: number, b: number) => boolean) => { let n = 0; for (let at = 0; at < rgba.length; at += 4) if (is(rgba[at], rgba[at + 1], rgba[at + 2])) n++; return n / width / height; };
const isAmber = (r: number, g: number, b: number) => r > 200 && g > 150 && b < 120, isRed = (r: number, g: number, b: number) => r > 200 && g < 120 && b < 120;

describe("CK2: a patient who moved between slices", () => {
  it("is found by how far and where, sideways and forward; the limits are 0.5 and 1 mm", () => {
    const rows: [number, number, string][] = [[0, 0, "pass"], [0.3, 0, "pass"], [0.8, 0, "attention"], [0, -0.8, "attention"], [1.5, 0, "blocked"], [-0.4, 3, "blocked"]];
    for (const [dx, dy, severity] of rows) {
      const motion = motionOf(grid, scene(head(22, dx, dy))), most = Math.max(Math.abs(dx), Math.abs(dy));
      expect([dx, dy, judgeMotion(motion).severity]).toEqual([dx, dy, severity]);
      expect(Math.abs(motion.stepMm - most)).toBeLessThan(0.15);
      if (most > 0.2) expect(motion.plane).toBe(21);
      expect(motion.judgedShare).toBeGreaterThan(0.6);
    }
  });

  it("is not judged where there is too little bone, or where slices lie otherwise: a person looks", () => {
    for (const motion of [motionOf(grid, scene(() => null)), null]) expect(judgeMotion(motion)).toMatchObject({ severity: "attention", value: null });
  });

  it("has a picture with marks at the step", () => {
    const hu = scene(head(22, 2)), motion = motionOf(grid, hu), [{ shows, picture }] = findingPictures([judgeMotion(motion)], { grid, hu, facts: volumeFacts(grid, hu), motion, plan: null, rowsMm: 1, rows: 1 });
    expect(shows).toContain("z 52.0 mm");
    expect(share(picture, isAmber)).toBeGreaterThan(0);
  });
});

describe("CK3: streaks from metal", () => {
  const metal = (contrast: number) => (x: number, y: number, z: number) => {
    const dx = x - 60, dy = y - 66, inside = head()(x, y, z), r = Math.sqrt(dx * dx + dy * dy);
    if (r < 4 && Math.abs(z - 40) < 8) return 3000;
    return inside > -100 && inside < 200 && Math.abs(z - 40) < 8 ? Math.round(inside + contrast * (Math.round(Math.atan2(dy, dx) * 30 / Math.PI) % 2 === 0 ? 1 : -1)) : inside;
  };
  it("are measured in soft tissue: none without metal, few where it casts none, attention above 25 HU", () => {
    expect(codes(scene(head())).filter((code) => code.startsWith("streaks"))).toEqual([]);
    expect(codes(scene(metal(0)))).toContain("streaks pass");
    expect(codes(scene(metal(60)))).toContain("streaks attention");
    const hu = scene(metal(60)), facts = volumeFacts(grid, hu), [{ picture }] = findingPictures([finding("streaks", "attention", "")], { grid, hu, facts, plan: null, rowsMm: 1, rows: 1 });
    expect(share(picture, isRed)).toBeGreaterThan(0.001);
  });
});

describe("CK4: what has to lie in the field of view, by region", () => {
  /** A bone from plane `low` to plane `high`: thick and in the middle, or where a jaw is, in front of the spine. */
  const shaft = (low: number, high: number) => (x: number, y: number, z: number) => z >= 2 * low && z <= 2 * high && Math.abs(x - 54) < 8 && Math.abs(y - 60) < 8 ? 900 : null;
  const jawAndSpine = (jawFrom: number) => (x: number, y: number, z: number) => z >= 2 * jawFrom && z < 60 && Math.abs(x - 54) < 12 && Math.abs(y - 95) < 6 || Math.abs(x - 54) < 8 && Math.abs(y - 25) < 8 || Math.abs(z - 70) < 6 && Math.abs(x - 54) < 8 && y > 20 && y < 100 ? 900
    : z >= 60 && z < 76 && Math.abs(x - 54) < 8 && Math.abs(y - 95) < 6 ? 900 : null;
  const coverage = (hu: Int16Array, region: Region) => judgeVoxels(volumeFacts(grid, hu), region).find(({ code }) => code === "CT9");

  it("long bone, pelvis and others: bone that is cut at an end is told with its area and which end", () => {
    for (const region of ["longBone", "pelvis", "other"] as const) {
      expect(coverage(scene(shaft(4, 40)), region)).toMatchObject({ severity: "pass", value: 0, limit: 50, unit: "mm2" });
      expect(coverage(scene(shaft(0, 40)), region)).toMatchObject({ severity: "attention", message: expect.stringMatching(/at the bottom \(\d+ mm²\):/) as string });
      expect(coverage(scene(shaft(0, 47)), region)?.message).toMatch(/at the top .* and at the bottom/);
    }
  });

  it("face and teeth: the jaw is whole where it ends above the lowest slice, a spine there does not count; a cut jaw blocks dental cases", () => {
    for (const [from, region, severity] of [[4, "face", "pass"], [4, "dental", "pass"], [0, "face", "attention"], [0, "dental", "blocked"]] as const) expect([from, region, coverage(scene(jawAndSpine(from)), region)?.severity]).toEqual([from, region, severity]);
    const hu = scene(jawAndSpine(0)), found = coverage(hu, "dental");
    if (!found) throw new Error("not judged");
    const [{ shows, picture }] = findingPictures([found], { grid, hu, facts: volumeFacts(grid, hu), plan: null, rowsMm: 1, rows: 1 });
    expect([shows.includes("lowest plane, at z 10.0 mm"), share(picture, isRed) > 0.02]).toEqual([true, true]);
  });
});

it("text that is burned in is framed where it stands; where none is recognised the picture says so", () => {
  const letters = (plane: number) => scene((x, y, z) => z === 2 * plane && y > 100 && y < 112 && x > 20 && x < 80 && Math.floor(x / 6) % 2 === 0 && (x % 6 < 2 || y > 109) ? 1000 : null);
  const draw = (hu: Int16Array) => findingPictures([finding("burned-in", "attention", "")], { grid, hu, facts: volumeFacts(grid, hu), plan: null, rowsMm: 1, rows: 1 })[0];
  const written = draw(letters(47)), bare = draw(scene(() => null));
  expect([written.shows, bare.shows]).toEqual([expect.stringContaining("What looks like text in slice 48 from its first end"), expect.stringContaining("No text was recognised")]);
  expect([share(written.picture, isAmber) > 0.002, share(bare.picture, isAmber)]).toEqual([true, 0]);
});

it("what was taken out of a volume is red in the plane that lost most", () => {
  const before = scene((x, y, z) => y < 8 && z === 20 ? 200 : head()(x, y, z)), after = before.map((value, at) => Math.floor(at / nx) % ny < 6 ? -1024 : value), { shows, picture } = removedPicture(grid, before, after);
  expect(shows).toContain("z 30.0 mm");
  expect(share(picture, isRed)).toBeCloseTo(6 / ny, 1);
});

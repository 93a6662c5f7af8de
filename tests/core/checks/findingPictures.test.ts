import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, it } from "vitest";
import { finding } from "../../../core/checks/ctQuality.ts";
import { findingPictures } from "../../../core/checks/findingPictures.ts";
import { planSeries } from "../../../core/checks/series.ts";
import { volumeFacts } from "../../../core/checks/volumeFacts.ts";
import type { Picture } from "../../../core/surface/picture.ts";
import { encodePng } from "../../../core/surface/format/png.ts";

const [nx, ny, nz] = [40, 30, 12], grid = { dims: [nx, ny, nz] as const, spacing: [2, 2, 3] as const, origin: [-40, -30, 100] as const };
/** Air, and metal in the patient's right front of one plane only. */
const hu = new Int16Array(nx * ny * nz).fill(-1000);
for (let y = 24; y < 27; y++) for (let x = 33; x < 37; x++) hu[x + nx * (y + ny * 7)] = 3000;
for (let x = 0; x < nx; x++) hu[x + nx * ny * 2] = 700;

const facts = volumeFacts(grid, hu);

const sum = ({ width, height, rgba }: Picture, is: (r: number, g: number, b: number) => boolean) => {
  let [count, right, low] = [0, 0, 0];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = 4 * (x + y * width);
    if (!is(rgba[at], rgba[at + 1], rgba[at + 2])) continue;
    count++;
    right += x;
    low += y;
  }
  return { count, x: right / count / width, y: low / count / height };
};
const isRed = (r: number, g: number, b: number) => r > 200 && g < 120 && b < 120, isAmber = (r: number, g: number, b: number) => r > 200 && g > 150 && b < 120;
const seriesOf = (heights: number[], tilt = 0) => {
  const made = planSeries(heights.map((z) => ({ columns: 8, rows: 8, position: [0, 0, z] as const, orientation: [1, 0, 0, 0, Math.cos(tilt), Math.sin(tilt)], pixelSpacing: [1, 1] as const })), { useRegularPart: false, maxVoxels: 1e7 });
  if (!made.ok) throw new Error(made.refusal.message);
  return made.plan;
};
const draw = (code: string, severity: "pass" | "attention" | "blocked", plan = null as ReturnType<typeof seriesOf> | null) => findingPictures([finding(code, severity, "", { value: code === "CT9" ? facts.boneAtTopMm2 : null })], { grid, hu, facts, plan, rowsMm: 1, rows: 8 });

it("metal is marked in the plane that has it, the patient's right on the left and the front on top", () => {
  const [{ picture, shows }] = draw("metal", "attention"), red = sum(picture, isRed);
  expect(shows).toContain("z 121.0 mm");
  expect(red.x).toBeCloseTo(1 - 35 / nx, 1);
  expect(red.y).toBeCloseTo(1 - 25.5 / ny, 1);
  expect(red.count / picture.width / picture.height).toBeCloseTo(12 / nx / ny, 2);
});

it("anatomy that the field of view cuts is marked at its edge, bone in the topmost plane there", () => {
  const [{ picture, shows }] = draw("fov", "blocked"), red = sum(picture, isRed);
  expect(shows).toContain("z 106.0 mm");
  expect(red.y).toBeGreaterThan(0.9);
  const [top] = draw("CT9", "blocked");
  expect(top.shows).toContain("z 133.0 mm");
  expect(sum(top.picture, isRed).count).toBe(0);
});

it("each gap is a bar: uneven ones amber, those where slices may be missing red", () => {
  const plan = seriesOf([0, 1, 2, 3, 4, 5, 7, 8, 9, 9.5]), [{ picture }] = draw("missing-slices", "blocked", plan), red = sum(picture, isRed), amber = sum(picture, isAmber);
  // Gap 6 of 9 is twice as high as the others, the last half as high.
  expect([red.x, amber.x].map((x) => Math.floor((x * 360 - 10) / (340 / 9)))).toEqual([5, 8]);
  expect(red.count / amber.count).toBeCloseTo(4, 0);
  expect(draw("spacing", "pass", seriesOf([0, 1, 2]))).toHaveLength(1);
  expect(draw("spacing", "pass")).toHaveLength(0);
});

it("the tilt is seen from the side; peaks of HU as a histogram; what needs no picture has none; the same bytes each time (JB5)", () => {
  expect([draw("CT6", "pass", seriesOf([0, 1, 2])), draw("CT1", "blocked"), draw("laterality", "attention"), draw("metal", "pass")].flat()).toEqual([]);
  const both = findingPictures([finding("CT6", "attention", ""), finding("hu-peaks", "pass", "")], { grid, hu, facts, plan: seriesOf([0, 1, 2, 3], 0.25), rowsMm: 1, rows: 8 });
  expect(both.map(({ code }) => code)).toEqual(["CT6", "hu-peaks"]);
  expect(bytesToHex(sha256(encodePng(both[0].picture, true)))).toBe("c0485cd782990ccbc8adafd85c8100898b7edab22394ae1abdd3ab1d9a990fc3");
  expect(bytesToHex(sha256(encodePng(both[1].picture, true)))).toBe("42b182599ad8c7bcc1c1f4372f1ce4a29ab0db21d84140f635b267e67b13df6e");
});

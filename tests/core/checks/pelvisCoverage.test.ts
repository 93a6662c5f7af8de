import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { judgePelvis, pelvisProfile } from "../../../core/checks/pelvisCoverage.ts";
import { findingPictures } from "../../../core/checks/findingPictures.ts";
import { volumeFacts } from "../../../core/checks/volumeFacts.ts";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";

const [nx, ny, nz] = [100, 30, 60], grid = { dims: [nx, ny, nz] as const, spacing: [3, 3, 4] as const, origin: [0, 0, 0] as const };
interface Made { crestRight?: number; crestLeft?: number; ischia?: number; ribs?: boolean; thighsMm?: number }
/** A spine from plane 20 up, wings beside it up to their crests, ischia from their plane up, thighs from the bottom, ribs at the top. */
const pelvis = ({ crestRight = 45, crestLeft = 44, ischia = 5, ribs = true, thighsMm = 105 }: Made) => Int16Array.from({ length: nx * ny * nz }, (_, at) => {
  const x = 3 * (at % nx - 50), y = Math.floor(at / nx) % ny, z = Math.floor(at / nx / ny), side = Math.abs(x), crest = x > 0 ? crestRight : crestLeft;
  if (y < 8 || y > 20) return 40;
  const isBone = side <= 20 && z >= 20 || side >= 60 && side <= 110 && z >= 15 && z <= crest && y < 12 || side >= 30 && side <= 48 && z >= ischia && z < 20 || side >= thighsMm - 12 && side <= thighsMm + 12 && z < 15 || ribs && side >= 80 && side <= 100 && z >= 52 && y < 10;
  return isBone ? 700 : 40;
});
const judged = (made: Made) => judgePelvis(pelvisProfile(grid, pelvis(made)));

it("CK6: crests and ischia that end within the scan pass, with ribs above and thighs below; each that does not is told with its side and what was measured", () => {
  expect(judged({})).toMatchObject({ code: "pelvis-coverage", severity: "pass", value: 0, limit: 50, unit: "mm2", message: expect.stringContaining("5 planes at the bottom") });
  expect(judged({ crestRight: 59 })).toMatchObject({ severity: "attention", message: expect.stringMatching(/judgement: the crest on the patient's right does not end below the top \(at least \d+ mm²/) });
  expect(judged({ crestLeft: 59, ribs: false }).message).toMatch(/^[^;]*patient's left does not end/);
  // Flank and ribs without a plane between them: nobody can tell the crest from a rib.
  expect(judged({ crestRight: 51 }).severity).toBe("attention");
  expect(judged({ ischia: 0 })).toMatchObject({ severity: "attention", message: expect.stringMatching(/bone reaches the lowest plane between the thighs \(\d+ mm²\)/) });
  expect(judged({ crestRight: 10 }).message).toMatch(/bone beside the spine ends 120 mm lower on the patient's right/);
  // Thighs that lie close together hide where the ischia end.
  expect(judged({ thighsMm: 60 }).severity).toBe("attention");
  // A picture from the front: the higher wing on the patient's right, which is the left of the picture.
  const hu = pelvis({ crestRight: 59, ribs: false }), found = judgePelvis(pelvisProfile(grid, hu)), [{ picture }] = findingPictures([found], { grid, hu, facts: volumeFacts(grid, hu), plan: null, rowsMm: 1, rows: 1 });
  const isWhite = (x: number, y: number) => picture.rgba[4 * (Math.round(x * picture.width) + picture.width * Math.round(y * picture.height))] > 120;
  expect([isWhite(0.22, 0.05), isWhite(0.78, 0.05), isWhite(0.78, 0.4), isWhite(0.5, 0.9)]).toEqual([true, false, true, false]);
  const nothing = judgePelvis(pelvisProfile(grid, new Int16Array(nx * ny * nz)));
  expect([nothing.severity, nothing.message.match(/no iliac wing/g)?.length]).toEqual(["attention", 2]);
});

const folder = resolve("../shared/data/hip_pelvis_ct");
if (!existsSync(folder)) console.log(`not run: ${folder} is not there`);
it.runIf(existsSync(folder))("CK6: on the real trunk CT as its masks have it: crests end at plane 60 and ischia are cut off at the bottom; cut through a wing, the crest is told too", () => {
  const read = (name: string) => canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(readFileSync(join(folder, name)))))), { grid: own, hu } = read("ct.nii.gz"), [mx, my] = own.dims;
  const planesOf = (name: string) => { const { hu: labels } = read(`masks/${name}.nii.gz`); return [labels.findIndex((v) => v > 0), labels.findLastIndex((v) => v > 0)].map((at) => Math.floor(at / mx / my)); };
  expect(["hip_left", "hip_right"].map(planesOf)).toEqual([[0, 60], [0, 60]]);
  const part = (to: number) => judgePelvis(pelvisProfile({ ...own, dims: [mx, my, to] }, hu.slice(0, to * mx * my))).message;
  expect(part(112)).toMatch(/judgement: bone reaches the lowest plane/);
  for (const to of [60, 50, 40]) expect(part(to)).toMatch(/crest on the patient's right does not end.*crest on the patient's left does not end.*lowest plane/);
});

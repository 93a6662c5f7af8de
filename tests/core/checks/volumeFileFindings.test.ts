import { describe, expect, it } from "vitest";
import type { Region } from "../../../core/checks/ctQuality.ts";
import { judgeVolumeFile, planesOfFile } from "../../../core/checks/volumeFileFindings.ts";
import { atan2, cos, sin } from "../../../core/space/math.ts";

const degrees = (tangent: number) => atan2(tangent, 1) * 180 / Math.PI;
/** An affine of steps along the file's axes, each with its RAS axis. */
const affineOf = (steps: readonly (readonly [axis: number, mm: number])[]) => [0, 1, 2, 3].map((row) => [...steps.map(([axis, mm]) => row === axis ? mm : 0), row === 3 ? 1 : -50]);
const axial = (pixel: number, planes: number) => affineOf([[0, -pixel], [1, -pixel], [2, planes]]);
const of = (affine: number[][], region: Region = "cranial", isResampled = false) => Object.fromEntries(judgeVolumeFile(affine, region, isResampled, degrees).map(({ code, severity }) => [code, severity]));

describe("the quality table for a file that tells a grid alone", () => {
  it("a thick and coarse one blocks by the same limits as a series; each check is there, and an unknown kernel blocks (CT8)", () => {
    expect(of(axial(1.7, 5))).toEqual({ CT1: "blocked", CT4: "attention", CT5: "attention", CT6: "attention", CT7: "blocked", CT8: "blocked", CT10: "attention", CT11: "attention", CT12: "attention", laterality: "attention" });
    expect(of(axial(1.7, 7)).CT1).toBe("blocked");
    // What is only taken for the thickness is never a pass.
    expect(of(axial(0.45, 0.6))).toMatchObject({ CT1: "attention", CT7: "pass" });
    const rows: [Region, number, string, string][] = [["cranial", 1.25, "CT1", "attention"], ["cranial", 1.3, "CT1", "blocked"], ["face", 1.1, "CT2", "blocked"], ["dental", 0.6, "CT2", "attention"], ["pelvis", 2, "CT3", "attention"], ["longBone", 2.1, "CT3", "blocked"], ["other", 1, "CT3", "attention"], ["other", 2.1, "CT3", "blocked"]];
    for (const [region, mm, code, severity] of rows) expect([region, mm, of(axial(0.45, mm), region)[code]]).toEqual([region, mm, severity]);
    const [thickness] = judgeVolumeFile(axial(0.45, 5), "cranial", false, degrees);
    expect(thickness).toMatchObject({ value: 5, limit: 1.25, unit: "mm" });
    expect(thickness.message).toContain("the planes lie 5 mm apart, which is taken for it");
  });

  it("planes are found whichever axis counts them, and a tilt by the file's own affine", () => {
    for (const order of [[0, 1, 2], [2, 0, 1], [1, 2, 0]]) {
      const steps = ([[0, 0.5], [1, -0.5], [2, 3]] as const), { planesMm, pixelMm } = planesOfFile(affineOf(order.map((i) => steps[i])));
      expect([planesMm, pixelMm]).toEqual([3, 0.5]);
    }
    expect(planesOfFile(affineOf([[0, 1], [1, 1], [2, 1]]))).toEqual({ planesMm: 1, pixelMm: 1, tiltTangent: 0 });
    const tilted = axial(0.5, 2), rad = 13.5 * Math.PI / 180;
    tilted[1][2] = 2 * sin(rad);
    tilted[2][2] = 2 * cos(rad);
    expect(planesOfFile(tilted).planesMm).toBeCloseTo(2 * cos(rad), 9);
    expect([of(tilted).CT6, of(tilted, "cranial", true).CT6]).toEqual(["blocked", "attention"]);
    expect(judgeVolumeFile(tilted, "cranial", true, degrees).find(({ code }) => code === "CT6")?.value).toBeCloseTo(13.5, 2);
    // A stack turned as a whole is not tilted.
    const turned = axial(0.5, 2).map((row) => [...row]);
    [turned[1][1], turned[2][1], turned[1][2], turned[2][2]] = [-0.5 * cos(rad), -0.5 * sin(rad), -2 * sin(rad), 2 * cos(rad)];
    expect(planesOfFile(turned).tiltTangent).toBeLessThan(1e-9);
  });
});

it("CT11: the age of a volume file is what a person says of it, by the table's limits; unsaid it is not known", () => {
  const affine = [[0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 1, 0]], of = (age: Parameters<typeof judgeVolumeFile>[4]) => judgeVolumeFile(affine, "cranial", false, () => 0, age).find(({ code }) => code === "CT11");
  expect(of(null)).toMatchObject({ severity: "attention", value: null, message: expect.stringContaining("its age is not known") });
  for (const [days, severity] of [[92, "pass"], [93, "attention"], [184, "attention"], [185, "blocked"], [-1, "blocked"]] as const) expect([days, of({ days, isChild: false })?.severity]).toEqual([days, severity]);
  expect(of({ days: 92, isChild: false })?.message).toBe("The scan is 92 days old, as the person who imported it says.");
  expect(of({ days: 92, isChild: true })?.severity).toBe("blocked");
});

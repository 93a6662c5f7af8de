import { describe, expect, it } from "vitest";
import { judgeScan, judgeVoxels, type ScanFacts } from "../../../core/checks/ctQuality.ts";
import { isConeBeam, kernelKind } from "../../../core/checks/ctKernels.ts";
import { volumeFacts } from "../../../core/checks/volumeFacts.ts";
import { atan2 } from "../../../core/space/math.ts";

const degrees = (tangent: number) => atan2(tangent, 1) * 180 / Math.PI;
const good: ScanFacts = {
  region: "cranial", modality: "CT", manufacturer: "SIEMENS", model: "Force", kernel: "Br40d", thicknessesMm: [0.6], pixelMm: 0.45, plan: null, labelOf: String,
  ageDays: 20, isChild: false, pitch: 0.8, lossy: null, patientPositions: ["HFS"], patients: 1,
};
const severity = (code: string, more: Partial<ScanFacts>) => judgeScan({ ...good, ...more }, degrees).find((f) => f.code === code)?.severity;

describe("CT quality (DOMAIN §3)", () => {
  it("CT1 to CT3: thickness by region, at the limits", () => {
    const rows: [ScanFacts["region"], string, number, string][] = [
      ["cranial", "CT1", 1, "pass"], ["cranial", "CT1", 1.01, "attention"], ["cranial", "CT1", 1.25, "attention"], ["cranial", "CT1", 1.26, "blocked"],
      ["face", "CT2", 0.65, "pass"], ["dental", "CT2", 1, "attention"], ["dental", "CT2", 1.1, "blocked"], ["longBone", "CT3", 2, "attention"], ["pelvis", "CT3", 2.1, "blocked"],
    ];
    for (const [region, code, mm, wanted] of rows) expect([region, mm, severity(code, { region, thicknessesMm: [mm] })]).toEqual([region, mm, wanted]);
    expect(severity("CT1", { thicknessesMm: [] })).toBe("attention");
    // A region that the table does not name passes in silence no longer: its loosest row, with attention at least.
    expect([0.5, 2, 2.1].map((mm) => severity("CT3", { region: "other", thicknessesMm: [mm] }))).toEqual(["attention", "attention", "blocked"]);
    expect(severity("CT5", { thicknessesMm: [1, 2] })).toBe("blocked");
  });

  it("CT7, CT8, CT10, CT11, CT12, lossy, patients, laterality", () => {
    expect([0.5, 0.6, 0.7, 0.71].map((pixelMm) => severity("CT7", { pixelMm }))).toEqual(["pass", "attention", "attention", "blocked"]);
    expect(["Br40d", "H60s", "", "???"].map((kernel) => severity("CT8", { kernel }))).toEqual(["pass", "attention", "blocked", "blocked"]);
    expect([0.9, 1.2, 1.6, null].map((pitch) => severity("CT10", { pitch }))).toEqual(["pass", "attention", "blocked", "attention"]);
    expect([30, 120, 200, -1, null].map((ageDays) => severity("CT11", { ageDays }))).toEqual(["pass", "attention", "blocked", "blocked", "attention"]);
    expect(severity("CT11", { ageDays: 70, isChild: true })).toBe("blocked");
    expect(severity("CT12", { manufacturer: "Planmeca", model: "ProMax" })).toBe("attention");
    expect(severity("lossy", { lossy: "JPEG 2000" })).toBe("attention");
    expect(severity("patient-mix-up", { patients: 2 })).toBe("blocked");
    expect([["HFS"], ["HFS", "FFS"], []].map((patientPositions) => severity("laterality", { patientPositions }))).toEqual(["pass", "blocked", "attention"]);
  });

  it("kernels by maker, cone-beam scanners by name", () => {
    expect([["GE MEDICAL SYSTEMS", "BONEPLUS"], ["GE MEDICAL SYSTEMS", "STANDARD"], ["Philips", "YB"], ["Philips", "B"], ["TOSHIBA", "FC30"], ["TOSHIBA", "FC08"], ["SIEMENS", "59 .10.AH40"]].map(([maker, name]) => kernelKind(maker, name)))
      .toEqual(["sharp", "standard", "sharp", "standard", "sharp", "standard", "standard"]);
    expect([isConeBeam("Imaging Sciences", "17-19"), isConeBeam("SIEMENS", "Somatom")]).toEqual([true, false]);
  });

  it("voxels: anatomy at the edge blocks, a table there does not; metal, noise, peaks and the vault's top", () => {
    const grid = { dims: [40, 40, 40] as const, spacing: [1, 1, 1] as const, origin: [0, 0, 0] as const };
    const scene = (draw: (x: number, y: number, z: number) => number | null) => {
      const hu = new Int16Array(64_000);
      for (let at = 0; at < hu.length; at++) hu[at] = draw(at % 40, Math.floor(at / 40) % 40, Math.floor(at / 1600)) ?? -1000 + at % 3;
      return judgeVoxels(volumeFacts(grid, hu), "cranial").map(({ code, severity: s }) => `${code} ${s}`);
    };
    const inside = (x: number, y: number, z: number, r: number, cx = 20) => (x - cx) ** 2 + (y - 22) ** 2 + (z - 18) ** 2 < r * r;
    const head = (cx = 20) => (x: number, y: number, z: number) => inside(x, y, z, 10, cx) ? 40 : inside(x, y, z, 14, cx) ? 900 : null;
    const fine = scene(head());
    expect(fine).toEqual(["fov pass", "CT9 pass", "metal pass", "noise pass", "hu-peaks pass"]);
    expect(scene((x, y, z) => y < 2 ? 700 : head()(x, y, z))).toContain("fov attention");
    expect(scene(head(10))).toContain("fov blocked");
    expect(scene((x, y, z) => z > 30 && x > 15 && x < 25 && y > 15 && y < 25 ? 900 : head()(x, y, z))).toContain("CT9 blocked");
    expect(scene((x, y, z) => inside(x, y, z, 3) ? 3000 : head()(x, y, z))).toContain("metal attention");
    expect(scene((x, y, z) => (head()(x, y, z) ?? -1000) + 1024)).toContain("hu-peaks attention");
    expect(scene((x, y, z) => (head()(x, y, z) ?? -1000) + 2000)).toContain("hu-peaks blocked");
  });
});

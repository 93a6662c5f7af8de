import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finding, judgeVoxels, type Finding, type Severity } from "../../../core/checks/ctQuality.ts";
import { findingsOfDerived } from "../../../core/checks/derivedFindings.ts";
import { volumeFacts } from "../../../core/checks/volumeFacts.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { derivation, type Derivation } from "../../../core/volume/derivation.ts";
import { crop, derive } from "../../../core/volume/derive.ts";
import type { HuVolume } from "../../../core/volume/filters.ts";

const severities: readonly Severity[] = ["pass", "attention", "blocked"], rank = (severity: Severity | undefined) => severity ? severities.indexOf(severity) : -1;
const ops = derivation.options.map(({ shape }) => shape.op.value);
const of = (findings: readonly Finding[], code: string) => findings.find((one) => one.code === code);
const judge = ({ grid, hu }: HuVolume) => judgeVoxels(volumeFacts(grid, hu), "cranial");

/** A head whose vault the scan cut off, in a field of view that cuts off one side of it, with a piece of metal in it. */
const whole = headCt(9, [64, 70, 56]), cut = crop({ grid: whole.grid, hu: whole.hu as Int16Array<ArrayBuffer> }, [13, 0, 4], [63, 69, 40]);
const [nx, ny] = cut.grid.dims;
for (let z = 18; z < 20; z++) for (let y = 34; y < 36; y++) for (let x = 26; x < 28; x++) cut.hu[x + nx * (y + ny * z)] = 3000;
const scan = { orientation: [1, 0, 0, 0, 1, 0], tiltDeg: 0, positions: Array.from({ length: cut.grid.dims[2] }, (_, k) => [0, 0, cut.grid.origin[2] + k * cut.grid.spacing[2]]), run: { slices: cut.grid.dims[2] - 2, fromMm: cut.grid.origin[2] } };
const all: Record<Derivation["op"], Derivation> = {
  regularPart: { op: "regularPart" }, crop: { op: "crop", low: [12, 8, 2], high: [44, 60, 30] }, isotropic: { op: "isotropic", spacingMm: 4 }, median: { op: "median" }, gaussian: { op: "gaussian", sigmaMm: 4 },
  anisotropic: { op: "anisotropic", edgeHu: 300, steps: 8 }, removeTable: { op: "removeTable" }, deface: { op: "deface" }, reorient: { op: "reorient", plane: { by: "angles", yawDeg: 8, rollDeg: -5, pitchDeg: 6, asideMm: 2 } },
};

describe("CK7: no derivation makes a finding milder", () => {
  it("of a scan that cuts off the head: after each operation, and after each second one", () => {
    const before = judge(cut);
    expect([of(before, "fov")?.severity, of(before, "CT9")?.severity, of(before, "metal")?.severity]).toEqual(["blocked", "blocked", "attention"]);
    expect(Object.keys(all).sort()).toEqual([...ops].sort());
    let wouldHide = 0;
    for (const how of Object.values(all)) {
      let made: HuVolume;
      try { made = derive(cut, how, scan); } catch (error) { expect(how.op, String(error)).toBe("deface"); made = cut; }
      const anew = judge(made), found = findingsOfDerived(before, anew, how.op);
      for (const one of [...before, ...anew]) expect([how.op, one.code, rank(of(found, one.code)?.severity) >= rank(one.severity)]).toEqual([how.op, one.code, true]);
      wouldHide += before.filter(({ code, severity }) => rank(of(anew, code)?.severity) < rank(severity)).length;
      const again = findingsOfDerived(found, judge(derive(made, all.gaussian, null)), "gaussian");
      for (const one of found) expect([how.op, one.code, rank(of(again, one.code)?.severity) >= rank(one.severity)]).toEqual([how.op, one.code, true]);
      for (const { message } of again) expect(message.split("making it mends nothing").length).toBeLessThanOrEqual(2);
    }
    // The new voxels alone would have told less: the rule is what keeps it.
    expect(wouldHide).toBeGreaterThan(3);
    const turned = findingsOfDerived(before, judge(derive(cut, all.reorient, null)), "reorient");
    expect(turned.filter(({ severity }) => severity === "blocked").map(({ code }) => code)).toEqual(expect.arrayContaining(["fov", "CT9"]));
    expect(of(turned, "CT9")?.message).toContain("making it mends nothing of it");
  });

  it("a crop through bone finds the new cut, and of two equal ones the greater is told", () => {
    const sound = [finding("fov", "pass", "", { value: 0 }), finding("CT9", "pass", "", { value: 0 })], made = derive({ grid: whole.grid, hu: whole.hu as Int16Array<ArrayBuffer> }, { op: "crop", low: [13, 4, 10], high: [60, 66, 30] }, null);
    expect(findingsOfDerived(sound, judge(made), "crop").filter(({ severity }) => severity === "blocked").map(({ code }) => code)).toEqual(["fov", "CT9"]);
    const [more] = findingsOfDerived([finding("fov", "blocked", "a", { value: 30 })], [finding("fov", "blocked", "b", { value: 400 })], "crop");
    expect(more).toMatchObject({ message: "b", value: 400 });
  });

  it("of any findings whatever, all of the earlier codes stay as severe; what is new is told", () => {
    const one = fc.record({ code: fc.constantFrom("fov", "CT9", "hu-peaks", "metal", "streaks", "motion", "noise", "CT1", "lossy", "written-text"), severity: fc.constantFrom(...severities), value: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 500 })) }).map(({ code, severity, value }) => finding(code, severity, "said", { value }));
    const list = fc.uniqueArray(one, { selector: ({ code }) => code });
    fc.assert(fc.property(list, list, fc.constantFrom(...ops), (before, made, op) => {
      const found = findingsOfDerived(before, made, op);
      for (const each of [...before, ...made]) expect(rank(of(found, each.code)?.severity)).toBeGreaterThanOrEqual(rank(each.severity));
      expect(found.length).toBe(new Set([...before, ...made].map(({ code }) => code)).size);
    }), { seed: 4, numRuns: 300 });
  });

  it("the regular part alone drops what told of the slices it leaves out, and nothing else", () => {
    const before = [finding("missing-slices", "blocked", ""), finding("uneven-spacing", "blocked", ""), finding("broken-slices", "blocked", ""), finding("fov", "blocked", "")];
    expect(findingsOfDerived(before, [], "regularPart").map(({ code }) => code)).toEqual(["broken-slices", "fov"]);
    for (const op of ops) if (op !== "regularPart") expect(findingsOfDerived(before, [], op)).toEqual(before);
  });
});

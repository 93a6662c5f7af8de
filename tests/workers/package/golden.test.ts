import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenFile, type GoldenRun, goldenRun, node20 } from "../../golden/run.ts";

// «Another machine»: the same package by another Node, in other time zones; tests/e2e/golden.e2e.ts makes it in Chromium.
const older = node20();
let file = "", own: GoldenRun, other: GoldenRun, third: GoldenRun;
beforeAll(async () => {
  file = await goldenFile();
  [own, other, third] = await Promise.all([goldenRun(process.execPath, file, "Pacific/Kiritimati"), goldenRun(older ?? process.execPath, file, "America/St_Johns"), goldenRun(process.execPath, file, "UTC")]);
}, 300_000);
afterAll(() => { rmSync(file, { force: true }); });

describe("JB4, JB5: one package, byte for byte", () => {
  it("in three time zones, by Node 20 and by Node 24", () => {
    expect([own, other, third].map(({ zone }) => zone)).toEqual([-840, 210, 0]);
    expect([own.node, other.node].map((version) => version.split(".")[0])).toEqual(["v24", older ? "v20" : "v24"]);
    expect(other.hashes).toEqual(own.hashes);
    expect(third.hashes).toEqual(own.hashes);
  });

  it("with what a package is to hold, and its zip, each file in it and each written format as they are known", () => {
    expect(Object.keys(own.hashes)).toEqual(expect.arrayContaining(["package.zip", "report.pdf", "manifest.json", "implant/implant.stl", "implant/implant.3mf", "dicom/labels.seg.dcm", "dicom/implant.stl.dcm", "pictures/axial.png", "checks/fit.json", "surfaces/bone.stl"]));
    // A line of the file changes only with the version of what writes it; «package.zip» with every one of them.
    const known = JSON.parse(readFileSync(new URL("../../golden/hashes.json", import.meta.url), "utf8")) as Record<string, string>;
    expect(own.hashes).toEqual(known);
  });
});

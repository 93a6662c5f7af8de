import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles } from "../../../workers/import/importFiles.ts";
import { dicomSlice, element } from "./dicomWriter.ts";

const has = (tool: string) => { try { execFileSync(tool, ["--version"], { stdio: "ignore" }); return true; } catch { return false; } };
const hasDcmtk = has("dcmconv");
if (!hasDcmtk) console.log("not run: dcmtk is not installed");

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-codings-")); });
afterAll(async () => { await rm(dir, { recursive: true, force: true }); });

const stored = (k: number, signed: boolean) => Int16Array.from({ length: 40 * 24 }, (_, p) => (signed ? -1000 : 24) + 50 * k + (p * 37) % 900);
async function series(name: string, signed: boolean, more = {}): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  for (let k = 0; k < 4; k++) {
    await writeFile(join(folder, `${k}`), dicomSlice({
      z: 2 * k, index: k, columns: 40, rows: 24, stored: stored(k, signed), signed, intercept: signed ? "0" : "-1024", sopUid: `1.2.3.4.${k + 1}`,
      extra: [element(0x20, 0x0d, "UI", "1.2.7"), element(0x20, 0x13, "IS", String(k))], ...more,
    }));
  }
  return folder;
}
const voxels = async (folder: string, out: string) => {
  const made = await importFiles({ paths: [folder] }, join(dir, out));
  return { made, hu: canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(made.volume))))).hu };
};

describe("encodings of one series", () => {
  it.runIf(hasDcmtk)("DC1, DC5: signed and unsigned, every lossless coding that dcmtk writes, gives the same voxels", async () => {
    for (const signed of [false, true]) {
      const name = signed ? "signed" : "unsigned", plain = await series(name, signed), { hu } = await voxels(plain, `${name}-out`);
      for (const [tool, ...options] of [["dcmconv", "+ti"], ["dcmconv", "+tb"], ["dcmconv", "+td"], ["dcmcrle"], ["dcmcjpeg", "+e1"], ["dcmcjpeg", "+el"], ["dcmcjpls", "+el"]]) {
        const label = `${name}${tool}${options.join("")}`, folder = join(dir, label);
        await mkdir(folder);
        for (const file of readdirSync(plain)) execFileSync(tool, [...options, join(plain, file), join(folder, file)], { stdio: "ignore" });
        const other = await voxels(folder, `${label}-out`);
        expect([label, Buffer.compare(Buffer.from(other.hu.buffer), Buffer.from(hu.buffer))]).toEqual([label, 0]);
      }
    }
  }, 60_000);

  it("rescale: fractions are rounded and told; padding becomes -1024 and is counted; slope zero is refused", async () => {
    const { made, hu } = await voxels(await series("slope", false, { slope: "0.5", intercept: "-1000.25" }), "slope-out");
    expect(made.report.findings.find(({ code }) => code === "quantised")).toMatchObject({ severity: "attention", value: 0.25 });
    expect(hu[39 + 40 * 23]).toBe(Math.round(24 * 0.5 - 1000.25));
    const padded = await voxels(await series("padding", false, { extra: [element(0x28, 0x120, "US", 24)], intercept: "0" }), "padding-out");
    expect(padded.hu[39 + 40 * 23]).toBe(-1024);
    expect(padded.made.report.findings.find(({ code }) => code === "padding")).toMatchObject({ severity: "pass", unit: "voxels" });
    await expect(importFiles({ paths: [await series("zero", false, { slope: "0" })] }, join(dir, "zero-out"))).rejects.toMatchObject({ code: "unreadable-file", details: { tag: "(0028,1053)" } });
  }, 30_000);

  it("names of files and Instance Number play no part; copies are left out and named", async () => {
    const folder = await series("order", false), { hu } = await voxels(folder, "order-out"), mixed = join(dir, "mixed");
    await mkdir(mixed);
    const names = ["z", "m", "b", "a"];
    for (let k = 0; k < 4; k++) await writeFile(join(mixed, names[k]), await readFile(join(folder, String(k))));
    await writeFile(join(mixed, "copy"), await readFile(join(folder, "2")));
    const other = await voxels(mixed, "mixed-out");
    expect([...other.hu]).toEqual([...hu]);
    expect(other.made.report.findings.find(({ code }) => code === "duplicates")).toMatchObject({ severity: "attention", value: 1 });
    const hidden = await importFiles({ paths: [folder], options: { hideUids: true } }, join(dir, "hidden-out"));
    expect(JSON.stringify(hidden.report)).not.toMatch(/"1\.2\.8"|1\.2\.3\.4/);
    expect(hidden.report.series[0].uid).toBe("series 1");
  }, 30_000);
});

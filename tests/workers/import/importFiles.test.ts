import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import { importFiles, ImportRefused } from "../../../workers/import/importFiles.ts";
import { dicomSlice, phantomSlices } from "./dicomWriter.ts";

const data = resolve("../shared/data");
const head = join(data, "head_ct_0051"), hostile = join(data, "hostile_dicom");
for (const path of [head, hostile]) if (!existsSync(path)) console.log(`not run: ${path} is not there`);

let dir = "";
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-import-")); });
afterAll(async () => { await rm(dir, { recursive: true, force: true }); });
const refusal = async (paths: string[], options = {}) => {
  const out = join(dir, "refused");
  const error = await importFiles({ paths, options }, out).then(() => null, (e: unknown) => e);
  expect(existsSync(out), "nothing is left behind").toBe(false);
  expect(error).toBeInstanceOf(ImportRefused);
  return error as ImportRefused;
};
const volumeOf = async (path: string) => canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(path)))));

describe("import of DICOM files that we made", () => {
  it("puts every voxel at its RAS place (SP1, SP2) and keeps no planted identifier in any output", async () => {
    const folder = join(dir, "PLANTED^NAME");
    await cp(await phantomSlices(join(dir, "made"), { gapsMm: [2, 2, 2, 2], name: "PLANTED^NAME", id: "PLANTED-ID", birth: "19110203" }), folder, { recursive: true });
    const out = join(dir, "made-out");
    const made = await importFiles({ paths: [folder] }, out);
    expect(made.grid).toEqual({ dims: [4, 3, 5], spacing: [0.5, 0.7, 2], origin: [-11.5, -21.4, 30] });
    const { hu } = await volumeOf(made.volume);
    // Source pixel (column i, row j, slice k) holds 100k + 10j + i - 1000 HU; x and y run backwards in RAS.
    for (let k = 0; k < 5; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 4; i++) {
      expect(hu[(3 - i) + (2 - j) * 4 + k * 12]).toBe(100 * k + 10 * j + i - 1000);
    }
    expect((await readdir(out)).sort()).toEqual(["report.json", "source.json", "volume.nii.gz"]);
    for (const name of await readdir(out)) {
      const bytes = await readFile(join(out, name));
      const text = (name.endsWith(".gz") ? Buffer.from(gunzipSync(bytes)) : bytes).toString("latin1");
      for (const planted of ["PLANTED", "19110203"]) expect(text).not.toContain(planted);
    }
  });

  it("JB4: the same series as a zip gives the same bytes", async () => {
    const folder = await phantomSlices(join(dir, "again"), { gapsMm: [2, 2, 2, 2] });
    const entries = Object.fromEntries(await Promise.all((await readdir(folder)).map(async (name) => [`a/${name}`, new Uint8Array(await readFile(join(folder, name)))] as const)));
    const zip = join(dir, "series.zip");
    await writeFile(zip, zipSync(entries));
    const a = await importFiles({ paths: [folder] }, join(dir, "a")), b = await importFiles({ paths: [zip] }, join(dir, "b"));
    expect(await readFile(b.volume)).toEqual(await readFile(a.volume));
    expect(b.report).toEqual(a.report);
  });

  it("refuses what is no regular volume, each with its reason, without any file's name", async () => {
    const series = async (name: string, o: Parameters<typeof phantomSlices>[1]) => [await phantomSlices(join(dir, name), o)];
    expect((await refusal(await series("gap", { gapsMm: [2, 2, 4, 2, 2] }))).code).toBe("uneven-spacing");
    const end = await refusal(await series("end", { gapsMm: [2, 2, 2, 1] }));
    expect(end).toMatchObject({ code: "uneven-end-slice", details: { regularPart: { slices: 4, fromMm: 30, toMm: 36 } } });
    expect(JSON.stringify(end.details)).not.toContain(".dcm");
    expect((await refusal(await series("same", { gapsMm: [2, 0, 2] }))).code).toBe("duplicate-positions");
    expect((await refusal(await series("tilt", { gapsMm: [2, 2, 2], shiftMm: 0.3 }))).code).toBe("tilted");
    expect((await refusal(await series("oblique", { gapsMm: [2, 2, 2], obliqueBy: 0.01 }))).code).toBe("oblique");
    expect((await refusal(await series("short", { gapsMm: [2, 2, 2], cutBytes: 3 }))).code).toBe("truncated");
    const two = [...await series("one", { gapsMm: [2, 2, 2] }), ...await series("two", { gapsMm: [2, 2, 2], seriesUid: "1.2.9" })];
    expect((await refusal(two)).code).toBe("several-series");
    expect((await importFiles({ paths: two, options: { series: "1.2.9" } }, join(dir, "two-out"))).source.seriesUid).toBe("1.2.9");
    const text = join(dir, "note.txt");
    await writeFile(text, "no image");
    expect((await refusal([text])).code).toBe("not-a-volume");
  }, 60_000);

  it("refuses a zip bomb and a header that claims more than there is, before taking memory", async () => {
    const bomb = join(dir, "bomb.zip"), claim = join(dir, "claim.dcm");
    await writeFile(bomb, zipSync({ a: new Uint8Array(8 << 20) }));
    expect((await refusal([bomb])).code).toBe("too-large");
    await writeFile(claim, dicomSlice({ z: 0, index: 0, columns: 65_535, rows: 65_535 }));
    expect((await refusal([claim])).code).toBe("truncated");
  });
});

describe.runIf(existsSync(head))("import of the real head CT", () => {
  it("refuses the uneven end, takes the regular part, with positions as in the headers and the bone count of the data's README", async () => {
    const refused = await refusal([head]);
    expect(refused).toMatchObject({ code: "uneven-end-slice", details: { regularPart: { slices: 107, fromMm: 116, toMm: 275 } } });
    const made = await importFiles({ paths: [head], options: { useRegularPart: true, nameFiles: true } }, join(dir, "head"));
    expect(made.grid.dims).toEqual([512, 512, 107]);
    expect(made.source.slices.map((s) => s.position?.[2])).toEqual(Array.from({ length: 107 }, (_, k) => 116 + 1.5 * k));
    expect(made.grid.origin[0] + 511 * made.grid.spacing[0]).toBeCloseTo(122.49999, 4);
    expect(made.report.findings.find((f) => f.code === "uneven-end-slice")?.files).toHaveLength(1);
    const { hu } = await volumeOf(made.volume);
    let bone = 0;
    for (const v of hu) if (v >= 226) bone++;
    expect(bone).toBe(1_901_372);
    for (const name of ["report.json", "source.json"]) expect(await readFile(join(dir, "head", name), "utf8")).not.toMatch(/InVesalius|0000000051|19700101/);
  }, 120_000);
});

describe.runIf(existsSync(hostile))("import of hostile files", () => {
  it("ends every one in a typed refusal and leaves nothing", async () => {
    for (const name of await readdir(hostile)) expect((await refusal([join(hostile, name)])).code, name).toMatch(/^[a-z-]+$/);
  }, 120_000);
});

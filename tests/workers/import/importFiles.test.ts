import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { gunzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../../core/phantom/headCt.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { run } from "../../../workers/cli/import.ts";
import { importFiles, ImportRefused } from "../../../workers/import/importFiles.ts";
import { scan } from "../../../app/cases/import/scan.ts";
import { enhancedCt } from "../../support/enhancedCt.ts";
import { dicomSlice, element, phantomSlices } from "./dicomWriter.ts";

const data = resolve("../shared/data");
const head = join(data, "head_ct_0051");
if (!existsSync(head)) console.log(`not run: ${head} is not there`);

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
    expect((await readdir(out)).filter((name) => name !== "pictures").sort()).toEqual(["report.json", "source.json", "volume.nii.gz"]);
    for (const { name: own, parentPath } of (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())) {
      const name = relative(out, join(parentPath, own));
      const bytes = await readFile(join(out, name));
      const text = (name.endsWith(".gz") ? Buffer.from(gunzipSync(bytes)) : bytes).toString("latin1");
      for (const planted of ["PLANTED", "19110203"]) expect(text).not.toContain(planted);
    }
  });

  it("IM12 W3: a broken slice at an end blocks and is named, also where the files are de-identified first; an emptied one may have been a slice", async () => {
    const folder = await phantomSlices(join(dir, "broken-end"), { gapsMm: [2, 2, 2, 2] }), last = join(folder, "4.dcm"), bytes = await readFile(last);
    bytes.fill(0x3f, bytes.indexOf("CT") - 4, bytes.indexOf("CT"));
    await writeFile(last, bytes);
    for (const more of [{}, { deidentifyKey: "11".repeat(32) }]) {
      const { report, grid } = await importFiles({ paths: [folder], options: { nameFiles: true, ...more } }, join(dir, "broken-end-out"));
      expect(grid.dims[2]).toBe(4);
      expect(report.findings.find(({ code }) => code === "broken-slices")).toMatchObject({ severity: "blocked", value: 1, files: ["4.dcm"] });
      expect(report.findings.find(({ code }) => code === "broken-slices")?.message).toMatch(/^One slice is broken and not read: 4\.dcm \(Image Position 10\\20\\38 mm\)\. The volume is shorter towards the head/);
    }
    await writeFile(last, new Uint8Array(0));
    expect((await importFiles({ paths: [folder] }, join(dir, "broken-end-out"))).report.findings.find(({ code }) => code === "broken-slices")?.message).toMatch(/of a series that cannot be read.*may be shorter at an end/);
    // What the page could not read stayed there; what it knows of it came along.
    await rm(last);
    const unread = [{ isOfSeries: true as const, instanceNumber: 5, position: [10, 20, 38] as [number, number, number] }];
    expect((await importFiles({ paths: [folder], options: { unreadFiles: 1, unread } }, join(dir, "broken-end-out"))).report.findings.find(({ code }) => code === "broken-slices")?.message).toMatch(/unread file 1 \(Instance Number 5.*shorter towards the head/);
  });

  it("where files are not named, findings and refusals call an image by number and place, as the page does, never by the order of its file", async () => {
    const folder = join(dir, "unnamed"), out = join(dir, "unnamed-out");
    await mkdir(folder);
    // Files in the order against the slices'; one slice is missing at z 36.
    const files = [30, 32, 34, 38, 40].map((z, k) => dicomSlice({ z, index: k, extra: [element(0x20, 0x13, "IS", String(z))] })).reverse();
    for (const [at, bytes] of files.entries()) await writeFile(join(folder, `0000${at}.dcm`), bytes);
    const { report } = await importFiles({ paths: [folder], options: { deidentifyKey: "11".repeat(32) } }, out), gap = report.findings.find(({ code }) => code === "missing-slices");
    expect(gap?.message).toMatch(/^Between image 34 at z 34\.0 mm and image 38 at z 38\.0 mm the gap is 4 mm/);
    expect(gap?.files).toEqual(["image 34 at z 34.0 mm", "image 38 at z 38.0 mm"]);
    const { names } = await scan(files.map((bytes, at) => ({ path: `${at}`, size: bytes.length, head: async (n: number) => bytes.subarray(0, n), whole: async () => new Blob([new Uint8Array(bytes)]) })), new Uint8Array(32), "2026-01-15", () => undefined);
    expect([...names.values()]).toEqual(expect.arrayContaining(gap?.files ?? []));
    await writeFile(join(folder, "00001.dcm"), files[1].subarray(0, files[1].length - 8));
    await expect(importFiles({ paths: [folder] }, out)).rejects.toThrow(/^image 38 at z 38\.0 mm is cut off/);
    // All frames in one file.
    const whole = enhancedCt(files, { isLegacy: false, isShared: true, order: [0, 1, 2, 3, 4] });
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await writeFile(join(folder, "1"), whole);
    expect((await importFiles({ paths: [folder] }, out)).report.findings.find(({ code }) => code === "missing-slices")?.files).toEqual(["frame 3 at z 34.0 mm", "frame 2 at z 38.0 mm"]);
  });

  it("CT1 CT7 CT8: a head in a NIfTI file with planes 5 or 7 mm apart and coarse pixels is blocked by the table, as a series would be", async () => {
    for (const [planes, dims] of [[5, [110, 110, 46]], [7, [120, 120, 34]]] as const) {
      const { grid, hu } = headCt(3, [...dims]), file = join(dir, `thick-${planes}.nii`);
      await writeFile(file, encodeNifti({ grid: { ...grid, spacing: [1.7, 1.8, planes] }, data: hu }));
      const { report } = await importFiles({ paths: [file] }, join(dir, "thick-out")), found = new Map(report.findings.map((one) => [one.code, one]));
      expect([found.get("CT1")?.severity, found.get("CT1")?.value, found.get("CT7")?.severity, found.get("CT7")?.value, found.get("CT8")?.severity]).toEqual(["blocked", planes, "blocked", 1.8, "blocked"]);
      for (const code of ["CT4", "CT5", "CT6", "CT10", "CT11", "CT12", "laterality"]) expect([code, found.get(code)?.severity]).toEqual([code, "attention"]);
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

  it("IM16: of a series that is too long a part is taken: by place along its slices, what is left out is told; without one the refusal says so", async () => {
    const folder = await phantomSlices(join(dir, "long"), { gapsMm: [2, 2, 2, 2, 2, 2] }), limits = { maxVoxels: 60 };
    const whole = await refusal([folder], { limits });
    expect([whole.code, whole.message]).toEqual(["too-large", expect.stringMatching(/4 × 3 × 7 voxels, 84 together; the limit is 60\. At this size 5 slices can be taken: choose the part of the series .*--from and --to; along its slices it reaches from 30\.0 to 42\.0 mm\)/)]);
    const part = { fromMm: 34, toMm: 40 }, made = await importFiles({ paths: [folder], options: { limits, part, nameFiles: true } }, join(dir, "long-out"));
    expect(made.grid).toMatchObject({ dims: [4, 3, 4], origin: [expect.anything(), expect.anything(), 34] });
    const { hu } = await volumeOf(made.volume);
    expect(hu[3 + 8]).toBe(100 * 2 - 1000);
    expect(made.report.findings.find(({ code }) => code === "part")).toMatchObject({ severity: "attention", value: 3, message: expect.stringContaining("4 slices from 34.0 to 40.0 mm") });
    expect([made.report.provenance.part, (made.report.provenance.originalGeometry as { positions: number[][] }).positions.map(([, , z]) => z), made.report.series]).toMatchObject([{ fromMm: 34, toMm: 40, leftOut: 3 }, [34, 36, 38, 40], [{ slices: 4, fromMm: 34, toMm: 40 }]]);
    // What the page did not even send counts too.
    const unsent = await importFiles({ paths: [folder], options: { part: { ...part, unsent: 5 } } }, join(dir, "unsent-out"));
    expect(unsent.report.findings.find(({ code }) => code === "part")?.value).toBe(8);
    expect((await importFiles({ paths: [folder], options: { part: { fromMm: -1e5, toMm: 1e5 } } }, join(dir, "all-out"))).report.findings.some(({ code }) => code === "part")).toBe(false);
    const all = await importFiles({ paths: [folder] }, join(dir, "whole-out"));
    expect(all.report.provenance).not.toHaveProperty("part");
    const none = await refusal([folder], { part: { fromMm: 100, toMm: 120 } });
    expect([none.code, none.message]).toEqual(["not-a-volume", expect.stringContaining("Only 0 of 7 slices lie from 100 to 120 mm; the series reaches from 30.0 to 42.0 mm")]);
  }, 60_000);

  it("IM16: the page's places of slices are the import's, where a file's directions are not of exact length too", async () => {
    const folder = join(dir, "unsharp");
    await mkdir(folder);
    // Far from the origin a two-thousandth of a place is more than lies between two slices.
    for (const index of [0, 1, 2, 3, 4]) { const z = 1500 + index / 2; await writeFile(join(folder, `${index}`), dicomSlice({ z, index, place: { position: [10, 20, z], orientation: [0.9995, 0, 0, 0, 0.9995, 0] } })); }
    expect((await importFiles({ paths: [folder] }, join(dir, "unsharp-out"))).report.series[0]).toMatchObject({ fromMm: 1500, toMm: 1502 });
    const part = await importFiles({ paths: [folder], options: { part: { fromMm: 1500.5, toMm: 1501.5 } } }, join(dir, "unsharp-part"));
    expect(part.report.series[0]).toMatchObject({ slices: 3, fromMm: 1500.5, toMm: 1501.5 });
  });

  it("IM16: a slice that cannot be read and lies beside the part is not missed; one within it is", async () => {
    const folder = await phantomSlices(join(dir, "beside"), { gapsMm: [2, 2, 2, 2, 2, 2] }), path = join(folder, "6.dcm"), bytes = await readFile(path);
    bytes.fill(0x3f, bytes.indexOf("CT") - 4, bytes.indexOf("CT"));
    await writeFile(path, bytes);
    const of = async (toMm: number) => (await importFiles({ paths: [folder], options: { part: { fromMm: 30, toMm } } }, join(dir, `beside-${toMm}`))).report.findings.filter(({ code }) => code.startsWith("broken-slices"));
    expect(await of(38)).toEqual([]);
    expect(await of(42)).toMatchObject([{ severity: "blocked", value: 1 }]);
  });

  it("the command takes a place below zero, refuses what is none, and takes no part of a volume file", async () => {
    const folder = await phantomSlices(join(dir, "below"), { gapsMm: [2, 2, 2, 2] }), out = join(dir, "command-out"), told = async (...args: string[]) => (await run(["--in", folder, "--out", out, ...args])).line;
    expect(await told("--from", "-20", "--to", "34")).toMatchObject({ ok: true, series: [{ slices: 3, fromMm: 30, toMm: 34 }] });
    for (const args of [["--from", ""], ["--from", "1e9"], ["--to", "top"], ["--to=-Infinity"]]) expect(await told(...args), args.join(" ")).toMatchObject({ ok: false, error: { message: expect.stringContaining("places in mm") } });
    expect(await told("--from", "34", "--to", "-20")).toMatchObject({ ok: false, error: { message: expect.stringContaining("--from 34 lies above --to -20") } });
    for (const day of ["2026-02-30", "2026-13-01", "0"]) expect(await told("--asOf", "2026-05-01", "--scanned", day)).toMatchObject({ ok: false, error: { message: expect.stringContaining("--scanned is a day") } });
    const volume = join(out, "volume.nii.gz"), part = await refusal([volume], { part: { fromMm: 0, toMm: 10 } });
    expect([part.code, part.message]).toEqual(["no-slices", expect.stringContaining("of a DICOM series only")]);
    const large = await refusal([volume], { limits: { maxVoxels: 20 } });
    expect([large.code, large.message]).toEqual(["too-large", expect.not.stringContaining("--from")]);
  });

  it("CT11: the day that files tell goes before one that a person says; theirs holds where they tell none", async () => {
    const age = async (name: string, date: string | null) => {
      await mkdir(join(dir, name));
      for (const index of [0, 1, 2]) await writeFile(join(dir, name, `${index}`), dicomSlice({ z: 2 * index, index, extra: date ? [element(8, 0x22, "DA", date)] : [] }));
      return (await importFiles({ paths: [join(dir, name)], options: { asOf: "2026-05-01", scanAgeDays: 7 } }, join(dir, `${name}-out`))).report.provenance.scanAgeDays;
    };
    expect([await age("dated", "20260101"), await age("undated", null)]).toEqual([120, 7]);
  });

  it("a zip inside a zip is told as that, with what to do; beside images it is another file", async () => {
    const folder = await phantomSlices(join(dir, "zipped"), { gapsMm: [2, 2] }), entries = Object.fromEntries(await Promise.all((await readdir(folder)).map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const)));
    const outer = join(dir, "outer.zip"), inner = zipSync(entries);
    await writeFile(outer, zipSync({ "patient/inner.zip": inner }));
    const told = await refusal([outer], { nameFiles: true });
    expect([told.code, told.message]).toEqual(["nested-zip", "There is a zip inside the zip (inner.zip), and no image beside it. Unpack the outer one and give what is in it."]);
    await writeFile(outer, zipSync({ "patient/inner.zip": inner, ...entries }));
    expect((await importFiles({ paths: [outer] }, join(dir, "outer-out"))).report.findings.find(({ code }) => code === "other-files")).toMatchObject({ value: 1 });
  });

  it("IM15: a character set that is not understood is a finding, of the page's texts too, and names nothing that a file could say", async () => {
    const series = async (name: string, charset: string, kernel: Uint8Array | string, options = {}) => {
      await mkdir(join(dir, name));
      for (const index of [0, 1, 2]) await writeFile(join(dir, name, `${index}`), dicomSlice({ z: 2 * index, index, extra: [element(8, 5, "CS", charset), element(0x18, 0x1210, "SH", kernel)] }));
      return (await importFiles({ paths: [join(dir, name)], options }, join(dir, `${name}-out`))).report.findings.find(({ code }) => code === "unread-text");
    };
    const strange = Uint8Array.from("sch\u00e4rfer", (letter) => letter.charCodeAt(0));
    expect(await series("latin", "ISO_IR 100", strange)).toBeUndefined();
    expect(await series("unknown", "ISO_IR 999", strange)).toMatchObject({ severity: "attention", value: "ISO_IR 999" });
    const planted = await series("planted", "DOE JANE", strange);
    expect([planted?.severity, JSON.stringify(planted).includes("DOE")]).toEqual(["attention", false]);
    expect(await series("page", "ISO_IR 100", "B30f", { hasUnreadText: true })).toMatchObject({ severity: "attention", value: null });
  }, 60_000);

  it("places uneven, tilted and oblique slices where their headers say, with findings; refuses what is no volume, without any file's name", async () => {
    const series = async (name: string, o: Parameters<typeof phantomSlices>[1]) => [await phantomSlices(join(dir, name), o)];
    const codes = async (name: string, o: Parameters<typeof phantomSlices>[1]) => {
      const made = await importFiles({ paths: await series(name, o) }, join(dir, `${name}-out`));
      expect(JSON.stringify(made.report)).not.toContain(".dcm");
      return { made, findings: made.report.findings.map(({ code, severity }) => `${code} ${severity}`) };
    };
    const gap = await codes("gap", { gapsMm: [2, 2, 4, 2, 2] });
    expect(gap.findings).toContain("missing-slices blocked");
    expect(gap.made.grid).toMatchObject({ dims: [4, 3, 7], spacing: [0.5, 0.7, 2] });
    const { hu } = await volumeOf(gap.made.volume);
    // Planes 0…2 and 4…6 are slices 0…2 and 3…5 bit for bit; plane 3 was never scanned.
    for (const [plane, slice] of [[0, 0], [1, 1], [2, 2], [4, 3], [5, 4], [6, 5]]) expect(hu[3 + 8 + 12 * plane]).toBe(100 * slice - 1000);
    expect(hu[3 + 8 + 36]).toBe(-750);
    expect((await codes("end", { gapsMm: [2, 2, 2, 1] })).findings).toContain("uneven-end-slice attention");
    const part = await importFiles({ paths: [join(dir, "end")], options: { useRegularPart: true } }, join(dir, "part-out"));
    expect([part.grid.dims[2], part.source.slices.length]).toEqual([4, 4]);
    expect((await codes("uneven", { gapsMm: [2, 2, 2.3, 2, 2] })).findings).toContain("uneven-spacing blocked");
    expect((await codes("tilt", { gapsMm: [2, 2, 2], shiftMm: 0.3 })).findings).toEqual(expect.arrayContaining(["CT6 attention", "resampled attention"]));
    expect((await codes("oblique", { gapsMm: [2, 2, 2], obliqueBy: 0.1 })).findings).toContain("resampled attention");
    expect((await refusal(await series("same", { gapsMm: [2, 0, 2] }))).code).toBe("duplicate-positions");
    expect((await refusal(await series("short", { gapsMm: [2, 2, 2], cutBytes: 3 }))).code).toBe("truncated");
    const two = [...await series("one", { gapsMm: [2, 2, 2] }), ...await series("two", { gapsMm: [2, 2, 2], seriesUid: "1.2.9" })];
    const several = await refusal(two);
    expect(several.code).toBe("several-series");
    expect(several.details.series).toMatchObject([{ series: "1.2.8", slices: 4 }, { series: "1.2.9", slices: 4 }]);
    expect((await importFiles({ paths: two, options: { series: "1.2.9" } }, join(dir, "two-out"))).source.seriesUid).toBe("1.2.9");
    const text = join(dir, "note.txt");
    await writeFile(text, "no image");
    expect((await refusal([text])).code).toBe("not-a-volume");
  }, 60_000);

  it("H6: time and memory caps of the child hold, as typed refusals", async () => {
    const folder = await phantomSlices(join(dir, "caps"), { gapsMm: [2, 2, 2] });
    expect((await refusal([folder], { limits: { timeoutMs: 30 } })).code).toBe("too-slow");
    // A sparse NIfTI of 700 MB that promises what it holds: reading it goes over the cap.
    const big = join(dir, "big.nii"), nifti = encodeNifti({ grid: { dims: [4, 4, 4], spacing: [1, 1, 1], origin: [0, 0, 0] }, data: new Int16Array(64) });
    new DataView(nifti.buffer).setInt16(42, 1000, true);
    new DataView(nifti.buffer).setInt16(44, 1000, true);
    new DataView(nifti.buffer).setInt16(46, 350, true);
    await writeFile(big, nifti);
    await truncate(big, 352 + 700_000_000);
    expect((await refusal([big], { limits: { maxMemoryBytes: 500 * 2 ** 20, maxVoxels: 2 ** 29, timeoutMs: 30_000 } })).code).toBe("too-large");
  }, 60_000);

  it("says of a series that is too large how many slices can be taken, and what to ask for", async () => {
    const folder = await phantomSlices(join(dir, "large"), { gapsMm: [2, 2, 2] }), { grid } = (await importFiles({ paths: [folder], options: {} }, join(dir, "large-out"))).report, [nx, ny, nz] = grid.dims;
    const refused = await refusal([folder], { limits: { maxVoxels: nx * ny * (nz - 1) } });
    expect(refused.code).toBe("too-large");
    expect(refused.message).toContain(`${nx} × ${ny} × ${nz} voxels`);
    expect(refused.message).toContain(`At this size ${nz - 1} slices can be taken`);
  });

  it("refuses a zip bomb and a header that claims more than there is, before taking memory", async () => {
    const bomb = join(dir, "bomb.zip"), claim = join(dir, "claim.dcm");
    await writeFile(bomb, zipSync({ a: new Uint8Array(8 << 20) }));
    expect((await refusal([bomb])).code).toBe("too-large");
    await writeFile(claim, dicomSlice({ z: 0, index: 0, columns: 65_535, rows: 65_535 }));
    expect(await refusal([claim])).toMatchObject({ code: "too-large", details: { tag: "(0028,0010)" } });
    await writeFile(claim, dicomSlice({ z: 0, index: 0, columns: 4000, rows: 4000 }));
    expect((await refusal([claim])).code).toMatch(/truncated|not-a-volume/);
  });
});

describe.runIf(existsSync(head))("import of the real head CT", () => {
  it("finds all 108 slices at their header z, bit for bit on the even run, or takes the regular part alone; with the bone count of the data's README", async () => {
    const whole = await importFiles({ paths: [head], options: { nameFiles: true } }, join(dir, "head-whole"));
    expect(whole.source.slices.map((s) => s.position?.[2])).toEqual([...Array.from({ length: 107 }, (_, k) => 116 + 1.5 * k), 276]);
    expect(whole.grid.dims).toEqual([512, 512, 108]);
    expect(whole.report.findings.find(({ code }) => code === "uneven-end-slice")).toMatchObject({ severity: "attention", value: 1, limit: 1.5, unit: "mm" });
    expect(whole.report.provenance.evenRun).toMatchObject({ slices: 107, fromMm: 116, toMm: 275 });
    const made = await importFiles({ paths: [head], options: { useRegularPart: true, nameFiles: true, region: "dental" } }, join(dir, "head"));
    // Nobody moved, its teeth cast no streaks, its vault is whole; the scan stops in the jaw, so that it is none for a dental case.
    const verdict = (report: typeof made.report) => ["motion", "streaks", "CT9"].map((code) => `${code} ${report.findings.find((f) => f.code === code)?.severity}`);
    expect([verdict(whole.report), verdict(made.report)]).toEqual([["motion pass", "streaks pass", "CT9 pass"], ["motion pass", "streaks pass", "CT9 blocked"]]);
    expect(made.grid.dims).toEqual([512, 512, 107]);
    expect(made.source.slices.map((s) => s.position?.[2])).toEqual(Array.from({ length: 107 }, (_, k) => 116 + 1.5 * k));
    expect(made.grid.origin[0] + 511 * made.grid.spacing[0]).toBeCloseTo(122.49999, 4);
    expect(made.report.findings.find((f) => f.code === "regular-part")?.files).toHaveLength(1);
    const all = (await volumeOf(whole.volume)).hu, area = 512 * 512;
    expect(Buffer.compare(Buffer.from(all.buffer, 0, 107 * area * 2), Buffer.from((await volumeOf(made.volume)).hu.buffer))).toBe(0);
    // The last plane takes the slice at 276.0, which holds nothing above -300 HU; each of the volumes within 0.5 %.
    expect(all.subarray(107 * area).some((v) => v >= -300)).toBe(false);
    for (const [limit, mm3] of [[226, 653_056], [300, 605_668], [700, 359_130]]) {
      let count = 0;
      for (const v of all) if (v >= limit) count++;
      expect(Math.abs(count * 0.4785156 * 0.4785156 * 1.5 / mm3 - 1)).toBeLessThan(0.005);
    }
    const { hu } = await volumeOf(made.volume);
    let bone = 0;
    for (const v of hu) if (v >= 226) bone++;
    expect(bone).toBe(1_901_372);
    for (const name of ["report.json", "source.json"]) expect(await readFile(join(dir, "head", name), "utf8")).not.toMatch(/InVesalius|0000000051|19700101/);
  }, 120_000);
});

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";

const data = resolve("../shared/data");
if (!existsSync(data)) console.log(`not run: ${data} is not there`);
interface Line { ok: boolean; outputs?: Record<string, string>; error?: { code: string; message: string; details: Record<string, unknown> }; grid?: { dims: number[]; spacing: number[]; affine: number[][] }; findings?: { code: string; severity: string; value: unknown; limit: unknown; unit: unknown; message: string; files: string[] }[]; timings?: Record<string, number> }

describe.runIf(existsSync(data))("import of every folder of the test data, by the command line", () => {
  let dir = "", runs = 0;
  beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "caseroom-data-")); });
  afterAll(async () => { await rm(dir, { recursive: true, force: true }); });
  const job = async (path: string, ...options: string[]) => {
    const out = join(dir, String(++runs));
    const { code, stdout } = await new Promise<{ code: number; stdout: string }>((done) => {
      execFile(process.execPath, ["workers/job.mjs", "import", "--in", join(data, path), "--out", out, ...options], { maxBuffer: 1 << 26 }, (error, text) => done({ code: typeof error?.code === "number" ? error.code : 0, stdout: text }));
    });
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const line = JSON.parse(stdout) as Line;
    const hu = line.ok ? canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(join(out, "volume.nii.gz")))))).hu : new Int16Array();
    return { code, line, hu, out };
  };
  const count = (hu: Int16Array, limit: number) => { let n = 0; for (const v of hu) if (v >= limit) n++; return n; };
  const severities = (line: Line) => Object.fromEntries((line.findings ?? []).map(({ code, severity }) => [code, severity]));

  it("the tilted phantom: straightened, 389 370 mm³ above 300 HU within 0.5 %, 136.6 mm along the normal", async () => {
    const { code, line, hu, out } = await job("skull_phantom_tilt", "--asOf", "2015-03-01");
    expect(code).toBe(0);
    const [sx, sy, sz] = line.grid?.spacing ?? [];
    expect(Math.abs(count(hu, 300) * sx * sy * sz / 389_370 - 1)).toBeLessThan(0.005);
    const tilt = line.findings?.find((f) => f.code === "CT6");
    expect(tilt).toMatchObject({ severity: "attention", unit: "deg", limit: 30 });
    expect(tilt?.value).toBeCloseTo(16.5, 1);
    expect(severities(line)).toMatchObject({ resampled: "attention", CT1: "blocked", CT11: "pass", spacing: "pass" });
    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8")), { positions, orientation } = report.provenance.originalGeometry as { positions: number[][]; orientation: number[] };
    // A picture beside the report for what one helps to understand, each named by its hash.
    const pictures = report.provenance.pictures as { code: string; file: string; sha256: string; shows: string }[];
    expect(pictures.map(({ code }) => code)).toEqual(expect.arrayContaining(["spacing", "CT6", "hu-peaks"]));
    for (const { file, sha256, shows } of pictures) expect([createHash("sha256").update(await readFile(join(out, file))).digest("hex"), shows.length > 10, Object.values(line.outputs ?? {}).includes(sha256)]).toEqual([sha256, true, true]);
    const normal = [0, -orientation[5], orientation[4]], along = positions.map((p) => p[1] * normal[1] + p[2] * normal[2]);
    expect(along[57] - along[0]).toBeCloseTo(136.6, 1);
  }, 180_000);

  it("abdomen in JPEG 2000: the bone count of the README, report and timings with the contract's names", async () => {
    const { line, hu, out } = await job("abdomen_ct_j2k", "--region", "pelvis");
    expect(count(hu, 226)).toBe(107_300);
    expect(Object.keys(line.timings ?? {}).sort()).toEqual(["compressMs", "decodeMs", "geometryMs", "headersMs", "reportMs", "startMs"]);
    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
    expect(Object.keys(report).sort()).toEqual(["findings", "grid", "provenance", "series"]);
    for (const finding of report.findings) expect(Object.keys(finding).sort()).toEqual(["code", "files", "limit", "message", "severity", "unit", "value"]);
    expect(severities(line)).toMatchObject({ CT3: "blocked", CT4: "pass", CT8: "pass", CT10: "pass", CT11: "attention", metal: "pass" });
  }, 180_000);

  it("NIfTI, NRRD and MHA of one volume land at the same places with the same values; metal is seen", async () => {
    const [nifti, nrrd, mha] = [await job("hip_pelvis_ct/ct.nii.gz", "--region", "pelvis"), await job("hip_pelvis_ct/ct.nrrd"), await job("hip_pelvis_ct/ct.mha")];
    for (const other of [nrrd, mha]) {
      // NIfTI holds 32-bit floats, the others text.
      expect(other.line.grid?.dims).toEqual(nifti.line.grid?.dims);
      other.line.grid?.affine.flat().forEach((n, i) => expect(n).toBeCloseTo(nifti.line.grid?.affine.flat()[i] ?? NaN, 4));
      expect(Buffer.compare(Buffer.from(other.hu.buffer), Buffer.from(nifti.hu.buffer))).toBe(0);
    }
    expect(count(nifti.hu, 2501)).toBe(429);
    // Its implant is cut by the lowest plane, and casts streaks.
    expect(severities(nifti.line)).toMatchObject({ metal: "attention", streaks: "attention", CT9: "attention" });
    // None of the three tells more of the scan than its grid, and all are judged by it alike.
    const judged = ["CT3", "CT4", "CT5", "CT6", "CT7", "CT8", "CT10", "CT11", "CT12", "laterality"];
    expect(severities(nifti.line)).toMatchObject({ CT3: "blocked", CT7: "blocked", CT8: "blocked", laterality: "attention" });
    for (const other of [nrrd, mha]) for (const code of judged) expect([code, severities(other.line)[code.replace("CT3", "CT1")]]).toEqual([code, severities(nifti.line)[code]]);
  }, 180_000);

  it("folders of several series, odd geometry, other objects: the volume or the expected refusal", async () => {
    const expected: [string, number, string?][] = [
      ["pelvis_visible_human_5slices", 0], ["odd_geometry/gantry_tilt_4slices", 0], ["odd_geometry/duplicate_positions_4slices", 3, "duplicate-positions"],
      ["dicomdir_media", 3, "several-series"], ["seg_and_rt/ct_3slice_liver_seg", 0], ["seg_and_rt/dcmqi_23x38x3", 3, "several-series"], ["seg_and_rt/rtstruct.dcm", 3, "not-a-volume"],
      ["seg_and_rt/partial_overlaps.dcm", 3, "not-ct"], ["encapsulated_stl/minimal_m3d.dcm", 3, "not-a-volume"], ["compressed_transfer_syntaxes/deflated", 3, "not-ct"],
    ];
    for (const [path, code, refusal] of expected) {
      const made = await job(path);
      expect([path, made.code, made.line.error?.code]).toEqual([path, code, refusal]);
    }
  }, 180_000);

  it("legacy converted enhanced CT and the single files it was made of are the same volume", async () => {
    const { line } = await job("seg_and_rt/dcmqi_23x38x3");
    const listed = (line.error?.details.series ?? []) as { series: string; code: string | null }[];
    const uids = listed.filter(({ code }) => code === null).map(({ series }) => series);
    expect(uids).toHaveLength(2);
    const [a, b] = [await job("seg_and_rt/dcmqi_23x38x3", "--series", uids[0]), await job("seg_and_rt/dcmqi_23x38x3", "--series", uids[1])];
    expect(a.line.grid).toEqual(b.line.grid);
    expect([...a.hu]).toEqual([...b.hu]);
  }, 180_000);
});

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromDense, segmentHash } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { computeSurface, surfaceKey } from "../../../workers/surfaceNode.ts";

const grid: Grid = { dims: [20, 20, 20], spacing: [0.5, 0.5, 1], origin: [-4, 3, 9] };
const labels = new Uint8Array(8000);
for (let z = 5; z < 15; z++) for (let y = 5; y < 15; y++) labels.fill(3, 5 + 20 * y + 400 * z, 15 + 20 * y + 400 * z);
labels[0] = 1;

let dir = "";
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), "caseroom-job-")); });
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });
const job = (...args: string[]) => {
  const { status, stdout } = spawnSync(process.execPath, [resolve("workers/job.mjs"), ...args], { encoding: "utf8", env: { ...process.env, INIT_CWD: dir } });
  return { status, stdout, line: () => { expect(stdout.trim().split("\n")).toHaveLength(1); return JSON.parse(stdout); } };
};
const sha256 = (name: string) => createHash("sha256").update(readFileSync(join(dir, name))).digest("hex");

describe("job surface", () => {
  it("JB4: makes the same STL from .nii and .nii.gz, relative to the caller's folder, and tells of it in one line", () => {
    const nifti = encodeNifti({ grid, data: labels });
    writeFileSync(join(dir, "labels.nii"), nifti);
    writeFileSync(join(dir, "labels.nii.gz"), gzipSync(nifti));
    const made = job("surface", "--labels", "labels.nii", "--segment", "3", "--out", "made/cube.stl");
    expect(made.status).toBe(0);
    const line = made.line();
    expect(line).toMatchObject({
      ok: true, kind: "surface", node: "surface@4", components: 1, genus: 0,
      soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, selfIntersections: 0 },
      inputs: { "labels.nii": sha256("labels.nii") }, outputs: { "made/cube.stl": sha256("made/cube.stl") },
    });
    // The cube is 5 × 5 × 10 mm; 1,200 triangles are all looked under.
    expect(line.thinnestWall).toMatchObject({ looked: line.triangles, triangles: line.triangles });
    expect(Math.abs(line.thinnestWall.mm - 5)).toBeLessThan(0.1);
    for (const key of ["ms", "peakRssMiB", "vertices", "triangles", "volumeMm3", "areaMm2"]) expect(line[key]).toBeGreaterThan(0);
    expect(Object.keys(line.timings)).toEqual(expect.arrayContaining(["readMs", "meshMs", "writeMs"]));
    const mesh = decodeStl(new Uint8Array(readFileSync(join(dir, "made/cube.stl"))));
    expect(meshVolumeMm3(mesh)).toBeCloseTo(line.volumeMm3, 3);
    // 250 mm³ of voxels less the bevel: a straight convex edge loses 0.25 voxel² of its section, 12 edges of 10 voxels of 0.25 mm³.
    expect(250 - line.volumeMm3).toBeGreaterThan(0);
    expect(250 - line.volumeMm3).toBeLessThan(12 * 10 * 0.25 * 0.25);
    const packed = job("surface", "--labels", "labels.nii.gz", "--segment", "3", "--out", "packed.stl");
    expect(packed.status).toBe(0);
    expect(sha256("packed.stl")).toBe(sha256("made/cube.stl"));
    expect(readdirSync(join(dir, "made"))).toEqual(["cube.stl"]);
  });

  it("refuses with 3 and leaves nothing, wrong usage is 2, help is 0", () => {
    writeFileSync(join(dir, "broken.nii.gz"), gzipSync(encodeNifti({ grid, data: labels })).subarray(0, 60));
    writeFileSync(join(dir, "text.nii"), "this is no volume");
    const surface = (file: string, ...more: string[]) => job("surface", "--labels", file, "--segment", "3", "--out", "refused.stl", ...more);
    for (const [file, code] of [["broken.nii.gz", "truncated"], ["text.nii", "not-a-volume"]]) {
      const refused = surface(file);
      expect({ file, status: refused.status, code: refused.line().error.code }).toEqual({ file, status: 3, code });
    }
    const empty = job("surface", "--labels", "labels.nii", "--segment", "9", "--out", "refused.stl");
    expect([empty.status, empty.line().error.code]).toEqual([3, "empty-segment"]);
    expect(surface("labels.nii", "--smooth", "2").status).toBe(2);
    expect(surface("missing.nii").status).toBe(2);
    expect(job("surface", "--labels", "labels.nii", "--segment", "3", "--out", "refused.step").status).toBe(2);
    expect(existsSync(join(dir, "refused.stl"))).toBe(false);
    const unknown = job("fly");
    expect([unknown.status, unknown.line().error.code]).toEqual([2, "usage"]);
    expect(job().status).toBe(2);
    const help = job("surface", "--help");
    expect([help.status, help.stdout.includes("--segment")]).toEqual([0, true]);
  });

  it("writes every mesh format, follows HU where asked, and simplifies; what does not fit is refused", () => {
    const hu = Int16Array.from(labels, (v) => (v === 3 ? 900 : -100));
    writeFileSync(join(dir, "labels.nii"), encodeNifti({ grid, data: labels }));
    writeFileSync(join(dir, "ct.nii"), encodeNifti({ grid, data: hu }));
    writeFileSync(join(dir, "other.nii"), encodeNifti({ grid: { ...grid, origin: [0, 0, 0] }, data: hu }));
    const surface = (...more: string[]) => job("surface", "--labels", "labels.nii", "--segment", "3", ...more);
    for (const format of ["ply", "obj", "3mf"]) {
      const made = surface("--out", `cube.${format}`);
      expect({ format, status: made.status }).toEqual({ format, status: 0 });
      const { mesh } = readMesh(new Uint8Array(readFileSync(join(dir, `cube.${format}`))), `cube.${format}`);
      expect(meshVolumeMm3(mesh)).toBeCloseTo(made.line().volumeMm3, 3);
    }
    expect(readFileSync(join(dir, surface("--out", "cube.glb").status === 0 ? "cube.glb" : "")).subarray(0, 4).toString()).toBe("glTF");
    const followed = surface("--volume", "ct.nii", "--iso", "400", "--out", "iso.stl").line();
    expect(followed.inputs).toHaveProperty(["ct.nii"]);
    expect(followed.volumeMm3).toBeGreaterThan(230);
    expect(followed.deviation.maxMm).toBeLessThan(0.61);
    const simplified = surface("--maxErrorMm", "0.05", "--out", "few.stl").line();
    expect(simplified.triangles).toBeLessThan(followed.triangles);
    expect(simplified.simplified.maxMm).toBeLessThanOrEqual(0.05);
    const refused = surface("--volume", "other.nii", "--iso", "400", "--out", "refused.stl");
    expect([refused.status, refused.line().error.code]).toEqual([3, "grid-mismatch"]);
    for (const wrong of [["--volume", "ct.nii"], ["--iso", "3"], ["--smooth", "x"], ["--maxErrorMm", "0"]]) expect({ wrong, status: surface(...wrong, "--out", "refused.stl").status }).toEqual({ wrong, status: 2 });
    expect(existsSync(join(dir, "refused.stl"))).toBe(false);
  });

  it("repair: mends a cut-open STL in metres; refuses what is no mesh; export: NIfTI and NRRD that read the same", () => {
    const whole = encodeStl(surfaceOf(fromDense(grid, labels), 3)), count = (whole.length - 84) / 50 - 6, cut = whole.slice(0, 84 + 50 * count), view = new DataView(cut.buffer);
    view.setUint32(80, count, true);
    for (let t = 0; t < count; t++) for (let i = 0; i < 9; i++) view.setFloat32(96 + 50 * t + 4 * i, view.getFloat32(96 + 50 * t + 4 * i, true) / 1000, true);
    writeFileSync(join(dir, "cut.stl"), cut);
    const mended = job("repair", "--in", "cut.stl", "--unit", "m", "--out", "mended.ply").line();
    expect(mended).toMatchObject({ ok: true, kind: "repair", isClosed: true, after: { soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 } }, largestDisplacementMm: 0 });
    expect(mended.before.soundness.openEdges).toBeGreaterThan(0);
    expect(Math.abs(mended.after.volumeMm3 - 247)).toBeLessThan(5);
    writeFileSync(join(dir, "lying.stl"), cut.subarray(0, 500));
    const refused = job("repair", "--in", "lying.stl", "--out", "refused.stl");
    expect([refused.status, refused.line().error.code, existsSync(join(dir, "refused.stl"))]).toEqual([3, "count-mismatch", false]);
    // H9: really as large as its count says (a file with a hole in it, so that nothing is written), and larger than any that is read: refused by its head.
    for (const [name, triangles, code] of [["50M.stl", 50_000_001, "too-many-triangles"], ["45M.stl", 45_000_000, "too-large"]] as const) {
      const head = Buffer.alloc(84);
      head.writeUInt32LE(triangles, 80);
      writeFileSync(join(dir, name), head);
      truncateSync(join(dir, name), 84 + 50 * triangles);
      const { status, line } = job("repair", "--in", name, "--out", "refused.stl");
      expect([name, status, line().error.code, existsSync(join(dir, "refused.stl"))]).toEqual([name, 3, code, false]);
      rmSync(join(dir, name));
    }
    expect(job("repair", "--in", "cut.stl", "--unit", "yard", "--out", "refused.stl").status).toBe(2);
    const wrapped = job("repair", "--in", "cut.stl", "--unit", "m", "--wrapGapMm", "4", "--wrapDetailMm", "0.4", "--out", "wrapped.stl").line();
    expect(wrapped).toMatchObject({ ok: true, isClosed: true, after: { components: 1, soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, selfIntersections: 0 } }, wrapped: { gapMm: 4, detailMm: 0.4 } });
    expect(Math.abs(wrapped.after.volumeMm3 - 247)).toBeLessThan(12);
    const even = job("repair", "--in", "wrapped.stl", "--remeshEdgeMm", "0.8", "--maxErrorMm", "0.3", "--out", "even.stl").line();
    expect(even).toMatchObject({ ok: true, isClosed: true, after: { soundness: { selfIntersections: 0 } } });
    expect(even.remeshed.maxMm).toBeLessThanOrEqual(0.3);
    expect([job("repair", "--in", "cut.stl", "--wrapGapMm", "4", "--out", "refused.stl").status, job("repair", "--in", "wrapped.stl", "--wrapGapMm", "1", "--wrapDetailMm", "0.001", "--out", "refused.stl").status]).toEqual([2, 3]);

    expect(job("export", "--labels", "labels.nii", "--out", "again.nii.gz").line()).toMatchObject({ ok: true, segments: [{ value: 1, voxels: 1 }, { value: 3, voxels: 1000 }] });
    expect(gunzipSync(readFileSync(join(dir, "again.nii.gz")))).toEqual(readFileSync(join(dir, "labels.nii")));
    expect(job("export", "--labels", "labels.nii", "--out", "l.seg.nrrd").status).toBe(0);
    const nrrd = readFileSync(join(dir, "l.seg.nrrd")), end = nrrd.indexOf("\n\n"), head = nrrd.subarray(0, end).toString();
    expect(head).toContain("space: left-posterior-superior");
    expect(head).toContain("space directions: (-0.5,0,0) (0,-0.5,0) (0,0,1)");
    expect(head).toContain("space origin: (4,-3,9)");
    expect(head).toContain("Segment1_LabelValue:=3");
    expect(new Uint8Array(gunzipSync(nrrd.subarray(end + 2)))).toEqual(labels);
    expect(job("export", "--labels", "labels.nii", "--out", "l.seg.dcm").status).toBe(2);
    expect(job("export", "--labels", "labels.nii", "--source", "source.json", "--out", "l.nrrd").status).toBe(2);
  });

  it("writes a DICOM Encapsulated STL that refers to its series, the same bytes again; dciodvfy and pydicom judge where installed", () => {
    const source = { seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [1, 2].map((i) => ({ sopUid: `1.2.3.4.${i}`, position: [0, 0, i], sha256: "" })) };
    writeFileSync(join(dir, "source.json"), JSON.stringify(source));
    const surface = (from: string, out: string) => job("surface", "--labels", "labels.nii", "--segment", "3", "--source", from, "--out", out);
    expect([surface("source.json", "a.dcm").status, surface("source.json", "b.dcm").status]).toEqual([0, 0]);
    const bytes = readFileSync(join(dir, "a.dcm"));
    expect(sha256("a.dcm")).toBe(sha256("b.dcm"));
    expect(bytes.subarray(128, 132).toString()).toBe("DICM");
    expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(job("surface", "--labels", "labels.nii", "--segment", "3", "--out", "same.stl").status).toBe(0);
    expect(bytes.includes(readFileSync(join(dir, "same.stl")))).toBe(true);
    const judge = spawnSync("dciodvfy", [join(dir, "a.dcm")], { encoding: "utf8" });
    if (judge.error) console.warn("dciodvfy is not installed: not judged");
    else expect({ status: judge.status, errors: `${judge.stdout}${judge.stderr}`.split("\n").filter((line) => line.includes("Error")) }).toEqual({ status: 0, errors: [] });
    const pydicom = spawnSync("/usr/bin/python3", ["-c", "import pydicom,sys; d=pydicom.dcmread(sys.argv[1]); print(d.SOPClassUID, d.ReferencedSeriesSequence[0].SeriesInstanceUID, d.FrameOfReferenceUID, len(d.SourceInstanceSequence), d.MeasurementUnitsCodeSequence[0].CodeValue)", join(dir, "a.dcm")], { encoding: "utf8" });
    if (pydicom.status === 0) expect(pydicom.stdout.trim()).toBe("1.2.840.10008.5.1.4.1.1.104.3 1.2.3.4 1.2.3.5 2 mm");
    else console.warn("pydicom is not installed: not judged");
    writeFileSync(join(dir, "none.json"), JSON.stringify({ ...source, seriesUid: null }));
    const refused = surface("none.json", "refused.dcm");
    expect([refused.status, refused.line().error.code, existsSync(join(dir, "refused.dcm"))]).toEqual([3, "source", false]);
    expect(job("surface", "--labels", "labels.nii", "--segment", "3", "--out", "refused.dcm").status).toBe(2);
  });

  it("JB2: a surface is named by the segment's voxels and the grid, not by its value or its neighbours", () => {
    const one = fromDense(grid, labels);
    const other = fromDense(grid, labels.map((v) => (v === 3 ? 5 : v === 1 ? 2 : 0)));
    expect(surfaceKey(segmentHash(one, 3))).toBe(surfaceKey(segmentHash(other, 5)));
    const a = computeSurface(one, 3), b = computeSurface(other, 5);
    expect(a.mesh).toEqual(b.mesh);
    expect(surfaceKey(segmentHash(fromDense({ ...grid, origin: [0, 0, 0] }, labels), 3))).not.toBe(surfaceKey(segmentHash(one, 3)));
    expect(decodeMesh(a.mesh).triangles.length / 3).toBe(a.facts.triangles);
  });
});

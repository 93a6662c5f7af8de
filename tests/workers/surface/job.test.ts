import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromDense, segmentHash } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { decodeStl } from "../../../core/surface/stl.ts";
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
      ok: true, kind: "surface", node: "surface@1", components: 1, genus: 0,
      soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, selfIntersections: 0 },
      inputs: { "labels.nii": sha256("labels.nii") }, outputs: { "made/cube.stl": sha256("made/cube.stl") },
    });
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
    expect(surface("labels.nii", "--smooth", "1").status).toBe(2);
    expect(surface("missing.nii").status).toBe(2);
    expect(job("surface", "--labels", "labels.nii", "--segment", "3", "--out", "refused.ply").status).toBe(2);
    expect(existsSync(join(dir, "refused.stl"))).toBe(false);
    const unknown = job("fly");
    expect([unknown.status, unknown.line().error.code]).toEqual([2, "usage"]);
    expect(job().status).toBe(2);
    const help = job("surface", "--help");
    expect([help.status, help.stdout.includes("--segment")]).toEqual([0, true]);
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

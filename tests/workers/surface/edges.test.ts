import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeLabelmap, fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { packedNifti } from "../../../core/volume/packedNifti.ts";
import { readMaskFile } from "../../../core/volume/maskFile.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { makeNode } from "../../../workers/nodes.ts";
import { freshDatabase } from "../../support/database.ts";
import { openDatabase } from "../../../server/platform/db.ts";
import { addSegment } from "../../../server/record/segments.ts";
import { createCase } from "../../../server/record/imports.ts";
import { user } from "../../../drizzle/schema.ts";

const grid: Grid = { dims: [40, 36, 34], spacing: [0.5, 0.5, 1], origin: [-4, 3, 9] }, [nx, ny, nz] = grid.dims, labels = new Uint8Array(nx * ny * nz);
const set = (value: number, [x0, y0, z0]: number[], [x1, y1, z1]: number[]) => { for (let z = z0; z < z1; z++) for (let y = y0; y < y1; y++) labels.fill(value, x0 + nx * (y + ny * z), x1 + nx * (y + ny * z)); };
set(1, [10, 10, 10], [35, 20, 33]); // over the edges of bricks
set(2, [20, 30, 20], [21, 31, 21]); // one voxel
set(3, [0, 0, 0], [nx, 4, nz]); // touches five sides of the volume
const source = { seriesUid: "1.2.3.4", frameOfReferenceUid: "1.2.3.5", slices: [{ sopUid: "1.2.3.4.1", position: [0, 0, 0], sha256: "" }] };

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "caseroom-edges-"));
  writeFileSync(join(dir, "labels.nii.gz"), packedNifti({ grid, data: labels }));
  writeFileSync(join(dir, "source.json"), JSON.stringify(source));
});
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });
const job = (...args: string[]) => {
  const { status, stdout } = spawnSync(process.execPath, [resolve("workers/job.mjs"), ...args], { encoding: "utf8", env: { ...process.env, INIT_CWD: dir } });
  return { status, line: JSON.parse(stdout) as Record<string, never> & { error?: { code: string; message: string }; soundness?: object; components?: number } };
};
/** The surface as the workers make it: bricks, then one mesh of them. */
async function ofWorkers(value: number): Promise<Uint8Array> {
  const bricks = await makeNode({ node: "bricks", value, inputs: { labelmap: encodeLabelmap(fromDense(grid, labels)) } });
  return (await makeNode({ node: "surface", value, inputs: { bricks: bricks.content, ...Object.fromEntries((bricks.parts ?? []).map((part) => [sha256(part), part])) } })).content;
}

describe("segments at the edges of what there is", () => {
  it.each([[1, "over several bricks"], [2, "of one voxel"], [3, "that touches the volume's edge"]])("JB4: segment %i, %s, is sound, and the command line and the workers write the same bytes", async (value) => {
    const { status, line } = job("surface", "--labels", "labels.nii.gz", "--segment", String(value), "--out", `${value}.stl`), stl = new Uint8Array(readFileSync(join(dir, `${value}.stl`)));
    expect({ status, components: line.components, soundness: line.soundness }).toEqual({ status: 0, components: 1, soundness: expect.objectContaining({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, selfIntersections: 0 }) });
    expect(meshVolumeMm3(readMesh(stl, "a.stl").mesh)).toBeGreaterThan(0);
    expect(sha256(encodeStl(decodeMesh(await ofWorkers(value))))).toBe(sha256(stl));
  }, 120_000);

  it("an empty segment, and a labelmap with nothing in it, are refused in words; nothing is written", () => {
    const empty = job("surface", "--labels", "labels.nii.gz", "--segment", "9", "--out", "none.stl");
    expect([empty.status, empty.line.error?.code, empty.line.error?.message]).toEqual([3, "empty-segment", expect.stringContaining("no voxel of value 9")]);
    writeFileSync(join(dir, "nothing.nii.gz"), packedNifti({ grid, data: new Uint8Array(labels.length) }));
    expect([job("export", "--labels", "nothing.nii.gz", "--source", "source.json", "--out", "n.seg.dcm").line.error?.code, job("export", "--labels", "nothing.nii.gz", "--out", "n.nrrd").status]).toEqual(["empty-labels", 0]);
  }, 60_000);

  it("127 segments go through every labelmap format; the room refuses the 128th in words", async () => {
    const many = Uint8Array.from(labels, (_, i) => (i < 127 * 8 ? 1 + (i >> 3) : 0));
    writeFileSync(join(dir, "many.nii.gz"), packedNifti({ grid, data: many }));
    for (const [out, more] of [["m.seg.dcm", ["--source", "source.json"]], ["l.seg.dcm", ["--source", "source.json", "--form", "labelmap"]], ["m.seg.nrrd", []]] as const) {
      expect([out, job("export", "--labels", "many.nii.gz", ...more, "--out", out).status]).toEqual([out, 0]);
      expect([out, readMaskFile(new Uint8Array(readFileSync(join(dir, out))), 1e7).length]).toEqual([out, 127]);
    }
    const fresh = await freshDatabase(), database = openDatabase(fresh.url);
    try {
      await database.db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
      const caseId = await database.db.transaction((tx) => createCase(tx, "u", { volumeHash: "00", grid, report: {} }));
      for (let value = 2; value <= 127; value++) expect((await addSegment(database.db, "u", caseId, `S ${value}`, "#ffffff")).value).toBe(value);
      await expect(addSegment(database.db, "u", caseId, "one more", "#ffffff")).rejects.toThrow("A case holds at most 127 segments, deleted ones counted.");
    } finally {
      await database.close();
      await fresh.drop();
    }
  }, 120_000);
});

import { readdir, readFile } from "node:fs/promises";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { gunzipSync, gzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { derive } from "../../../core/volume/derive.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { openBlobs } from "../../../server/platform/blobs.ts";
import { ownUpload, startUpload } from "../../../server/record/uploads.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { dicomSlice, element, sequence } from "./dicomWriter.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => { bench = await openApiBench(); });
afterAll(async () => { await bench.close(); });

let planted = 0;
const canary = () => `CANARY${String(++planted).padStart(4, "0")}`;
const isTold = (text: string) => /CANARY|19110203|1\.2\.77/.exec(text)?.[0] ?? null;
const volume = { grid: { dims: [8, 8, 8] as const, spacing: [2, 2, 2] as const, origin: [0, 0, 0] as const }, data: Int16Array.from({ length: 512 }, (_, i) => i % 900 - 1000) };

/** What reaches the server without having passed the page: files by name, identifiers in everything that has room for one. */
function files(): Record<string, [string, Uint8Array][]> {
  const tags = [0x0050, 0x0080, 0x0081, 0x0090, 0x1010, 0x1030, 0x103e, 0x1040, 0x1048, 0x1050, 0x1060, 0x1070, 0x1080, 0x2111, 0x4000];
  const slices = Array.from({ length: 6 }, (_, k): [string, Uint8Array] => {
    const bytes = dicomSlice({
      z: 2 * k, index: k, name: canary(), id: canary(), birth: "19110203", seriesUid: "1.2.77.1", sopUid: `1.2.77.1.${k}`,
      extra: [element(0x20, 0x52, "UI", "1.2.77.2"), ...tags.map((tag) => element(8, tag, "LO", canary())), ...[0x1000, 0x1040, 0x2154, 0x21b0, 0x4000].map((tag) => element(0x10, tag, "LO", canary())), element(0x18, 0x10, "LO", canary()), element(0x18, 0x1030, "LO", canary()), element(0x20, 0x4000, "LT", canary()),
        ...[1, 2, 3].map((i) => element(0x29, 0x1000 + i, "LO", canary())), sequence(0x40, 0x275, [[element(8, 0x50, "SH", canary()), element(0x40, 7, "LO", canary())]]), element(0x6000, 0x3000, "OB", new TextEncoder().encode(canary()))],
    });
    bytes.set(new TextEncoder().encode(canary()), 0);
    return [`${canary()}.dcm`, bytes];
  });
  const nifti = encodeNifti(volume), raw = new Uint8Array(volume.data.buffer), joined = (head: string) => new Uint8Array(Buffer.concat([Buffer.from(head), raw, Buffer.from(canary())]));
  for (const at of [4, 148, 228, 328]) nifti.set(new TextEncoder().encode(canary()).subarray(0, at === 4 ? 10 : 16), at);
  return {
    dicom: slices, zip: [[`${canary()}.zip`, zipSync(Object.fromEntries(slices))]],
    nifti: [[`${canary()}.nii.gz`, gzipSync(nifti, { filename: canary(), comment: canary() } as object)]],
    nrrd: [[canary(), joined(`NRRD0004\n# ${canary()}\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 8 8 8\nspace directions: (2,0,0) (0,2,0) (0,0,2)\nendian: little\nencoding: raw\nspace origin: (0,0,0)\ncontent: ${canary()}\nPatientName:=${canary()}\n\n`)]],
    mha: [[canary(), joined(`ObjectType = Image\nNDims = 3\nComment = ${canary()}\nPatientID = ${canary()}\nBinaryData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 2 2 2\nDimSize = 8 8 8\nElementType = MET_SHORT\nElementDataFile = LOCAL\n`)]],
    broken: [[`${canary()}.dcm`, slices[0][1].subarray(0, 700)]], strange: [[`${canary()}.pdf`, new TextEncoder().encode(`%PDF ${canary()}`)]],
  };
}

it("IM2, F19: of 200 planted identifiers and the original UIDs none is in the database's dump, a blob, a log, an export, or left on disk", async () => {
  const said: string[] = [], spies = [process.stderr, process.stdout].map((stream) => vi.spyOn(stream, "write").mockImplementation((text) => { said.push(String(text)); return true; }));
  const states: Record<string, string> = {};
  try {
    for (const [kind, list] of Object.entries(files())) {
      const { id } = await startUpload(bench.db, "engineer", {}), dir = join(bench.dataDir, "uploads", id);
      await mkdir(dir, { recursive: true });
      for (const [name, bytes] of list) await writeFile(join(dir, name), bytes);
      await bench.db.execute(sql`update upload set state = 'queued' where id = ${id}`);
      await importUpload(id, bench.dataDir, true, bench.db, openBlobs(join(bench.dataDir, "blobs")));
      states[kind] = (await ownUpload(bench.db, "engineer", id))?.state ?? "";
    }
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(states).toEqual({ dicom: "done", zip: "done", nifti: "done", nrrd: "done", mha: "done", broken: "refused", strange: "refused" });
  expect(planted).toBeGreaterThanOrEqual(200);
  expect(isTold(said.join(""))).toBeNull();
  const tables = await bench.db.execute<{ name: string }>(sql`select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`);
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables) {
    const rows = await bench.db.execute<{ row: unknown }>(sql.raw(`select row_to_json(t) as row from ${name} t`));
    expect([name, isTold(JSON.stringify(rows))]).toEqual([name, null]);
  }
  // The originals are kept, and only encrypted.
  expect(await bench.db.execute(sql`select 1 from case_source where length(sealed_uids) > 100`)).toHaveLength(2);
  let blobs = 0;
  for (const entry of await readdir(bench.dataDir, { withFileTypes: true, recursive: true })) {
    expect(isTold(entry.name)).toBeNull();
    if (!entry.isFile()) continue;
    const bytes = new Uint8Array(await readFile(join(entry.parentPath, entry.name))), plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    expect(isTold(Buffer.from(bytes).toString("latin1")) ?? isTold(Buffer.from(plain).toString("latin1"))).toBeNull();
    if (plain === bytes) continue;
    blobs++;
    // What is derived and exported is made of these voxels alone.
    const { grid, hu } = canonicalVolume(decodeNifti(plain)), made = derive({ grid, hu: hu as Int16Array<ArrayBuffer> }, { op: "median" }, null);
    expect(isTold(Buffer.from(encodeNifti({ grid: made.grid, data: made.hu })).toString("latin1"))).toBeNull();
  }
  expect(blobs).toBeGreaterThanOrEqual(3); // equal volumes are one blob
}, 60_000);

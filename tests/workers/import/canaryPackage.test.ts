import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { gunzipSync, gzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readPlan } from "../../../core/implant/plan.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../../../core/volume/nifti.ts";
import { openBlobs } from "../../../server/platform/blobs.ts";
import { ownUpload, startUpload } from "../../../server/record/uploads.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { packagePaths as paths, sealedPackage } from "../../../workers/package/contents.ts";
import { makeArtifacts, planBytes } from "../../../workers/package/recipe.ts";
import { vault } from "../../core/implant/vault.ts";
import { told } from "../../support/plantedIn.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { dicomSlice, element } from "./dicomWriter.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => { bench = await openApiBench(); });
afterAll(async () => { await bench.close(); });

it("IM2, F19: a package made of a CT that was imported with planted identifiers holds none of them, however deep it is packed", async () => {
  const { grid, labels: bone } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2), [nx, ny, nz] = grid.dims;
  const { id } = await startUpload(bench.db, "engineer", {}), dir = join(bench.dataDir, "uploads", id);
  await mkdir(dir, { recursive: true });
  for (let k = 0; k < nz; k++) {
    const stored = Int16Array.from(bone.subarray(k * nx * ny, (k + 1) * nx * ny), (value) => (value === 1 ? 1200 : 40) + 1024);
    await writeFile(join(dir, `CANARY${k}.dcm`), dicomSlice({
      z: k * 3.2, index: k, columns: nx, rows: ny, pixelSpacing: [3.2, 3.2], thickness: "3.2", stored, name: "CANARY^NAME", id: "CANARYID", birth: "19110203", seriesUid: "1.2.77.1", sopUid: `1.2.77.1.${k}`,
      extra: [...[0x0050, 0x0080, 0x1010, 0x1030, 0x103e, 0x1070].map((tag) => element(8, tag, "LO", `CANARY${tag}`)), element(0x20, 0x4000, "LT", "CANARYCOMMENT")],
    }));
  }
  await bench.db.execute(sql`update upload set state = 'queued' where id = ${id}`);
  await importUpload(id, bench.dataDir, true, bench.db, openBlobs(join(bench.dataDir, "blobs")));
  expect(await ownUpload(bench.db, "engineer", id)).toMatchObject({ state: "done" });
  let packed: Uint8Array | undefined;
  for (const entry of await readdir(join(bench.dataDir, "blobs"), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const bytes = new Uint8Array(await readFile(join(entry.parentPath, entry.name)));
    if (bytes[0] === 0x1f && bytes[1] === 0x8b && (packed === undefined || bytes.length > packed.length)) packed = bytes;
  }
  if (!packed) throw new Error("no volume was stored");
  const volume = canonicalVolume(decodeNifti(gunzipSync(packed))), hu = volume.hu as Int16Array<ArrayBuffer>, labels = Uint8Array.from(hu, (value) => (value > 600 ? 1 : 0));
  expect(labels.reduce((sum, value) => sum + value, 0)).toBe(bone.reduce((sum, value) => sum + (value === 1 ? 1 : 0), 0));
  const read = readPlan({ family: "cranial", bone: 1, thickness: 4 });
  if (!("plan" in read)) throw new Error("plan");
  const recipe = await makeArtifacts({ plan: read.plan, grid: volume.grid, labels, hu, scan: null, volumeHash: sha256(packed), source: null, version: null, prescription: null, acknowledgements: [], logs: [], told: { signatures: [], judgements: [] }, appVersion: "1" }, () => undefined);
  const files = new Map(recipe.files).set(paths.plan, planBytes(read.plan)).set(paths.labels, gzipSync(encodeNifti({ grid: volume.grid, data: labels }), { mtime: 0 })).set(paths.volume, packed);
  const looked = told("package", sealedPackage(files, recipe.manifestHash, null));
  expect(looked.found).toEqual([]);
  expect(looked.files).toBeGreaterThan(files.size + 3);
  // The search does see one that is packed.
  expect(told(paths.volume, gzipSync(new Uint8Array(Buffer.concat([gunzipSync(packed), Buffer.from("CANARY")])))).found).toEqual([`${paths.volume} / unpacked`]);
}, 120_000);

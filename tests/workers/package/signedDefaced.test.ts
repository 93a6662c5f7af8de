import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as Y from "yjs";
import { blobStroke, followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { planKey, planParametersOf } from "../../../core/draft/planDoc.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { threshold } from "../../../core/mask/rasterize.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { canonicalVolume, decodeNifti } from "../../../core/volume/nifti.ts";
import * as schema from "../../../drizzle/schema.ts";
import { appendToLog } from "../../../server/record/draftLog.ts";
import { beginEnrolment, beginSignature, finishEnrolment, finishSignature, type Signer } from "../../../server/record/signatures.ts";
import { startUpload } from "../../../server/record/uploads.ts";
import { askFreeze, askPackage, listVersionJobs, packageOf } from "../../../server/record/versionJobs.ts";
import { addJudgement, changeVersion, listVersions } from "../../../server/record/versions.ts";
import { openWorkspaceKey } from "../../../server/record/workspaceKey.ts";
import { run as verify } from "../../../workers/cli/verify.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { readArchive } from "../../../workers/package/archive.ts";
import { packagePaths } from "../../../workers/package/contents.ts";
import { freezeJob, packageJob } from "../../../workers/package/versionWork.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { told } from "../../support/plantedIn.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";
import { dicomSlice, element } from "../import/dicomWriter.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>, folder: string;
beforeAll(async () => {
  bench = await openApiBench();
  folder = await mkdtemp(join(tmpdir(), "caseroom-signed-defaced-"));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

it("IM2, IM9, F19: a signed version of a CT that came with planted identifiers is packaged with its face covered: valid, rebuilt, no slice, no segment of the face, no identifier", async () => {
  const head = headCt(20261123, [96, 96, 76]), [nx, ny, nz] = head.grid.dims, [mm, , sliceMm] = head.grid.spacing;
  const { id } = await startUpload(bench.db, "engineer", {}), dir = join(bench.dataDir, "uploads", id);
  await mkdir(dir, { recursive: true });
  for (let k = 0; k < nz; k++) {
    // Rows and columns run against RAS.
    const stored = Int16Array.from({ length: nx * ny }, (_, p) => head.hu[nx - 1 - p % nx + nx * (ny - 1 - Math.floor(p / nx) + ny * k)]);
    await writeFile(join(dir, `CANARY${k}.dcm`), dicomSlice({
      z: k * sliceMm, index: k, columns: nx, rows: ny, pixelSpacing: [head.grid.spacing[1], mm], thickness: String(sliceMm), stored, signed: true, intercept: "0", name: "CANARY^NAME", id: "CANARYID", birth: "19110203", seriesUid: "1.2.77.1", sopUid: `1.2.77.1.${k}`,
      extra: [...[0x0050, 0x0080, 0x1010, 0x1030, 0x103e, 0x1070].map((tag) => element(8, tag, "LO", `CANARY${tag}`)), element(0x20, 0x4000, "LT", "CANARYCOMMENT"), element(0x20, 0x52, "UI", "1.2.77.2")],
    }));
  }
  await bench.db.execute(sql`update upload set state = 'queued' where id = ${id}`);
  await importUpload(id, bench.dataDir, true, bench.db, bench.blobs);
  // The imported scan becomes the case's that both people are members of.
  const [made] = await bench.db.select().from(schema.caseTable).where(sql`id <> ${bench.caseId} and volume_hash is not null`).orderBy(sql`created_at desc`).limit(1);
  if (!made?.volumeHash || !made.grid) throw new Error("not imported");
  await bench.db.update(schema.caseTable).set({ volumeHash: made.volumeHash, grid: made.grid, report: made.report }).where(sql`id = ${bench.caseId}`);
  await bench.db.execute(sql`update case_source set case_id = ${bench.caseId} where case_id = ${made.id}`);
  const ct = await bench.blobs.get(made.volumeHash), { hu } = canonicalVolume(decodeNifti(gunzipSync(ct))), { grid } = made;
  await bench.db.insert(schema.segment).values({ caseId: bench.caseId, value: 1, name: "Bone", color: "#e8d9b5", createdBy: "engineer" });
  await bench.db.insert(schema.segment).values({ caseId: bench.caseId, value: 2, name: "Soft tissue", color: "#e0a090", createdBy: "engineer" });
  const append = (document: "masks" | "plan", doc: Y.Doc) => bench.db.transaction((tx) => appendToLog(tx, bench.caseId, document as "masks", { seq: 0, checksum: "" }, [{ update: Y.encodeStateAsUpdate(doc), userId: "engineer", sessionId: "s" }]));
  const doc = new Y.Doc(), fold = new MaskFold(grid), plan = new Y.Doc();
  followMasks(doc, fold)();
  const { bytes, content } = blobStroke(grid, threshold(grid, hu, 226, 3071));
  new MaskAuthor(doc, fold).drawBlob(1, content(await bench.blobs.put(bytes)));
  const soft = blobStroke(grid, threshold(grid, hu, -299, 225));
  new MaskAuthor(doc, fold).drawBlob(2, soft.content(await bench.blobs.put(soft.bytes)));
  await append("masks", doc);
  for (const [name, value] of Object.entries({ family: "cranial", bone: 1, thickness: 4 })) planParametersOf(plan).set(planKey("implant1", name), value);
  await append("plan", plan);

  const key = openWorkspaceKey(bench.dataDir), place = { origin: "http://localhost:3000" }, keys = { surgeon: softAuthenticator(), engineer: softAuthenticator() };
  const who = (role: "surgeon" | "engineer"): Signer => ({ userId: role, sessionId: `s-${role}`, name: role, role });
  for (const role of ["surgeon", "engineer"] as const) {
    const { nonce, options } = await beginEnrolment(bench.db, who(role), place);
    await finishEnrolment(bench.db, who(role), place, key, nonce, keys[role].create(options.challenge, place.origin));
  }
  const prescription = { indication: "trauma", side: "right" as const, region: "parietal", kind: "cranial plate", material: "PEEK" };
  const { jobId: freeze } = await askFreeze(bench.db, "engineer", bench.caseId, { expectedNumber: 1, prescription, acknowledgements: [] });
  await freezeJob(freeze, true, "1.0", bench.db, bench.blobs);
  expect((await listVersionJobs(bench.db, bench.caseId)).find(({ id: own }) => own === freeze)).toMatchObject({ state: "done", error: null });
  const [version] = await listVersions(bench.db, bench.caseId);
  for (const report of version.manifest.reports) if (report.verdict !== "pass") await addJudgement(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, report.sha256, "a coarse phantom, looked at on every slice");
  await changeVersion(bench.db, who("engineer"), bench.caseId, 1, "submit", null);
  for (const [role, meaning] of [["engineer", "designed"], ["surgeon", "approved"]] as const) {
    const { nonce, options } = await beginSignature(bench.db, who(role), place, bench.caseId, 1, version.manifestHash, meaning, null);
    await finishSignature(bench.db, who(role), place, key, bench.caseId, 1, nonce, keys[role].get(options.challenge, place.origin));
  }
  Object.assign(process.env, { CASEROOM_DATABASE: bench.settings.databaseUrl, CASEROOM_DATA: bench.dataDir });
  const { jobId } = await askPackage(bench.db, "engineer", bench.caseId, 1, "defaced");
  await packageJob(jobId, true, "1.0", bench.db, bench.blobs);
  expect((await listVersionJobs(bench.db, bench.caseId)).find(({ id: own }) => own === jobId)).toMatchObject({ state: "done", error: null });
  const file = await bench.blobs.get((await packageOf(bench.db, bench.caseId, jobId))!.result.blobHash), inside = readArchive(file);
  await Promise.all([writeFile(join(folder, "p.zip"), file), writeFile(join(folder, "key.pub"), key.publicKey), writeFile(join(folder, "ct.nii.gz"), ct)]);
  expect([inside.has(packagePaths.volume), [...inside.keys()].filter((name) => name.startsWith("pictures/"))]).toEqual([false, ["pictures/implant.png"]]);
  const covered = canonicalVolume(decodeNifti(gunzipSync(inside.get(packagePaths.defaced)!))).hu;
  let changed = 0, bone = 0;
  for (let at = 0; at < hu.length; at++) if (covered[at] !== hu[at]) { changed++; if (hu[at] >= 226) bone++; }
  expect([changed > 10_000, bone]).toEqual([true, 0]);
  // The version has surface and SEG of the soft tissue; this package of it has not.
  const shows = ["dicom/labels.seg.dcm", "surfaces/002-Soft_tissue.stl"], left = canonicalVolume(decodeNifti(gunzipSync(inside.get(packagePaths.defacedLabels)!))).hu;
  expect([shows.map((name) => version.manifest.artifacts.some((one) => one.name === name)), [...shows, packagePaths.labels].filter((name) => inside.has(name)), covered.findIndex((v, at) => v !== hu[at] && left[at] !== 0), left.includes(2), left.includes(1)]).toEqual([[true, true], [], -1, true, true]);
  // Without the CT it can be rebuilt too: defaced.test.ts.
  expect((await verify(["--package", join(folder, "p.zip"), "--trust", join(folder, "key.pub"), "--rebuild", "--volume", join(folder, "ct.nii.gz")])).line).toMatchObject({ ok: true, verdict: "valid", signed: true, volume: "defaced" });
  expect(told("package", file).found).toEqual([]);
}, 300_000);

import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { hashPassword } from "better-auth/crypto";
import dcmjs from "dcmjs";
import { and, eq, sql } from "drizzle-orm";
import { gunzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { masksRoots } from "../../../core/draft/masksDoc.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import { labelExports, surfaceExports } from "../../../core/protocol/exports.ts";
import { roles } from "../../../core/review/permissions.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { type Mesh, meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { decodeNifti } from "../../../core/volume/nifti.ts";
import { readMaskFile } from "../../../core/volume/maskFile.ts";
import * as schema from "../../../drizzle/schema.ts";
import type { NodeJob } from "../../../server/record/builds.ts";
import { gridOf } from "../../../server/record/builds.ts";
import { appendToLog } from "../../../server/record/draftLog.ts";
import { DraftFolds } from "../../../workers/draftFold.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { rebuildNode } from "../../../workers/rebuild.ts";
import { settleCase } from "../../../workers/settle.ts";
import { dciodvfy, dcmdump, lib3mf, python } from "../../support/judges.ts";
import { sphereMesh } from "../../core/surface/shapes.ts";
import { dicomSlice, element } from "../../workers/import/dicomWriter.ts";
import { openApiBench } from "./apiBench.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>, caseId = "";
/** As the hospital names it. */
const hospital = { study: "1.2.77.1", series: "1.2.77.2", frame: "1.2.77.3", image: (k: number) => `1.2.77.4.${k}` }, planted = /1\.2\.77/;
const [edge, slices] = [24, 20];
const written: string[] = [];

beforeAll(async () => {
  const spies = [process.stderr, process.stdout].map((stream) => vi.spyOn(stream, "write").mockImplementation((text) => { written.push(String(text)); return true; }));
  bench = await openApiBench();
  const key = crypto.getRandomValues(new Uint8Array(32)), uids = new Map<string, string>();
  const { id } = (await (await bench.mutate("uploads.start", { totalBytes: 100_000, options: {} }, "engineer")).json()).result.data.json;
  for (let k = 0; k < slices; k++) {
    // What the page does with each file before it leaves.
    const made = deidentify(dicomSlice({
      z: 2 * k, index: k, columns: edge, rows: edge, pixelSpacing: [1, 1], stored: new Int16Array(edge * edge).fill(1024), seriesUid: hospital.series, sopUid: hospital.image(k),
      extra: [element(0x20, 0x0d, "UI", hospital.study), element(0x20, 0x52, "UI", hospital.frame)],
    }), { key });
    for (const [original, shown] of made.uids) uids.set(original, shown);
    expect((await bench.ask(`/api/uploads/${id}/file?name=${k}.dcm&offset=0`, "engineer", { method: "PUT", body: Buffer.concat(made.parts) })).status).toBe(200);
  }
  const put = (body: unknown, as = "engineer") => bench.ask(`/api/uploads/${id}/uids`, as, { method: "PUT", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  expect([(await put([...uids], "surgeon")).status, (await put([["1.2.77.9 hello", "x"]])).status, (await put({})).status]).toEqual([409, 400, 400]);
  // Makers write leading zeros, against the standard: such a scan comes in too, with its UID kept.
  expect((await put([...uids, ["1.3.12.2.1107.5.8.1.12345.20020604103720.000000", "2.25.7"]])).status).toBe(200);
  expect((await bench.mutate("uploads.finish", { id }, "engineer")).status).toBe(200);
  await importUpload(id, bench.dataDir, true, bench.db, bench.blobs);
  caseId = (await (await bench.query("uploads.get", { id }, "engineer")).json()).result.data.json.caseId;
  await bench.db.delete(schema.member).where(eq(schema.member.caseId, caseId));
  await bench.db.insert(schema.member).values(roles.map((role) => ({ caseId, userId: role, role })));
  await bench.db.insert(schema.segment).values({ caseId, value: 2, name: "Tumour <left>", color: "#4f9cf9", createdBy: "engineer" });
  await bench.db.insert(schema.segment).values({ caseId, value: 3, name: "Empty", color: "#123456", createdBy: "engineer" });
  const grid = await gridOf(bench.db, caseId);
  if (!grid) throw new Error("no grid");
  const doc = new Y.Doc();
  doc.clientID = 7;
  const [x, y, z] = grid.origin.map((o, i) => o + grid.spacing[i] * grid.dims[i] / 2);
  for (const [i, shift] of [-6, 6].entries()) {
    masksRoots(doc).strokes.push([encodeStroke({ id: { clientId: 7, counter: i }, lamport: i + 1, layer: "anatomy", value: i + 1, isFinal: true, content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 4, plane: 2, points: [rasPoint(x + shift, y, z)] }) } })]);
  }
  await bench.db.transaction((tx) => appendToLog(tx, caseId, "masks", { seq: 0, checksum: "" }, [{ update: Y.encodeStateAsUpdate(doc), userId: "engineer", sessionId: "s" }]));
  await settleCase(caseId, bench.db, bench.blobs, new DraftFolds(bench.db, bench.blobs));
  for (;;) {
    const jobs = [...await bench.db.execute<{ payload: NodeJob }>(sql`select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier in ('firstNode', 'node')`)];
    if (jobs.length === 0) break;
    await bench.db.execute(sql`delete from graphile_worker._private_jobs`);
    for (const { payload } of jobs) await rebuildNode(payload, true, "w", bench.db, bench.blobs);
  }
  for (const spy of spies) spy.mockRestore();
}, 60_000);
afterAll(async () => { await bench.close(); });

const get = (name: string, as = "engineer") => bench.ask(`/api/cases/${caseId}/exports/${name}`, as);
const original = (name: string, as = "engineer", password: string | null = null) => bench.ask(`/api/cases/${caseId}/exports/${name}`, as, { method: "POST", body: JSON.stringify({ password }), headers: { "content-type": "application/json" } });
const bytesOf = async (answer: Response): Promise<Uint8Array> => { expect([answer.url, answer.status, answer.status === 200 ? "" : await answer.text()]).toEqual([answer.url, 200, ""]); return new Uint8Array(await answer.arrayBuffer()); };
const textIn = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** What a PACS is given of a surface: valid, with its title, and the STL to the byte. */
function expectEncapsulated(bytes: Uint8Array, stl: Uint8Array, title: string): void {
  const path = join(bench.dataDir, "surface.dcm");
  writeFileSync(path, bytes);
  const judged = dciodvfy(path), tags = dcmdump(path);
  if (judged) expect([title, judged]).toEqual([title, { status: 0, errors: [] }]);
  if (tags) expect([tags.get("0042,0010"), tags.get("0042,0012")]).toEqual([title, "model/stl"]);
  expect([title, Buffer.from(bytes).indexOf(stl) > 0]).toEqual([title, true]);
}

describe("exports of a case", () => {
  it("are every format of the list, each read back with what was drawn", async () => {
    for (const { file } of labelExports) {
      const bytes = await bytesOf(await get(file));
      if (file === "labels.nii.gz") { expect(new Set(decodeNifti(gunzipSync(bytes)).data as Uint8Array)).toEqual(new Set([0, 1, 2])); continue; }
      const masks = readMaskFile(bytes, 1e6);
      expect([file, masks.map(({ name }) => name)]).toEqual([file, ["Bone", "Tumour <left>"]]);
    }
    const [low, high] = [1, 2].map(() => [Infinity, -Infinity]);
    for (const { ending } of surfaceExports) for (const [value, range] of [[1, low], [2, high]] as const) {
      const answer = await get(`segment-${value}.${ending}`);
      expect(answer.headers.get("x-caseroom-key")).toMatch(/^[0-9a-f]{64}$/);
      const bytes = await bytesOf(answer);
      if (ending === "dcm") expectEncapsulated(bytes, await bytesOf(await get(`segment-${value}.stl`)), ["Bone", "Tumour <left>"][value - 1]);
      if (ending === "dcm" || ending === "glb") continue;
      const { mesh } = readMesh(bytes, `s.${ending}`);
      for (let i = 0; i < mesh.positions.length; i += 3) { range[0] = Math.min(range[0], mesh.positions[i]); range[1] = Math.max(range[1], mesh.positions[i]); }
    }
    // Left is left: the second ball lies 12 mm further towards +x in RAS.
    expect([high[0] - low[0], high[1] - low[1]].every((mm) => Math.abs(mm - 12) < 0.51)).toBe(true);
    const all = await lib3mf(await bytesOf(await get("surfaces.3mf")));
    expect(all.objects.map(({ name, partNumber, color, isManifoldAndOriented }) => [name, partNumber, color, isManifoldAndOriented])).toEqual([["Bone", "segment-1", "#E8D9B5", true], ["Tumour <left>", "segment-2", "#4F9CF9", true]]);
  });

  it("SF6, MQ1: a surface with any fault is not exported, and it is said which", async () => {
    const key = (await get("segment-1.stl")).headers.get("x-caseroom-key") ?? "", soundness = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, selfIntersections: 0, degenerateTriangles: 0, invertedShells: 0 };
    const [{ key: soundnessKey, facts }] = await bench.db.select({ key: schema.artifact.key, facts: schema.artifact.facts }).from(schema.artifact).innerJoin(schema.build, eq(schema.build.key, schema.artifact.key)).where(and(eq(schema.build.caseId, caseId), eq(schema.build.subject, "segment/1"), eq(schema.build.node, "soundness")));
    expect([key, facts.soundness]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), soundness]);
    const withFault = (fault: object) => bench.db.update(schema.artifact).set({ facts: { ...facts, soundness: { ...soundness, ...fault } } }).where(eq(schema.artifact.key, soundnessKey));
    for (const [fault, words] of [[{ openEdges: 3 }, "3 open edges"], [{ nonManifoldVertices: 1 }, "1 non-manifold vertex"], [{ selfIntersections: 1, degenerateTriangles: 2 }, "1 place where it crosses itself, 2 triangles without area"], [{ invertedShells: 1 }, "1 shell inside out"]] as const) {
      await withFault(fault);
      for (const name of ["segment-1.stl", "surfaces.3mf"]) {
        const answer = await get(name);
        expect([answer.status, ((await answer.json()) as { error: { message: string } }).error.message]).toEqual([409, expect.stringContaining(`The surface of Bone is not sound: ${words}. It is not exported.`)]);
      }
    }
    await withFault({});
    expect((await get("segment-1.stl")).status).toBe(200);
  });

  it("SF6: a surface that a file or mending gave goes out in every format, if it is sound", async () => {
    const ball = sphereMesh(9, 24), take = async (name: string, mesh: Mesh) => {
      const query = new URLSearchParams({ name, kind: "other", color: "#7fd1e8", format: name === "Scan" ? "3mf" : "stl", unit: "mm", space: "lps" });
      const answer = await bench.ask(`/api/cases/${caseId}/surfaces?${query}`, "engineer", { method: "POST", body: Buffer.from(encodeMesh(mesh)), headers: { "content-type": "application/octet-stream" } });
      return ((await answer.json()) as { id: string }).id;
    };
    const whole = await take("Scan", ball), holed = await take("Holed", { ...ball, triangles: ball.triangles.slice(3) }), inward = await take("Inward", { ...ball, triangles: ball.triangles.toReversed() });
    for (const { ending } of surfaceExports) {
      const bytes = await bytesOf(await get(`surface-${whole}.${ending}`));
      if (ending === "dcm") expectEncapsulated(bytes, await bytesOf(await get(`surface-${whole}.stl`)), "Scan");
      if (ending === "dcm" || ending === "glb") { expect(bytes.length).toBeGreaterThan(1000); continue; }
      expect([ending, Math.abs(meshVolumeMm3(readMesh(bytes, `s.${ending}`).mesh) / meshVolumeMm3(ball) - 1) < 1e-5]).toEqual([ending, true]);
    }
    expect((await lib3mf(await bytesOf(await get(`surface-${whole}.3mf`)))).objects).toMatchObject([{ name: "Scan", partNumber: `surface-${whole}`, color: "#7FD1E8", isManifoldAndOriented: true }]);
    for (const [id, words] of [[holed, "Holed is not sound: 3 open edges."], [inward, "Inward is not sound: 1 shell inside out."]] as const) {
      const answer = await get(`surface-${id}.stl`);
      expect([answer.status, ((await answer.json()) as { error: { message: string } }).error.message]).toEqual([409, expect.stringContaining(words)]);
    }
    expect([(await get(`surface-${crypto.randomUUID()}.stl`)).status, (await get(`surface-${whole}.stl`, "viewer")).status, (await bench.ask(`/api/cases/${bench.caseId}/exports/surface-${whole}.stl`, "engineer")).status]).toEqual([404, 403, 404]);
  });

  it("IM8 EX1: DICOM files name the series by the import's UIDs, bear the record's time, colours and names, and are the same bytes again", async () => {
    const seg = await bytesOf(await get("labels.seg.dcm")), path = join(bench.dataDir, "seg.dcm");
    expect(await bytesOf(await get("labels.seg.dcm"))).toEqual(seg);
    expect(planted.test(textIn(seg))).toBe(false);
    writeFileSync(path, seg);
    const judged = dciodvfy(path), tags = dcmdump(path), [{ at }] = await bench.db.select({ at: schema.draftLog.at }).from(schema.draftLog).where(eq(schema.draftLog.caseId, caseId));
    if (judged) expect(judged).toEqual({ status: 0, errors: [] });
    if (tags) expect([tags.get("0008,0023"), tags.get("0008,0033")]).toEqual([at.toISOString().slice(0, 10).replaceAll("-", ""), at.toISOString().slice(11, 23).replaceAll(":", "")]);
    const colors = python("import pydicom, sys, json; d = pydicom.dcmread(sys.argv[1]); print(json.dumps([[s.SegmentLabel, [int(x) for x in s.RecommendedDisplayCIELabValue]] for s in d.SegmentSequence]))", path);
    if (colors !== null) {
      const shown = (JSON.parse(colors) as [string, number[]][]).map(([name, lab]) => [name, dcmjs.data.Colors.dicomlab2RGB(lab).map((c) => Math.round(255 * c))]);
      expect(shown).toEqual([["Bone", [0xe8, 0xd9, 0xb5]], ["Tumour <left>", [0x4f, 0x9c, 0xf9]]]);
    }
    // Another name is another object: no two files bear one UID.
    const uidOf = (bytes: Uint8Array) => /2\.25\.\d+/.exec(textIn(bytes.subarray(132)))?.[0];
    await bench.mutate("segments.rename", { caseId, value: 2, name: "Tumour" }, "engineer");
    expect(uidOf(await bytesOf(await get("labels.seg.dcm")))).not.toBe(uidOf(seg));
    await bench.mutate("segments.rename", { caseId, value: 2, name: "Tumour <left>" }, "engineer");
  });

  it("IM8: a person with the right, proven again, exports with the hospital's own UIDs; it is recorded, and nobody else can", async () => {
    for (const role of [...roles, "stranger"]) expect([role, (await original("labels.seg.dcm", role)).status]).toEqual([role, role === "stranger" ? 404 : ["surgeon", "engineer"].includes(role) ? 200 : 403]);
    for (const file of ["labels.seg.dcm", "labels.labelmap.dcm", "segment-1.dcm"]) {
      const bytes = await bytesOf(await original(file)), text = textIn(bytes);
      for (const uid of [hospital.study, hospital.series, hospital.frame, hospital.image(0), hospital.image(slices - 1)]) expect([file, uid, text.includes(uid)]).toEqual([file, uid, true]);
      writeFileSync(join(bench.dataDir, "original.dcm"), bytes);
      const judged = file === "labels.labelmap.dcm" ? null : dciodvfy(join(bench.dataDir, "original.dcm"));
      if (judged) expect([file, judged]).toEqual([file, { status: 0, errors: [] }]);
    }
    expect([(await original("labels.nii.gz")).status, (await original("segment-1.stl")).status]).toEqual([404, 404]);
    const events = await bench.db.select().from(schema.auditEvent).where(and(eq(schema.auditEvent.caseId, caseId), eq(schema.auditEvent.action, "labelmap.exported"))).orderBy(schema.auditEvent.id);
    expect(events.filter(({ object }) => object.originalUids === true).map(({ actorId }) => actorId)).toEqual(["surgeon", "engineer", "engineer", "engineer"]);
    // In a real workspace the password is asked for; a wrong one counts as a failed try.
    Object.assign(bench.settings, { mode: "real" });
    await bench.db.update(schema.user).set({ isDemo: false }).where(eq(schema.user.id, "engineer"));
    try {
      await bench.db.insert(schema.account).values({ id: "a", accountId: "engineer", providerId: "credential", userId: "engineer", password: await hashPassword("correct horse battery") });
      expect([(await original("labels.seg.dcm")).status, (await original("labels.seg.dcm", "engineer", "wrong")).status, (await original("labels.seg.dcm", "engineer", "correct horse battery")).status]).toEqual([409, 409, 200]);
      expect(await bench.db.select().from(schema.signingFailure)).toHaveLength(2);
    } finally {
      Object.assign(bench.settings, { mode: "demo" });
      await bench.db.update(schema.user).set({ isDemo: true }).where(eq(schema.user.id, "engineer"));
    }
  });

  it("IM8: the original UIDs stand in no log, no table, no file and no answer but those", async () => {
    const tables = await bench.db.execute<{ name: string }>(sql`select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`);
    for (const { name } of tables) expect([name, planted.test(JSON.stringify(await bench.db.execute(sql.raw(`select row_to_json(t) as row from ${name} t`))))]).toEqual([name, false]);
    expect((await bench.db.select().from(schema.upload)).map(({ sealedUids }) => sealedUids)).toEqual([null]);
    const [{ sealedUids }] = await bench.db.select().from(schema.caseSource);
    expect([sealedUids.length > 800, planted.test(textIn(sealedUids))]).toEqual([true, false]);
    let looked = 0;
    for (const entry of await readdir(bench.dataDir, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || entry.name === "original.dcm") continue;
      looked++;
      expect([entry.name, planted.test(textIn(await readFile(join(entry.parentPath, entry.name))))]).toEqual([entry.name, false]);
    }
    expect(looked).toBeGreaterThan(5);
    expect(planted.test(written.join(""))).toBe(false);
    for (const path of ["imports.report", "cases.get", "versions.list", "audit.list"]) expect([path, planted.test(await (await bench.query(path, { caseId }, "engineer")).text())]).toEqual([path, false]);
  });

  it("say in words what cannot be: no such file, nothing drawn, an empty segment, a case without a series", async () => {
    const said = async (answer: Response) => [answer.status, ((await answer.json()) as { error: { message: string } }).error.message];
    for (const name of ["labels.tiff", "segment-0.stl", "segment-128.stl", "segment-1.step", "..%2fx"]) expect((await get(name)).status).toBe(404);
    expect(await said(await get("segment-3.stl"))).toEqual([404, "There is no surface of Empty yet."]);
    expect((await get("labels.seg.dcm", "viewer")).status).toBe(403);
    const other = (name: string) => bench.ask(`/api/cases/${bench.caseId}/exports/${name}`, "engineer");
    expect(await said(await other("labels.nii.gz"))).toEqual([409, expect.stringContaining("Nothing was drawn")]);
    expect(await said(await other("labels.seg.dcm"))).toEqual([409, expect.stringContaining("did not come from a DICOM series")]);
  });
});

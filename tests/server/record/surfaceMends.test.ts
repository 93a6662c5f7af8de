import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import type { MendOptions } from "../../../core/surface/mend.ts";
import { type Mesh, meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { decodeMesh, encodeMesh } from "../../../core/surface/meshBlob.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { artifact, auditEvent, build, claim, user } from "../../../drizzle/schema.ts";
import { type Blobs, openBlobs } from "../../../server/platform/blobs.ts";
import { type Database, openDatabase } from "../../../server/platform/db.ts";
import { verifyCaseAudit } from "../../../server/record/audit.ts";
import type { NodeJob } from "../../../server/record/builds.ts";
import { addFileSurface, listFileSurfaces } from "../../../server/record/fileSurfaces.ts";
import { createCase } from "../../../server/record/imports.ts";
import { askMend, dropMend, keepMend, listMends } from "../../../server/record/surfaceMends.ts";
import { rebuildNode } from "../../../workers/rebuild.ts";
import { freshDatabase } from "../../support/database.ts";
import { sphereMesh } from "../../core/surface/shapes.ts";

let database: Database, blobs: Blobs, drop: () => Promise<void>, dir = "", caseId = "", other = "";
const shown = { name: "Mended", color: "#7fd1e8" };
const queued = () => database.db.execute<{ payload: NodeJob }>(sql`
  select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'node' order by j.id`);
const clearQueue = () => database.db.execute(sql`delete from graphile_worker._private_jobs`);
const events = async () => (await database.db.select().from(auditEvent).where(eq(auditEvent.caseId, caseId)).orderBy(auditEvent.id)).filter(({ action }) => action.startsWith("surface.")).map(({ action, actorId, object }) => ({ action, actorId, object }));
const added = async (mesh: Mesh) => addFileSurface(database.db, "u", caseId, { name: "Scan", kind: "oldImplant", color: "#ffffff", format: "stl", unit: "in", space: "lps", blobHash: await blobs.put(encodeMesh(mesh)), facts: {} });
const ask = async (source: string, options: MendOptions) => askMend(database.db, "u", caseId, source, options, await blobs.put(canonicalBytes(options)));
async function work(): Promise<number> {
  const jobs = [...await queued()];
  await clearQueue();
  for (const { payload } of jobs) await rebuildNode(payload, true, "w1", database.db, blobs);
  return jobs.length;
}
/** A ball of 10 mm in which some neighbouring triangles are missing. */
function holed(): Mesh {
  const ball = sphereMesh(10, 24);
  return { positions: ball.positions, triangles: ball.triangles.slice(6) };
}

describe("mending a surface of a case", () => {
  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    await runMigrations({ connectionString: fresh.url });
    dir = await mkdtemp(join(tmpdir(), "caseroom-mends-"));
    blobs = openBlobs(join(dir, "blobs"));
    await database.db.insert(user).values({ id: "u", name: "Uma", email: "u@example.org" });
  });
  beforeEach(async () => {
    const made = { volumeHash: "00", grid: { dims: [8, 8, 8], spacing: [1, 1, 1], origin: [0, 0, 0] }, report: {} } as const;
    [caseId, other] = await database.db.transaction(async (tx) => [await createCase(tx, "u", made), await createCase(tx, "u", made)]);
    await clearQueue();
  });
  afterAll(async () => {
    await database.close();
    await drop();
    await rm(dir, { recursive: true });
  });

  it("repairs in a worker, tells what was done before anything is kept, and keeps it beside the first with an audit event", async () => {
    const scan = await added(holed()), id = await ask(`file/${scan}`, {});
    expect(await listMends(database.db, caseId)).toMatchObject([{ id, source: `file/${scan}`, name: "Scan", by: "Uma", state: "making", facts: null }]);
    await expect(keepMend(database.db, "u", caseId, id, shown)).rejects.toThrow(/not made yet/);
    expect(await work()).toBe(1);
    const [made] = await listMends(database.db, caseId), { before, after, report } = made.facts!;
    expect([made.state, before.soundness.openEdges > 0, after.soundness.openEdges, after.soundness.genus]).toEqual(["made", true, 0, 0]);
    expect(report).toMatchObject({ wrapped: null, remeshed: null, changes: { holesFilled: 1, holesLeftOpen: 0, crossingsAfter: 0 } });
    expect([before.volumeMm3, Math.abs(after.volumeMm3! / meshVolumeMm3(sphereMesh(10, 24)) - 1) < 0.01]).toEqual([null, true]);
    expect(await listFileSurfaces(database.db, caseId)).toHaveLength(1);
    const kept = await keepMend(database.db, "u", caseId, id, shown), all = await listFileSurfaces(database.db, caseId), mine = all.find((one) => one.id === kept)!;
    expect(mine).toMatchObject({ ...shown, kind: "oldImplant", format: "stl", unit: "in", space: "lps", facts: { soundness: { openEdges: 0 }, mended: { of: `file/${scan}`, node: "mend@6", key: made.key, options: {}, report: { largestDisplacementMm: report.largestDisplacementMm } } } });
    expect(soundnessOf(decodeMesh(await blobs.get(mine.blobHash))).openEdges).toBe(0);
    expect([all.length, await listMends(database.db, caseId)]).toEqual([2, []]);
    const told = await events();
    expect(told.map(({ action, actorId }) => [action, actorId])).toEqual([["surface.imported", "u"], ["surface.mendAsked", "u"], ["surface.mended", "u"]]);
    expect(told[2].object).toMatchObject({ id: kept, of: `file/${scan}`, node: "mend@6", key: made.key, blob: mine.blobHash, largestDisplacementMm: report.largestDisplacementMm, holesFilled: 1, holesLeftOpen: 0 });
    expect((await verifyCaseAudit(database.db, caseId)).fault).toBeNull();
    // Taken once: two who press at once do not keep it twice.
    await expect(keepMend(database.db, "u", caseId, id, shown)).rejects.toThrow(/kept or discarded already/);
  });

  it("JB2: the same surface with the same options is not computed again; discarding is told and stops the work", async () => {
    const mesh = holed(), first = await ask(`file/${await added(mesh)}`, { wrap: { gapMm: 6, detailMm: 1 } });
    expect(await work()).toBe(1);
    const [{ facts }] = await listMends(database.db, caseId);
    expect([facts!.report.changes, facts!.report.wrapped!.gapMm, facts!.after.soundness.openEdges]).toEqual([null, 6, 0]);
    await dropMend(database.db, "u", caseId, first);
    await ask((await listFileSurfaces(database.db, caseId)).map(({ id }) => `file/${id}`)[0], { wrap: { gapMm: 6, detailMm: 1 } });
    expect([(await queued()).length, (await listMends(database.db, caseId))[0].state]).toEqual([0, "made"]);
    const second = await ask(`file/${await added(mesh)}`, { remesh: { edgeMm: 2, maxErrorMm: 0.5 } });
    await dropMend(database.db, "u", caseId, second);
    expect((await events()).at(-1)).toMatchObject({ action: "surface.mendDiscarded" });
    expect(await work()).toBe(1); // the job was queued, and sees that nobody wants it
    expect(await database.db.select().from(claim)).toEqual([]);
    expect((await listMends(database.db, caseId)).map(({ state }) => state)).toEqual(["made"]);
  });

  it("a segment's surface too, as it is current; the result stands beside it, in RAS mm", async () => {
    const blobHash = await blobs.put(encodeMesh(sphereMesh(10, 24))), key = `surface of ${caseId}`;
    await database.db.insert(artifact).values({ key, node: "surface@2", inputs: {}, blobHash, facts: {}, ms: 1 });
    await database.db.insert(build).values({ caseId, subject: "segment/1", node: "surface", inputs: {}, key, goodKey: key, seq: 1, state: "current" });
    const id = await ask("segment/1", { remesh: { edgeMm: 1.5, maxErrorMm: 0.5 } });
    await work();
    const [{ facts, name }] = await listMends(database.db, caseId);
    expect([name, facts!.report.remeshed!.maxMm < 0.5, facts!.after.soundness.genus]).toEqual(["Bone", true, 0]);
    await keepMend(database.db, "u", caseId, id, shown);
    expect((await listFileSurfaces(database.db, caseId))[0]).toMatchObject({ kind: "other", format: "segment", unit: "mm", space: "ras", facts: { mended: { of: "segment/1", surface: blobHash } } });
  });

  it("says in a sentence why a surface cannot be made so, and what to do; a surface of another case is none", async () => {
    const scan = await added(sphereMesh(10, 24));
    await ask(`file/${scan}`, { wrap: { gapMm: 0, detailMm: 0.05 } });
    await work();
    const [{ state, error, id }] = await listMends(database.db, caseId);
    expect([state, error]).toEqual(["failed", expect.stringMatching(/^At 0\.05 mm this surface needs \d+ million samples, .*larger detail\.$/)]);
    await expect(keepMend(database.db, "u", caseId, id, shown)).rejects.toThrow(/not made/);
    await dropMend(database.db, "u", caseId, id);
    const options = await blobs.put(canonicalBytes({}));
    await expect(askMend(database.db, "u", other, `file/${scan}`, {}, options)).rejects.toThrow(/not in the case/);
    await expect(askMend(database.db, "u", caseId, "segment/1", {}, options)).rejects.toThrow(/not made yet/);
    const asked = await ask(`file/${scan}`, {});
    await expect(ask(`file/${scan}`, {})).rejects.toThrow(/already/);
    await expect(dropMend(database.db, "u", other, asked)).rejects.toThrow(/already/);
  });
});

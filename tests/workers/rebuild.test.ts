import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { gzipSync } from "fflate";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { artifact, auditEvent, build, draftLog, segment, settled, user } from "../../drizzle/schema.ts";
import { masksRoots } from "../../core/draft/masksDoc.ts";
import { encodeMark } from "../../core/mask/mark.ts";
import { rasterizeBrush, threshold } from "../../core/mask/rasterize.ts";
import { encodeStroke } from "../../core/mask/stroke.ts";
import { rasPoint, type Grid } from "../../core/space/grid.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import { recordArtifact, recordFailure, takeClaim } from "../../server/record/artifacts.ts";
import { appendAudit } from "../../server/record/audit.ts";
import { advance, newestGood, type NodeJob, retryFailed } from "../../server/record/builds.ts";
import { currentSurface, listBuilds, readCase } from "../../server/record/cases.ts";
import { createCase } from "../../server/record/imports.ts";
import { addSegment, changeSegment, removeSegment } from "../../server/record/segments.ts";
import { decodeBrickManifest } from "../../core/surface/brickManifest.ts";
import { decodeMesh } from "../../core/surface/meshBlob.ts";
import { defaultSmooth, surfaceOf } from "../../core/surface/surfaceNets.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { makeBricks } from "../../workers/brickNode.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { freeTheDead, sayIdAlive } from "../../workers/liveness.ts";
import { rebuildNode } from "../../workers/rebuild.ts";
import { settleCase } from "../../workers/settle.ts";
import { computeSurface } from "../../workers/surfaceNode.ts";
import { freshDatabase } from "../support/database.ts";

const grid: Grid = { dims: [64, 64, 48], spacing: [1, 1, 1.5], origin: [-32, -32, -36] };
/** A ball's worth of bone round the middle, its edge between two voxels. */
const hu = Int16Array.from({ length: 64 * 64 * 48 }, (_, i) => {
  const x = (i % 64) - 32, y = (Math.floor(i / 64) % 64) - 32, z = 1.5 * (Math.floor(i / 4096) - 24);
  return Math.round(Math.max(-50, Math.min(400, 226 + 90 * (9.3 - Math.sqrt(x * x + y * y + z * z)))));
});
let database: Database, blobs: Blobs, dir: string, drop: () => Promise<void>;
let caseId = "", seq = 0;
const doc = new Y.Doc();
doc.clientID = 7;

async function append(change: () => void): Promise<void> {
  const before = Y.encodeStateVector(doc);
  doc.transact(change);
  const update = Y.encodeStateAsUpdate(doc, before);
  await database.db.insert(draftLog).values({
    caseId, document: "masks", seq: ++seq, update, checksum: createHash("sha256").update(update).digest("hex"), userId: "u", sessionId: "s",
  });
}
const draw = (counter: number, value: number, z: number) => append(() => masksRoots(doc).strokes.push([encodeStroke({
  id: { clientId: 7, counter }, lamport: counter + 1, layer: "anatomy", value, isFinal: true,
  content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 6, plane: 2, points: [rasPoint(0, 0, z)] }) },
})]));
const queued = () => database.db.execute<{ payload: NodeJob }>(sql`
  select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier in ('firstNode', 'node') order by j.id`);
const clearQueue = () => database.db.execute(sql`delete from graphile_worker._private_jobs`);
const settle = () => settleCase(caseId, database.db, blobs, new DraftFolds(database.db, blobs));
const buildOf = async (value: number, node = "surface") => (await database.db.select().from(build).where(and(eq(build.subject, `segment/${value}`), eq(build.node, node))))[0];
/** Takes what is queued, and what that queues, until nothing is. */
async function makeAll(): Promise<void> {
  for (;;) {
    const jobs = [...await queued()];
    if (jobs.length === 0) return;
    await clearQueue();
    for (const { payload } of jobs) await rebuildNode(payload, false, "w1", database.db, blobs);
  }
}

describe("the rebuild, on a real PostgreSQL", () => {
  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    await runMigrations({ connectionString: fresh.url });
    dir = await mkdtemp(join(tmpdir(), "caseroom-rebuild-"));
    blobs = openBlobs(join(dir, "blobs"));
    await database.db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
    caseId = await database.db.transaction(async (tx) => createCase(tx, "u", { volumeHash: await blobs.put(gzipSync(encodeNifti({ grid, data: hu }), { level: 1, mtime: 0 })), grid, report: {} }));
    await database.db.insert(segment).values({ caseId, value: 2, name: "Other", color: "#ffffff", createdBy: "u" });
  });
  afterAll(async () => {
    await database.close();
    await drop();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(async () => { await clearQueue(); });

  it("computes only the segment that changed, goes on with what lies below it (JB2), and finds it all again after an undo", async () => {
    await draw(0, 1, -10);
    await settle();
    const [first] = [...await queued()];
    expect(first.payload).toMatchObject({ caseId, subject: "segment/1", node: "bricks" });
    expect((await buildOf(2)).state).toBe("empty");
    expect([(await buildOf(1)).state, (await buildOf(1, "soundness")).state]).toEqual(["waiting", "waiting"]);
    expect((await listBuilds(database.db, caseId)).find(({ segment: value }) => value === 1)).toMatchObject({ state: "rebuilding", bricks: null });
    await clearQueue();
    await rebuildNode(first.payload, false, "w1", database.db, blobs);
    expect(await buildOf(1, "bricks")).toMatchObject({ state: "current", key: first.payload.key });
    // The list of the bricks is there, and every brick that it names; then one mesh of them is asked for.
    const [list] = await database.db.select().from(artifact), { bricks } = decodeBrickManifest(await blobs.get(list.blobHash));
    expect(list).toMatchObject({ node: "bricks@4", inputs: first.payload.inputs, facts: { bricks: bricks.length, made: bricks.length } });
    for (const { mesh } of bricks) expect(await blobs.has(mesh)).toBe(true);
    expect((await listBuilds(database.db, caseId)).find(({ segment: value }) => value === 1)).toMatchObject({ state: "rebuilding", bricks: list.blobHash });
    const [second] = [...await queued()];
    expect(second.payload).toMatchObject({ subject: "segment/1", node: "surface", inputs: { bricks: list.blobHash } });
    await clearQueue();
    await rebuildNode(second.payload, false, "w1", database.db, blobs);
    expect(await buildOf(1)).toMatchObject({ state: "current", key: second.payload.key });
    const [made] = await database.db.select().from(artifact).where(eq(artifact.key, second.payload.key));
    expect(made).toMatchObject({ node: "surface@4" });
    // SF1 JB4: byte for byte what the command line makes of the whole mask.
    const folded = await new DraftFolds(database.db, blobs).read(caseId);
    expect(await blobs.get(made.blobHash)).toEqual(folded && computeSurface(folded.fold.labelmap(), 1).mesh);
    // The surface is there; now its soundness is asked for, of the surface's bytes.
    const [below] = [...await queued()];
    expect(below.payload).toMatchObject({ subject: "segment/1", node: "soundness", inputs: { surface: made.blobHash } });
    expect((await currentSurface(database.db, caseId, 1))?.soundness).toBeNull();
    await rebuildNode(below.payload, false, "w1", database.db, blobs);
    expect((await currentSurface(database.db, caseId, 1))?.soundness).toMatchObject({ soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 } });

    await clearQueue();
    await draw(1, 2, 12);
    await settle();
    expect([...await queued()].map((job) => job.payload.subject)).toEqual(["segment/2"]);
    await makeAll();
    expect([(await buildOf(2)).state, (await buildOf(2, "soundness")).state]).toEqual(["current", "current"]);

    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: 1 }, hidden: true, n: 1 })]));
    await settle();
    expect((await buildOf(2)).state).toBe("empty");
    expect(await buildOf(2, "soundness")).toBeUndefined();
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: 1 }, hidden: false, n: 2 })]));
    await settle();
    expect([...await queued()]).toEqual([]);
    expect([(await buildOf(2)).state, (await buildOf(2, "soundness")).state]).toEqual(["current", "current"]);
    expect((await database.db.select().from(settled))[0].seq).toBe(seq);
  });

  it("MK3: a stroke that leaves the grid changes nothing and holds nothing up, and the log hears of it once", async () => {
    const said: unknown[] = [], folds = new DraftFolds(database.db, blobs, 4, (level, event, facts) => { said.push([level, event, facts]); });
    const before = (await folds.read(caseId))?.fold.hash();
    await append(() => masksRoots(doc).strokes.push([encodeStroke({
      id: { clientId: 7, counter: 50 }, lamport: 3, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: [{ brick: 9999, runs: Uint16Array.of(0, 4) }] },
    })]));
    for (let n = 0; n < 3; n++) expect((await folds.read(caseId))?.fold.hash()).toBe(before);
    expect(said).toEqual([["warn", "draft.strokeShowsNothing", { caseId, problem: "stroke 7:50: brick 9999 is outside the grid" }]]);
    await settleCase(caseId, database.db, blobs, folds);
    expect(said).toHaveLength(1);
  });

  it("tells of which voxels the surfaces were asked for, so that a page sees a change that keeps their number", async () => {
    const told = async () => {
      await settle();
      const { fold } = (await new DraftFolds(database.db, blobs).read(caseId)) ?? {};
      const rows = await listBuilds(database.db, caseId);
      expect(rows.map(({ labelmapHash: hash }) => hash)).toEqual(rows.map(() => fold?.hash()));
      return { hash: rows[0].labelmapHash, voxels: fold?.voxelCounts().get(1) };
    };
    const counter = seq + 100;
    await draw(counter, 1, 3);
    const before = await told();
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter }, hidden: true, n: 1 })]));
    await draw(counter + 1, 1, -4.5);
    const after = await told();
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: counter + 1 }, hidden: true, n: 1 })]));
    await told();
    expect(after.hash).not.toBe(before.hash);
    await makeAll();
  });

  it("a stroke makes only the bricks that it reached, also in a thread that has not seen the mask; nothing changed queues nothing", async () => {
    await append(() => masksRoots(doc).strokes.push([encodeStroke({
      id: { clientId: 7, counter: 900 }, lamport: 901, layer: "anatomy", value: 1, isFinal: true,
      content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 29, plane: 2, points: [rasPoint(0, 0, 0)] }) },
    })]));
    await settle();
    await makeAll();
    const madeOf = async () => (await database.db.select().from(artifact).where(eq(artifact.key, (await buildOf(1, "bricks")).key)))[0].facts as { bricks: number; made: number };
    const whole = await madeOf();
    await append(() => masksRoots(doc).strokes.push([encodeStroke({
      id: { clientId: 7, counter: 902 }, lamport: 903, layer: "anatomy", value: 1, isFinal: true,
      content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 2, plane: 2, points: [rasPoint(20, 20, -20)] }) },
    })]));
    await settle();
    expect((await queued()).length).toBeGreaterThan(0);
    const [{ payload }] = [...await queued()];
    const before = await newestGood(database.db, caseId, "segment/1", "bricks");
    // What a worker of another machine is given: the labelmap and the newest list.
    const { facts, content } = makeBricks(await blobs.get(payload.manifestHash), 1, before === null ? undefined : await blobs.get(before));
    expect((facts as { made: number }).made).toBeLessThan(whole.bricks);
    await makeAll();
    expect(await madeOf()).toEqual(facts);
    expect((await database.db.select().from(artifact).where(eq(artifact.key, payload.key)))[0].blobHash).toBe(createHash("sha256").update(content).digest("hex"));
    await settle();
    expect([...await queued()]).toEqual([]);
    for (const counter of [900, 902]) await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter }, hidden: true, n: 1 })]));
  });

  it("SF4: a segment's surface follows the CT at the HU that its row names, as the whole surface does; a change of it asks anew, and back again makes nothing", async () => {
    await addSegment(database.db, "u", caseId, "Ball", "#ffffff");
    const stroke = encodeStroke({
      id: { clientId: 7, counter: 950 }, lamport: 951, layer: "anatomy", value: 3, isFinal: true,
      content: { kind: "runs", bricks: threshold(grid, hu, 226, 3071) },
    });
    await append(() => masksRoots(doc).strokes.push([stroke]));
    await settle();
    await makeAll();
    const plain = await buildOf(3, "bricks");
    await clearQueue();
    await changeSegment(database.db, "u", caseId, 3, { iso: 226 });
    const asked = await database.db.execute(sql`select 1 from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'settle'`);
    expect([...asked]).toHaveLength(1);
    await clearQueue();
    await settle();
    const { volumeHash } = await readCase(database.db, caseId), [{ payload }] = [...await queued()];
    expect(payload).toMatchObject({ subject: "segment/3", node: "bricks", inputs: { volume: volumeHash, iso: "226" } });
    await makeAll();
    const folded = await new DraftFolds(database.db, blobs).read(caseId), labelmap = folded!.fold.labelmap();
    const [{ blobHash }] = await database.db.select().from(artifact).where(eq(artifact.key, (await buildOf(3)).key));
    const mesh = decodeMesh(await blobs.get(blobHash));
    expect(mesh).toEqual(surfaceOf(labelmap, 3, { smooth: defaultSmooth, volume: { hu, iso: 226 } }));
    // The ball's surface lies where the CT has it; the mask's alone is out by more.
    const offOf = ({ positions }: { positions: Float32Array }): number => {
      let most = 0;
      for (let v = 0; v < positions.length; v += 3) most = Math.max(most, Math.abs(Math.sqrt(positions[v] * positions[v] + positions[v + 1] * positions[v + 1] + positions[v + 2] * positions[v + 2]) - 9.3));
      return most;
    };
    expect(offOf(mesh)).toBeLessThan(0.17);
    expect(offOf(surfaceOf(labelmap, 3, { smooth: defaultSmooth }))).toBeGreaterThan(0.2);
    await changeSegment(database.db, "u", caseId, 3, { iso: null });
    await settle();
    await clearQueue();
    expect(await buildOf(3, "bricks")).toMatchObject({ state: "current", key: plain.key });
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: 950 }, hidden: true, n: 1 })]));
    await removeSegment(database.db, "u", caseId, 3);
    await settle();
    await makeAll();
  });

  it("a case that another release left with another graph is asked for anew, and its jobs are let go", async () => {
    const row = await buildOf(1, "surface"), key = "f".repeat(64);
    await database.db.update(build).set({ inputs: { segment: { hash: "a".repeat(64) } }, state: "rebuilding", key }).where(and(eq(build.subject, "segment/1"), eq(build.node, "surface")));
    await rebuildNode({ caseId, subject: "segment/1", node: "surface", key, inputs: { segment: "a".repeat(64) }, manifestHash: "b".repeat(64) }, false, "w1", database.db, blobs);
    await database.db.transaction((tx) => advance(tx, caseId));
    const asked = await database.db.execute(sql`select 1 from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'settle'`);
    expect([...asked]).toHaveLength(1);
    await clearQueue();
    await settle();
    await makeAll();
    expect(await buildOf(1, "surface")).toMatchObject({ state: "current", inputs: row.inputs });
  });

  it("does not make what nobody wants any more", async () => {
    await draw(10, 2, 16);
    await settle();
    const [old] = [...await queued()];
    await clearQueue();
    await draw(11, 2, 20);
    await settle();
    await rebuildNode(old.payload, false, "w1", database.db, blobs);
    expect(await database.db.select().from(artifact).where(eq(artifact.key, old.payload.key))).toEqual([]);
    await makeAll();
    expect((await buildOf(2)).state).toBe("current");
  });

  it("JB1: of ten that want the same key at once, one gets the claim; a lease that ran out is taken over", async () => {
    const key = randomUUID();
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => takeClaim(database.db, key, `w${i}`, 60_000)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const late = randomUUID();
    expect(await takeClaim(database.db, late, "gone", -1000)).toBe(true);
    expect(await takeClaim(database.db, late, "next", 60_000)).toBe(true);
  });

  it("frees the jobs and claims of workers that died, and of nobody else", async () => {
    const [living, one, two] = await Promise.all([1, 2, 3].map(() => database.sql.reserve()));
    await sayIdAlive(living, "worker-living");
    await sayIdAlive(living, "claimer-living");
    await sayIdAlive(one, "worker-dead");
    await one`select pg_advisory_unlock_all()`; // what the end of a process does
    for (const id of ["worker-living", "worker-dead"]) {
      await database.db.execute(sql`select graphile_worker.add_job('settle', '{}'::json, job_key := ${id})`);
      await database.db.execute(sql`update graphile_worker._private_jobs set locked_by = ${id}, locked_at = now() - interval '1 minute' where key = ${id}`);
    }
    expect(await takeClaim(database.db, "of-the-living", "claimer-living", 60_000)).toBe(true);
    expect(await takeClaim(database.db, "of-the-dead", "claimer-dead", 60_000)).toBe(true);
    expect((await freeTheDead(two)).sort()).toEqual(expect.arrayContaining(["claimer-dead", "worker-dead"]));
    const rows = await database.db.execute<{ key: string; by: string | null }>(sql`select key, locked_by as by from graphile_worker._private_jobs order by key`);
    expect([...rows].map(({ key, by }) => [key, by])).toEqual([["worker-dead", null], ["worker-living", "worker-living"]]);
    expect(await takeClaim(database.db, "of-the-living", "other", 60_000)).toBe(false);
    expect(await takeClaim(database.db, "of-the-dead", "other", 60_000)).toBe(true);
    for (const connection of [living, one, two]) { await connection`select pg_advisory_unlock_all()`; connection.release(); }
  });

  it("a surface that somebody else is making is looked for again, so that a dead maker leaves nobody waiting", async () => {
    await draw(20, 2, 26);
    await settle();
    const [{ payload }] = [...await queued()];
    await clearQueue();
    expect(await takeClaim(database.db, payload.key, "elsewhere", 60_000)).toBe(true);
    await rebuildNode(payload, false, "w1", database.db, blobs);
    expect((await buildOf(2, "bricks")).state).toBe("rebuilding");
    expect([...await queued()].map((job) => job.payload)).toEqual([payload]);
    await database.db.execute(sql`delete from claim where key = ${payload.key}`);
    await rebuildNode(payload, false, "w1", database.db, blobs);
    expect((await buildOf(2, "bricks")).state).toBe("current");
    await makeAll();
  });

  it("a step that failed is made once more when somebody asks, with who it was, and what waited for it goes on; then nothing is failed any more", async () => {
    await draw(21, 2, 30);
    await settle();
    const [{ payload }] = [...await queued()], retried = async () => (await database.db.select().from(auditEvent).where(eq(auditEvent.action, "artifact.retried"))).map(({ actorId, object }) => ({ actorId, object }));
    await clearQueue();
    await recordFailure(database.db, payload.key, "No memory.");
    await settle();
    expect([(await buildOf(2, "bricks")).state, (await queued()).length]).toEqual(["failed", 0]);
    await retryFailed(database.db, "u", caseId, payload.key);
    expect([(await buildOf(2, "bricks")).state, (await buildOf(2, "bricks")).error, [...await queued()].map((job) => job.payload)]).toEqual(["rebuilding", null, [payload]]);
    await makeAll();
    expect([(await buildOf(2, "bricks")).state, (await buildOf(2)).state]).toEqual(["current", "current"]);
    await expect(retryFailed(database.db, "u", caseId, payload.key)).rejects.toThrow(/no failed step any more/);
    expect(await retried()).toEqual([{ actorId: "u", object: { steps: [{ key: payload.key, node: "bricks" }] } }]);
  });

  it("a result that comes in while a failed step is asked for again does not wait for it, nor it for the result", async () => {
    const { key, inputs } = await buildOf(1);
    await database.db.delete(artifact).where(eq(artifact.key, key));
    let coming: Promise<void> | null = null;
    await database.db.transaction(async (tx) => {
      // As `retryFailed` does: the case's builds first, then the chain.
      await tx.select().from(settled).where(eq(settled.caseId, caseId)).for("update");
      coming = recordArtifact(database.db, "w", { key, node: "surface@test", inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, ""])), blobHash: "00", facts: {}, ms: 1 });
      for (;;) {
        const [{ waiting }] = await tx.execute<{ waiting: number }>(sql`select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);
        if (waiting > 0) break;
      }
      await appendAudit(tx, { actorId: "u", caseId, action: "artifact.retried", object: { steps: [] } });
    });
    await coming;
    expect((await buildOf(1)).state).toBe("current");
  });

  it("JB3: artifact and audit event come together or not at all, and a second delivery adds nothing", async () => {
    const made = { key: (await buildOf(1)).key, node: "surface@test", inputs: {}, blobHash: "00", facts: {}, ms: 1 };
    await database.db.delete(artifact).where(eq(artifact.key, made.key));
    const events = async () => (await database.db.select().from(auditEvent).where(eq(auditEvent.action, "artifact.made"))).length;
    const before = await events();
    await expect(recordArtifact(database.db, "w", { ...made, facts: null as unknown as Record<string, unknown> })).rejects.toThrow();
    expect(await events()).toBe(before);
    await recordArtifact(database.db, "w", made);
    await recordArtifact(database.db, "w", made);
    expect(await events()).toBe(before + 1);
  });
});

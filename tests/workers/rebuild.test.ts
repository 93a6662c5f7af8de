import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { artifact, auditEvent, build, draftLog, segment, settled, user } from "../../drizzle/schema.ts";
import { masksRoots } from "../../core/draft/masksDoc.ts";
import { encodeMark } from "../../core/mask/mark.ts";
import { rasterizeBrush } from "../../core/mask/rasterize.ts";
import { encodeStroke } from "../../core/mask/stroke.ts";
import { rasPoint, type Grid } from "../../core/space/grid.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import { recordArtifact, takeClaim } from "../../server/record/builds.ts";
import { createCase } from "../../server/record/imports.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { freeTheDead, sayIdAlive } from "../../workers/liveness.ts";
import { rebuildSurface, type SurfaceJob } from "../../workers/rebuild.ts";
import { settleCase } from "../../workers/settle.ts";
import { freshDatabase } from "../support/database.ts";

const grid: Grid = { dims: [64, 64, 48], spacing: [1, 1, 1.5], origin: [-32, -32, -36] };
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
const queued = () => database.db.execute<{ payload: SurfaceJob }>(sql`
  select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'surface'`);
const clearQueue = () => database.db.execute(sql`delete from graphile_worker._private_jobs`);
const settle = () => settleCase(caseId, database.db, blobs, new DraftFolds(database.db, blobs));
const buildOf = async (value: number) => (await database.db.select().from(build).where(eq(build.segmentValue, value)))[0];

describe("the rebuild, on a real PostgreSQL", () => {
  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    await runMigrations({ connectionString: fresh.url });
    dir = await mkdtemp(join(tmpdir(), "caseroom-rebuild-"));
    blobs = openBlobs(join(dir, "blobs"));
    await database.db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
    caseId = await database.db.transaction((tx) => createCase(tx, "u", { volumeHash: "00", grid, report: {} }));
    await database.db.insert(segment).values({ caseId, value: 2, name: "Other", color: "#ffffff", createdBy: "u" });
  });
  afterAll(async () => {
    await database.close();
    await drop();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(async () => { await clearQueue(); });

  it("computes only the segment that changed, names the result by its inputs (JB2), and finds it again after an undo", async () => {
    await draw(0, 1, -10);
    await settle();
    const [first] = [...await queued()];
    expect(first.payload).toMatchObject({ caseId, value: 1 });
    expect((await buildOf(2)).state).toBe("empty");
    await rebuildSurface(first.payload, false, "w1", database.db, blobs);
    expect(await buildOf(1)).toMatchObject({ state: "current", key: first.payload.key });
    const [made] = await database.db.select().from(artifact);
    expect(made.facts).toMatchObject({ soundness: { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 } });
    expect(await blobs.has(made.blobHash)).toBe(true);

    await clearQueue();
    await draw(1, 2, 12);
    await settle();
    expect([...await queued()].map((job) => job.payload.value)).toEqual([2]);
    await rebuildSurface([...await queued()][0].payload, false, "w1", database.db, blobs);

    await clearQueue();
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: 1 }, hidden: true, n: 1 })]));
    await append(() => masksRoots(doc).marks.push([encodeMark({ stroke: { clientId: 7, counter: 1 }, hidden: false, n: 2 })]));
    await settle();
    expect([...await queued()]).toEqual([]);
    expect((await buildOf(2)).state).toBe("current");
    expect((await database.db.select().from(settled))[0].seq).toBe(seq);
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
    await rebuildSurface(payload, false, "w1", database.db, blobs);
    expect((await buildOf(2)).state).toBe("rebuilding");
    expect([...await queued()].map((job) => job.payload)).toEqual([payload]);
    await database.db.execute(sql`delete from claim where key = ${payload.key}`);
    await rebuildSurface(payload, false, "w1", database.db, blobs);
    expect((await buildOf(2)).state).toBe("current");
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

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, desc, eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as Y from "yjs";
import { masksRoots } from "../../core/draft/masksDoc.ts";
import { planKey, planParametersOf } from "../../core/draft/planDoc.ts";
import { rasterizeBrush } from "../../core/mask/rasterize.ts";
import { encodeStroke } from "../../core/mask/stroke.ts";
import { rasPoint, type Grid } from "../../core/space/grid.ts";
import { draftLog, roomLease, segment, user } from "../../drizzle/schema.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import type { NodeJob } from "../../server/record/builds.ts";
import { listGraph } from "../../server/record/cases.ts";
import { appendToLog } from "../../server/record/draftLog.ts";
import { createCase } from "../../server/record/imports.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { rebuildNode } from "../../workers/rebuild.ts";
import { settleCase } from "../../workers/settle.ts";
import { freshDatabase } from "../support/database.ts";

const grid: Grid = { dims: [48, 48, 32], spacing: [1, 1, 1], origin: [-24, -24, -16] };
let database: Database, blobs: Blobs, dir: string, caseId = "", drop: () => Promise<void>, folds: DraftFolds;
const docs = { masks: new Y.Doc(), plan: new Y.Doc() }, ends = { masks: { seq: 0, checksum: "" }, plan: { seq: 0, checksum: "" } };

beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  database = openDatabase(fresh.url);
  await runMigrations({ connectionString: fresh.url });
  dir = await mkdtemp(join(tmpdir(), "caseroom-cause-"));
  blobs = openBlobs(join(dir, "blobs"));
  folds = new DraftFolds(database.db, blobs);
  await database.db.insert(user).values(["Anna", "Ben"].map((name) => ({ id: name, name, email: `${name}@example.org` })));
  caseId = await database.db.transaction((tx) => createCase(tx, "Anna", { volumeHash: "00", grid, report: {} }));
  await database.db.insert(segment).values({ caseId, value: 2, name: "Other", color: "#ffffff", createdBy: "Anna" });
});
afterAll(async () => {
  await database.close();
  await drop();
  await rm(dir, { recursive: true, force: true });
});

async function append(document: "masks" | "plan", userId: string, change: (doc: Y.Doc) => void): Promise<void> {
  const doc = docs[document], before = Y.encodeStateVector(doc);
  doc.transact(() => change(doc));
  await database.db.transaction((tx) => appendToLog(tx, caseId, document as "masks", ends[document], [{ update: Y.encodeStateAsUpdate(doc, before), userId, sessionId: "s" }]));
  [ends[document]] = await database.db.select({ seq: draftLog.seq, checksum: draftLog.checksum }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document))).orderBy(desc(draftLog.seq)).limit(1);
}
let counter = 0;
const draw = (who: string, value: number, z: number) => append("masks", who, (doc) => masksRoots(doc).strokes.push([encodeStroke({
  id: { clientId: doc.clientID, counter }, lamport: ++counter, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 5, plane: 2, points: [rasPoint(0, 0, z)] }) },
})]));
const settle = () => settleCase(caseId, database.db, blobs, folds);
const jobs = () => database.db.execute<{ payload: NodeJob; priority: number }>(sql`select j.payload, j.priority from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier in ('firstNode', 'node') order by j.id`);
const clear = () => database.db.execute(sql`delete from graphile_worker._private_jobs`);
async function makeAll(): Promise<number> {
  for (let made = 0; ; ) {
    const queued = [...await jobs()];
    if (queued.length === 0) return made;
    await clear();
    for (const { payload } of queued) { await rebuildNode(payload, true, "w", database.db, blobs); made++; }
  }
}
const told = async (subject: string) => (await listGraph(database.db, caseId)).filter((step) => step.subject === subject).map(({ node, cause, changedBy }) => `${node}: ${cause} ${changedBy}`);

it("JB6: each step says whose change it is made for, stroke or plan, and keeps it when others draw elsewhere", async () => {
  await draw("Anna", 1, -6);
  await settle();
  await makeAll();
  await draw("Ben", 2, 6);
  await settle();
  expect(await told("segment/1")).toEqual(["bricks: masks Anna", "picture: masks Anna", "soundness: masks Anna", "surface: masks Anna"]);
  expect(await told("segment/2")).toEqual(["bricks: masks Ben", "picture: masks Ben", "soundness: masks Ben", "surface: masks Ben"]);
  await makeAll();
  expect(await told("segment/2")).toEqual(["bricks: masks Ben", "picture: masks Ben", "soundness: masks Ben", "surface: masks Ben"]);
  // Two between one settle and the next: both are named.
  await draw("Anna", 1, -3);
  await draw("Ben", 1, 0);
  await settle();
  const steps = (await listGraph(database.db, caseId)).filter(({ subject }) => subject === "segment/1");
  expect(steps.map(({ node, state, good, changedBy }) => [node, state, good, changedBy])).toEqual([["bricks", "rebuilding", true, "Anna, Ben"], ["picture", "waiting", true, "Anna, Ben"], ["soundness", "waiting", true, "Anna, Ben"], ["surface", "waiting", true, "Anna, Ben"]]);
  await makeAll();
  await append("plan", "Ben", (doc) => { for (const [name, value] of Object.entries({ family: "cranial", bone: 1, thickness: 4 })) planParametersOf(doc).set(planKey("implant1", name), value); });
  await settle();
  expect(await told("implant/implant1")).toEqual(["fit: plan Ben", "implant: plan Ben", "print: plan Ben"]);
  await draw("Anna", 1, 3);
  await settle();
  expect(await told("implant/implant1")).toEqual(["fit: masks Anna", "implant: masks Anna", "print: masks Anna"]);
  await append("plan", "Ben", (doc) => { planParametersOf(doc).set(planKey("implant1", "thickness"), 5); });
  await settle();
  expect(await told("implant/implant1")).toEqual(["fit: plan Ben", "implant: plan Ben", "print: plan Ben"]);
  expect(await told("segment/1")).toContain("bricks: masks Anna");
}, 120_000);

it("JB6: nothing changed: a full rebuild request runs no node and changes no step", async () => {
  await append("plan", "Ben", (doc) => { for (const key of [...planParametersOf(doc).keys()]) planParametersOf(doc).delete(key); });
  await settle();
  await makeAll();
  const before = await listGraph(database.db, caseId);
  expect(before.every(({ state }) => state === "current" || state === "empty")).toBe(true);
  await settle();
  expect([...await jobs()]).toEqual([]);
  expect(await listGraph(database.db, caseId)).toEqual(before);
}, 120_000);

it("JB6: priorities: what people look at first comes first, and a case that somebody has open before one that nobody has", async () => {
  await clear();
  await draw("Anna", 1, 8);
  await settle();
  const closed = [...await jobs()].filter(({ payload }) => payload.subject === "segment/1").map(({ priority }) => priority);
  await clear();
  await database.db.insert(roomLease).values({ caseId, document: "masks", token: 1, owner: "o", until: new Date(Date.now() + 60_000) });
  await draw("Anna", 1, 9);
  await settle();
  const open = [...await jobs()].map(({ payload, priority }) => [payload.node, priority] as const);
  expect([closed, open]).toEqual([[100], [["bricks", 0]]]);
  await database.db.delete(roomLease).where(eq(roomLease.caseId, caseId));
}, 60_000);

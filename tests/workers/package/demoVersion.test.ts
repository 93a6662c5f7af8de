import { and, eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { implantSteps, implantSubject, scanOfGrid } from "../../../core/build/implantNodes.ts";
import { seedDemo } from "../../../drizzle/seedDemo.ts";
import * as schema from "../../../drizzle/schema.ts";
import { openDatabase, type Database } from "../../../server/platform/db.ts";
import { recordFailure } from "../../../server/record/artifacts.ts";
import { recordSettled } from "../../../server/record/builds.ts";
import { recordDemoCase } from "../../../server/record/imports.ts";
import { endVersionJob } from "../../../server/record/versionJobs.ts";
import { demoVersionStep, lookAfterDemo, watchDemo } from "../../../workers/package/demoVersion.ts";
import { freshDatabase } from "../../support/database.ts";
import { until } from "../../support/until.ts";

let database: Database, drop: () => Promise<void>, caseId = "";
const grid = { dims: [8, 8, 8], spacing: [1, 1, 1], origin: [0, 0, 0] } as const, hash = (digit: string) => digit.repeat(64);

beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  await runMigrations({ connectionString: fresh.url });
  database = openDatabase(fresh.url);
  await seedDemo(database.db);
  await recordDemoCase(database.db, { volumeHash: hash("1"), grid, report: {} }, { update: new Uint8Array([0, 0]), clientId: 7, iso: 226 });
  [{ id: caseId }] = await database.db.select({ id: schema.caseTable.id }).from(schema.caseTable);
});
afterAll(async () => {
  await database.close();
  await drop();
});
const states = () => database.db.select({ node: schema.build.node, state: schema.build.state, key: schema.build.key }).from(schema.build).where(eq(schema.build.caseId, caseId)).orderBy(schema.build.node);
const queued = async (task: string) => (await database.db.execute<{ key: string }>(sql`select key from graphile_worker.jobs where task_identifier = ${task}`)).map(({ key }) => key);
const freezes = () => database.db.select({ id: schema.versionJob.id, state: schema.versionJob.state }).from(schema.versionJob).where(eq(schema.versionJob.kind, "freeze")).orderBy(schema.versionJob.createdAt);

it("a step of the demo that failed for a reason of ours is tried again, and so is the freeze; neither for ever", async () => {
  // The plan is drawn; nothing is settled yet.
  expect(await demoVersionStep(database.db)).toBe(true);
  await recordSettled(database.db, caseId, 1, { manifestHash: hash("2"), labelmapHash: hash("3") }, [], { steps: implantSteps("demoplate", { plan: hash("4"), bone: hash("5"), region: "none", scan: scanOfGrid }), held: [] });
  const [{ key }] = (await states()).filter(({ node }) => node === "implant");
  expect(await demoVersionStep(database.db)).toBe(true);
  expect(await freezes()).toEqual([]);
  // A starved machine: the plate's job dies five times, for as long as it is asked for.
  let tries = 0;
  for (; tries < 40; tries++) {
    await database.db.execute(sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs where task_identifier = 'node'))`);
    await recordFailure(database.db, key, "implant took longer than 10 minutes");
    expect(await demoVersionStep(database.db)).toBe(true);
    if ((await freezes()).length > 0) break;
    expect([(await states()).find(({ node }) => node === "implant")?.state, await queued("node")]).toEqual(["rebuilding", [`node:${key}`]]);
  }
  expect(tries).toBeGreaterThan(2);
  expect(tries).toBeLessThan(40);
  // The freeze fails as well, at its last try: it is asked for anew, and given up in the end.
  for (let n = 1; n <= 4; n++) {
    const all = await freezes();
    expect([all.length, all.at(-1)?.state]).toEqual([n, "queued"]);
    expect(await demoVersionStep(database.db)).toBe(true);
    expect(await freezes()).toHaveLength(n);
    await database.db.transaction((tx) => endVersionJob(tx, all[n - 1].id, { error: "This failed for a reason of our own." }));
    expect(await demoVersionStep(database.db)).toBe(n < 4);
  }
  expect(await freezes()).toHaveLength(4);
});

it("a freeze whose worker died is not waited for for ever", async () => {
  await database.db.execute(sql`delete from version_job where state = 'failed' and id <> (select id from version_job order by created_at limit 1)`);
  await database.db.update(schema.versionJob).set({ state: "running", updatedAt: sql`now() - interval '16 minutes'` });
  expect(await demoVersionStep(database.db)).toBe(true);
  expect((await freezes()).map(({ state }) => state)).toEqual(["running", "queued"]);
});

/** When the next look at the demo is due; undefined: none is asked for. */
const nextLook = async () => [...await database.db.execute<{ due: string }>(sql`select run_at::text as due from graphile_worker.jobs where task_identifier = 'demoVersion'`)].map(({ due }) => due)[0];
const dropLooks = () => database.db.execute(sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs where task_identifier = 'demoVersion'))`);

it("where the chain of looks at the demo broke, the watch takes it up, and puts none off", async () => {
  expect(await nextLook()).toBeUndefined();
  const failures: unknown[] = [], stopWatching = watchDemo(database.db, 50, (error) => failures.push(error));
  try {
    const due = await until("the watch asks for a look", nextLook);
    await lookAfterDemo(database.db);
    await new Promise((done) => setTimeout(done, 300));
    expect(await nextLook()).toBe(due);
    await dropLooks();
    await until("a chain that breaks again is taken up again", nextLook);
  } finally {
    await stopWatching();
  }
  expect(failures).toEqual([]);
});

it("what somebody else works in is left alone", async () => {
  await database.db.delete(schema.versionJob);
  await database.db.update(schema.build).set({ state: "failed" }).where(and(eq(schema.build.caseId, caseId), eq(schema.build.subject, implantSubject("demoplate"))));
  await database.db.execute(sql`insert into draft_log (case_id, document, seq, update, checksum, user_id, session_id) values (${caseId}, 'masks', 2, '\\x0000', 'x', 'demo-surgeon', 's')`);
  expect(await demoVersionStep(database.db)).toBe(false);
  expect(await freezes()).toEqual([]);
  await dropLooks();
  const failures: unknown[] = [], stopWatching = watchDemo(database.db, 20, (error) => failures.push(error));
  await new Promise((done) => setTimeout(done, 500));
  await stopWatching();
  expect(failures).toEqual([]);
  expect(await nextLook()).toBeUndefined();
});

import { EventEmitter } from "node:events";
import { sql } from "drizzle-orm";
import { run, type WorkerEvents } from "graphile-worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../../server/platform/db.ts";
import { announcePools, freeTheDead } from "../../workers/liveness.ts";
import { freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

let database: Database, url: string, drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await freshDatabase());
  database = openDatabase(url);
});
afterAll(async () => {
  await database.close();
  await drop();
});

/** A real pool with one long job in a queue of its own, its lock older than the grace; `announced`: as a worker process does. */
async function withLongJob(announced: boolean, look: (dead: string[], attempts: number[]) => void): Promise<void> {
  const [own, other] = await Promise.all([database.sql.reserve(), database.sql.reserve()]), events = new EventEmitter() as WorkerEvents, failures: unknown[] = [];
  if (announced) announcePools(events, own, (error) => failures.push(error));
  let end = (): void => undefined, begun = 0;
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const runner = await run({ connectionString: url, concurrency: 2, pollInterval: 100, noHandleSignals: true, events, taskList: { long: async () => { begun++; await ended; } } }, undefined, []);
  await runner.addJob("long", {}, { queueName: `case ${announced}` });
  await until("the long job began", () => begun === 1);
  await database.db.execute(sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where locked_by is not null`);
  await database.db.execute(sql`update graphile_worker._private_job_queues set locked_at = now() - interval '1 minute' where locked_by is not null`);
  const dead = await freeTheDead(other), rows = await database.db.execute<{ attempts: number }>(sql`select attempts from graphile_worker._private_jobs where locked_by is not null`);
  expect(failures).toEqual([]);
  look(dead, [...rows].map(({ attempts }) => attempts));
  end();
  await runner.stop();
  for (const connection of [own, other]) { await connection`select pg_advisory_unlock_all()`; connection.release(); }
}

it("JB1: a job of a living pool is not freed, however long it runs", async () => {
  await withLongJob(true, (dead, attempts) => expect([dead, attempts]).toEqual([[], [1]]));
}, 30_000);

it("a pool that nobody announced is a dead one's: its job is free for the next", async () => {
  await withLongJob(false, (dead) => expect(dead).toEqual([expect.stringMatching(/^pool-/)]));
}, 30_000);

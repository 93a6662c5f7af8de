import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { sql } from "drizzle-orm";
import { run, type WorkerEvents } from "graphile-worker";
import type { Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../../server/platform/db.ts";
import { Alive, announcePools, freeTheDead } from "../../workers/liveness.ts";
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

/** PostgreSQL ends a connection: as when the process at its other end dies, or it is started again itself. */
async function cut(line: Sql): Promise<void> {
  const [{ pid }] = await line<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await database.sql`select pg_terminate_backend(${pid})`;
  await until("the connection is gone", async () => (await database.sql`select 1 from pg_stat_activity where pid = ${pid}`).length === 0);
}

/** A taker as a worker process has them, with a task that lasts until it is told to end: it takes no second one meanwhile. */
async function taker() {
  const alive = new Alive(url, randomUUID()), events = new EventEmitter() as WorkerEvents, failures: unknown[] = [], taken: number[] = [];
  await alive.keep();
  announcePools(events, alive, (error) => failures.push(error));
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const runner = await run({ connectionString: url, concurrency: 1, pollInterval: 100, noHandleSignals: true, events, taskList: { long: async (_, { job }) => { taken.push(job.attempts); await ended; } } }, undefined, []);
  return {
    alive, runner, taken,
    async end() {
      end();
      await runner.stop();
      await alive.line.end();
      expect(failures).toEqual([]);
    },
  };
}

/** Makes the locks of all jobs older than the grace. */
async function letTimePass(): Promise<void> {
  await database.db.execute(sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where locked_by is not null`);
  await database.db.execute(sql`update graphile_worker._private_job_queues set locked_at = now() - interval '1 minute' where locked_by is not null`);
}

it("JB1: a job of a living pool is not freed, however long it runs; a dead one's is taken by the next", async () => {
  const first = await taker();
  await first.runner.addJob("long", {}, { queueName: "case" });
  await until("the long job began", () => first.taken.length === 1);
  const next = await taker();
  await letTimePass();
  expect(await freeTheDead(next.alive.line)).toEqual([]);
  await new Promise((done) => setTimeout(done, 500));
  expect(next.taken).toEqual([]);
  // Of a process that dies its connection goes first.
  await cut(first.alive.line);
  expect(await freeTheDead(next.alive.line)).toEqual([expect.stringMatching(/^pool-/)]);
  await until("the next takes it", () => next.taken.length === 1);
  expect(next.taken).toEqual([2]);
  for (const one of [next, first]) await one.end();
}, 30_000);

it("JB1: a process that lives on when PostgreSQL was started again says so again, and its job stays its own", async () => {
  const one = await taker(), other = new Alive(url, randomUUID());
  await other.keep();
  await one.runner.addJob("long", {}, { queueName: "another case" });
  await until("the long job began", () => one.taken.length === 1);
  await letTimePass();
  expect(await one.alive.keep()).toBe(false);
  await cut(one.alive.line);
  await until("it is noticed", () => one.alive.keep());
  expect(await freeTheDead(other.line)).toEqual([]);
  // What /api/health reads.
  const [{ count }] = await database.sql<{ count: number }[]>`select count(*)::int as count from pg_locks join pg_database on pg_database.oid = pg_locks.database where datname = current_database() and locktype = 'advisory' and objsubid = 1 and objid = ${0x43415345}::bigint::oid`;
  expect(count).toBe(2);
  expect(await one.alive.keep()).toBe(false);
  await one.end();
  await other.line.end();
}, 30_000);

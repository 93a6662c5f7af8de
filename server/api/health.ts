import type { Database } from "../platform/db.ts";

/** Both halves of the key that each worker holds shared while it lives: 0 and 0x43415345, «CASE». */
const aliveKey = 0x43415345;
const patienceMs = 2000;

export interface Health { status: "ok" | "failing"; version: string; database: "ok" | "failing"; worker: "ok" | "failing" }

/** Asks the database whether it answers, and whether a worker on it lives (JOBS.md). Never throws. */
export async function readHealth(database: Database, version: string): Promise<Health> {
  const asked = database.sql<{ alive: boolean }[]>`
    select exists (
      select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and classid = 0 and objid = ${aliveKey}::bigint::oid and objsubid = 1 and granted and datname = current_database()
    ) as alive`;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error("no answer")), patienceMs); });
  const [isUp, isAlive] = await Promise.race([asked, tooLong]).then(([row]) => [true, row.alive], () => [false, false]);
  clearTimeout(timer);
  return {
    status: isUp && isAlive ? "ok" : "failing", version, database: isUp ? "ok" : "failing", worker: isAlive ? "ok" : "failing",
  };
}

/** The same as an answer: 200 when everything is up, else 503. */
export async function healthOf(database: Database, version: string): Promise<{ status: 200 | 503; body: Health }> {
  const body = await readHealth(database, version);
  return { status: body.status === "ok" ? 200 : 503, body };
}

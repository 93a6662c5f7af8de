import type { WorkerEvents } from "graphile-worker";
import type { Sql } from "postgres";
import { openLine } from "../server/platform/db.ts";

/** Held shared by every worker process while it lives; /api/health reads it from pg_locks (the key spells «CASE»). */
const aliveLock = 0x43415345;
/** First half of the locks by which a worker's ids are known to be alive («CASW»). */
const idLock = 0x43415357;
/** A job's lock younger than this may belong to an id whose advisory lock is still on its way. */
const graceSeconds = 10;

/** Says that jobs and claims under an id belong to a living process, for as long as the one connection of `line` stays. */
export async function sayIdAlive(line: Sql, id: string): Promise<void> {
  await line`select pg_advisory_lock_shared(${idLock}::int, hashtext(${id}))`;
}

/**
 * What a process says of itself while it lives: locks on one connection, which PostgreSQL itself ends when the process dies. Where
 * the connection is lost and the process is not (PostgreSQL was started again), all of it is said anew.
 */
export class Alive {
  /** The connection. What is asked over it while it is lost opens it anew, without the locks: `keep` comes first. */
  readonly line: Sql;
  readonly #ids: Set<string>;
  #isSaid = false;

  /** @param worker id under which the process claims */
  constructor(databaseUrl: string, worker: string) {
    this.line = openLine(databaseUrl, () => { this.#isSaid = false; });
    this.#ids = new Set([worker]);
  }

  /** Says of one more id that it is this process'. */
  async say(id: string): Promise<void> {
    this.#ids.add(id);
    await sayIdAlive(this.line, id);
  }

  /** Says everything that is not said, or not any more. @returns whether there was need */
  async keep(): Promise<boolean> {
    if (this.#isSaid) return false;
    // Before the words, as the connection may be lost between two of them.
    this.#isSaid = true;
    try {
      for (const id of this.#ids) await sayIdAlive(this.line, id);
      await this.line`select pg_advisory_lock_shared(${aliveLock})`;
      return true;
    } catch (error) {
      this.#isSaid = false;
      throw error;
    }
  }
}

/** Says of every pool of takers, as it is made, that it lives: graphile-worker locks jobs and queues under the pool's id, not under its workers'. */
export function announcePools(events: WorkerEvents, alive: Alive, onError: (error: unknown) => void): void {
  events.on("pool:create", ({ workerPool: { id } }) => { alive.say(id).catch(onError); });
}

/**
 * Frees the jobs, queues and claims of workers that died. Without it graphile-worker leaves them locked for four
 * hours, and with them every later settle of those cases; a dead claim would hold its key until its lease ends.
 * @returns the ids that were found dead
 */
export async function freeTheDead(line: Sql): Promise<string[]> {
  const rows = await line<{ id: string }[]>`
    with held as (
      select locked_by as id from graphile_worker._private_jobs where locked_at < now() - make_interval(secs => ${graceSeconds})
      union select locked_by from graphile_worker._private_job_queues where locked_at < now() - make_interval(secs => ${graceSeconds})
      union select worker from claim
    )
    select id from held where id is not null and not exists (
      select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and granted and datname = current_database()
        and objsubid = 2 and classid = ${idLock}::bigint::oid and objid = (hashtext(held.id)::bigint & 4294967295)::oid
    )`;
  const dead = rows.map(({ id }) => id);
  if (dead.length > 0) {
    await line`select graphile_worker.force_unlock_workers(${dead})`;
    await line`delete from claim where worker = any(${dead})`;
  }
  return dead;
}

/** Which of some workers' ids belong to living processes. */
export async function livingOf(line: Sql, ids: string[]): Promise<Set<string>> {
  const rows = await line<{ id: string }[]>`
    select asked.id from unnest(${ids}::text[]) as asked(id) where exists (
      select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and granted and datname = current_database()
        and objsubid = 2 and classid = ${idLock}::bigint::oid and objid = (hashtext(asked.id)::bigint & 4294967295)::oid
    )`;
  return new Set(rows.map(({ id }) => id));
}

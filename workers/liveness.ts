import type { WorkerEvents } from "graphile-worker";
import type { Sql } from "postgres";

/** Held shared by every worker process while it lives; /api/health reads it from pg_locks (the key spells «CASE»). */
const aliveLock = 0x43415345;
/** First half of the locks by which a worker's ids are known to be alive («CASW»). */
const idLock = 0x43415357;
/** A job's lock younger than this may belong to an id whose advisory lock is still on its way. */
const graceSeconds = 10;

/** One reserved connection, on which PostgreSQL itself ends the locks when the process dies. */
export type AliveConnection = Awaited<ReturnType<Sql["reserve"]>>;

/** Says that this process lives. */
export async function sayAlive(connection: AliveConnection): Promise<void> {
  await connection`select pg_advisory_lock_shared(${aliveLock})`;
}

/** Says that jobs and claims under an id belong to a living process. */
export async function sayIdAlive(connection: AliveConnection, id: string): Promise<void> {
  await connection`select pg_advisory_lock_shared(${idLock}::int, hashtext(${id}))`;
}

/** Says of every pool of takers, as it is made, that it lives: graphile-worker locks jobs and queues under the pool's id, not under its workers'. */
export function announcePools(events: WorkerEvents, connection: AliveConnection, onError: (error: unknown) => void): void {
  events.on("pool:create", ({ workerPool: { id } }) => { sayIdAlive(connection, id).catch(onError); });
}

/**
 * Frees the jobs, queues and claims of workers that died. Without it graphile-worker leaves them locked for four
 * hours, and with them every later settle of those cases; a dead claim would hold its key until its lease ends.
 * @returns the ids that were found dead
 */
export async function freeTheDead(connection: AliveConnection): Promise<string[]> {
  const rows = await connection<{ id: string }[]>`
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
    await connection`select graphile_worker.force_unlock_workers(${dead})`;
    await connection`delete from claim where worker = any(${dead})`;
  }
  return dead;
}

/** Which of some workers' ids belong to living processes. */
export async function livingOf(connection: AliveConnection, ids: string[]): Promise<Set<string>> {
  const rows = await connection<{ id: string }[]>`
    select asked.id from unnest(${ids}::text[]) as asked(id) where exists (
      select 1 from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and granted and datname = current_database()
        and objsubid = 2 and classid = ${idLock}::bigint::oid and objid = (hashtext(asked.id)::bigint & 4294967295)::oid
    )`;
  return new Set(rows.map(({ id }) => id));
}

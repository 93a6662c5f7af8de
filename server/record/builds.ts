import { and, eq, inArray, isNull, notInArray, sql } from "drizzle-orm";
import { artifact, build, caseTable, claim, draftLog, segment, settled } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import type { Grid } from "../../core/space/grid.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";

/** A log entry as the fold needs it. */
export interface LoggedUpdate { seq: number; update: Uint8Array }

/** The grid of a case, or null while it has no volume. */
export async function gridOf(db: Db, caseId: string): Promise<Grid | null> {
  const [row] = await db.select({ grid: caseTable.grid }).from(caseTable).where(eq(caseTable.id, caseId));
  return row?.grid ?? null;
}

/** Updates of a case's masks after entry `afterSeq`, in log order. */
export async function updatesAfter(db: Db, caseId: string, afterSeq: number): Promise<LoggedUpdate[]> {
  return db.select({ seq: draftLog.seq, update: draftLog.update }).from(draftLog)
    .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"), sql`${draftLog.seq} > ${afterSeq}`))
    .orderBy(draftLog.seq);
}

/** Label values of a case that are not deleted. */
export async function segmentValues(db: Db, caseId: string): Promise<number[]> {
  const rows = await db.select({ value: segment.value }).from(segment).where(and(eq(segment.caseId, caseId), isNull(segment.deletedAt)));
  return rows.map((row) => row.value).sort((a, b) => a - b);
}

/** What the settled draft wants of one segment; `key` null: the segment has no voxel. */
export interface WantedSurface { value: number; key: string | null; voxels: number }

/**
 * Records what a settled draft wants and queues what is not known yet, in one transaction: a key that
 * has an artifact becomes current at once, so an undo back to an earlier state computes nothing.
 * @returns the keys that were queued.
 */
export async function recordSettled(
  db: Db, caseId: string, seq: number, manifestHash: string, node: string, wanted: readonly WantedSurface[],
): Promise<string[]> {
  return db.transaction(async (tx) => {
    // A slower settle of an older log must not overwrite a newer one's wishes.
    const [newer] = await tx.select({ seq: settled.seq }).from(settled).where(eq(settled.caseId, caseId)).for("update");
    if (newer && newer.seq > seq) return [];
    await tx.insert(settled).values({ caseId, seq, manifestHash })
      .onConflictDoUpdate({ target: settled.caseId, set: { seq, manifestHash, at: sql`now()` } });
    const keys = wanted.flatMap((w) => (w.key === null ? [] : [w.key]));
    const known = new Set(keys.length === 0 ? [] :
      (await tx.select({ key: artifact.key }).from(artifact).where(inArray(artifact.key, keys))).map((row) => row.key));
    const before = new Map((await tx.select().from(build).where(and(eq(build.caseId, caseId), eq(build.node, node))))
      .map((row) => [row.segmentValue, row]));
    const queued: string[] = [];
    for (const { value, key, voxels } of wanted) {
      const state = key === null ? "empty" : known.has(key) ? "current" : "rebuilding";
      const old = before.get(value);
      before.delete(value);
      if (old && old.key === (key ?? "") && old.state !== "failed" && !(old.state === "rebuilding" && state === "current")) continue;
      const row = { caseId, segmentValue: value, node, key: key ?? "", seq, state, error: null, voxels } as const;
      await tx.insert(build).values(row)
        .onConflictDoUpdate({ target: [build.caseId, build.segmentValue, build.node], set: { ...row, updatedAt: sql`now()` } });
      if (state === "rebuilding" && key !== null) {
        queued.push(key);
        const payload = JSON.stringify({ caseId, value, key, manifestHash });
        await tx.execute(sql`select graphile_worker.add_job('surface', ${payload}::json, job_key := ${`surface:${key}`}, max_attempts := 5)`);
      }
    }
    const gone = [...before.keys()];
    if (gone.length > 0) {
      await tx.delete(build).where(and(eq(build.caseId, caseId), eq(build.node, node), inArray(build.segmentValue, gone)));
    }
    await announce(tx, { caseId, topic: "builds" });
    return queued;
  });
}

/** Cases whose builds want this key now. */
async function casesWanting(tx: Tx | Db, key: string): Promise<string[]> {
  const rows = await tx.selectDistinct({ caseId: build.caseId }).from(build).where(eq(build.key, key));
  return rows.map((row) => row.caseId);
}

/** Whether any case still wants this key; a superseded job is not run. */
export const isWanted = async (db: Db, key: string): Promise<boolean> => (await casesWanting(db, key)).length > 0;

/**
 * JB1: takes the one claim on a key for `leaseMs`. A claim whose lease has run out is taken over.
 * @returns false when a live job holds it.
 */
export async function takeClaim(db: Db, key: string, worker: string, leaseMs: number): Promise<boolean> {
  const rows = await db.execute(sql`
    insert into claim (key, worker, lease_until) values (${key}, ${worker}, now() + make_interval(secs => ${leaseMs / 1000}))
    on conflict (key) do update set worker = excluded.worker, lease_until = excluded.lease_until
      where claim.lease_until < now()
    returning key`);
  return rows.length === 1;
}

/** Asks for a surface again in some seconds, under a job of its own (the one that asks is still locked). */
export async function lookAgain(db: Db, job: { caseId: string; value: number; key: string; manifestHash: string }): Promise<void> {
  await db.execute(sql`select graphile_worker.add_job('surface', ${JSON.stringify(job)}::json, job_key := ${`surface-again:${job.key}`}, run_at := now() + interval '3 seconds', max_attempts := 5)`);
}

/** Gives a claim back after a failure, so that a retry need not wait for the lease. */
export async function releaseClaim(db: Db, key: string, worker: string): Promise<void> {
  await db.delete(claim).where(and(eq(claim.key, key), eq(claim.worker, worker)));
}

export interface StoredArtifact {
  key: string; node: string; inputs: Record<string, unknown>; blobHash: string; facts: Record<string, unknown>; ms: number;
}

/** JB3: artifact, job end and audit event in one transaction. Idempotent: a second delivery changes nothing. */
export async function recordArtifact(db: Db, worker: string, made: StoredArtifact): Promise<void> {
  await db.transaction(async (tx) => {
    const inserted = await tx.insert(artifact).values(made).onConflictDoNothing().returning({ key: artifact.key });
    await tx.delete(claim).where(and(eq(claim.key, made.key), eq(claim.worker, worker)));
    const caseIds = await casesWanting(tx, made.key);
    await markCurrent(tx, made.key);
    for (const caseId of caseIds) {
      if (inserted.length > 0) {
        await appendAudit(tx, { actorId: null, caseId, action: "artifact.made", object: { key: made.key, node: made.node, blob: made.blobHash } });
      }
      await announce(tx, { caseId, topic: "builds" });
    }
  });
}

/** Turns every build that waits for a known key current. */
export async function markCurrent(tx: Tx | Db, key: string): Promise<void> {
  await tx.update(build).set({ state: "current", error: null, updatedAt: sql`now()` })
    .where(and(eq(build.key, key), notInArray(build.state, ["current"])));
}

/** Whether an artifact is stored under this key; then its builds are marked and announced. */
export async function useKnownArtifact(db: Db, key: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select({ key: artifact.key }).from(artifact).where(eq(artifact.key, key));
    if (!row) return false;
    await markCurrent(tx, key);
    for (const caseId of await casesWanting(tx, key)) await announce(tx, { caseId, topic: "builds" });
    return true;
  });
}

/** A node failed for good: the room shows it with the id that is in the log. */
export async function recordFailure(db: Db, key: string, message: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.update(build).set({ state: "failed", error: message, updatedAt: sql`now()` }).where(eq(build.key, key));
    for (const caseId of await casesWanting(tx, key)) await announce(tx, { caseId, topic: "builds" });
  });
}

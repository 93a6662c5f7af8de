import { and, eq, isNull, sql } from "drizzle-orm";
import { mendNode } from "../../core/build/nodes.ts";
import { artifact, build, claim, surfaceMend } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { advance } from "./builds.ts";
import { announce } from "./events.ts";

const casesOf = (rows: readonly { caseId: string }[]): string[] => [...new Set(rows.map(({ caseId }) => caseId))].sort();
/** Cases where somebody waits for a surface to be mended under this key. */
const casesMending = async (tx: Tx | Db, key: string): Promise<string[]> => casesOf(await tx.select({ caseId: surfaceMend.caseId }).from(surfaceMend).where(and(eq(surfaceMend.key, key), isNull(surfaceMend.error))));

/** Cases whose builds, or people, want this key now. */
async function casesWanting(tx: Tx | Db, key: string): Promise<string[]> {
  const rows = await tx.selectDistinct({ caseId: build.caseId }).from(build).where(eq(build.key, key)), mending = await casesMending(tx, key);
  return [...new Set([...casesOf(rows), ...mending])].sort();
}

/** A result that people wait for is there, or will never be. */
async function tellMending(tx: Tx, key: string): Promise<void> {
  for (const caseId of await casesMending(tx, key)) await announce(tx, { caseId, topic: "case" });
}

/** Whether any case still wants this key; a superseded job is not run, or not to its end. */
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

/** Gives a claim back after a failure, so that a retry need not wait for the lease. */
export async function releaseClaim(db: Db, key: string, worker: string): Promise<void> {
  await db.delete(claim).where(and(eq(claim.key, key), eq(claim.worker, worker)));
}

/** A node's result. `inputs` are the hashes that its key was made of. */
export interface StoredArtifact {
  key: string; node: string; inputs: Record<string, string>; blobHash: string; facts: Record<string, unknown>; ms: number;
}

/** JB3: artifact, job end, audit event and what lies below it, in one transaction. Idempotent: a second delivery changes nothing. */
export async function recordArtifact(db: Db, worker: string, made: StoredArtifact): Promise<void> {
  await db.transaction(async (tx) => {
    const inserted = await tx.insert(artifact).values(made).onConflictDoNothing().returning({ key: artifact.key });
    await tx.delete(claim).where(and(eq(claim.key, made.key), eq(claim.worker, worker)));
    const cases = await casesWanting(tx, made.key);
    for (const caseId of cases) await advance(tx, caseId);
    // The chain's lock comes after those of builds here as in `recordFailure` and `retryFailed`: the other way round two of them would wait for each other.
    if (inserted.length > 0) for (const caseId of cases) await appendAudit(tx, { actorId: null, caseId, action: "artifact.made", object: { key: made.key, node: made.node, blob: made.blobHash } });
    await tellMending(tx, made.key);
  });
}

/** Content hash of the result of a key; null where it was not computed yet. */
export async function resultOf(db: Db, key: string): Promise<string | null> {
  const [row] = await db.select({ blobHash: artifact.blobHash }).from(artifact).where(eq(artifact.key, key));
  return row?.blobHash ?? null;
}

/** JB3: a result that a job of one case asked for beside the build graph, with its event in that case. One that is known already changes nothing. */
export async function recordResult(db: Db, caseId: string, made: StoredArtifact): Promise<void> {
  await db.transaction(async (tx) => {
    const inserted = await tx.insert(artifact).values(made).onConflictDoNothing().returning({ key: artifact.key });
    if (inserted.length > 0) await appendAudit(tx, { actorId: null, caseId, action: "artifact.made", object: { key: made.key, node: made.node, blob: made.blobHash } });
  });
}

/** Whether an artifact is stored under this key; then the cases that want it go on with it. */
export async function useKnownArtifact(db: Db, key: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select({ key: artifact.key }).from(artifact).where(eq(artifact.key, key));
    if (!row) return false;
    for (const caseId of await casesWanting(tx, key)) await advance(tx, caseId);
    await tellMending(tx, key);
    return true;
  });
}

/** JB3: a node failed for good: the room shows it with the id that is in the log, and each case that wants it has an event. */
export async function recordFailure(db: Db, key: string, message: string): Promise<void> {
  await db.transaction(async (tx) => {
    const failed = await tx.update(build).set({ state: "failed", error: message, updatedAt: sql`now()` }).where(eq(build.key, key)).returning({ caseId: build.caseId, node: build.node });
    const mending = await tx.update(surfaceMend).set({ error: message }).where(and(eq(surfaceMend.key, key), isNull(surfaceMend.error))).returning({ caseId: surfaceMend.caseId });
    const nodes = new Map([...failed, ...mending.map(({ caseId }) => ({ caseId, node: mendNode.name }))].map(({ caseId, node }) => [caseId, node]));
    for (const [caseId, node] of [...nodes].sort(([one], [other]) => (one < other ? -1 : 1))) {
      await appendAudit(tx, { actorId: null, caseId, action: "artifact.failed", object: { key, node } });
      await announce(tx, { caseId, topic: node === mendNode.name ? "case" : "builds" });
    }
  });
}

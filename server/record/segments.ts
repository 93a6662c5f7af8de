import { and, eq, isNull, sql } from "drizzle-orm";
import { segment } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import type { SegmentState } from "../../core/review/segmentState.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** Greatest label value of a case (ARCHITECTURE §4). */
const mostSegments = 127;

/** A case's segments by label value; deleted ones are left out. */
export async function listSegments(db: Db, caseId: string) {
  return db.select({ value: segment.value, name: segment.name, color: segment.color, isLocked: segment.isLocked, state: segment.state, iso: segment.iso })
    .from(segment).where(and(eq(segment.caseId, caseId), isNull(segment.deletedAt))).orderBy(segment.value);
}

async function tell(tx: Tx, actorId: string, caseId: string, action: string, object: Record<string, unknown>): Promise<void> {
  await appendAudit(tx, { actorId, caseId, action, object });
  await announce(tx, { caseId, topic: "segments" });
}

/** The greatest label value a case ever gave out, deleted segments counted; 0 when none. */
export async function greatestValue(db: Db | Tx, caseId: string): Promise<number> {
  const [{ last }] = await db.select({ last: sql<number>`coalesce(max(${segment.value}), 0)::int` }).from(segment).where(eq(segment.caseId, caseId));
  return last;
}

/** Adds a segment under the next label value; a value once given is never given again. */
export async function addSegment(db: Db, actorId: string, caseId: string, name: string, color: string) {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from "case" where id = ${caseId} for update`);
    const last = await greatestValue(tx, caseId);
    if (last >= mostSegments) throw new Impossible(`A case holds at most ${mostSegments} segments, deleted ones counted.`);
    const row = { caseId, value: last + 1, name, color, createdBy: actorId };
    await tx.insert(segment).values(row);
    await tell(tx, actorId, caseId, "segment.added", { value: row.value, name, color });
    return { value: row.value, name, color, isLocked: false, state: "notStarted" as const, iso: null };
  });
}

/** Renames, colours, locks a segment, says how far it is or which HU its surface follows; the audit event holds the old and the new. */
export async function changeSegment(
  db: Db, actorId: string, caseId: string, value: number, change: Partial<{ name: string; color: string; isLocked: boolean; state: SegmentState; iso: number | null }>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const where = and(eq(segment.caseId, caseId), eq(segment.value, value), isNull(segment.deletedAt));
    const [old] = await tx.select().from(segment).where(where).for("update");
    if (!old) throw new Impossible("There is no such segment.");
    await tx.update(segment).set(change).where(where);
    const before = Object.fromEntries(Object.keys(change).map((key) => [key, old[key as keyof typeof old]]));
    await tell(tx, actorId, caseId, "segment.changed", { value, before, after: change });
    // Another surface is wanted of the same voxels.
    if ("iso" in change) await tx.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId })}::json, job_key := ${`settle:${caseId}`}, queue_name := ${`case:${caseId}`})`);
  });
}

/** Takes a segment off the list. Its strokes stay in the log; its value is not given again. */
export async function removeSegment(db: Db, actorId: string, caseId: string, value: number): Promise<void> {
  await db.transaction(async (tx) => {
    const gone = await tx.update(segment).set({ deletedAt: sql`now()` })
      .where(and(eq(segment.caseId, caseId), eq(segment.value, value), isNull(segment.deletedAt))).returning({ isLocked: segment.isLocked });
    if (gone.length === 0) throw new Impossible("There is no such segment.");
    if (gone[0].isLocked) throw new Impossible("A locked segment cannot be deleted; unlock it first.");
    await tell(tx, actorId, caseId, "segment.removed", { value });
  });
}

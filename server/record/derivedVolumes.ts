import { randomUUID } from "node:crypto";
import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { Derivation } from "../../core/volume/derivation.ts";
import { caseTable, clientLease, member, segment } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { copySource } from "./caseSource.ts";
import { isDrawn, type StoredReport } from "./ctReport.ts";
import { appendToLog } from "./draftLog.ts";
import { announce } from "./events.ts";
import { createCase, type ImportedVolume } from "./imports.ts";
import { Impossible } from "./members.ts";

/** A volume derived from a case's, as its report lists it; the volume itself is the other case's. */
export interface Derived { id: string; derivation: Derivation; state: "making" | "done" | "failed"; caseId?: string; code?: string; message?: string }
type WithDerived = StoredReport & { derived?: Derived[] };

async function derivedOf(db: Db | Tx, caseId: string): Promise<Derived[]> {
  const [row] = await db.select({ report: caseTable.report }).from(caseTable).where(eq(caseTable.id, caseId));
  return (row.report as WithDerived | null)?.derived ?? [];
}
/** What was derived of a case's volume, or is being made. */
export const derivedState = async (db: Db, caseId: string): Promise<{ derived: Derived[] }> => ({ derived: await derivedOf(db, caseId) });

async function setDerived(tx: Tx, caseId: string, change: (before: Derived[]) => Derived[]): Promise<void> {
  await tx.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.id, caseId)).for("update");
  const derived = change(await derivedOf(tx, caseId));
  await tx.update(caseTable).set({ report: sql`jsonb_set(coalesce(${caseTable.report}, '{}'::jsonb), '{derived}', ${JSON.stringify(derived)}::jsonb)` }).where(eq(caseTable.id, caseId));
}

/** Queues the making of a derived volume, with its audit event. @throws Impossible */
export async function askDerived(db: Db, userId: string, caseId: string, derivation: Derivation): Promise<void> {
  const id = randomUUID();
  await db.transaction(async (tx) => {
    const known = await derivedOf(tx, caseId);
    if (known.some(({ state }) => state === "making")) throw new Impossible("A derived volume is being made already. Wait until it is there.");
    await setDerived(tx, caseId, (before) => [...before, { id, derivation, state: "making" }]);
    await appendAudit(tx, { actorId: userId, caseId, action: "volume.deriveAsked", object: { id, ...derivation } });
    await tx.execute(sql`select graphile_worker.add_job('derive', ${JSON.stringify({ caseId, id, userId, derivation })}::json, job_key := ${`derive:${id}`}, max_attempts := 1)`);
    await announce(tx, { caseId, topic: "case" });
  });
}

/** The volume that a derivation starts from; null where it is no longer wanted. */
export async function derivedSource(db: Db, caseId: string, id: string) {
  const [row] = await db.select({ volumeHash: caseTable.volumeHash, grid: caseTable.grid, report: caseTable.report, region: caseTable.region, code: caseTable.code }).from(caseTable).where(eq(caseTable.id, caseId));
  return row?.volumeHash && row.grid && (row.report as WithDerived).derived?.some((one) => one.id === id && one.state === "making") ? { ...row, volumeHash: row.volumeHash, grid: row.grid } : null;
}

/** Masks for a derived case: its first entry of the log (null: nothing of them lies in it) under a client id, and how they were carried. */
export interface DerivedMasks { update: Uint8Array | null; clientId: number; record: Record<string, unknown> & { way: string } }

/**
 * The segments of the first case in the derived one, under the same label values; what was drawn in them is its first entry
 * of the log, by the person who asked. A segment that was done is in progress again where its voxels are others now.
 */
async function carrySegments(tx: Tx, userId: string, from: string, own: string, masks: DerivedMasks | null): Promise<void> {
  const rows = await tx.select().from(segment).where(and(eq(segment.caseId, from), isNull(segment.deletedAt))).orderBy(asc(segment.value));
  await tx.delete(segment).where(eq(segment.caseId, own));
  if (rows.length > 0) await tx.insert(segment).values(rows.map(({ value, name, color, isLocked, state, iso }) => ({ caseId: own, value, name, color, isLocked, iso, state: state === "done" && masks?.record.way !== "same voxels" ? "inProgress" as const : state, createdBy: userId })));
  if (!masks) return;
  if (masks.update) {
    await tx.insert(clientLease).values({ caseId: own, clientId: masks.clientId, userId });
    await appendToLog(tx, own, "masks", { seq: 0, checksum: "" }, [{ update: masks.update, userId, sessionId: "derived" }]);
    await tx.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId: own })}::json, job_key := ${`settle:${own}`}, queue_name := ${`case:${own}`})`);
  }
  await appendAudit(tx, { actorId: userId, caseId: own, action: "masks.carried", object: { from, ...masks.record } });
}

/**
 * A case of its own for the derived volume, with the same people; the first case keeps its volume and what is drawn on it.
 * `isOfScan`: its positions are still those of the scan, so results may refer to it. `replaces`: the first one is archived
 * where nothing is drawn in it.
 */
export async function finishDerived(db: Db, userId: string, caseId: string, id: string, volume: ImportedVolume & { masks: DerivedMasks | null; isOfScan: boolean }, replaces: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const [before] = await tx.select().from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const own = await createCase(tx, userId, volume, { region: before.region }), [made] = await tx.select({ code: caseTable.code }).from(caseTable).where(eq(caseTable.id, own));
    for (const person of await tx.select().from(member).where(eq(member.caseId, caseId))) {
      await tx.insert(member).values({ caseId: own, userId: person.userId, role: person.role }).onConflictDoUpdate({ target: [member.caseId, member.userId], set: { role: person.role } });
    }
    await carrySegments(tx, userId, caseId, own, volume.masks);
    if (volume.isOfScan) await copySource(tx, caseId, own);
    await setDerived(tx, caseId, (all) => all.map((one) => one.id === id ? { ...one, state: "done", caseId: own, code: made.code } : one));
    await appendAudit(tx, { actorId: userId, caseId, action: "volume.derived", object: { id, case: own, from: before.volumeHash, to: volume.volumeHash } });
    if (replaces && before.status === "open" && !await isDrawn(tx, caseId)) {
      await tx.update(caseTable).set({ status: "archived" }).where(and(eq(caseTable.id, caseId), eq(caseTable.status, "open")));
      await appendAudit(tx, { actorId: userId, caseId, action: "case.archived", object: { because: `replaced by ${made.code}` } });
    }
    await announce(tx, { caseId, topic: "case" });
  });
}

/** Says why a derived volume was not made. */
export async function failDerived(db: Db, caseId: string, id: string, message: string): Promise<void> {
  await db.transaction(async (tx) => {
    await setDerived(tx, caseId, (all) => all.map((one) => one.id === id ? { ...one, state: "failed", message } : one));
    await appendAudit(tx, { actorId: null, caseId, action: "volume.deriveFailed", object: { id, why: message } });
    await announce(tx, { caseId, topic: "case" });
  });
}

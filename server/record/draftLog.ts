import { createHash } from "node:crypto";
import { and, desc, eq, gt, gte } from "drizzle-orm";
import { draftLog, draftLogQuarantine } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";

/** The shared documents of a case that have a log. */
export type DraftDocument = "masks" | "plan";

/** Where a log ends: number of its last entry (0 = empty) and that entry's checksum ("" = empty). */
export interface LogEnd {
  seq: number;
  checksum: string;
}

/** An update to append, with the author from the session (RM2). */
export interface LogEntry {
  update: Uint8Array;
  userId: string;
  sessionId: string;
}

/** The stored log is not what was written: an entry is missing or altered. */
export class DraftLogDamaged extends Error {
  override name = "DraftLogDamaged";
}

/** Somebody else appended to this log since its end was read (A9): the caller must reload. */
export class DraftLogMoved extends Error {
  override name = "DraftLogMoved";
}

/** Checksum of an entry: hex SHA-256 over the previous checksum, document, seq and update, so that entries form a chain. */
export function entryChecksum(previous: string, document: DraftDocument, seq: number, update: Uint8Array): string {
  return createHash("sha256").update(`${previous}\n${document}\n${seq}\n`).update(update).digest("hex");
}

/** The end of a log. */
export async function logEnd(db: Db | Tx, caseId: string, document: DraftDocument): Promise<LogEnd> {
  const [last] = await db.select({ seq: draftLog.seq, checksum: draftLog.checksum }).from(draftLog)
    .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document))).orderBy(desc(draftLog.seq)).limit(1);
  return last ?? { seq: 0, checksum: "" };
}

/** All updates of a log in order, each proven against the chain. Throws DraftLogDamaged. */
export async function readLog(db: Db, caseId: string, document: DraftDocument): Promise<{ updates: Uint8Array[]; end: LogEnd }> {
  const updates: Uint8Array[] = [];
  let end: LogEnd = { seq: 0, checksum: "" };
  for (;;) {
    const rows = await db.select({ seq: draftLog.seq, update: draftLog.update, checksum: draftLog.checksum }).from(draftLog)
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), gt(draftLog.seq, end.seq)))
      .orderBy(draftLog.seq).limit(1000);
    for (const row of rows) {
      const seq = end.seq + 1;
      if (row.seq !== seq) throw new DraftLogDamaged(`entry ${seq} of ${document} is missing`);
      if (row.checksum !== entryChecksum(end.checksum, document, seq, row.update)) throw new DraftLogDamaged(`entry ${seq} of ${document} was altered`);
      updates.push(row.update);
      end = { seq, checksum: row.checksum };
    }
    if (rows.length < 1000) return { updates, end };
  }
}

/**
 * A13: takes a damaged log back to its last good entry; what follows goes into quarantine as it is, in the same
 * transaction, with an audit event. Does nothing to a whole log.
 * @param actorId who decided it; never done by itself, because what follows the damage leaves the case
 * @returns how many entries are in quarantine now, and where the log ends
 */
export async function recoverLog(db: Db, caseId: string, document: DraftDocument, actorId: string): Promise<{ quarantined: number; end: LogEnd }> {
  return db.transaction(async (tx) => {
    const rows = await tx.select().from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document))).orderBy(draftLog.seq).for("update");
    let end: LogEnd = { seq: 0, checksum: "" };
    for (const row of rows) {
      if (row.seq !== end.seq + 1 || row.checksum !== entryChecksum(end.checksum, document, row.seq, row.update)) break;
      end = { seq: row.seq, checksum: row.checksum };
    }
    const bad = rows.filter((row) => row.seq > end.seq);
    if (bad.length === 0) return { quarantined: 0, end };
    await tx.insert(draftLogQuarantine).values(bad);
    await tx.delete(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), gt(draftLog.seq, end.seq)));
    await appendAudit(tx, { actorId, caseId, action: "draft.recovered", object: { document, lastGood: end.seq, quarantined: bad.length } });
    return { quarantined: bad.length, end };
  });
}

function isUniqueViolation(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if ("code" in at && at.code === "23505") return true;
  return false;
}

/**
 * Appends entries after `end` in one statement, so all of them or none are committed. The key (case, document,
 * seq) fences: when another writer was there first, DraftLogMoved. Safe to repeat after a lost answer: entries
 * that are there with the same checksums count as appended.
 * @returns the new end.
 */
export async function appendToLog(
  db: Db | Tx, caseId: string, document: DraftDocument, end: LogEnd, entries: readonly LogEntry[],
): Promise<LogEnd> {
  let { seq, checksum } = end;
  const rows = entries.map(({ update, userId, sessionId }) => {
    seq += 1;
    checksum = entryChecksum(checksum, document, seq, update);
    return { caseId, document, seq, update, checksum, userId, sessionId };
  });
  if (rows.length === 0) return end;
  try {
    await db.insert(draftLog).values(rows);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const there = await db.select({ checksum: draftLog.checksum }).from(draftLog)
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), gte(draftLog.seq, rows[0].seq)))
      .orderBy(draftLog.seq);
    const isOurs = there.length === rows.length && there.every((row, i) => row.checksum === rows[i].checksum);
    if (!isOurs) throw new DraftLogMoved(`the log of ${document} was continued by another process`);
  }
  return { seq, checksum };
}

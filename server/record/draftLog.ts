import { createHash } from "node:crypto";
import { and, desc, eq, gt, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { draftBase, draftLog, draftLogQuarantine, roomLease } from "../../drizzle/schema.ts";
import type { LogPlace } from "../../core/protocol/room.ts";
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
  /** Set on the entry that drops what a new base holds: the base is written with it, or neither is. */
  base?: NewBase;
}

/** A base's blobs, all stored and read again before: labelmaps of both layers, and the document right after the entry. */
export interface NewBase { horizon: number; anatomyHash: string; proposalHash: string; documentHash: string }

/** What the server writes itself in a draft (a rebase) is under this name in the log; it is nobody's work. */
export const serverAuthor = { userId: "server", sessionId: "rebase" } as const;

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

/** A10: whether a log went through a place, so that whoever was there holds a beginning of what it is now. */
export async function hasPlace(db: Db | Tx, caseId: string, { document, seq, checksum }: LogPlace): Promise<boolean> {
  if (seq === 0) return checksum === "";
  const [row] = await db.select({ checksum: draftLog.checksum }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), eq(draftLog.seq, seq)));
  return row?.checksum === checksum;
}

/** All updates of a log in order, from `after` on, each proven against the chain. Throws DraftLogDamaged. */
export async function readLog(db: Db, caseId: string, document: DraftDocument, after: LogEnd = { seq: 0, checksum: "" }): Promise<{ updates: Uint8Array[]; end: LogEnd }> {
  const updates: Uint8Array[] = [];
  let end: LogEnd = { seq: after.seq, checksum: after.checksum };
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
    if (document === "masks") await tx.delete(draftBase).where(and(eq(draftBase.caseId, caseId), gt(draftBase.seq, end.seq)));
    await appendAudit(tx, { actorId, caseId, action: "draft.recovered", object: { document, lastGood: end.seq, quarantined: bad.length } });
    return { quarantined: bad.length, end };
  });
}

function hasCode(error: unknown, code: string): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if ("code" in at && at.code === code) return true;
  return false;
}

/**
 * A9, A10: the session of a batch's first entry, and null (which the column refuses) once another process has the room or
 * the log does not end where the caller thinks, as after a restore under a running server. The lease's row stays locked
 * until the append has ended, so that nobody takes the room over in between.
 */
const underLease = (caseId: string, document: DraftDocument, token: number, end: LogEnd, sessionId: string) => sql<string>`(select ${sessionId}::text from ${roomLease}
  where ${roomLease.caseId} = ${caseId} and ${roomLease.document} = ${document} and ${roomLease.token} = ${token}
  and (${end.seq} = 0 or exists (select 1 from ${draftLog} where ${draftLog.caseId} = ${caseId} and ${draftLog.document} = ${document} and ${draftLog.seq} = ${end.seq} and ${draftLog.checksum} = ${end.checksum}))
  for share of ${roomLease})`;

const dialect = new PgDialect();

/**
 * The statement that appends entries, the same text for any number of them: PostgreSQL reads it once for each connection,
 * and a batch then costs one message there and one back.
 */
function appending(caseId: string, document: DraftDocument, end: LogEnd, rows: readonly { update: Uint8Array; checksum: string; userId: string; sessionId: string }[], token: number | undefined): SQL {
  const column = (name: "checksum" | "userId" | "sessionId") => sql.param(rows.map((row) => row[name]));
  const updates = sql.param(rows.map(({ update }) => Buffer.from(update.buffer, update.byteOffset, update.byteLength).toString("hex")));
  const session = token === undefined ? sql`entry.session_id` : sql`case when entry.place = 1 then ${underLease(caseId, document, token, end, rows[0].sessionId)} else entry.session_id end`;
  return sql`insert into ${draftLog} (case_id, document, seq, "update", checksum, user_id, session_id)
    select ${caseId}::uuid, ${document}::text, ${end.seq}::bigint + entry.place, decode(entry.hex, 'hex'), entry.checksum, entry.user_id, ${session}
    from unnest(${updates}::text[], ${column("checksum")}::text[], ${column("userId")}::text[], ${column("sessionId")}::text[]) with ordinality as entry (hex, checksum, user_id, session_id, place)`;
}

/**
 * The same statement writes the bases: a transaction of two would keep the lease's row locked, and the room from any other
 * process, for as long as one that was stopped or cut off in between is silent (A9).
 */
const withBases = (append: SQL, bases: readonly (typeof draftBase.$inferInsert)[]): SQL => sql`with appended as (${append})
  insert into ${draftBase} (case_id, seq, horizon, anatomy_hash, proposal_hash, document_hash, checksum) values ${sql.join(bases.map((base) => sql`(${base.caseId}::uuid, ${base.seq}::bigint, ${base.horizon}::bigint, ${base.anatomyHash}, ${base.proposalHash}, ${base.documentHash}, ${base.checksum})`), sql`, `)}`;

/** Runs it, prepared where the connection is drizzle's own and not a transaction's. */
async function runAppend(db: Db | Tx, statement: SQL): Promise<void> {
  if (!("$client" in db)) return void await db.execute(statement);
  const { sql: text, params } = dialect.sqlToQuery(statement);
  await db.$client.unsafe(text, params as (string | number | string[])[], { prepare: true });
}

/**
 * Appends entries after `end` in one statement, so all of them or none are committed. The key (case, document,
 * seq) fences: when another writer was there first, DraftLogMoved. Safe to repeat after a lost answer: entries
 * that are there with the same checksums count as appended.
 * @param token of the caller's lease; DraftLogMoved once the lease is another's
 * @returns the new end.
 */
export async function appendToLog(
  db: Db | Tx, caseId: string, document: DraftDocument, end: LogEnd, entries: readonly LogEntry[], token?: number,
): Promise<LogEnd> {
  let { seq, checksum } = end;
  const bases: (typeof draftBase.$inferInsert)[] = [];
  const rows = entries.map(({ update, userId, sessionId, base }) => {
    seq += 1;
    checksum = entryChecksum(checksum, document, seq, update);
    if (base) bases.push({ caseId, seq, checksum, ...base });
    return { update, checksum, userId, sessionId };
  });
  if (rows.length === 0) return end;
  const statement = appending(caseId, document, end, rows, token);
  try {
    await runAppend(db, bases.length === 0 ? statement : withBases(statement, bases));
  } catch (error) {
    if (token !== undefined && hasCode(error, "23502")) throw new DraftLogMoved(`another process has ${document} open, or its log was taken back`);
    if (!hasCode(error, "23505")) throw error;
    const there = await db.select({ checksum: draftLog.checksum }).from(draftLog)
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), gt(draftLog.seq, end.seq)))
      .orderBy(draftLog.seq);
    const isOurs = there.length === rows.length && there.every((row, i) => row.checksum === rows[i].checksum);
    if (!isOurs) throw new DraftLogMoved(`the log of ${document} was continued by another process`);
  }
  return { seq, checksum };
}

import { and, asc, eq } from "drizzle-orm";
import type { MaskLog } from "../../core/protocol/maskLog.ts";
import { draftBase, draftLog, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { serverAuthor } from "./draftLog.ts";

/** The whole log of a case's masks with the names of who wrote in it, to be replayed. Author and time are the log's own (RM2). */
export async function readMaskLog(db: Db, caseId: string): Promise<MaskLog> {
  const rows = await db.select({ seq: draftLog.seq, update: draftLog.update, userId: draftLog.userId, sessionId: draftLog.sessionId, at: draftLog.at, name: user.name }).from(draftLog)
    .leftJoin(user, eq(user.id, draftLog.userId)).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"))).orderBy(asc(draftLog.seq));
  const bases = await db.select({ seq: draftBase.seq, anatomy: draftBase.anatomyHash, proposal: draftBase.proposalHash }).from(draftBase).where(eq(draftBase.caseId, caseId)).orderBy(asc(draftBase.seq));
  const isServer = (row: { userId: string; sessionId: string }) => row.userId === serverAuthor.userId && row.sessionId === serverAuthor.sessionId;
  return {
    entries: rows.map((row) => ({ seq: row.seq, at: row.at.getTime(), userId: isServer(row) ? null : row.userId, update: row.update })), bases,
    names: Object.fromEntries(rows.filter((row) => !isServer(row)).map(({ userId, name }) => [userId, name ?? userId])),
  };
}

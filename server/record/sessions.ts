import { and, desc, eq, gt, sql } from "drizzle-orm";
import { session } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { Impossible } from "./members.ts";

/** Where a person is signed in, newest first. Never the tokens: a page has no use for them. */
export async function listSessions(db: Db, userId: string, currentId: string) {
  const rows = await db.select({ id: session.id, createdAt: session.createdAt, usedAt: session.updatedAt, userAgent: session.userAgent })
    .from(session).where(and(eq(session.userId, userId), gt(session.expiresAt, sql`now()`))).orderBy(desc(session.updatedAt));
  return rows.map((row) => ({ ...row, isCurrent: row.id === currentId }));
}

/** Ends one of a person's own sessions; rooms close its sockets within seconds. */
export async function endSession(db: Db, userId: string, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.delete(session).where(and(eq(session.id, id), eq(session.userId, userId))).returning({ id: session.id });
    if (rows.length === 0) throw new Impossible("This session has ended already.");
    await appendAudit(tx, { actorId: userId, caseId: null, action: "session.ended", object: { by: "list" } });
  });
}

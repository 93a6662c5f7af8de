import { and, eq, isNull, sql } from "drizzle-orm";
import { comment, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** A case's comments, oldest first: the first of a thread has `threadId` null and a position in RAS mm (SP1). */
export async function listComments(db: Db, caseId: string) {
  return db.select({
    id: comment.id, threadId: comment.threadId, authorId: comment.authorId, author: user.name, body: comment.body,
    position: comment.position, plane: comment.plane, resolvedAt: comment.resolvedAt, resolvedBy: comment.resolvedBy, createdAt: comment.createdAt,
  }).from(comment).innerJoin(user, eq(user.id, comment.authorId)).where(eq(comment.caseId, caseId)).orderBy(comment.createdAt, comment.id);
}

export type NewComment =
  | { body: string; position: [number, number, number]; plane: "axial" | "coronal" | "sagittal" }
  | { body: string; threadId: string };

/** Begins a thread at a point, or answers in one of the same case. */
export async function addComment(db: Db, authorId: string, caseId: string, said: NewComment): Promise<{ id: string }> {
  return db.transaction(async (tx) => {
    if ("threadId" in said) {
      const [first] = await tx.select({ id: comment.id }).from(comment)
        .where(and(eq(comment.id, said.threadId), eq(comment.caseId, caseId), isNull(comment.threadId)));
      if (!first) throw new Impossible("The thread is not there any more.");
    }
    const [row] = await tx.insert(comment).values({ ...said, caseId, authorId }).returning({ id: comment.id });
    await appendAudit(tx, { actorId: authorId, caseId, action: "comment.added", object: { id: row.id, ...("threadId" in said ? { threadId: said.threadId } : {}) } });
    await announce(tx, { caseId, topic: "comments" });
    return row;
  });
}

/** Resolves a thread, or opens it again. */
export async function resolveThread(db: Db, actorId: string, caseId: string, threadId: string, isResolved: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const changed = await tx.update(comment).set(isResolved ? { resolvedAt: sql`now()`, resolvedBy: actorId } : { resolvedAt: null, resolvedBy: null })
      .where(and(eq(comment.id, threadId), eq(comment.caseId, caseId), isNull(comment.threadId))).returning({ id: comment.id });
    if (changed.length === 0) throw new Impossible("The thread is not there any more.");
    await appendAudit(tx, { actorId, caseId, action: isResolved ? "comment.resolved" : "comment.reopened", object: { id: threadId } });
    await announce(tx, { caseId, topic: "comments" });
  });
}

import { and, eq, sql } from "drizzle-orm";
import { isAllowed, type Action, type Role } from "../../core/review/permissions.ts";
import { caseTable, member, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";

/** A case that is not there, or not for this person: the two look alike. */
export class CaseNotFound extends Error {
  override name = "CaseNotFound";
}
/** A member whose role does not allow this. */
export class NotAllowed extends Error {
  override name = "NotAllowed";
}
/** What was asked cannot be done; the message says why and is fit to be shown. */
export class Impossible extends Error {
  override name = "Impossible";
}

/** A person's place in a case. */
export interface Membership { role: Role; isArchived: boolean; code: string }

const isUuid = (text: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);

/**
 * The membership that an action needs, checked anew for each call.
 * @throws CaseNotFound for a case that does not exist and for somebody else's alike; NotAllowed for a member without the right.
 */
export async function demand(db: Db, userId: string, caseId: string, action: Action): Promise<Membership> {
  const [row] = !isUuid(caseId) ? [] : await db.select({ role: member.role, status: caseTable.status, code: caseTable.code })
    .from(member).innerJoin(caseTable, eq(caseTable.id, member.caseId)).where(and(eq(member.caseId, caseId), eq(member.userId, userId)));
  if (!row) throw new CaseNotFound("There is no such case.");
  const isArchived = row.status === "archived";
  if (!isAllowed(row.role, action, isArchived)) {
    throw new NotAllowed(isArchived ? "This case is archived and can only be read." : "Your role in this case does not allow this.");
  }
  return { role: row.role, isArchived, code: row.code };
}

export async function listMembers(db: Db, caseId: string) {
  return db.select({ userId: member.userId, name: user.name, role: member.role }).from(member)
    .innerJoin(user, eq(user.id, member.userId)).where(eq(member.caseId, caseId)).orderBy(member.createdAt, member.userId);
}

/** Adds somebody who has an account, or gives a member another role; the last one who may invite keeps that right. */
export async function setMember(db: Db, actorId: string, caseId: string, whom: { email: string } | { userId: string }, role: Role): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from "case" where id = ${caseId} for update`);
    const people = await tx.select().from(member).where(eq(member.caseId, caseId));
    const [person] = "email" in whom ? await tx.select({ id: user.id }).from(user).where(eq(user.email, whom.email.trim().toLowerCase()))
      : people.filter(({ userId }) => userId === whom.userId).map(({ userId }) => ({ id: userId }));
    if (!person) throw new Impossible("email" in whom ? "Nobody with this e-mail address has an account in this workspace." : "This person is not in the case.");
    if (!isAllowed(role, "case.invite") && !people.some((row) => row.userId !== person.id && isAllowed(row.role, "case.invite"))) {
      throw new Impossible("The last surgeon or engineer of a case keeps that role: somebody has to be able to invite.");
    }
    await tx.insert(member).values({ caseId, userId: person.id, role })
      .onConflictDoUpdate({ target: [member.caseId, member.userId], set: { role } });
    await appendAudit(tx, { actorId, caseId, action: "member.set", object: { userId: person.id, role } });
    await announce(tx, { caseId, topic: "members" });
  });
}

/** Takes somebody out; the last one who may invite stays. */
export async function removeMember(db: Db, actorId: string, caseId: string, userId: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from "case" where id = ${caseId} for update`);
    const rest = (await tx.select().from(member).where(eq(member.caseId, caseId))).filter((row) => row.userId !== userId);
    if (!rest.some((row) => isAllowed(row.role, "case.invite"))) throw new Impossible("The last surgeon or engineer of a case cannot be taken out.");
    const gone = await tx.delete(member).where(and(eq(member.caseId, caseId), eq(member.userId, userId))).returning({ userId: member.userId });
    if (gone.length === 0) throw new Impossible("This person is not in the case.");
    await appendAudit(tx, { actorId, caseId, action: "member.removed", object: { userId } });
    await announce(tx, { caseId, topic: "members" });
  });
}

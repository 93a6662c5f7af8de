import { createHash, randomBytes, randomUUID } from "node:crypto";
import { and, eq, gt, like, sql } from "drizzle-orm";
import { z } from "zod";
import { caseTable, member, user, verification } from "../../drizzle/schema.ts";
import { roles, type Role } from "../../core/review/permissions.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** Invitations lie in the table of pending verifications, under the hash of their token and their case. */
const prefix = (caseId: string) => `invitation:${caseId}:`;
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");
const lifetimeDays = 7;
const terms = z.object({ caseId: z.string(), email: z.string(), role: z.enum(roles), invitedBy: z.string() });

/** What a link of an invitation leads to. */
export interface Invitation { caseId: string; code: string; email: string; role: Role; invitedBy: string; hasAccount: boolean }

const gone = () => new Impossible("This invitation was used, taken back, or is too old. Ask for a new one.");

async function find(db: Db | Tx, token: string) {
  const [row] = await db.select().from(verification)
    .where(and(like(verification.identifier, `invitation:%:${hashOf(token)}`), gt(verification.expiresAt, sql`now()`))).limit(1);
  return row ? { id: row.id, ...terms.parse(JSON.parse(row.value)) } : null;
}

/**
 * Invites an e-mail address into a case; an earlier invitation of the same address ends.
 * @returns the token of the link. It is stored nowhere; only its hash is.
 */
export async function invite(db: Db, actorId: string, caseId: string, address: string, role: Role): Promise<string> {
  const email = address.trim().toLowerCase();
  const token = randomBytes(32).toString("base64url");
  await db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from "case" where id = ${caseId} for update`);
    for (const { id } of (await listInvitations(tx, caseId)).filter((one) => one.email === email)) await tx.delete(verification).where(eq(verification.id, id));
    await tx.insert(verification).values({
      id: randomUUID(), identifier: prefix(caseId) + hashOf(token), value: JSON.stringify({ caseId, email, role, invitedBy: actorId }),
      expiresAt: sql`now() + make_interval(days => ${lifetimeDays})`,
    });
    await appendAudit(tx, { actorId, caseId, action: "member.invited", object: { role } });
    await announce(tx, { caseId, topic: "members" });
  });
  return token;
}

/** The invitations of a case that can still be taken. */
export async function listInvitations(db: Db | Tx, caseId: string) {
  const rows = await db.select().from(verification)
    .where(and(like(verification.identifier, `${prefix(caseId)}%`), gt(verification.expiresAt, sql`now()`))).orderBy(verification.createdAt);
  return rows.map(({ id, value, expiresAt }) => {
    const { email, role } = terms.parse(JSON.parse(value));
    return { id, email, role, expiresAt };
  });
}

/** Takes an invitation back. */
export async function revokeInvitation(db: Db, actorId: string, caseId: string, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.delete(verification).where(and(eq(verification.id, id), like(verification.identifier, `${prefix(caseId)}%`))).returning({ id: verification.id });
    if (rows.length === 0) throw gone();
    await appendAudit(tx, { actorId, caseId, action: "member.invitationRevoked", object: {} });
    await announce(tx, { caseId, topic: "members" });
  });
}

/** What the holder of a link is invited to. @throws Impossible when the link is not good any more */
export async function readInvitation(db: Db | Tx, token: string): Promise<Invitation> {
  const found = await find(db, token);
  if (!found) throw gone();
  const [about] = await db.select({ code: caseTable.code, invitedBy: user.name }).from(caseTable).innerJoin(user, eq(user.id, found.invitedBy)).where(eq(caseTable.id, found.caseId));
  if (!about) throw gone();
  const [person] = await db.select({ id: user.id }).from(user).where(eq(user.email, found.email));
  return { caseId: found.caseId, email: found.email, role: found.role, ...about, hasAccount: person !== undefined };
}

/** Makes the invited person a member, once, within the caller's transaction. @throws Impossible */
export async function acceptInvitation(tx: Tx, token: string, userId: string): Promise<{ caseId: string }> {
  const found = await find(tx, token);
  const taken = found && await tx.delete(verification).where(eq(verification.id, found.id)).returning({ id: verification.id });
  if (!found || taken?.length !== 1) throw gone();
  const [person] = await tx.select({ email: user.email }).from(user).where(eq(user.id, userId));
  if (person?.email !== found.email) throw new Impossible(`This invitation is for ${found.email}. Sign in as that person to take it.`);
  await tx.insert(member).values({ caseId: found.caseId, userId, role: found.role }).onConflictDoNothing();
  await appendAudit(tx, { actorId: userId, caseId: found.caseId, action: "member.joined", object: { userId, role: found.role } });
  await announce(tx, { caseId: found.caseId, topic: "members" });
  return { caseId: found.caseId };
}

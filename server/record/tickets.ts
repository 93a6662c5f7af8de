import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { caseTable, member, session, ticket, user } from "../../drizzle/schema.ts";
import type { Role } from "../../core/review/permissions.ts";
import type { Db } from "../platform/db.ts";

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** What a ticket is bound to. `origin` and `sessionId` null: a command-line ticket, good for reconnects until it expires. */
export interface TicketTerms {
  caseId: string;
  userId: string;
  sessionId: string | null;
  origin: string | null;
  ttlMs: number;
}

/** Who a redeemed ticket lets in. */
export interface TicketHolder {
  caseId: string;
  userId: string;
  sessionId: string | null;
  origin: string | null;
}

/** C2: makes a ticket (192 random bits, base64url) and stores its hash only. */
export async function issueTicket(db: Db, terms: TicketTerms): Promise<string> {
  const secret = randomBytes(24).toString("base64url");
  const { caseId, userId, sessionId, origin, ttlMs } = terms;
  await db.delete(ticket).where(lt(ticket.expiresAt, sql`now() - interval '1 hour'`));
  await db.insert(ticket).values({ hash: hashOf(secret), caseId, userId, sessionId, origin, expiresAt: sql`now() + make_interval(secs => ${ttlMs / 1000})` });
  return secret;
}

/**
 * Redeems a ticket for a case; null when it is unknown, expired, used, or for another case or origin. A ticket with
 * an origin is used up by this, atomically; one without is for the command line and needs an absent origin.
 */
export async function redeemTicket(db: Db, secret: string, caseId: string, origin: string | null): Promise<TicketHolder | null> {
  const columns = { caseId: ticket.caseId, userId: ticket.userId, sessionId: ticket.sessionId, origin: ticket.origin };
  const valid = [eq(ticket.hash, hashOf(secret)), eq(ticket.caseId, caseId), gt(ticket.expiresAt, sql`now()`)];
  if (origin === null) {
    const [row] = await db.select(columns).from(ticket).where(and(...valid, isNull(ticket.origin)));
    return row ?? null;
  }
  const [row] = await db.update(ticket).set({ usedAt: sql`now()` })
    .where(and(...valid, eq(ticket.origin, origin), isNull(ticket.usedAt))).returning(columns);
  return row ?? null;
}

/** What a person may be in a case right now. */
export interface Access {
  userId: string;
  name: string;
  role: Role;
  isArchived: boolean;
  /** Position among the members, by the time of joining: picks the colour. */
  position: number;
}

/** The present members of a case, by user id. */
export async function accessOf(db: Db, caseId: string): Promise<Map<string, Access>> {
  const rows = await db.select({ userId: member.userId, name: user.name, role: member.role, status: caseTable.status })
    .from(member).innerJoin(user, eq(user.id, member.userId)).innerJoin(caseTable, eq(caseTable.id, member.caseId))
    .where(eq(member.caseId, caseId)).orderBy(member.createdAt, member.userId);
  return new Map(rows.map(({ status, ...row }, position) => [row.userId, { ...row, isArchived: status === "archived", position }]));
}

/** Which of these sessions are still signed in. */
export async function liveSessions(db: Db, sessionIds: readonly string[]): Promise<Set<string>> {
  if (sessionIds.length === 0) return new Set();
  const rows = await db.select({ id: session.id }).from(session).where(and(inArray(session.id, [...sessionIds]), gt(session.expiresAt, sql`now()`)));
  return new Set(rows.map((row) => row.id));
}

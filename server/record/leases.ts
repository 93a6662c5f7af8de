import { and, eq, inArray } from "drizzle-orm";
import { clientLease, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";

/** Who holds which Yjs client id in a case (B4). */
export async function readLeases(db: Db, caseId: string): Promise<Map<number, string>> {
  const rows = await db.select({ clientId: clientLease.clientId, userId: clientLease.userId }).from(clientLease).where(eq(clientLease.caseId, caseId));
  return new Map(rows.map((row) => [row.clientId, row.userId]));
}

/** Client ids of a case with the person who holds each. */
export async function listClients(db: Db, caseId: string): Promise<{ clientId: number; userId: string; name: string }[]> {
  return db.select({ clientId: clientLease.clientId, userId: clientLease.userId, name: user.name }).from(clientLease)
    .innerJoin(user, eq(user.id, clientLease.userId)).where(eq(clientLease.caseId, caseId));
}

/** The client ids one person ever presented in a case: what their undo may reach after a reload. */
export async function ownClientIds(db: Db, caseId: string, userId: string): Promise<number[]> {
  const rows = await db.select({ clientId: clientLease.clientId }).from(clientLease).where(and(eq(clientLease.caseId, caseId), eq(clientLease.userId, userId)));
  return rows.map((row) => row.clientId);
}

/**
 * Leases client ids to a user; the first presenter keeps an id for ever, so that offline work can return.
 * @returns the holder of each id asked for, who may be somebody else.
 */
export async function leaseClients(db: Db, caseId: string, userId: string, clientIds: readonly number[]): Promise<Map<number, string>> {
  if (clientIds.length === 0) return new Map();
  await db.insert(clientLease).values(clientIds.map((clientId) => ({ caseId, clientId, userId }))).onConflictDoNothing();
  const rows = await db.select({ clientId: clientLease.clientId, userId: clientLease.userId }).from(clientLease)
    .where(and(eq(clientLease.caseId, caseId), inArray(clientLease.clientId, [...clientIds])));
  return new Map(rows.map((row) => [row.clientId, row.userId]));
}

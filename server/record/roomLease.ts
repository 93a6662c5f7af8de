import { and, eq, inArray, sql } from "drizzle-orm";
import { roomLease } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import type { DraftDocument } from "./draftLog.ts";

/** A9: a process that stops, or loses its database, is no longer the owner of its rooms after so long. */
export const leaseMs = 6000;

/** Another live process has the room open. */
export class RoomTaken extends Error {
  override name = "RoomTaken";
}

/**
 * Takes a document of a case for a process: at once when nobody has it or its owner gave it back or ended, after the
 * lease has run out when the owner is silent. @returns the fencing token, which every append names
 * @param isGone says of an owner's name that its process has ended for certain
 * @throws RoomTaken
 */
export async function takeRoom(db: Db, caseId: string, document: DraftDocument, owner: string, isGone: (owner: string) => Promise<boolean>): Promise<number> {
  const take = async (beaten: string) => {
    const until = sql`now() + make_interval(secs => ${leaseMs / 1000})`;
    const [row] = await db.insert(roomLease).values({ caseId, document, token: 1, owner, until })
      .onConflictDoUpdate({
        target: [roomLease.caseId, roomLease.document], set: { token: sql`${roomLease.token} + 1`, owner, until },
        setWhere: sql`${roomLease.until} < now() or ${roomLease.owner} = ${owner} or ${roomLease.owner} = ${beaten}`,
      }).returning({ token: roomLease.token });
    return row?.token;
  };
  let token = await take(owner);
  if (token === undefined) {
    const [held] = await db.select({ owner: roomLease.owner }).from(roomLease).where(and(eq(roomLease.caseId, caseId), eq(roomLease.document, document)));
    if (held && await isGone(held.owner)) token = await take(held.owner);
  }
  if (token === undefined) throw new RoomTaken(`another process has ${document} of this case open`);
  return token;
}

/** Whether a lease is still the newest on a document: nobody has taken it over since. */
export async function holdsRoom(db: Db, caseId: string, document: DraftDocument, token: number): Promise<boolean> {
  const [held] = await db.select({ token: roomLease.token }).from(roomLease).where(and(eq(roomLease.caseId, caseId), eq(roomLease.document, document)));
  return held?.token === token;
}

/** Keeps what a process owns for another while. */
export async function renewRooms(db: Db, owners: readonly string[]): Promise<void> {
  if (owners.length > 0) await db.update(roomLease).set({ until: sql`now() + make_interval(secs => ${leaseMs / 1000})` }).where(inArray(roomLease.owner, [...owners]));
}

/** Gives a room back; the next one need not wait. */
export async function giveRoomBack(db: Db, caseId: string, document: DraftDocument, token: number): Promise<void> {
  await db.update(roomLease).set({ until: sql`now()` }).where(and(eq(roomLease.caseId, caseId), eq(roomLease.document, document), eq(roomLease.token, token)));
}

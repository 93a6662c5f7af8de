import { and, desc, eq, inArray } from "drizzle-orm";
import { artifact, build, caseTable, draftLog, member, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** The cases a person is a member of, newest first, with their people. */
export async function listCases(db: Db, userId: string) {
  const rows = await db.select({
    id: caseTable.id, code: caseTable.code, region: caseTable.region, status: caseTable.status, grid: caseTable.grid,
    createdBy: caseTable.createdBy, createdAt: caseTable.createdAt, dueAt: caseTable.dueAt, role: member.role,
  }).from(member).innerJoin(caseTable, eq(caseTable.id, member.caseId)).where(eq(member.userId, userId)).orderBy(desc(caseTable.createdAt));
  const people = rows.length === 0 ? [] : await db.select({ caseId: member.caseId, userId: member.userId, name: user.name, role: member.role })
    .from(member).innerJoin(user, eq(user.id, member.userId)).where(inArray(member.caseId, rows.map((row) => row.id))).orderBy(member.createdAt, member.userId);
  return rows.map((row) => ({ ...row, people: people.filter((person) => person.caseId === row.id).map(({ caseId: _, ...person }) => person) }));
}

/** One case, after `demand`. */
export async function readCase(db: Db, caseId: string) {
  const [row] = await db.select().from(caseTable).where(eq(caseTable.id, caseId));
  return row;
}

export async function archiveCase(db: Db, actorId: string, caseId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const changed = await tx.update(caseTable).set({ status: "archived" })
      .where(and(eq(caseTable.id, caseId), eq(caseTable.status, "open"))).returning({ id: caseTable.id });
    if (changed.length === 0) throw new Impossible("The case is archived already.");
    await appendAudit(tx, { actorId, caseId, action: "case.archived", object: {} });
    await announce(tx, { caseId, topic: "case" });
  });
}

/** What each segment's surface is: its state, whose change made it so and when, and the facts of the artifact once there is one. */
export async function listBuilds(db: Db, caseId: string) {
  return db.select({
    segment: build.segmentValue, node: build.node, key: build.key, state: build.state, error: build.error, voxels: build.voxels,
    updatedAt: build.updatedAt, facts: artifact.facts, ms: artifact.ms, changedBy: user.name, changedAt: draftLog.at,
  }).from(build).leftJoin(artifact, eq(artifact.key, build.key))
    .leftJoin(draftLog, and(eq(draftLog.caseId, build.caseId), eq(draftLog.document, "masks"), eq(draftLog.seq, build.seq))).leftJoin(user, eq(user.id, draftLog.userId)).where(eq(build.caseId, caseId)).orderBy(build.segmentValue);
}

/** The blob of the surface that a case's segment has now, or null while there is none. */
export async function currentSurface(db: Db, caseId: string, segmentValue: number) {
  const [row] = await db.select({ blobHash: artifact.blobHash, key: artifact.key }).from(build)
    .innerJoin(artifact, eq(artifact.key, build.key)).where(and(eq(build.caseId, caseId), eq(build.segmentValue, segmentValue)));
  return row ?? null;
}

import { segmentSubject } from "../../core/build/nodes.ts";
import { and, eq, sql } from "drizzle-orm";
import { artifact, build, caseTable, draftLog, settled, user } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

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

/** Sets the day a case is due, or takes it away. @param dueAt noon UTC of that day; readers take its UTC day */
export async function setDue(db: Db, actorId: string, caseId: string, dueAt: Date | null): Promise<void> {
  await db.transaction(async (tx) => {
    const changed = await tx.update(caseTable).set({ dueAt }).where(and(eq(caseTable.id, caseId), eq(caseTable.status, "open"))).returning({ id: caseTable.id });
    if (changed.length === 0) throw new Impossible("The case is archived; its due date stays.");
    await appendAudit(tx, { actorId, caseId, action: "case.dueSet", object: { due: dueAt?.toISOString().slice(0, 10) ?? null } });
    await announce(tx, { caseId, topic: "case" });
  });
}

/**
 * The steps of a case's build graph: where each is, whose change made it so and when, and the facts of its result. `good`: an
 * earlier result is there and shown meanwhile.
 */
export async function listGraph(db: Db, caseId: string) {
  // Whoever wrote the entries that brought it; of a setting or another program nobody is named.
  const people = sql<string | null>`(select string_agg(distinct ${user.name}, ', ') from ${draftLog} join ${user} on ${user.id} = ${draftLog.userId}
    where ${draftLog.caseId} = ${build.caseId} and ${draftLog.document} = ${build.cause} and ${draftLog.seq} <= ${build.seq} and (${draftLog.seq} > ${build.since} or ${draftLog.seq} = ${build.seq}))`;
  return db.select({
    subject: build.subject, node: build.node, key: build.key, state: build.state, error: build.error, voxels: build.voxels, inputs: build.inputs, cause: build.cause, good: sql<boolean>`${build.goodKey} <> ''`,
    updatedAt: build.updatedAt, made: artifact.node, result: artifact.blobHash, facts: artifact.facts, ms: artifact.ms, changedBy: people, changedAt: draftLog.at,
  }).from(build).leftJoin(artifact, eq(artifact.key, build.key))
    .leftJoin(draftLog, and(eq(draftLog.caseId, build.caseId), eq(draftLog.document, build.cause), eq(draftLog.seq, build.seq)))
    .where(eq(build.caseId, caseId)).orderBy(build.subject, build.node);
}

const segmentOf = (subject: string): number | null => Number(/^segment\/(\d+)$/.exec(subject)?.[1] ?? 0) || null;

type StateRow = Pick<typeof build.$inferSelect, "state" | "error">;
/** Of a surface that waits for its bricks, what they are; what waits for them is on its way. */
const shownOf = ({ state, error }: StateRow, bricks: StateRow | undefined): StateRow & { state: Exclude<StateRow["state"], "waiting"> } =>
  state !== "waiting" ? { state, error } : bricks?.state === "failed" ? { state: "failed", error: bricks.error } : { state: "rebuilding", error: null };

/**
 * What each segment's surface is, how sound (null: not checked yet), and of which labelmap all of them were asked for.
 * `bricks`: hash of the list of its bricks, which is there before the one mesh of them is; null while it is made.
 */
export async function listBuilds(db: Db, caseId: string) {
  const rows = await listGraph(db, caseId);
  const [folded] = await db.select({ labelmapHash: settled.labelmapHash }).from(settled).where(eq(settled.caseId, caseId));
  return rows.flatMap(({ subject, node, inputs: _inputs, result: _result, ...row }) => {
    const segment = segmentOf(subject);
    if (segment === null || node !== "surface") return [];
    const bricks = rows.find((other) => other.subject === subject && other.node === "bricks");
    const soundness = rows.find((other) => other.subject === subject && other.node === "soundness" && other.state === "current")?.facts ?? null;
    return [{ segment, node, ...row, ...shownOf(row, bricks), soundness, bricks: bricks?.state === "current" ? bricks.result : null, labelmapHash: folded?.labelmapHash ?? null }];
  }).sort((one, other) => one.segment - other.segment);
}

/** The picture of a case: that of its first segment which has one; null while there is none. */
export async function casePicture(db: Db, caseId: string): Promise<{ blobHash: string; key: string } | null> {
  const rows = await db.select({ subject: build.subject, blobHash: artifact.blobHash, key: artifact.key }).from(build)
    .innerJoin(artifact, eq(artifact.key, build.key)).where(and(eq(build.caseId, caseId), eq(build.node, "picture")));
  return rows.sort((one, other) => (segmentOf(one.subject) ?? 0) - (segmentOf(other.subject) ?? 0))[0] ?? null;
}

/** The list of the bricks that a case's segment has now, or null while there is none. */
export async function currentBricks(db: Db, caseId: string, segmentValue: number): Promise<{ key: string; blobHash: string } | null> {
  const [row] = await db.select({ key: build.key, blobHash: artifact.blobHash }).from(build).innerJoin(artifact, eq(artifact.key, build.key))
    .where(and(eq(build.caseId, caseId), eq(build.subject, segmentSubject(segmentValue)), eq(build.node, "bricks")));
  return row ?? null;
}

/** The blob of the surface that a case's segment has now with what is known of its soundness, or null while there is none. */
export async function currentSurface(db: Db | Tx, caseId: string, segmentValue: number) {
  const rows = await db.select({ node: build.node, key: build.key, blobHash: artifact.blobHash, facts: artifact.facts }).from(build)
    .innerJoin(artifact, eq(artifact.key, build.key)).where(and(eq(build.caseId, caseId), eq(build.subject, segmentSubject(segmentValue))));
  const surface = rows.find(({ node }) => node === "surface");
  if (!surface) return null;
  return { blobHash: surface.blobHash, key: surface.key, soundness: rows.find(({ node }) => node === "soundness")?.facts ?? null };
}

import { and, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { defaultRequiredMeanings, type Meaning } from "../../core/review/lifecycle.ts";
import type { CaseFacts } from "../../core/review/phase.ts";
import { artifact, build, caseTable, comment, member, segment, signature, user, version, versionState } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";

const drawnNode = "surface", pictureNode = "picture", implantNode = "implant";

/** The steps of the graph that tell a case's phase: its surfaces, pictures, implants, and whatever gives a verdict. */
async function stepsOf(db: Db, caseIds: readonly string[]) {
  return db.select({ caseId: build.caseId, subject: build.subject, node: build.node, key: build.key, state: build.state, error: build.error, voxels: build.voxels, verdict: sql<string | null>`${artifact.facts}->>'verdict'` })
    .from(build).leftJoin(artifact, eq(artifact.key, build.key)).where(inArray(build.caseId, caseIds)).orderBy(build.subject);
}

/** The newest version of each case that still stands, with the meanings signed on it. */
async function versionsOf(db: Db, caseIds: readonly string[]) {
  const rows = await db.select({ caseId: version.caseId, id: version.id, number: version.number, state: versionState.state, hash: version.manifestHash }).from(version)
    .innerJoin(versionState, eq(versionState.versionId, version.id)).where(inArray(version.caseId, caseIds)).orderBy(desc(version.number));
  const standing = rows.filter(({ state }) => state !== "voided" && state !== "superseded");
  const newest = [...new Map(standing.toReversed().map((row) => [row.caseId, row])).values()];
  const signed = newest.length === 0 ? [] : await db.select({ versionId: signature.versionId, statement: signature.statement }).from(signature)
    .where(inArray(signature.versionId, newest.map(({ id }) => id)));
  return newest.map(({ caseId, id, number, state }) => {
    const given: Meaning[] = signed.filter(({ versionId }) => versionId === id).map(({ statement }) => statement.meaning);
    return { caseId, number, state, missing: defaultRequiredMeanings.filter((meaning) => !given.includes(meaning)) };
  });
}

/** The cases a person is a member of, newest first, with their people and the facts that tell phase and next action. */
export async function listCases(db: Db, userId: string) {
  const rows = await db.select({
    id: caseTable.id, code: caseTable.code, region: caseTable.region, status: caseTable.status, grid: caseTable.grid,
    createdBy: caseTable.createdBy, createdAt: caseTable.createdAt, dueAt: caseTable.dueAt, role: member.role,
  }).from(member).innerJoin(caseTable, eq(caseTable.id, member.caseId)).where(eq(member.userId, userId)).orderBy(desc(caseTable.createdAt));
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const [people, steps, versions, segments, said] = await Promise.all([
    db.select({ caseId: member.caseId, userId: member.userId, name: user.name, role: member.role }).from(member)
      .innerJoin(user, eq(user.id, member.userId)).where(inArray(member.caseId, ids)).orderBy(member.createdAt, member.userId),
    stepsOf(db, ids), versionsOf(db, ids),
    db.select({ caseId: segment.caseId, state: segment.state }).from(segment).where(and(inArray(segment.caseId, ids), isNull(segment.deletedAt))),
    db.select({ caseId: comment.caseId, count: sql<number>`count(*)::int` }).from(comment)
      .where(and(inArray(comment.caseId, ids), isNull(comment.threadId), isNull(comment.resolvedAt))).groupBy(comment.caseId),
  ]);
  return rows.map((row) => {
    const own = <T extends { caseId: string }>(list: readonly T[]) => list.filter(({ caseId }) => caseId === row.id);
    const mine = own(steps), named = own(segments), newest = own(versions)[0];
    // An implant that cannot be built, or whose plan breaks a rule (its steps are current, with an error), fails as a whole: what was checked is an older one.
    const unbuilt = mine.filter(({ node, state, error }) => node === implantNode && (state === "failed" || error !== null)), isOfUnbuilt = (subject: string) => unbuilt.some((one) => one.subject === subject);
    const checks = mine.filter(({ node, verdict, subject }) => (verdict !== null || (subject.startsWith("implant") && node !== implantNode)) && !isOfUnbuilt(subject));
    const facts: CaseFacts = {
      status: row.status, hasVolume: row.grid !== null,
      drawnVoxels: mine.filter(({ node }) => node === drawnNode).reduce((sum, { voxels }) => sum + voxels, 0),
      segments: named.length, segmentsDone: named.filter(({ state }) => state === "done").length,
      openComments: own(said)[0]?.count ?? 0,
      hasImplant: mine.some(({ node, state }) => node === implantNode && state !== "empty"),
      checks: {
        pass: checks.filter(({ verdict }) => verdict === "pass").length, fail: unbuilt.length + checks.filter(({ verdict, state }) => verdict === "fail" || state === "failed").length,
        needsJudgement: checks.filter(({ verdict }) => verdict === "needsJudgement").length, waiting: checks.filter(({ state }) => state === "waiting" || state === "rebuilding").length,
      },
      version: newest ? { number: newest.number, state: newest.state, missing: newest.missing } : null,
    };
    return {
      ...row, facts, pictureKey: mine.find(({ node, state }) => node === pictureNode && state === "current")?.key ?? null,
      people: own(people).map(({ caseId: _, ...person }) => person),
    };
  });
}

import { and, eq, inArray, like, or } from "drizzle-orm";
import { implantOfSubject, implantSubject } from "../../core/build/implantNodes.ts";
import { artifact, build, judgement, user } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";

/** What is made of the implants of a case's plan: each step's state, its newest good result, and the judgements on exactly that result. */
export async function listImplants(db: Db, caseId: string) {
  const rows = await db.select({
    subject: build.subject, node: build.node, key: build.key, goodKey: build.goodKey, state: build.state, error: build.error, inputs: build.inputs, updatedAt: build.updatedAt,
    made: artifact.node, facts: artifact.facts, ms: artifact.ms,
  }).from(build).leftJoin(artifact, and(eq(artifact.key, build.goodKey), eq(build.caseId, caseId)))
    .where(and(eq(build.caseId, caseId), like(build.subject, `${implantSubject("")}%`))).orderBy(build.subject, build.node);
  const keys = [...new Set(rows.flatMap(({ goodKey }) => (goodKey === "" ? [] : [goodKey])))];
  const judged = keys.length === 0 ? [] : await db.select({ key: judgement.reportHash, reason: judgement.reason, role: judgement.role, at: judgement.at, name: user.name })
    .from(judgement).innerJoin(user, eq(user.id, judgement.userId)).where(and(eq(judgement.caseId, caseId), inArray(judgement.reportHash, keys))).orderBy(judgement.at);
  return rows.flatMap(({ subject, inputs: { plan }, ...row }) => {
    const implantId = implantOfSubject(subject);
    if (implantId === null) return [];
    // A check of a plate that is not the newest good one any more says nothing of what is on screen.
    return [{ implantId, planHash: plan && "hash" in plan ? plan.hash : null, ...row, isStale: row.goodKey === "" || row.state !== "current" || row.goodKey !== row.key, judgements: judged.filter(({ key }) => key === row.goodKey && key !== "") }];
  });
}

/** The blob of a result that a case's implant has or had last, by its key; null where the case shows no such result. */
export async function implantResult(db: Db, caseId: string, implantId: string, node: string, key: string): Promise<string | null> {
  const [found] = await db.select({ blobHash: artifact.blobHash }).from(build).innerJoin(artifact, eq(artifact.key, key))
    .where(and(eq(build.caseId, caseId), eq(build.subject, implantSubject(implantId)), eq(build.node, node), or(eq(build.goodKey, key), eq(build.key, key)))).limit(1);
  return found?.blobHash ?? null;
}


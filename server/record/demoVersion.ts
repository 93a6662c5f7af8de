import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { demoCaseCode, demoPeople } from "../../drizzle/seedDemo.ts";
import { auditEvent, build, caseTable, clientLease, draftLog, version, versionJob, versionState } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { appendToLog } from "./draftLog.ts";
import type { PlanEntry } from "./planLog.ts";
import { isActive } from "./versionJobs.ts";

/** Who plans and freezes in the demo case. */
export const demoDesigner = { userId: demoPeople[1].id, role: demoPeople[1].role } as const;

/** Gives the demo case its plan, as long as nobody has worked in it; resolves with the case, or null where there is nothing to do. */
export async function recordDemoPlan(db: Db, plan: Pick<PlanEntry, "update" | "changes"> & { clientId: number }): Promise<string | null> {
  return db.transaction(async (tx) => {
    const [own] = await tx.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.code, demoCaseCode)).for("update");
    if (!own) return null;
    const [drawn] = await tx.select({ count: sql<number>`count(*)::int` }).from(draftLog).where(eq(draftLog.caseId, own.id));
    const [frozen] = await tx.select({ id: version.id }).from(version).where(eq(version.caseId, own.id)).limit(1);
    if (drawn.count !== 1 || frozen) return null;
    await tx.insert(clientLease).values({ caseId: own.id, clientId: plan.clientId, userId: demoDesigner.userId });
    await appendToLog(tx, own.id, "plan" as "masks", { seq: 0, checksum: "" }, [{ update: plan.update, userId: demoDesigner.userId, sessionId: "demo" }]);
    await appendAudit(tx, { actorId: demoDesigner.userId, caseId: own.id, action: "plan.changed", object: { changes: plan.changes } });
    await tx.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId: own.id })}::json, job_key := ${`settle:${own.id}`}, queue_name := ${`case:${own.id}`})`);
    return own.id;
  });
}

/** A step that failed, or a freeze, is asked for again up to so often: a machine that is short of memory or time for a while is not a reason to show no version. */
const mostTries = 4;
type DemoStep = "wait" | "retry" | "freeze" | "submit" | "none";

/**
 * What the demo case waits for: its surfaces, what failed on the way to be tried again, the freeze, the submission, or nothing
 * more. Only as long as just its designer has worked in it.
 */
export async function nextDemoStep(db: Db): Promise<{ caseId: string | null; step: DemoStep }> {
  const [own] = await db.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.code, demoCaseCode));
  if (!own) return { caseId: null, step: "none" };
  const told = (step: DemoStep) => ({ caseId: own.id, step });
  const jobs = await db.select({ state: versionJob.state, isActive: sql<boolean>`${isActive}` }).from(versionJob).where(and(eq(versionJob.caseId, own.id), eq(versionJob.kind, "freeze")));
  if (jobs.some((job) => job.isActive)) return told("wait");
  if (!jobs.some(({ state }) => state === "done")) return told(jobs.length < mostTries ? await stepToFreeze(db, own.id) : "none");
  const [first] = await db.select({ state: versionState.state, by: version.frozenBy }).from(version).innerJoin(versionState, eq(versionState.versionId, version.id)).where(and(eq(version.caseId, own.id), eq(version.number, 1)));
  const changes = await db.select({ id: auditEvent.id }).from(auditEvent).where(and(eq(auditEvent.caseId, own.id), inArray(auditEvent.action, ["version.submit", "version.withdraw"]))).limit(1);
  return told(first?.state === "frozen" && first.by === demoDesigner.userId && changes.length === 0 ? "submit" : "none");
}

/** What comes before the freeze: everything that the plan wants made, as far as it can be. */
async function stepToFreeze(db: Db, caseId: string): Promise<DemoStep> {
  const strangers = await db.select({ seq: draftLog.seq }).from(draftLog).where(and(eq(draftLog.caseId, caseId), ne(draftLog.sessionId, "demo"))).limit(1);
  const planned = await db.select({ seq: draftLog.seq }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "plan"))).limit(1);
  if (strangers.length > 0 || planned.length === 0) return "none";
  const steps = await db.select({ state: build.state }).from(build).where(eq(build.caseId, caseId)), isAny = (state: string) => steps.some((step) => step.state === state);
  if (steps.length === 0 || isAny("rebuilding")) return "wait";
  if (!isAny("failed")) return isAny("waiting") ? "wait" : "freeze";
  const [{ count }] = await db.select({ count: sql<number>`count(*)::int` }).from(auditEvent).where(and(eq(auditEvent.caseId, caseId), eq(auditEvent.action, "artifact.failed")));
  return count < mostTries * steps.length ? "retry" : "freeze";
}

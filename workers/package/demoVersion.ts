import { sql } from "drizzle-orm";
import * as Y from "yjs";
import { planKey, planParametersOf } from "../../core/draft/planDoc.ts";
import type { Db } from "../../server/platform/db.ts";
import { retryFailed } from "../../server/record/builds.ts";
import { demoDesigner, nextDemoStep, recordDemoPlan } from "../../server/record/demoVersion.ts";
import { Impossible } from "../../server/record/members.ts";
import { askFreeze } from "../../server/record/versionJobs.ts";
import { changeVersion } from "../../server/record/versions.ts";

/** The Yjs client id under which the demo's plan was written. */
const demoPlanClientId = 20261124;
const prescription = { indication: "Defect of the right parietal bone (synthetic head)", side: "right", region: "parietal", kind: "Cranial plate", material: "PEEK, machined" } as const;

/**
 * One step of bringing the demo case to where a surgeon comes in: a plate for its defect, frozen as version 1 and in review.
 * What people see first, the surface, is made before. @returns whether to come again in a while
 */
export async function demoVersionStep(db: Db): Promise<boolean> {
  const doc = new Y.Doc();
  doc.clientID = demoPlanClientId;
  const changes = Object.entries({ family: "cranial", bone: 1, thickness: 4, material: "peek-machined" }).map(([name, now]) => ({ key: planKey("demoplate", name), old: null, now }));
  for (const { key, now } of changes) planParametersOf(doc).set(key, now);
  await recordDemoPlan(db, { update: Y.encodeStateAsUpdate(doc), clientId: demoPlanClientId, changes });
  const { caseId, step } = await nextDemoStep(db);
  if (caseId === null || step === "none") return false;
  try {
    if (step === "retry") await retryFailed(db, null, caseId);
    if (step === "freeze") await askFreeze(db, demoDesigner.userId, caseId, { expectedNumber: 1, prescription, acknowledgements: [] });
    if (step === "submit") await changeVersion(db, demoDesigner, caseId, 1, "submit", null);
  } catch (error) {
    // Somebody froze or changed it in between: the next look says whether it is theirs.
    if (error instanceof Impossible) return true;
    throw error;
  }
  return step !== "submit";
}

/** Asks for a look at the demo in 1.5 s, after what people look at first; one that is asked for already stays when it was. */
export async function lookAfterDemo(db: Db): Promise<void> {
  await db.execute(sql`select graphile_worker.add_job('demoVersion', '{}'::json, run_at := now() + interval '1.5 seconds', job_key := 'demoVersion', job_key_mode := 'preserve_run_at', priority := 30)`);
}

/**
 * Each look asks for the next one; where that chain broke, it goes on here as long as the demo waits for something.
 * @returns what ends it, and waits for what is under way
 */
export function watchDemo(db: Db, everyMs: number, onError: (error: unknown) => void): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const timer = setInterval(() => {
    underWay ??= nextDemoStep(db).then(async ({ step }) => { if (step !== "none") await lookAfterDemo(db); }).catch(onError).finally(() => { underWay = undefined; });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

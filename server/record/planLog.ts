import * as Y from "yjs";
import { implantsOf, type PlanValue, planParametersOf } from "../../core/draft/planDoc.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { appendToLog, type LogEnd, type LogEntry, readLog } from "./draftLog.ts";

/** An update of a plan with what it changes. */
export interface PlanEntry extends LogEntry { changes: readonly { key: string; old: PlanValue; now: PlanValue }[] }

/** Appends to a plan's log, with an audit event for every entry in the same transaction. @returns the new end */
export async function appendToPlan(db: Db, caseId: string, end: LogEnd, entries: readonly PlanEntry[], token?: number): Promise<LogEnd> {
  return db.transaction(async (tx) => {
    const next = await appendToLog(tx, caseId, "plan", end, entries.map(({ update, userId, sessionId }) => ({ update, userId, sessionId })), token);
    for (const { userId, changes } of entries) {
      if (changes.length > 0) await appendAudit(tx, { actorId: userId, caseId, action: "plan.changed", object: { changes } });
    }
    return next;
  });
}

/** The implants of a case's plan as its log says, unread: their parameters by implant id. */
export async function readPlanDraft(db: Db, caseId: string): Promise<Map<string, Record<string, PlanValue>>> {
  const { updates } = await readLog(db, caseId, "plan"), doc = new Y.Doc();
  planParametersOf(doc);
  for (const update of updates) Y.applyUpdate(doc, update);
  const found = implantsOf(doc);
  doc.destroy();
  return found;
}

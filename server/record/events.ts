import { sql } from "drizzle-orm";
import { caseEventChannel, type CaseEvent } from "../../core/protocol/room.ts";
import type { Tx } from "../platform/db.ts";

/** Tells every process that something in a case's rows changed; delivered when the transaction commits, and only then. */
export async function announce(tx: Tx, event: CaseEvent): Promise<void> {
  await tx.execute(sql`select pg_notify(${caseEventChannel}, ${JSON.stringify(event)})`);
}

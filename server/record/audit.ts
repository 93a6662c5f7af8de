import { createHash } from "node:crypto";
import { asc, desc, sql } from "drizzle-orm";
import { auditEvent } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";

/** Something that happened: who, in which case, what, to what. Never a patient's name, never a file's. */
export interface AuditEntry { actorId: string | null; caseId: string | null; action: string; object: Record<string, unknown> }

/** Keys in byte order at every depth, so that one event has one spelling, also after PostgreSQL's jsonb reordered them. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, v]) => [key, canonical(v)]));
}

function hashOf(previousHash: string, at: Date, entry: AuditEntry): string {
  const text = JSON.stringify([previousHash, at.toISOString(), entry.actorId, entry.caseId, entry.action, canonical(entry.object)]);
  return createHash("sha256").update(text).digest("hex");
}

/** RV3: appends to the workspace's hash chain, inside the transaction of what it tells of. One at a time, by an advisory lock. */
export async function appendAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('caseroom.audit'))`);
  const [last] = await tx.select({ hash: auditEvent.hash }).from(auditEvent).orderBy(desc(auditEvent.id)).limit(1);
  const previousHash = last?.hash ?? "";
  const at = new Date();
  await tx.insert(auditEvent).values({ ...entry, at, previousHash, hash: hashOf(previousHash, at, entry) });
}

/** Walks the chain. `brokenAt` is the id of the first event that does not follow from the one before it, or null. */
export async function verifyAudit(db: Db): Promise<{ count: number; brokenAt: number | null }> {
  const events = await db.select().from(auditEvent).orderBy(asc(auditEvent.id));
  let previous = "";
  for (const event of events) {
    if (event.previousHash !== previous || event.hash !== hashOf(previous, event.at, event)) return { count: events.length, brokenAt: event.id };
    previous = event.hash;
  }
  return { count: events.length, brokenAt: null };
}

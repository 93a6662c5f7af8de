import { createHash } from "node:crypto";
import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import { type AuditHead, type ChainedEvent, type ChainFault, chainFault, eventHash } from "../../core/review/audit.ts";
import type { Json } from "../../core/review/canonicalJson.ts";
import { auditEvent, judgement, signature, user, version, versionJob } from "../../drizzle/schema.ts";
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
  await tx.insert(auditEvent).values({ ...entry, at, previousHash, hash: hashOf(previousHash, at, entry), ...await caseLink(tx, at, entry) });
}

/** The event's place in its case's own chain, which can leave the workspace and still be walked. */
async function caseLink(tx: Tx, at: Date, { actorId, caseId, action, object }: AuditEntry): Promise<{ caseSeq?: number; casePreviousHash?: string; caseHash?: string }> {
  if (caseId === null) return {};
  const head = await auditHead(tx, caseId);
  const seq = head.count + 1;
  return { caseSeq: seq, casePreviousHash: head.hash, caseHash: eventHash(head.hash, { seq, at: at.toISOString(), actorId, caseId, action, object: canonical(object) as Json }) };
}

/** How long a case's chain is, and the hash of its last event. */
export async function auditHead(tx: Db | Tx, caseId: string): Promise<AuditHead> {
  const [last] = await tx.select({ count: auditEvent.caseSeq, hash: auditEvent.caseHash }).from(auditEvent)
    .where(and(eq(auditEvent.caseId, caseId), isNotNull(auditEvent.caseSeq))).orderBy(desc(auditEvent.caseSeq)).limit(1);
  return { count: last?.count ?? 0, hash: last?.hash ?? "" };
}

/** A case's chain from its first event, as it is shown and exported. */
export async function caseEvents(db: Db | Tx, caseId: string): Promise<ChainedEvent[]> {
  const rows = await db.select().from(auditEvent).where(and(eq(auditEvent.caseId, caseId), isNotNull(auditEvent.caseSeq))).orderBy(asc(auditEvent.caseSeq));
  return rows.map((row) => ({
    seq: row.caseSeq ?? 0, at: row.at.toISOString(), actorId: row.actorId, caseId, action: row.action, object: canonical(row.object) as Json,
    previousHash: row.casePreviousHash ?? "", hash: row.caseHash ?? "",
  }));
}

/** Names of the people who act in a case's events, by id. */
export async function namesIn(db: Db, caseId: string): Promise<Record<string, string>> {
  const rows = await db.selectDistinct({ id: user.id, name: user.name }).from(auditEvent).innerJoin(user, eq(user.id, auditEvent.actorId)).where(eq(auditEvent.caseId, caseId));
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}

/** An event that has to be there: its kind, and what it says. */
interface Due { action: string; says: readonly string[] }

/** The events that came with rows which nobody can change or delete: versions, signatures, judgements, packages that were made. */
async function eventsDue(db: Db | Tx, caseId: string): Promise<Due[]> {
  const frozen = await db.select({ hash: version.manifestHash }).from(version).where(eq(version.caseId, caseId));
  const signed = await db.select({ hash: version.manifestHash, userId: signature.userId }).from(signature).innerJoin(version, eq(version.id, signature.versionId)).where(eq(version.caseId, caseId));
  const judged = await db.select({ hash: judgement.reportHash, reason: judgement.reason, userId: judgement.userId }).from(judgement).where(eq(judgement.caseId, caseId));
  const packed = await db.select({ result: versionJob.result }).from(versionJob).where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "package"), eq(versionJob.state, "done")));
  return [
    ...frozen.map(({ hash }) => ({ action: "version.frozen", says: [hash] })), ...signed.map(({ hash, userId }) => ({ action: "signature.added", says: [hash, userId] })),
    ...judged.map(({ hash, reason, userId }) => ({ action: "judged", says: [hash, reason, userId] })), ...packed.map(({ result }) => ({ action: "package.made", says: [String(result?.blobHash)] })),
  ];
}

/** Whether each of them has an event of its own. */
function areThere(due: readonly Due[], events: readonly ChainedEvent[]): boolean {
  const free = new Map<string, number>(), name = (action: string, says: readonly unknown[]) => JSON.stringify([action, ...says]);
  for (const { action, actorId, object } of events) {
    const { manifestHash, reportHash, finding, reason, package: packed } = object as Record<string, unknown>;
    // A judgement is of a report, or of a finding of the CT.
    const isJudged = action === "report.judged" || action === "finding.overridden", kind = isJudged ? "judged" : action;
    const says = action === "version.frozen" ? [manifestHash] : action === "signature.added" ? [manifestHash, actorId] : isJudged ? [reportHash ?? finding, reason, actorId] : [packed];
    free.set(name(kind, says), (free.get(name(kind, says)) ?? 0) + 1);
  }
  return due.every(({ action, says }) => {
    const left = free.get(name(action, says)) ?? 0;
    free.set(name(action, says), left - 1);
    return left > 0;
  });
}

/**
 * RV3: walks a case's chain. A tail cut off it leaves a whole chain, so two things vouch for the length: the rows that came
 * with an event each, and the workspace's chain, which every case's events are links of.
 * @returns `workspaceBrokenAt`: the workspace's first event that does not follow from the one before it
 */
export async function verifyCaseAudit(db: Db | Tx, caseId: string): Promise<{ count: number; fault: ChainFault | null; workspaceBrokenAt: number | null }> {
  // What is due is read first: of what is signed meanwhile the event may be there without its row, and never the row without its event.
  const due = await eventsDue(db, caseId), events = await caseEvents(db, caseId), count = events.length, { brokenAt } = await verifyAudit(db);
  const fault = chainFault(events, caseId, null) ?? (areThere(due, events) ? null : { seq: count + 1, why: "cut" as const });
  return { count, fault, workspaceBrokenAt: brokenAt };
}

/** Walks the workspace's chain. `brokenAt` is the id of the first event that does not follow from the one before it, or null. */
export async function verifyAudit(db: Db | Tx): Promise<{ count: number; brokenAt: number | null }> {
  const events = await db.select().from(auditEvent).orderBy(asc(auditEvent.id));
  let previous = "";
  for (const event of events) {
    if (event.previousHash !== previous || event.hash !== hashOf(previous, event.at, event)) return { count: events.length, brokenAt: event.id };
    previous = event.hash;
  }
  return { count: events.length, brokenAt: null };
}

import { eq, sql } from "drizzle-orm";
import { demoCaseCode, demoPeople } from "../../drizzle/seedDemo.ts";
import { artifact, caseTable, clientLease, member, segment, upload, user } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { nodeId, nodeKey } from "../../core/build/node.ts";
import type { Grid } from "../../core/space/grid.ts";
import type { SegmentState } from "../../core/review/segmentState.ts";
import { coarseKind } from "../../core/volume/coarse.ts";
import { appendAudit } from "./audit.ts";
import { type KeptSource, recordSource } from "./caseSource.ts";
import { appendToLog } from "./draftLog.ts";
import { announce } from "./events.ts";

export interface ImportedVolume {
  volumeHash: string; grid: Grid; report: Record<string, unknown>;
  /** Blob of the coarse volume for the first sight (core/volume/coarse). */
  coarseHash?: string;
  /** What it came from, where that was a DICOM series. */
  source?: KeptSource | null;
}
const coarseKey = (volumeHash: string) => nodeKey(coarseKind, { volume: volumeHash });

/** The blob of a case's coarse volume; null where it has none. */
export async function coarseOf(db: Db, caseId: string): Promise<string | null> {
  const [own] = await db.select({ volumeHash: caseTable.volumeHash }).from(caseTable).where(eq(caseTable.id, caseId));
  if (!own?.volumeHash) return null;
  const [row] = await db.select({ blobHash: artifact.blobHash }).from(artifact).where(eq(artifact.key, coarseKey(own.volumeHash)));
  return row?.blobHash ?? null;
}

/** The next free case code of this year, `YY-NNN`; the advisory lock keeps two imports from taking the same. */
async function nextCaseCode(tx: Tx): Promise<string> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('caseroom.case.code'))`);
  const [row] = await tx.execute<{ year: string; next: number }>(sql`
    select to_char(now(), 'YY') as year,
           coalesce(max(nullif(regexp_replace(code, '^\\d\\d-', ''), '')::int), 0) + 1 as next
    from "case" where code ~ ('^' || to_char(now(), 'YY') || '-\\d+$')`);
  return `${row.year}-${String(row.next).padStart(3, "0")}`;
}

/** Makes a case of a decoded volume, with its creator as member; in a demo workspace all four people are members. */
export async function createCase(
  tx: Tx, createdBy: string, volume: ImportedVolume, options: { code?: string; region?: string; bone?: { iso: number; state: SegmentState } } = {},
): Promise<string> {
  const code = options.code ?? await nextCaseCode(tx);
  const [row] = await tx.insert(caseTable).values({
    code, region: options.region ?? "cranial", createdBy,
    volumeHash: volume.volumeHash, grid: volume.grid, report: volume.report,
  }).returning({ id: caseTable.id });
  if (volume.coarseHash) {
    await tx.insert(artifact).values({ key: coarseKey(volume.volumeHash), node: nodeId(coarseKind), inputs: { volume: volume.volumeHash }, blobHash: volume.coarseHash, facts: {}, ms: 0 }).onConflictDoNothing();
  }
  if (volume.source) await recordSource(tx, row.id, volume.source);
  const [creator] = await tx.select().from(user).where(eq(user.id, createdBy));
  const people = creator?.isDemo ? await tx.select().from(user).where(eq(user.isDemo, true)) : creator ? [creator] : [];
  for (const person of people) {
    const role = person.isDemo ? demoPeople.find(({ id }) => id === person.id)?.role ?? "viewer" : "engineer";
    await tx.insert(member).values({ caseId: row.id, userId: person.id, role });
  }
  await tx.insert(segment).values({ caseId: row.id, value: 1, name: "Bone", color: "#e8d9b5", ...options.bone, createdBy });
  await appendAudit(tx, { actorId: createdBy, caseId: row.id, action: "case.created", object: { code, volume: volume.volumeHash } });
  await announce(tx, { caseId: row.id, topic: "case" });
  return row.id;
}

/** Takes a queued upload for decoding; null when it was cancelled or is already done. */
export async function beginDecoding(db: Db, uploadId: string) {
  const [row] = await db.update(upload).set({ state: "decoding", progress: { stage: "reading", fraction: 0 }, error: null })
    .where(sql`${upload.id} = ${uploadId} and ${upload.state} in ('queued', 'decoding')`).returning();
  return row ?? null;
}

/** How far decoding is; returns false when the person has cancelled meanwhile. */
export async function reportProgress(db: Db, uploadId: string, stage: string, fraction: number): Promise<boolean> {
  const rows = await db.update(upload).set({ progress: { stage, fraction } })
    .where(sql`${upload.id} = ${uploadId} and ${upload.state} = 'decoding'`).returning({ id: upload.id });
  return rows.length === 1;
}

/** The case, its members and the upload's end, together. Null when the upload was cancelled while it was decoded. */
export async function finishImport(db: Db, uploadId: string, volume: ImportedVolume): Promise<string | null> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(upload).where(eq(upload.id, uploadId)).for("update");
    if (!row || row.state !== "decoding") return null;
    const caseId = await createCase(tx, row.userId, volume, row.options ?? {});
    await tx.update(upload).set({ state: "done", caseId, progress: { stage: "done", fraction: 1 }, sealedUids: null }).where(eq(upload.id, uploadId));
    return caseId;
  });
}

/** Ends an upload with the plain reason that the person sees. */
export async function refuseImport(db: Db, uploadId: string, error: { code: string; message: string; details?: unknown }): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.update(upload).set({ state: "refused", error, sealedUids: null }).where(sql`${upload.id} = ${uploadId} and ${upload.state} = 'decoding'`)
      .returning({ userId: upload.userId });
    if (rows.length > 0) {
      await appendAudit(tx, { actorId: rows[0].userId, caseId: null, action: "import.refused", object: { upload: uploadId, code: error.code } });
    }
  });
}

/** Ends uploads whose worker died in their last try: nobody else would, and their files would stay. @returns their ids */
export async function endLostImports(db: Db): Promise<string[]> {
  const lost = await db.execute<{ id: string }>(sql`
    select ${upload.id} as id from ${upload} where ${upload.state} = 'decoding' and not exists (
      select 1 from graphile_worker._private_jobs job where job.key = 'import:' || ${upload.id}::text and (job.attempts < job.max_attempts or job.locked_at is not null))`);
  for (const { id } of lost) await refuseImport(db, id, { code: "import-failed", message: `The import ended with the process that ran it (id ${id}), twice. Nothing was kept; tell the administrator the id.` });
  return lost.map(({ id }) => id);
}

/**
 * Hands an upload back to the person, who has to choose one of several volumes in it: it can be finished again with the choice, and
 * what was sent is kept as that of any upload that waits, a day at most.
 */
export async function askForSeries(db: Db, uploadId: string, error: { code: string; message: string; details?: unknown }): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.update(upload).set({ state: "receiving", error }).where(sql`${upload.id} = ${uploadId} and ${upload.state} = 'decoding'`)
      .returning({ userId: upload.userId });
    if (rows.length > 0) await appendAudit(tx, { actorId: rows[0].userId, caseId: null, action: "import.asked", object: { upload: uploadId, code: error.code } });
  });
}

/** Whether this demo workspace still lacks its case. */
export async function isDemoCaseMissing(db: Db): Promise<boolean> {
  const [row] = await db.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.code, demoCaseCode));
  return row === undefined;
}

/** Stores the demo case unless another worker has meanwhile. */
export async function recordDemoCase(db: Db, volume: ImportedVolume, drawn: { update: Uint8Array; clientId: number; iso: number }): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('caseroom.demo.case'))`);
    const [row] = await tx.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.code, demoCaseCode));
    if (row) return;
    const userId = demoPeople[1].id, caseId = await createCase(tx, userId, volume, { code: demoCaseCode, bone: { iso: drawn.iso, state: "done" } });
    await tx.insert(clientLease).values({ caseId, clientId: drawn.clientId, userId });
    await appendToLog(tx, caseId, "masks", { seq: 0, checksum: "" }, [{ update: drawn.update, userId, sessionId: "demo" }]);
    await tx.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId })}::json, job_key := ${`settle:${caseId}`}, queue_name := ${`case:${caseId}`})`);
  });
}

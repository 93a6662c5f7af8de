import { and, desc, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import type { ParameterChange } from "../../core/review/difference.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import { type PackageVolume, packageVolumes } from "../../core/review/packageVolume.ts";
import { caseTable, draftLog, segment, user, version, versionJob } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";
import type { Freeze } from "./versions.ts";

/** Where the logs of a case ended when a freeze was asked for: the prefix that the version is. */
export type LogEnds = Manifest["logs"];
/** What a freeze is asked to do. `segments`: what the label values were called and shown as at that moment, and which HU their surfaces followed. */
export interface FreezeRequest extends Freeze { logs: LogEnds; segments?: Manifest["segments"] }
/**
 * What changed since the version before, as the review shows it. Volumes in mm³. `picture`: of masks and implant where they
 * differ (core/review/differencePicture), with the colours that are in it; versions of before it was drawn have none.
 */
export interface VersionDifference { since: number | null; parameters: ParameterChange[]; segments: { value: number; name: string; addedMm3: number; removedMm3: number }[]; people: string[]; picture?: { sha256: string; shown: string[] } | null }
export interface PackageResult { blobHash: string; bytes: number; manifestHash: string; files: number }

/** The number that a package of the draft has among the jobs of versions, which begin at 1. */
export const draftNumber = 0;
/** A job of a worker that died is not waited for longer than this. */
const staleMs = 15 * 60_000;
/** A job that somebody still works on. */
export const isActive = sql`${versionJob.state} in ('queued', 'running') and ${versionJob.updatedAt} > now() - make_interval(secs => ${staleMs / 1000})`;

/** The end of each log of a case now. */
export async function logEnds(tx: Tx, caseId: string): Promise<LogEnds> {
  const ends: LogEnds = [];
  for (const document of ["masks", "plan"]) {
    const [last] = await tx.select({ seq: draftLog.seq, checksum: draftLog.checksum }).from(draftLog)
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document))).orderBy(desc(draftLog.seq)).limit(1);
    ends.push({ document, seq: last?.seq ?? 0, checksum: last?.checksum ?? "" });
  }
  return ends;
}

/** Puts a job before the workers. */
export async function queue(tx: Tx, kind: "freeze" | "package", jobId: string): Promise<void> {
  await tx.execute(sql`select graphile_worker.add_job(${kind}, ${JSON.stringify({ jobId })}::json, job_key := ${`${kind}:${jobId}`}, max_attempts := 3, priority := 5)`);
}

/** What the label values of a case are called and shown as now, and which HU their surfaces follow. */
export async function segmentsNow(tx: Tx, caseId: string): Promise<NonNullable<Manifest["segments"]>> {
  const rows = await tx.select({ value: segment.value, name: segment.name, color: segment.color, iso: segment.iso }).from(segment).where(and(eq(segment.caseId, caseId), isNull(segment.deletedAt))).orderBy(segment.value);
  return rows.map(({ iso, ...shown }) => ({ ...shown, ...iso !== null && { iso } }));
}

/**
 * Asks for a version of the draft as it is now: the ends of the logs are taken down here, so whoever draws on draws past
 * them. A worker computes what belongs to that prefix and writes the version. @throws Impossible for the second of two
 */
export async function askFreeze(db: Db, actorId: string, caseId: string, freeze: Freeze): Promise<{ jobId: string; number: number }> {
  return db.transaction(async (tx) => {
    const [own] = await tx.select().from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const logs = await logEnds(tx, caseId);
    if (!own?.volumeHash || logs[0].seq === 0) throw new Impossible("There is nothing to freeze yet: the case has no CT, or nothing was drawn.");
    const [last] = await tx.select({ number: version.number }).from(version).where(eq(version.caseId, caseId)).orderBy(desc(version.number)).limit(1);
    const number = (last?.number ?? 0) + 1;
    if (number !== freeze.expectedNumber) throw new Impossible(`Version ${number - 1} was frozen meanwhile. Look at it first; freeze again where it is not what you want.`);
    const [other] = await tx.select({ name: user.name }).from(versionJob).innerJoin(user, eq(user.id, versionJob.requestedBy))
      .where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "freeze"), isActive));
    if (other) throw new Impossible(`${other.name} is freezing version ${number} at this moment.`);
    const segments = await segmentsNow(tx, caseId);
    const request: FreezeRequest = { ...freeze, logs, segments };
    const [{ id }] = await tx.insert(versionJob).values({ caseId, kind: "freeze", number, request: { ...request }, requestedBy: actorId }).returning({ id: versionJob.id });
    await appendAudit(tx, { actorId, caseId, action: "version.freezeAsked", object: { number, logs } });
    await queue(tx, "freeze", id);
    await announce(tx, { caseId, topic: "versions" });
    return { jobId: id, number };
  });
}

/** What of the CT a package was asked to hold; requests of an earlier version of Caseroom said only whether to leave it out. */
export const packageVolumeOf = (request: Record<string, unknown>): PackageVolume => packageVolumes.find((one) => one === request.volume) ?? (request.withoutVolume === true ? "none" : "whole");

/** Asks for the package of a version; the same one under way is not asked for twice. */
export async function askPackage(db: Db, actorId: string, caseId: string, number: number, volume: PackageVolume): Promise<{ jobId: string }> {
  return db.transaction(async (tx) => {
    await tx.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const [there] = await tx.select({ id: version.id }).from(version).where(and(eq(version.caseId, caseId), eq(version.number, number)));
    if (!there) throw new Impossible(`There is no version ${number} of this case.`);
    const [same] = await tx.select({ id: versionJob.id }).from(versionJob)
      .where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "package"), eq(versionJob.number, number), sql`${versionJob.request}->>'volume' = ${volume}`, isActive));
    if (same) return { jobId: same.id };
    const [{ id }] = await tx.insert(versionJob).values({ caseId, kind: "package", number, request: { volume }, requestedBy: actorId }).returning({ id: versionJob.id });
    await appendAudit(tx, { actorId, caseId, action: "package.asked", object: { number, volume } });
    await queue(tx, "package", id);
    await announce(tx, { caseId, topic: "versions" });
    return { jobId: id };
  });
}

/** Takes a job up; null where it is over already. */
export async function beginVersionJob(db: Db, jobId: string) {
  const [row] = await db.update(versionJob).set({ state: "running", updatedAt: sql`now()` }).where(and(eq(versionJob.id, jobId), inArray(versionJob.state, ["queued", "running"]))).returning();
  return row ?? null;
}

/** What a job is at now, in one word or two. */
export async function tellStage(db: Db, jobId: string, stage: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.update(versionJob).set({ stage, updatedAt: sql`now()` }).where(and(eq(versionJob.id, jobId), eq(versionJob.state, "running"))).returning({ caseId: versionJob.caseId });
    if (row) await announce(tx, { caseId: row.caseId, topic: "versions" });
  });
}

/** The end of a job, inside the transaction of what it made; that it failed is an event of its own. */
export async function endVersionJob(tx: Tx, jobId: string, end: { result: Record<string, unknown> } | { error: string }): Promise<void> {
  const set = "error" in end ? { state: "failed" as const, error: end.error } : { state: "done" as const, result: end.result, stage: "done" };
  const [row] = await tx.update(versionJob).set({ ...set, updatedAt: sql`now()` }).where(and(eq(versionJob.id, jobId), ne(versionJob.state, "done"))).returning({ caseId: versionJob.caseId, kind: versionJob.kind, number: versionJob.number, requestedBy: versionJob.requestedBy });
  if (!row) return;
  const { caseId, kind, number, requestedBy } = row;
  if ("error" in end) await appendAudit(tx, { actorId: requestedBy, caseId, action: kind === "freeze" ? "version.freezeFailed" : "package.failed", object: { ...number === draftNumber ? { draft: true } : { number }, why: end.error } });
  await announce(tx, { caseId, topic: "versions" });
}

/** A package is made: its event and the end of its job together. */
export async function recordPackage(db: Db, jobId: string, actorId: string, caseId: string, { number, volume, result }: { number: number; volume: PackageVolume; result: PackageResult }): Promise<void> {
  await db.transaction(async (tx) => {
    await appendAudit(tx, { actorId, caseId, action: "package.made", object: { number, manifestHash: result.manifestHash, package: result.blobHash, volume } });
    await endVersionJob(tx, jobId, { result: { ...result } });
  });
}

/** The jobs of a case's versions, newest first: the freeze under way or failed, and each version's newest packages. */
export async function listVersionJobs(db: Db, caseId: string) {
  const rows = await db.select({ job: versionJob, by: user.name, isActive: sql<boolean>`${isActive}` }).from(versionJob).innerJoin(user, eq(user.id, versionJob.requestedBy))
    .where(eq(versionJob.caseId, caseId)).orderBy(desc(versionJob.createdAt)).limit(100);
  return rows.map(({ job: { id, kind, number, state, stage, error, request, result, createdAt }, by, isActive: isRunning }) => ({
    id, kind, number, stage, error, by, createdAt, volume: packageVolumeOf(request), bytes: typeof result?.bytes === "number" ? result.bytes : null,
    state: (state === "queued" || state === "running") && !isRunning ? "failed" as const : state,
  }));
}

/** The finished package of a job of this case, or null. */
export async function packageOf(db: Db, caseId: string, jobId: string): Promise<{ number: number; result: PackageResult } | null> {
  const [row] = await db.select().from(versionJob).where(and(eq(versionJob.caseId, caseId), eq(versionJob.id, jobId), eq(versionJob.kind, "package"), eq(versionJob.state, "done")));
  return row?.result ? { number: row.number, result: row.result as unknown as PackageResult } : null;
}

import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Finding } from "../../core/checks/ctQuality.ts";
import { type ScanPlace, scanPlaceOf } from "../../core/checks/scanPlace.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import type { Role } from "../../core/review/permissions.ts";
import { caseTable, draftLog, judgement, user } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** A picture of a finding: a PNG as base64, and what it shows. */
export interface StoredPicture { code: string; shows: string; png: string }
/** A blocked finding that a person took upon themselves; it stands in the case's report. */
export interface Override { finding: string; code: string; reason: string; by: string; name: string; role: Role; at: string }
export interface StoredReport { findings?: Finding[]; series?: unknown[]; provenance?: Record<string, unknown>; overrides?: Override[]; pictures?: StoredPicture[] }

/** A finding by its content and the volume it is about: a finding of another import needs another override. */
export const findingHash = (volumeHash: string, finding: Finding): string => createHash("sha256").update(canonicalBytes({ volume: volumeHash, finding })).digest("hex");

async function reportOf(db: Db | Tx, caseId: string) {
  const [row] = await db.select({ report: caseTable.report, volumeHash: caseTable.volumeHash, grid: caseTable.grid, code: caseTable.code }).from(caseTable).where(eq(caseTable.id, caseId));
  return { ...row, report: (row.report ?? {}) as StoredReport, volumeHash: row.volumeHash ?? "" };
}

/** Blob of the slices as they were acquired (IM17): what an import resampled. Null where it copied them, and for a derived volume. */
export async function acquiredOf(db: Db, caseId: string): Promise<string | null> {
  const [row] = await db.select({ hash: sql<string | null>`${caseTable.report}->'provenance'->'acquired'->>'sha256'` }).from(caseTable).where(eq(caseTable.id, caseId));
  return row?.hash ?? null;
}

/** Where the scan of a case's volume lies; null where it ends at the volume's faces. */
export async function scanOfCase(db: Db | Tx, caseId: string): Promise<ScanPlace | null> {
  const [row] = await db.select({ provenance: sql<unknown>`${caseTable.report}->'provenance'` }).from(caseTable).where(eq(caseTable.id, caseId));
  return scanPlaceOf(row?.provenance);
}

/** Whether anything was ever drawn or planned: its volume then stays as it is. */
export async function isDrawn(db: Db | Tx, caseId: string): Promise<boolean> {
  const [row] = await db.select({ seq: draftLog.seq }).from(draftLog).where(eq(draftLog.caseId, caseId)).limit(1);
  return row !== undefined;
}

/** The CT report of a case: findings with the overrides that stand for them, series, provenance. */
export async function readReport(db: Db, caseId: string) {
  const { report, volumeHash, grid, code } = await reportOf(db, caseId), overrides = report.overrides ?? [];
  const findings = (report.findings ?? []).map((finding) => {
    const id = findingHash(volumeHash, finding);
    return { ...finding, id, override: overrides.find((one) => one.finding === id) ?? null };
  });
  return { code, volumeHash, grid, findings, series: (report.series ?? []) as { uid: string | null; verdict: string; reason: string; slices?: number }[], provenance: report.provenance ?? {}, pictures: report.pictures ?? [], isDrawn: await isDrawn(db, caseId) };
}

/** Writes a person's reason for going on in spite of a blocked finding: a judgement, its place in the report, an audit event. @throws Impossible */
export async function overrideFinding(db: Db, actor: { userId: string; role: Role }, caseId: string, id: string, reason: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.select({ id: caseTable.id }).from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const { report, volumeHash } = await reportOf(tx, caseId), found = (report.findings ?? []).find((finding) => findingHash(volumeHash, finding) === id);
    if (!found) throw new Impossible("The report has no such finding; it may have been made anew. Read it again.");
    if (found.severity !== "blocked") throw new Impossible("Only a blocked finding needs an override.");
    const [known] = await tx.select({ id: judgement.id }).from(judgement).where(and(eq(judgement.caseId, caseId), eq(judgement.reportHash, id)));
    if (known) throw new Impossible("This finding has been overridden already.");
    const [person] = await tx.select({ name: user.name }).from(user).where(eq(user.id, actor.userId));
    await tx.insert(judgement).values({ caseId, reportHash: id, reason, userId: actor.userId, role: actor.role });
    const stands: Override = { finding: id, code: found.code, reason, by: actor.userId, name: person.name, role: actor.role, at: new Date().toISOString() };
    await tx.update(caseTable).set({ report: sql`jsonb_set(${caseTable.report}, '{overrides}', coalesce(${caseTable.report}->'overrides', '[]'::jsonb) || ${JSON.stringify([stands])}::jsonb)` }).where(eq(caseTable.id, caseId));
    await appendAudit(tx, { actorId: actor.userId, caseId, action: "finding.overridden", object: { code: found.code, finding: id, reason } });
    await announce(tx, { caseId, topic: "case" });
  });
}

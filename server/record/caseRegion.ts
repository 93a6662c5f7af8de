import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Finding, Region } from "../../core/checks/ctQuality.ts";
import type { RegionFacts } from "../../core/checks/regionFindings.ts";
import { caseTable } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { findingHash, type StoredPicture, type StoredReport } from "./ctReport.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";

/** Another region that was asked for: being judged, or why it could not be. */
export interface RegionWish { id: string; region: Region; message?: string }
type WithWish = StoredReport & { regionWish?: RegionWish };

async function lockedCase(tx: Tx, caseId: string) {
  const [row] = await tx.select({ region: caseTable.region, volumeHash: caseTable.volumeHash, grid: caseTable.grid, report: caseTable.report }).from(caseTable).where(eq(caseTable.id, caseId)).for("update");
  return { ...row, report: (row.report ?? {}) as WithWish };
}
const keepWish = (tx: Tx, caseId: string, wish: RegionWish) =>
  tx.update(caseTable).set({ report: sql`jsonb_set(coalesce(${caseTable.report}, '{}'::jsonb), '{regionWish}', ${JSON.stringify(wish)}::jsonb)` }).where(eq(caseTable.id, caseId));

/** The region of a case, and the one that is being judged, or could not be. */
export async function regionState(db: Db, caseId: string): Promise<{ region: string; regionWish: RegionWish | null }> {
  const [row] = await db.select({ region: caseTable.region, wish: sql<RegionWish | null>`${caseTable.report}->'regionWish'` }).from(caseTable).where(eq(caseTable.id, caseId));
  return { region: row.region, regionWish: row.wish };
}

/**
 * Asks for another region of a case. It holds from when its CT report is judged anew, which a worker does by itself; a newer
 * wish takes an older one's place. @throws Impossible
 */
export async function askRegion(db: Db, userId: string, caseId: string, region: Region): Promise<void> {
  await db.transaction(async (tx) => {
    const own = await lockedCase(tx, caseId), id = randomUUID();
    if (own.region === region && (!own.report.regionWish || own.report.regionWish.message)) throw new Impossible("This is the case's region already.");
    await keepWish(tx, caseId, { id, region });
    await appendAudit(tx, { actorId: userId, caseId, action: "case.regionAsked", object: { from: own.region, to: region } });
    await tx.execute(sql`select graphile_worker.add_job('judgeRegion', ${JSON.stringify({ caseId, id, userId })}::json, job_key := ${`region:${caseId}`}, max_attempts := 3)`);
    await announce(tx, { caseId, topic: "case" });
  });
}

/** What a wish is judged by; null where it is wanted no longer. */
export async function wishedRegion(db: Db, caseId: string, id: string) {
  const [row] = await db.select({ volumeHash: caseTable.volumeHash, grid: caseTable.grid, report: caseTable.report }).from(caseTable).where(eq(caseTable.id, caseId));
  const report = (row?.report ?? {}) as WithWish, { regionWish: wish } = report;
  return row && wish && wish.id === id && !wish.message ? { ...row, report, region: wish.region } : null;
}

/** A report judged anew: its findings, the pictures of those that are others now, and the facts with what was found meanwhile; null where the case has no report. */
export interface JudgedAnew { findings: Finding[]; pictures: StoredPicture[]; facts: RegionFacts }

/**
 * The region with its report, in one transaction. An override stands for what is found as it was; of a finding that is another
 * one now it holds no longer, and of one that is found again as it was overridden it does again: the audit event names both.
 */
export async function finishRegion(db: Db, userId: string, caseId: string, id: string, volumeHash: string | null, judged: JudgedAnew | null): Promise<boolean> {
  return db.transaction(async (tx) => {
    const own = await lockedCase(tx, caseId), { regionWish: wish, ...report } = own.report;
    // Another wish, or another volume, by now: then that one is judged.
    if (wish?.id !== id || own.volumeHash !== volumeHash) return false;
    const before = report.findings ?? [], after = judged?.findings ?? before, hashesOf = (findings: readonly Finding[]) => new Set(findings.map((one) => findingHash(volumeHash ?? "", one)));
    const [had, has] = [hashesOf(before), hashesOf(after)], overridden = (only: ReadonlySet<string>, other: ReadonlySet<string>) => (report.overrides ?? []).filter(({ finding }) => only.has(finding) && !other.has(finding)).map(({ code }) => code);
    const made: StoredReport = judged ? { ...report, findings: after, pictures: judged.pictures, provenance: { ...report.provenance, region: wish.region, regionFacts: judged.facts } } : report;
    await tx.update(caseTable).set({ region: wish.region, report: made as Record<string, unknown> }).where(eq(caseTable.id, caseId));
    await appendAudit(tx, { actorId: userId, caseId, action: "case.regionSet", object: { from: own.region, to: wish.region, blocked: after.filter(({ severity }) => severity === "blocked").map(({ code }) => code), fallen: overridden(had, has), again: overridden(has, had) } });
    await announce(tx, { caseId, topic: "case" });
    return true;
  });
}

/** Says why a report could not be judged for another region; the case keeps its own. */
export async function failRegion(db: Db, caseId: string, id: string, message: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { report: { regionWish: wish } } = await lockedCase(tx, caseId);
    if (wish?.id !== id) return;
    await keepWish(tx, caseId, { ...wish, message });
    await appendAudit(tx, { actorId: null, caseId, action: "case.regionFailed", object: { to: wish.region, why: message } });
    await announce(tx, { caseId, topic: "case" });
  });
}

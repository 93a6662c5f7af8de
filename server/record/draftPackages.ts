import { and, eq, sql } from "drizzle-orm";
import type { Manifest } from "../../core/review/manifest.ts";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { artifact, caseTable, versionJob } from "../../drizzle/schema.ts";
import type { Db } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible } from "./members.ts";
import { draftNumber, endVersionJob, isActive, listVersionJobs, logEnds, type PackageResult, queue, segmentsNow } from "./versionJobs.ts";

/** What a package of the draft is asked to hold: the case up to these ends of its logs, and what its label values were called then. */
export interface DraftPackageRequest { volume: PackageVolume; logs: Manifest["logs"]; segments: NonNullable<Manifest["segments"]> }

/** Asks for a package of the draft as it is now; the same one under way is not asked for twice. @throws Impossible where there is nothing to pack */
export async function askDraftPackage(db: Db, actorId: string, caseId: string, volume: PackageVolume): Promise<{ jobId: string }> {
  return db.transaction(async (tx) => {
    const [own] = await tx.select().from(caseTable).where(eq(caseTable.id, caseId)).for("update"), logs = await logEnds(tx, caseId);
    if (!own?.volumeHash || logs[0].seq === 0) throw new Impossible("There is nothing to package yet: the case has no CT, or nothing was drawn.");
    const request: DraftPackageRequest = { volume, logs, segments: await segmentsNow(tx, caseId) };
    const [same] = await tx.select({ id: versionJob.id }).from(versionJob)
      .where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "package"), eq(versionJob.number, draftNumber), sql`${versionJob.request} = ${JSON.stringify(request)}::jsonb`, isActive));
    if (same) return { jobId: same.id };
    const [{ id }] = await tx.insert(versionJob).values({ caseId, kind: "package", number: draftNumber, request: { ...request }, requestedBy: actorId }).returning({ id: versionJob.id });
    await appendAudit(tx, { actorId, caseId, action: "package.asked", object: { draft: logs, volume } });
    await queue(tx, "package", id);
    await announce(tx, { caseId, topic: "versions" });
    return { jobId: id };
  });
}

/** What a package of a draft was made of, by which the graph knows it, and what came of it. */
export interface DraftPackageMade { draft: DraftPackageRequest; result: PackageResult; node: string; key: string; inputs: Record<string, string>; ms: number }

/** A draft's package is made: the graph's artifact, its event and the end of its job together. */
export async function recordDraftPackage(db: Db, jobId: string, actorId: string, caseId: string, { draft, result, ...made }: DraftPackageMade): Promise<void> {
  const { blobHash, manifestHash, files } = result;
  await db.transaction(async (tx) => {
    await tx.insert(artifact).values({ ...made, blobHash, facts: { manifestHash, files } }).onConflictDoNothing();
    await appendAudit(tx, { actorId, caseId, action: "package.made", object: { draft: draft.logs, manifestHash, package: blobHash, volume: draft.volume } });
    await endVersionJob(tx, jobId, { result: { ...result } });
  });
}

/** A draft's package that was made under this key; null before. */
export async function knownDraftPackage(db: Db, key: string): Promise<Pick<PackageResult, "blobHash" | "manifestHash" | "files"> | null> {
  const [known] = await db.select({ blobHash: artifact.blobHash, facts: artifact.facts }).from(artifact).where(eq(artifact.key, key));
  return known ? { blobHash: known.blobHash, ...known.facts as Pick<PackageResult, "manifestHash" | "files"> } : null;
}

/** The newest package of a case's draft, made or being made; null before any was asked for. */
export async function newestDraftPackage(db: Db, caseId: string) {
  return (await listVersionJobs(db, caseId)).find(({ kind, number }) => kind === "package" && number === draftNumber) ?? null;
}

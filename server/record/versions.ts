import { createHash } from "node:crypto";
import { and, desc, eq, inArray, isNull, notInArray, sql } from "drizzle-orm";
import * as Y from "yjs";
import { implantsOf } from "../../core/draft/planDoc.ts";
import { materialOf } from "../../core/implant/materials.ts";
import { type CranialPlan, planDataOf, readPlan } from "../../core/implant/plan.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { type Judgement, obstacles, refusalOf, stateAfter, type VersionAction, type VersionFacts } from "../../core/review/lifecycle.ts";
import { decodeManifest, encodeManifest, type Manifest, type Prescription } from "../../core/review/manifest.ts";
import type { Role } from "../../core/review/permissions.ts";
import { build, caseTable, draftLog, judgement, settled, signature, user, version, versionJob, versionState } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { readReport } from "./ctReport.ts";
import { announce } from "./events.ts";
import { Impossible, NotAllowed } from "./members.ts";
import { endVersionJob, listVersionJobs, type VersionDifference } from "./versionJobs.ts";

const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A version as it stands. */
export interface FrozenVersion { id: string; caseId: string; number: number; manifest: Manifest; manifestHash: string; frozenAt: Date; frozenBy: string; facts: VersionFacts }

/**
 * The plan that a log says, up to and with entry `seq` (all of it when left out): the first implant that reads; null for none.
 * `refusal`: why it cannot be frozen, in words; a version takes one implant, and takes none in another's place.
 */
export async function planOfLog(db: Db | Tx, caseId: string, seq?: number): Promise<{ plan: CranialPlan | null; seq: number; checksum: string; refusal: string | null }> {
  const rows = await db.select({ seq: draftLog.seq, update: draftLog.update, checksum: draftLog.checksum }).from(draftLog)
    .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "plan"), seq === undefined ? undefined : sql`${draftLog.seq} <= ${seq}`)).orderBy(draftLog.seq);
  const doc = new Y.Doc();
  for (const { update } of rows) Y.applyUpdate(doc, update);
  const last = rows.at(-1);
  const read = [...implantsOf(doc).values()].map((parameters) => readPlan(planDataOf(parameters))), plans = read.flatMap((one) => ("plan" in one ? [one.plan] : []));
  const [fault] = read.flatMap((one) => ("faults" in one ? one.faults : []));
  const refusal = read.length > 1 ? `The plan holds ${read.length} implants; a version takes one. Take the others out of the plan first.`
    : fault ? `The implant's plan breaks a rule (${fault.message}). Mend it, or take the implant out, before you freeze.` : null;
  return { plan: plans[0] ?? null, seq: last?.seq ?? 0, checksum: last?.checksum ?? "", refusal };
}

/** What a person says when freezing. `expectedNumber`: the number that the person's page showed; another freeze in between makes this one fail. */
export interface Freeze { expectedNumber: number; prescription: Prescription | null; acknowledgements: { of: string; reason: string }[] }

/** The prefix of the logs that a version is, the hashes it gives, and what was computed of exactly these. */
export interface FrozenContent extends Pick<Manifest, "logs" | "grid" | "segments" | "labelmap" | "plan" | "source" | "scan" | "artifacts" | "reports" | "leftOut"> {
  /** When the prefix was taken down: the time that everything in the version bears. */
  at: Date;
  /** The CT that it was computed with. */
  volume: string;
  /** What people took upon themselves before: overrides of blocked CT findings. */
  overrides: Manifest["acknowledgements"];
  /** Shown in the review, no part of the manifest. */
  shown: { plan: CranialPlan | null; difference: VersionDifference } | null;
}

/**
 * Writes a version: the canonical manifest over a prefix of the logs and everything computed of it, with its audit event in
 * the same transaction. Nobody is stopped from drawing on. @param jobId the job that ends with it
 */
export async function freezeVersion(db: Db, actorId: string, caseId: string, { expectedNumber, prescription, acknowledgements }: Freeze, content: FrozenContent, appVersion: string, jobId: string | null = null): Promise<{ number: number; manifestHash: string }> {
  return db.transaction(async (tx) => {
    const [own] = await tx.select().from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const { logs, grid, segments, labelmap, plan, source, scan, artifacts, reports, leftOut, volume, overrides, shown, at: frozenAt } = content;
    if (own?.volumeHash !== volume) throw new Impossible("The case has another CT by now. Freeze again.");
    const [last] = await tx.select({ number: version.number }).from(version).where(eq(version.caseId, caseId)).orderBy(desc(version.number)).limit(1);
    const number = (last?.number ?? 0) + 1;
    if (number !== expectedNumber) throw new Impossible(`Version ${number - 1} was frozen meanwhile. Look at it first; freeze again where it is not what you want.`);
    const bytes = encodeManifest({
      format: "caseroom manifest 1", app: { name: "Caseroom", version: appVersion },
      version: { caseId, caseCode: own.code, number, frozenAt: frozenAt.toISOString(), frozenBy: actorId },
      logs, grid, ...segments && { segments }, volume, labelmap, plan, source, ...scan !== undefined && { scan }, prescription, artifacts, reports, leftOut,
      acknowledgements: [...overrides, ...acknowledgements.map((said) => ({ ...said, by: actorId, at: frozenAt.toISOString() }))],
    });
    const manifestHash = hex(bytes), seq = logs.find(({ document }) => document === "masks")?.seq ?? 0;
    const [row] = await tx.insert(version).values({ caseId, number, manifest: textOf(bytes), manifestHash, seq, frozenBy: actorId, frozenAt }).returning({ id: version.id });
    await tx.insert(versionState).values({ versionId: row.id, state: "frozen" });
    await appendAudit(tx, { actorId, caseId, action: "version.frozen", object: { number, manifestHash } });
    if (jobId !== null) await endVersionJob(tx, jobId, { result: { manifestHash, ...shown } });
    await announce(tx, { caseId, topic: "versions" });
    return { number, manifestHash };
  });
}

/** Who drew or planned in a version's prefix, and who froze it: its designers, whatever their role is now. */
async function designersOf(db: Db | Tx, caseId: string, manifest: Manifest): Promise<string[]> {
  const ids = new Set(manifest.version ? [manifest.version.frozenBy] : []);
  for (const { document, seq } of manifest.logs) {
    const rows = await db.selectDistinct({ userId: draftLog.userId }).from(draftLog).where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), sql`${draftLog.seq} <= ${seq}`));
    for (const { userId } of rows) ids.add(userId);
  }
  return [...ids].sort();
}

/** Names of the people who wrote in parts of a case's logs, in alphabetical order. */
export async function authorsBetween(db: Db | Tx, caseId: string, parts: readonly { document: string; after: number; to: number }[]): Promise<string[]> {
  const names = new Set<string>();
  for (const { document, after, to } of parts) {
    const rows = await db.selectDistinct({ name: user.name }).from(draftLog).innerJoin(user, eq(user.id, draftLog.userId))
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, document), sql`${draftLog.seq} > ${after} and ${draftLog.seq} <= ${to}`));
    for (const { name } of rows) names.add(name);
  }
  return [...names].sort();
}

/** Everything known of a version. `lock`: nobody else changes where it stands until the transaction ends. @throws Impossible for one that is not there */
export async function readVersion(db: Db | Tx, caseId: string, number: number, lock = false): Promise<FrozenVersion> {
  const [row] = await db.select().from(version).where(and(eq(version.caseId, caseId), eq(version.number, number)));
  if (!row) throw new Impossible(`There is no version ${number} of this case.`);
  const query = db.select({ state: versionState.state }).from(versionState).where(eq(versionState.versionId, row.id));
  const [{ state }] = await (lock ? query.for("update") : query);
  const signatures = await db.select({ statement: signature.statement }).from(signature).where(eq(signature.versionId, row.id)).orderBy(signature.at);
  const manifest = decodeManifest(new TextEncoder().encode(row.manifest));
  const judged = await db.select().from(judgement).where(eq(judgement.caseId, caseId));
  const judgements: Judgement[] = judged.map(({ reportHash, reason, role }) => ({ reportHash, reason, byRole: role }));
  // One that stands no more is asked for nothing: its plan need not be read.
  const planSeq = manifest.logs.find(({ document }) => document === "plan")?.seq ?? 0, planned = state === "voided" || state === "superseded" ? null : (await planOfLog(db, caseId, planSeq)).plan;
  const facts: VersionFacts = { plannedMaterial: planned?.material ?? null, state, manifestHash: row.manifestHash, manifest, judgements, designers: await designersOf(db, caseId, manifest), signatures: signatures.map(({ statement: { userId, role, meaning, manifestHash } }) => ({ userId, role, meaning, manifestHash })) };
  return { id: row.id, caseId, number, manifest, manifestHash: row.manifestHash, frozenAt: row.frozenAt, frozenBy: row.frozenBy, facts };
}

/** A case's versions, newest first, with their signatures, judgements, what changed, and what stands between each and a signature. */
export async function listVersions(db: Db, caseId: string) {
  const rows = await db.select({ number: version.number, frozenBy: user.name }).from(version).innerJoin(user, eq(user.id, version.frozenBy)).where(eq(version.caseId, caseId)).orderBy(desc(version.number));
  const [draft] = await db.select().from(settled).where(eq(settled.caseId, caseId));
  const { plan } = await planOfLog(db, caseId), planHash = plan && hex(canonicalBytes(plan));
  const judged = await db.select({ judgement, name: user.name }).from(judgement).innerJoin(user, eq(user.id, judgement.userId)).where(eq(judgement.caseId, caseId)).orderBy(judgement.at);
  const frozen = await db.select({ number: versionJob.number, result: versionJob.result }).from(versionJob).where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "freeze"), eq(versionJob.state, "done")));
  return Promise.all(rows.map(async ({ number, frozenBy }) => {
    const { id, manifest, manifestHash, frozenAt, facts } = await readVersion(db, caseId, number);
    const signatures = await db.select({ statement: signature.statement }).from(signature).where(eq(signature.versionId, id)).orderBy(signature.at);
    const shown = frozen.find((job) => job.number === number)?.result as { plan?: CranialPlan | null; difference?: VersionDifference } | null | undefined;
    return {
      number, manifestHash, frozenAt, frozenBy, state: facts.state, manifest, obstacles: obstacles(facts), designers: facts.designers, plan: shown?.plan ?? null, difference: shown?.difference ?? null,
      judgements: judged.filter((one) => manifest.reports.some(({ sha256, inputs }) => sha256 === one.judgement.reportHash || inputs.artifact === one.judgement.reportHash))
        .map(({ judgement: { reportHash, reason, role, at }, name }) => ({ reportHash, reason, role, at, name })),
      signatures: signatures.map(({ statement: { userId, name, role, meaning, reason, at, proof } }) => ({ userId, name, role, meaning, reason, at, method: proof.method })),
      /** The draft is another one by now; a signature stays with its version. */
      isChangedSince: draft?.manifestHash !== manifest.labelmap || planHash !== manifest.plan,
    };
  }));
}

/** Content hash of the picture of what differs between a version and the one before it; null where there is none. */
export async function differencePictureOf(db: Db, caseId: string, number: number): Promise<string | null> {
  const [job] = await db.select({ result: versionJob.result }).from(versionJob).where(and(eq(versionJob.caseId, caseId), eq(versionJob.kind, "freeze"), eq(versionJob.state, "done"), eq(versionJob.number, number)));
  return (job?.result as { difference?: VersionDifference } | null | undefined)?.difference?.picture?.sha256 ?? null;
}

/** The newest version that still stands, and whether the draft is another one by now; null for none. */
export async function newestVersion(db: Db, caseId: string): Promise<{ number: number; state: VersionFacts["state"]; isChangedSince: boolean } | null> {
  const [newest] = await db.select({ number: version.number, state: versionState.state, manifest: version.manifest }).from(version).innerJoin(versionState, eq(versionState.versionId, version.id))
    .where(and(eq(version.caseId, caseId), notInArray(versionState.state, ["voided", "superseded"]))).orderBy(desc(version.number)).limit(1);
  if (!newest) return null;
  const manifest = decodeManifest(new TextEncoder().encode(newest.manifest)), [draft] = await db.select().from(settled).where(eq(settled.caseId, caseId));
  const { plan } = await planOfLog(db, caseId);
  return { number: newest.number, state: newest.state, isChangedSince: draft?.manifestHash !== manifest.labelmap || (plan && hex(canonicalBytes(plan))) !== manifest.plan };
}

/** Everything that the review of a case shows: its versions, what is under way, and of the draft what a freeze asks for: the plan's material and how many blocked CT findings nobody overrode. */
export async function readReview(db: Db, caseId: string) {
  const [versions, jobs, { plan }, { findings }] = await Promise.all([listVersions(db, caseId), listVersionJobs(db, caseId), planOfLog(db, caseId), readReport(db, caseId)]);
  return { versions, jobs, draft: { material: plan && materialOf(plan.material).name, blockedFindings: findings.filter(({ severity, override }) => severity === "blocked" && override === null).length } };
}

/** Submits, withdraws, releases, supersedes or voids a version, as the table of core/review/lifecycle allows. */
export async function changeVersion(db: Db, actor: { userId: string; role: Role }, caseId: string, number: number, action: Exclude<VersionAction, "sign" | "reject">, reason: string | null): Promise<void> {
  await db.transaction(async (tx) => {
    const { id, facts, manifestHash } = await readVersion(tx, caseId, number, true);
    const refusal = refusalOf(facts, action, actor);
    if (refusal !== null) throw refusal.startsWith("Your role") ? new NotAllowed(refusal) : new Impossible(refusal);
    await setState(tx, id, stateAfter(facts.state, action, facts.signatures, manifestHash));
    await appendAudit(tx, { actorId: actor.userId, caseId, action: `version.${action}`, object: { number, manifestHash, reason } });
    await announce(tx, { caseId, topic: "versions" });
  });
}

/** Writes where a version stands; inside the transaction that holds its row. */
export async function setState(tx: Tx, versionId: string, state: VersionFacts["state"]): Promise<void> {
  await tx.update(versionState).set({ state, changedAt: sql`now()` }).where(eq(versionState.versionId, versionId));
}

/** Steps of the build graph whose results are reports that a person can judge in the room. */
const judgedNodes = ["implant", "fit", "print"];

/** Whether a hash names a report that a case shows as current: a check of the implant as it stands, or a report of a version that still stands. */
async function isCurrentReport(tx: Tx, caseId: string, reportHash: string): Promise<boolean> {
  // No lock: a judgement is bound to the key, so a change in the same moment lets it fall like any later one.
  const [inRoom] = await tx.select({ key: build.key }).from(build)
    .where(and(eq(build.caseId, caseId), inArray(build.node, judgedNodes), eq(build.state, "current"), isNull(build.error), eq(build.key, reportHash), eq(build.goodKey, reportHash))).limit(1);
  if (inRoom) return true;
  const frozen = await tx.select({ manifest: version.manifest }).from(version).innerJoin(versionState, eq(versionState.versionId, version.id))
    .where(and(eq(version.caseId, caseId), notInArray(versionState.state, ["voided", "superseded"])));
  return frozen.some(({ manifest }) => decodeManifest(new TextEncoder().encode(manifest)).reports.some(({ sha256 }) => sha256 === reportHash));
}

/** A person's written judgement on a current report of the case; it holds for this report's content and no other. @throws Impossible for a hash that is none */
export async function addJudgement(db: Db, actor: { userId: string; role: Role }, caseId: string, reportHash: string, reason: string): Promise<void> {
  await db.transaction(async (tx) => {
    if (!await isCurrentReport(tx, caseId, reportHash)) throw new Impossible("This case has no such report now: its plan, its bone or its version has changed since you read it. Look at the report again and judge that one.");
    const [{ name }] = await tx.select({ name: user.name }).from(user).where(eq(user.id, actor.userId));
    await tx.insert(judgement).values({ caseId, reportHash, reason, userId: actor.userId, role: actor.role });
    await appendAudit(tx, { actorId: actor.userId, caseId, action: "report.judged", object: { reportHash, reason, by: `${name} (${actor.role})` } });
    await announce(tx, { caseId, topic: "versions" });
  });
}

import { createHash } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import * as Y from "yjs";
import { implantsOf } from "../../core/draft/planDoc.ts";
import { type CranialPlan, readPlan } from "../../core/implant/plan.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { type Judgement, obstacles, refusalOf, stateAfter, type VersionAction, type VersionFacts } from "../../core/review/lifecycle.ts";
import { decodeManifest, encodeManifest, type Manifest, type Prescription } from "../../core/review/manifest.ts";
import type { Role } from "../../core/review/permissions.ts";
import { artifact, caseTable, draftLog, judgement, settled, signature, user, version, versionState } from "../../drizzle/schema.ts";
import type { Db, Tx } from "../platform/db.ts";
import { appendAudit } from "./audit.ts";
import { announce } from "./events.ts";
import { Impossible, NotAllowed } from "./members.ts";

const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A version as it stands. */
export interface FrozenVersion { id: string; caseId: string; number: number; manifest: Manifest; manifestHash: string; frozenAt: Date; frozenBy: string; facts: VersionFacts }

/** The plan that a log says, up to and with entry `seq` (all of it when left out): the first implant that reads; null for none. */
export async function planOfLog(db: Db | Tx, caseId: string, seq?: number): Promise<{ plan: CranialPlan | null; seq: number; checksum: string }> {
  const rows = await db.select({ seq: draftLog.seq, update: draftLog.update, checksum: draftLog.checksum }).from(draftLog)
    .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "plan"), seq === undefined ? undefined : sql`${draftLog.seq} <= ${seq}`)).orderBy(draftLog.seq);
  const doc = new Y.Doc();
  for (const { update } of rows) Y.applyUpdate(doc, update);
  const last = rows.at(-1);
  const plans = [...implantsOf(doc).values()].flatMap(({ isRemoved: _, ...parameters }) => {
    const read = readPlan(parameters);
    return "plan" in read ? [read.plan] : [];
  });
  return { plan: plans[0] ?? null, seq: last?.seq ?? 0, checksum: last?.checksum ?? "" };
}

/** What was computed of exactly this plan and labelmap: package files and reports (JB2). */
async function evidenceFor(tx: Tx, plan: string, labelmap: string): Promise<Pick<Manifest, "artifacts" | "reports">> {
  const rows = await tx.select().from(artifact).where(and(sql`${artifact.inputs}->>'plan' = ${plan}`, sql`${artifact.inputs}->>'labelmap' = ${labelmap}`));
  const artifacts: Manifest["artifacts"] = [], reports: Manifest["reports"] = [];
  for (const { node, inputs, blobHash, facts } of rows) {
    const of = Object.fromEntries(Object.entries(inputs).map(([name, hash]) => [name, String(hash)]));
    if (typeof facts.path === "string") artifacts.push({ name: facts.path, node, inputs: of, sha256: blobHash });
    if (typeof facts.check === "string" && (facts.verdict === "pass" || facts.verdict === "fail" || facts.verdict === "needsJudgement")) reports.push({ check: facts.check, node, inputs: of, sha256: blobHash, verdict: facts.verdict });
  }
  return { artifacts, reports };
}

/** What a person says when freezing. `expectedNumber`: the number that the person's page showed; another freeze in between makes this one fail. */
export interface Freeze { expectedNumber: number; prescription: Prescription | null; acknowledgements: { of: string; reason: string }[] }

/**
 * Freezes the draft as it was last folded: a prefix of its logs and the manifest of hashes over it. Nobody is stopped from
 * drawing on. @returns the number, its hash, and how many newer log entries are not in it
 */
export async function freezeVersion(db: Db, actorId: string, caseId: string, { expectedNumber, prescription, acknowledgements }: Freeze, appVersion: string): Promise<{ number: number; manifestHash: string; newerEntries: number }> {
  return db.transaction(async (tx) => {
    const [own] = await tx.select().from(caseTable).where(eq(caseTable.id, caseId)).for("update");
    const [draft] = await tx.select().from(settled).where(eq(settled.caseId, caseId));
    if (!own?.volumeHash || !draft) throw new Impossible("There is nothing to freeze yet: the case has no CT, or nothing was drawn.");
    const [last] = await tx.select({ number: version.number }).from(version).where(eq(version.caseId, caseId)).orderBy(desc(version.number)).limit(1);
    const number = (last?.number ?? 0) + 1;
    if (number !== expectedNumber) throw new Impossible(`Version ${number - 1} was frozen meanwhile. Look at it first; freeze again where it is not what you want.`);
    const masks = await tx.select({ seq: draftLog.seq, checksum: draftLog.checksum }).from(draftLog)
      .where(and(eq(draftLog.caseId, caseId), eq(draftLog.document, "masks"), sql`${draftLog.seq} >= ${draft.seq}`)).orderBy(draftLog.seq);
    const { plan, ...planEnd } = await planOfLog(tx, caseId);
    const planHash = plan && hex(canonicalBytes(plan)), frozenAt = new Date();
    const evidence = planHash === null ? { artifacts: [], reports: [] } : await evidenceFor(tx, planHash, draft.manifestHash);
    const bytes = encodeManifest({
      format: "caseroom manifest 1", app: { name: "Caseroom", version: appVersion },
      version: { caseId, caseCode: own.code, number, frozenAt: frozenAt.toISOString(), frozenBy: actorId },
      logs: [{ document: "masks", seq: draft.seq, checksum: masks.find(({ seq }) => seq === draft.seq)?.checksum ?? "" }, { document: "plan", ...planEnd }],
      volume: own.volumeHash, labelmap: draft.manifestHash, plan: planHash, source: null, prescription, ...evidence,
      acknowledgements: acknowledgements.map((said) => ({ ...said, by: actorId, at: frozenAt.toISOString() })), leftOut: [],
    });
    const manifestHash = hex(bytes);
    const [row] = await tx.insert(version).values({ caseId, number, manifest: textOf(bytes), manifestHash, seq: draft.seq, frozenBy: actorId, frozenAt }).returning({ id: version.id });
    await tx.insert(versionState).values({ versionId: row.id, state: "frozen" });
    await appendAudit(tx, { actorId, caseId, action: "version.frozen", object: { number, manifestHash } });
    await announce(tx, { caseId, topic: "versions" });
    return { number, manifestHash, newerEntries: masks.filter(({ seq }) => seq > draft.seq).length };
  });
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
  const facts: VersionFacts = { state, manifestHash: row.manifestHash, manifest, judgements, signatures: signatures.map(({ statement: { userId, role, meaning, manifestHash } }) => ({ userId, role, meaning, manifestHash })) };
  return { id: row.id, caseId, number, manifest, manifestHash: row.manifestHash, frozenAt: row.frozenAt, frozenBy: row.frozenBy, facts };
}

/** A case's versions, newest first, with their signatures and what stands between each and a signature. */
export async function listVersions(db: Db, caseId: string) {
  const rows = await db.select({ number: version.number, frozenBy: user.name }).from(version).innerJoin(user, eq(user.id, version.frozenBy)).where(eq(version.caseId, caseId)).orderBy(desc(version.number));
  const [draft] = await db.select().from(settled).where(eq(settled.caseId, caseId));
  const { plan } = await planOfLog(db, caseId), planHash = plan && hex(canonicalBytes(plan));
  return Promise.all(rows.map(async ({ number, frozenBy }) => {
    const { id, manifest, manifestHash, frozenAt, facts } = await readVersion(db, caseId, number);
    const signatures = await db.select({ statement: signature.statement }).from(signature).where(eq(signature.versionId, id)).orderBy(signature.at);
    return {
      number, manifestHash, frozenAt, frozenBy, state: facts.state, manifest, obstacles: obstacles(facts),
      signatures: signatures.map(({ statement: { name, role, meaning, reason, at } }) => ({ name, role, meaning, reason, at })),
      /** The draft is another one by now; a signature stays with its version. */
      isChangedSince: draft?.manifestHash !== manifest.labelmap || planHash !== manifest.plan,
    };
  }));
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

/** A person's written judgement on a report; it holds for this report's content and no other. */
export async function addJudgement(db: Db, actor: { userId: string; role: Role }, caseId: string, reportHash: string, reason: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(judgement).values({ caseId, reportHash, reason, userId: actor.userId, role: actor.role });
    await appendAudit(tx, { actorId: actor.userId, caseId, action: "report.judged", object: { reportHash, reason } });
    await announce(tx, { caseId, topic: "versions" });
  });
}

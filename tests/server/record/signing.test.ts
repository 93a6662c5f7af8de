import { createOTP } from "@better-auth/utils/otp";
import { hashPassword } from "better-auth/crypto";
import { sql } from "drizzle-orm";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { planKey, planParametersOf } from "../../../core/draft/planDoc.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { materialOf } from "../../../core/implant/materials.ts";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import * as schema from "../../../drizzle/schema.ts";
import { appendAudit, verifyCaseAudit } from "../../../server/record/audit.ts";
import { beginEnrolment, beginSignature, counted, demandPassword, finishEnrolment, finishSignature, type Signer } from "../../../server/record/signatures.ts";
import { beginTotp, confirmTotp, signWithTotp } from "../../../server/record/signingTotp.ts";
import { findingHash, overrideFinding } from "../../../server/record/ctReport.ts";
import type { Finding } from "../../../core/checks/ctQuality.ts";
import { addJudgement, changeVersion, freezeVersion, listVersions } from "../../../server/record/versions.ts";
import { openWorkspaceKey, type WorkspaceKey } from "../../../server/record/workspaceKey.ts";
import { openApiBench } from "../api/apiBench.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>, key: WorkspaceKey;
const h = (digit: string) => digit.repeat(64);
const place = { origin: "http://localhost:3000" };
const who = (role: "surgeon" | "engineer" | "reviewer"): Signer => ({ userId: role, sessionId: `s-${role}`, name: role, role });
const keys = { surgeon: softAuthenticator(), engineer: softAuthenticator(), reviewer: softAuthenticator() };
const prescription = { indication: "trauma", side: "right" as const, region: "parietal", kind: "cranial plate", material: "PEEK" };
let plan: string;
const freeze = (expectedNumber: number, prescribed = prescription) => freezeVersion(bench.db, "engineer", bench.caseId, { expectedNumber, prescription: prescribed, acknowledgements: [] }, {
  logs: [{ document: "masks", seq: 0, checksum: "" }, { document: "plan", seq: 1, checksum: h("1") }], grid: { dims: [2, 2, 2], spacing: [0.8, 0.8, 1], origin: [0, 0, 0] }, volume: h("3"), labelmap: h("4"), plan, source: null, at: new Date(), artifacts: [], leftOut: [], overrides: [], shown: null,
  reports: ["ctQuality", "soundness", "fit", "print"].map((check, i) => ({ check, node: `${check}@1`, inputs: (check === "ctQuality" ? { volume: h("3") } : { plan, labelmap: h("4") }) as Record<string, string>, sha256: h("6789"[i]), verdict: "pass" as const })),
}, "1");

beforeAll(async () => {
  bench = await openApiBench();
  key = openWorkspaceKey(bench.dataDir);
  const doc = new Y.Doc();
  for (const [name, value] of Object.entries({ family: "cranial", bone: 1 })) planParametersOf(doc).set(planKey("implant1", name), value);
  await bench.db.insert(schema.draftLog).values({ caseId: bench.caseId, document: "plan", seq: 1, update: Y.encodeStateAsUpdate(doc), checksum: h("1"), userId: "engineer", sessionId: "s" });
  await bench.db.update(schema.caseTable).set({ volumeHash: h("3") }).where(sql`id = ${bench.caseId}`);
  await bench.db.insert(schema.settled).values({ caseId: bench.caseId, seq: 0, manifestHash: h("4") });
  const read = readPlan({ family: "cranial", bone: 1 });
  plan = "plan" in read ? createHash("sha256").update(canonicalBytes(read.plan)).digest("hex") : "";
  for (const role of ["surgeon", "engineer", "reviewer"] as const) {
    const { nonce, options } = await beginEnrolment(bench.db, who(role), place);
    await finishEnrolment(bench.db, who(role), place, key, nonce, keys[role].create(options.challenge, place.origin));
  }
});
afterAll(async () => { await bench.close(); });

describe("versions and signatures", () => {
  it("of two freezes at once exactly one wins", async () => {
    const ends = await Promise.allSettled([freeze(1), freeze(1), freeze(1)]);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [v] = await listVersions(bench.db, bench.caseId);
    expect([v.number, v.state, v.obstacles, v.isChangedSince]).toEqual([1, "frozen", [], false]);
    await changeVersion(bench.db, who("engineer"), bench.caseId, 1, "submit", null);
  });

  it("RV1: refuses an assertion of another origin, without verification, replayed, of another user, of a stale manifest, too old (F9, F11)", async () => {
    const [{ manifestHash }] = await listVersions(bench.db, bench.caseId);
    const begin = (role: "surgeon" | "engineer" | "reviewer", meaning: "designed" | "approved" | "reviewed", hash = manifestHash) => beginSignature(bench.db, who(role), place, bench.caseId, 1, hash, meaning, null);
    const finish = (role: "surgeon" | "engineer" | "reviewer", nonce: string, response: ReturnType<typeof keys.surgeon.get>) => finishSignature(bench.db, who(role), place, key, bench.caseId, 1, nonce, response);
    await expect(begin("surgeon", "approved", h("0"))).rejects.toThrow(/another version/);
    await expect(begin("engineer", "reviewed")).rejects.toThrow(/role/);
    const { nonce, options } = await begin("engineer", "designed");
    await expect(finish("engineer", nonce, keys.engineer.get(options.challenge, "http://evil.example"))).rejects.toThrow(/exactly this/);
    await expect(finish("engineer", nonce, keys.engineer.get(options.challenge, place.origin, false))).rejects.toThrow(/exactly this/);
    await expect(finish("engineer", nonce, keys.surgeon.get(options.challenge, place.origin))).rejects.toThrow(/not yours/);
    await expect(finish("surgeon", nonce, keys.surgeon.get(options.challenge, place.origin))).rejects.toThrow(/not yours/);
    const old = await begin("engineer", "designed");
    await bench.db.update(schema.signingChallenge).set({ at: new Date(Date.now() - 121_000) }).where(sql`nonce = ${old.nonce}`);
    await expect(finish("engineer", old.nonce, keys.engineer.get(old.options.challenge, place.origin))).rejects.toThrow(/two minutes/);
    const good = keys.engineer.get(options.challenge, place.origin);
    expect((await finish("engineer", nonce, good)).state).toBe("inReview");
    await expect(finish("engineer", nonce, good)).rejects.toThrow(/already/);
    const again = await begin("surgeon", "approved");
    await expect(finish("surgeon", again.nonce, { ...good, id: keys.surgeon.credentialId, rawId: keys.surgeon.credentialId })).rejects.toThrow(/exactly this/);
    const both = keys.surgeon.get(again.options.challenge, place.origin);
    const race = await Promise.allSettled([finish("surgeon", again.nonce, both), finish("surgeon", again.nonce, both)]);
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [v] = await listVersions(bench.db, bench.caseId);
    expect([v.state, v.signatures.map(({ meaning }) => meaning).sort()]).toEqual(["signed", ["approved", "designed"]]);
  });

  it("F11: password and one-time code sign only together, with a fresh code; RV1 binds them to the version", async () => {
    const secret = "workspace secret of the test", email = "reviewer@example.org", password = "a long password";
    await bench.db.insert(schema.account).values({ id: "a", accountId: "reviewer", providerId: "credential", userId: "reviewer", password: await hashPassword(password) });
    await freeze(2);
    await changeVersion(bench.db, who("engineer"), bench.caseId, 2, "submit", null);
    const [{ manifestHash }] = await listVersions(bench.db, bench.caseId), asked = { caseId: bench.caseId, number: 2, manifestHash, meaning: "reviewed" as const, reason: null };
    const sign = (shown: { password: string; code: string }, more = {}) => signWithTotp(bench.db, who("reviewer"), secret, key, { ...asked, ...more }, shown);
    await expect(sign({ password, code: "000000" })).rejects.toThrow(/no one-time codes/);
    await expect(beginTotp(bench.db, secret, { userId: "reviewer", email }, "wrong")).rejects.toThrow(/not your password/);
    const { uri } = await beginTotp(bench.db, secret, { userId: "reviewer", email }, password);
    const bits = [...new URL(uri).searchParams.get("secret") ?? ""].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
    const otp = createOTP(Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []).toString("latin1")), now = Math.floor(Date.now() / 30_000);
    await confirmTotp(bench.db, secret, "reviewer", await otp.hotp(now));
    await expect(sign({ password, code: await otp.hotp(now) })).rejects.toThrow(/used already/);
    const code = await otp.hotp(now + 1);
    await expect(sign({ password: "wrong", code })).rejects.toThrow(/not your password/);
    await expect(sign({ password, code }, { manifestHash: h("0") })).rejects.toThrow(/another version/);
    await expect(sign({ password, code }, { meaning: "approved" })).rejects.toThrow(/role/);
    const race = await Promise.allSettled([sign({ password, code }), sign({ password, code })]);
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await listVersions(bench.db, bench.caseId))[0].signatures.map(({ meaning, method }) => [meaning, method])).toEqual([["reviewed", "passwordTotp"]]);
  });

  it("F12: five refused tries lock a person's signing, and the audit tells of each", async () => {
    for (let i = 0; i < 5; i++) await expect(counted(bench.db, "surgeon", bench.caseId, () => demandPassword(bench.db, "surgeon", "guess"))).rejects.toThrow();
    const [{ manifestHash }] = await listVersions(bench.db, bench.caseId);
    await expect(beginSignature(bench.db, who("surgeon"), place, bench.caseId, 2, manifestHash, "approved", null)).rejects.toThrow(/locked/);
    const told = await bench.db.select().from(schema.auditEvent).where(sql`action = 'signature.refused' and actor_id = 'surgeon'`);
    expect(told.length).toBeGreaterThanOrEqual(5);
    await bench.db.execute(sql`update signing_failure set at = now() - interval '16 minutes'`);
    await expect(beginSignature(bench.db, who("surgeon"), place, bench.caseId, 2, manifestHash, "approved", null)).resolves.toBeDefined();
  });

  it("F4: rows of versions, signatures, passkeys and events are neither changed nor deleted", async () => {
    for (const statement of ["update signature set at = now()", "delete from signature", "truncate signature", "update version set number = 9", "delete from version", "update signing_key set user_id = 'x'", "delete from signing_key", "delete from audit_event"]) {
      await expect(bench.db.execute(sql.raw(statement)), statement).rejects.toThrow();
    }
    expect((await verifyCaseAudit(bench.db, bench.caseId)).fault).toBeNull();
  });

  it("RV3: a tail cut off the case's chain is found, by what came with its events and by the workspace's chain", async () => {
    const tamper = (statement: string) => bench.db.transaction(async (tx) => {
      await tx.execute(sql`alter table audit_event disable trigger user`);
      await tx.execute(sql.raw(statement));
      const told = await verifyCaseAudit(tx, bench.caseId);
      throw Object.assign(new Error("taken back"), { told });
    }).catch((error: { told: Awaited<ReturnType<typeof verifyCaseAudit>> }) => error.told);
    // A judgement of a finding of the CT has an event of another name than one of a report.
    const finding: Finding = { code: "CT3", severity: "blocked", value: 4, limit: 1.5, unit: "mm", message: "Slices are thick.", files: [] };
    await bench.db.update(schema.caseTable).set({ report: { findings: [finding] } }).where(sql`id = ${bench.caseId}`);
    await overrideFinding(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, findingHash(h("3"), finding), "no thinner scan is to be had");
    await addJudgement(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, h("8"), "looked at on every slice");
    const ofCase = `case_id = '${bench.caseId}'`, whole = await verifyCaseAudit(bench.db, bench.caseId);
    expect(whole).toMatchObject({ fault: null, workspaceBrokenAt: null });
    const signed = `(select case_seq from audit_event where ${ofCase} and action = 'signature.added' order by case_seq desc limit 1)`;
    // The last signature and all after it, in the case's chain alone and in the workspace's too.
    const [{ seq }] = await bench.db.execute<{ seq: number }>(sql.raw(`select ${signed}::int as seq`));
    expect(await tamper(`delete from audit_event where ${ofCase} and case_seq >= ${signed}`)).toMatchObject({ count: seq - 1, fault: { seq, why: "cut" } });
    expect(await tamper(`delete from audit_event where id >= (select id from audit_event where ${ofCase} and action = 'signature.added' order by id desc limit 1)`)).toMatchObject({ fault: { seq, why: "cut" }, workspaceBrokenAt: null });
    // An event that no row came with, at the end of the case's chain: only the workspace's chain knows of it.
    await bench.db.transaction((tx) => appendAudit(tx, { actorId: "engineer", caseId: bench.caseId, action: "comment.added", object: {} }));
    await bench.db.transaction((tx) => appendAudit(tx, { actorId: "engineer", caseId: null, action: "test", object: {} }));
    const cut = await tamper(`delete from audit_event where ${ofCase} and case_seq = (select max(case_seq) from audit_event where ${ofCase})`);
    expect([cut.fault, cut.workspaceBrokenAt !== null]).toEqual([null, true]);
  });

  it("RV3: who verifies while somebody judges is not told of a cut chain", async () => {
    const reportHash = h("9"), reason = "looked at it meanwhile";
    let told: Promise<Awaited<ReturnType<typeof verifyCaseAudit>>> | null = null;
    await bench.db.transaction(async (tx) => {
      // Whoever verifies waits for the judgements; until then this one comes in, with its event.
      await tx.execute(sql`lock table judgement in access exclusive mode`);
      told = verifyCaseAudit(bench.db, bench.caseId);
      for (;;) {
        const [{ waiting }] = await tx.execute<{ waiting: number }>(sql`select count(*)::int as waiting from pg_locks where not granted and relation = 'judgement'::regclass`);
        if (waiting > 0) break;
      }
      await tx.insert(schema.judgement).values({ caseId: bench.caseId, reportHash, reason, userId: "surgeon", role: "surgeon" });
      await appendAudit(tx, { actorId: "surgeon", caseId: bench.caseId, action: "report.judged", object: { reportHash, reason } });
    });
    expect(await told).toMatchObject({ fault: null, workspaceBrokenAt: null });
  });

  it("RV6: a version frozen with another material than its plan's, before that was looked at, cannot be signed", async () => {
    await freeze(3, { ...prescription, material: materialOf("ti6al4v-lpbf").name });
    await changeVersion(bench.db, who("engineer"), bench.caseId, 3, "submit", null);
    const [{ manifestHash, obstacles }] = await listVersions(bench.db, bench.caseId);
    expect(obstacles).toEqual([expect.stringContaining("The prescription says «Ti-6Al-4V ELI, laser powder bed»")]);
    await expect(beginSignature(bench.db, who("engineer"), place, bench.caseId, 3, manifestHash, "designed", null)).rejects.toThrow(/The prescription says/);
  });

  it("a later change leaves the signature on its version and is told", async () => {
    await bench.db.update(schema.settled).set({ manifestHash: h("5") });
    const v = (await listVersions(bench.db, bench.caseId)).find(({ number }) => number === 1);
    expect([v?.state, v?.isChangedSince]).toEqual(["signed", true]);
  });
});

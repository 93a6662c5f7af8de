import { createHash, randomBytes } from "node:crypto";
import { createOTP } from "@better-auth/utils/otp";
import { hashPassword, symmetricDecrypt } from "better-auth/crypto";
import { eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finding } from "../../../core/checks/ctQuality.ts";
import * as schema from "../../../drizzle/schema.ts";
import { Quarantine } from "../../../server/api/quarantine.ts";
import { appRouter } from "../../../server/api/router.ts";
import { createAuth, issueSetupToken } from "../../../server/platform/auth.ts";
import { recordFailure } from "../../../server/record/artifacts.ts";
import { appendAudit, verifyAudit } from "../../../server/record/audit.ts";
import { addComment } from "../../../server/record/comments.ts";
import { findingHash } from "../../../server/record/ctReport.ts";
import { askDerived, derivedState, failDerived } from "../../../server/record/derivedVolumes.ts";
import { addFileSurface } from "../../../server/record/fileSurfaces.ts";
import { invite, listInvitations } from "../../../server/record/invitations.ts";
import { beginEnrolment, beginSignature, finishEnrolment, type Signer } from "../../../server/record/signatures.ts";
import { beginTotp, confirmTotp } from "../../../server/record/signingTotp.ts";
import { askMend, listMends } from "../../../server/record/surfaceMends.ts";
import { countReceived, startUpload } from "../../../server/record/uploads.ts";
import { askFreeze, endVersionJob } from "../../../server/record/versionJobs.ts";
import { changeVersion, freezeVersion } from "../../../server/record/versions.ts";
import { openWorkspaceKey, workspaceSecret } from "../../../server/record/workspaceKey.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";
import { openApiBench } from "./apiBench.ts";
import { caseProcedures, routed } from "./procedures.ts";

const h = (digit: string) => digit.repeat(64), password = "a long password";
let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => {
  bench = await openApiBench();
  await runMigrations({ connectionString: bench.database.url });
  // Each row that is written, changed or deleted, with the transaction that did it.
  await bench.db.execute(sql.raw(`
    create table written_row (place text not null, xid text not null);
    create function note_write() returns trigger language plpgsql as $$ begin insert into public.written_row values (tg_table_name, txid_current()::text); return null; end $$;
    do $$ declare t record; begin
      for t in select schemaname, tablename from pg_tables where schemaname in ('public', 'graphile_worker') and tablename <> 'written_row' loop
        execute format('create trigger zz_note_write after insert or update or delete on %I.%I for each row execute function public.note_write()', t.schemaname, t.tablename);
      end loop;
    end $$;`));
});
afterAll(async () => { await bench.close(); });

/** What an act writes: its audit events, and the transactions that wrote anything at all. */
async function writesOf(act: () => Promise<unknown>): Promise<{ events: { action: string; caseId: string | null }[]; places: string[]; transactions: number }> {
  const [{ last }] = await bench.db.execute<{ last: number }>(sql`select coalesce(max(id), 0)::int as last from audit_event`);
  await bench.db.execute(sql`truncate written_row`);
  await act();
  const events = await bench.db.select({ action: schema.auditEvent.action, caseId: schema.auditEvent.caseId }).from(schema.auditEvent).where(sql`id > ${last}`);
  const rows = await bench.db.execute<{ place: string; xid: string }>(sql`select distinct place, xid from written_row`);
  return { events, places: rows.map(({ place }) => place), transactions: new Set(rows.map(({ xid }) => xid)).size };
}

/** Somebody of a case of their own, who has a password and no means of signing yet. */
class Actor {
  readonly who: Signer;
  readonly email: string;
  readonly caseId: string;
  readonly passkey = softAuthenticator();
  private constructor(userId: string, role: "engineer" | "surgeon", caseId: string) {
    this.who = { userId, sessionId: `s-${userId}`, name: userId, role };
    this.email = `${userId}@example.org`;
    this.caseId = caseId;
  }
  static async come(role: "engineer" | "surgeon" = "engineer"): Promise<Actor> {
    const id = `p${randomBytes(6).toString("hex")}`, actor = new Actor(id, role, await bench.addCase(id, ["reviewer", "viewer"]));
    await bench.db.insert(schema.user).values({ id, name: id, email: actor.email });
    await bench.db.insert(schema.account).values({ id, accountId: id, providerId: "credential", userId: id, password: await hashPassword(password) });
    await bench.db.insert(schema.member).values({ caseId: actor.caseId, userId: id, role });
    await bench.db.insert(schema.segment).values({ caseId: actor.caseId, value: 1, name: "Bone", color: "#e8d9b5", createdBy: id });
    await bench.db.update(schema.caseTable).set({ volumeHash: h("3"), report: { findings: [blocked] } }).where(eq(schema.caseTable.id, actor.caseId));
    return actor;
  }
  call(path: string, input: unknown): Promise<unknown> {
    const { userId, sessionId, name } = this.who, settings = { ...bench.settings, mode: "real" as const }, quarantine = new Quarantine(bench.database, settings);
    const caller = appRouter.createCaller({
      database: bench.database, settings, blobs: bench.blobs, auth: createAuth(bench.database, settings, appendAudit), session: { userId, sessionId, name, email: this.email, isAdministrator: false }, presentIn: () => [],
      removeUploadFiles: (id) => quarantine.remove(id), uploadFileSize: (id, file) => quarantine.sizeOf(id, file),
    });
    const [area, name1] = path.split(".");
    return (caller as unknown as Record<string, Record<string, (asked: unknown) => Promise<unknown>>>)[area][name1](input);
  }
  async enrol(): Promise<void> {
    const { nonce, options } = await beginEnrolment(bench.db, this.who, bench.settings);
    await finishEnrolment(bench.db, this.who, bench.settings, openWorkspaceKey(bench.dataDir), nonce, this.passkey.create(options.challenge, bench.settings.origin));
  }
  /** Begins setting up one-time codes; gives the code of a time step `ahead` of now. */
  async codes(): Promise<(ahead: number) => Promise<string>> {
    await beginTotp(bench.db, workspaceSecret(bench.dataDir), { userId: this.who.userId, email: this.email }, password);
    const [{ secret }] = await bench.db.select().from(schema.signingTotp).where(eq(schema.signingTotp.userId, this.who.userId));
    const otp = createOTP(await symmetricDecrypt({ key: workspaceSecret(bench.dataDir), data: secret }));
    return (ahead) => otp.hotp(Math.floor(Date.now() / 30_000) + ahead);
  }
  /** A version of the case, in review, whose reports all pass. */
  async version(isInReview = true): Promise<{ number: number; manifestHash: string }> {
    const { number, manifestHash } = await freezeVersion(bench.db, this.who.userId, this.caseId, { expectedNumber: 1, prescription: { indication: "trauma", side: "right", region: "parietal", kind: "cranial plate", material: "PEEK" }, acknowledgements: [] }, {
      logs: [], grid: { dims: [2, 2, 2], spacing: [0.8, 0.8, 1], origin: [0, 0, 0] }, volume: h("3"), labelmap: h("4"), plan: h("5"), source: null, at: new Date(), artifacts: [], leftOut: [], overrides: [], shown: null,
      reports: ["ctQuality", "soundness", "fit", "print"].map((check, i) => ({ check, node: `${check}@1`, inputs: (check === "ctQuality" ? { volume: h("3") } : { plan: h("5"), labelmap: h("4") }) as Record<string, string>, sha256: h("6789"[i]), verdict: "pass" as const })),
    }, "1");
    if (isInReview) await changeVersion(bench.db, { userId: this.who.userId, role: "engineer" }, this.caseId, 1, "submit", null);
    return { number, manifestHash };
  }
  async draw(): Promise<void> {
    await bench.db.insert(schema.draftLog).values({ caseId: this.caseId, document: "masks", seq: 1, update: new Uint8Array([0, 0]), checksum: h("1"), userId: this.who.userId, sessionId: "s" });
  }
  thread = () => addComment(bench.db, this.who.userId, this.caseId, { body: "here", position: [1, 2, 3], plane: "axial" });
  /** A surface out of a file, of a content of its own; and one that is being mended. */
  surface = () => addFileSurface(bench.db, this.who.userId, this.caseId, { name: "A", kind: "other", color: "#ff0000", format: "stl", unit: "mm", space: "lps", blobHash: createHash("sha256").update(this.caseId).digest("hex"), facts: {} });
  mend = async () => askMend(bench.db, this.who.userId, this.caseId, `file/${await this.surface()}`, {}, h("1"));
  upload = () => startUpload(bench.db, this.who.userId, {});
}
const blocked = finding("CT3", "blocked", "Slices are thick.");

/** What an act that succeeds needs to be there, and its input; for every procedure of the router that changes something. */
const acts: Readonly<Record<string, (actor: Actor) => unknown>> = {
  "cases.archive": () => ({}), "cases.setDue": () => ({ day: "2026-12-24" }),
  "segments.add": () => ({ name: "Tumour", color: "#ff0000" }), "segments.rename": () => ({ value: 1, name: "Skull" }), "segments.setColor": () => ({ value: 1, color: "#000000" }),
  "segments.setLocked": () => ({ value: 1, isLocked: true }), "segments.setIso": () => ({ value: 1, iso: 226 }), "segments.setState": () => ({ value: 1, state: "done" }), "segments.remove": () => ({ value: 1 }),
  "builds.retry": async ({ caseId }) => {
    const key = createHash("sha256").update(caseId).digest("hex");
    await bench.db.insert(schema.settled).values({ caseId, seq: 1, manifestHash: h("4") });
    await bench.db.insert(schema.build).values({ caseId, subject: "segment/1", node: "surface", inputs: { bricks: { hash: h("5") } }, key, seq: 1, state: "failed", error: "No memory." });
    return { key };
  },
  "comments.add": () => ({ position: [1, 2, 3], plane: "axial", body: "here" }), "comments.reply": async (actor) => ({ threadId: (await actor.thread()).id, body: "yes" }),
  "comments.resolve": async (actor) => ({ threadId: (await actor.thread()).id }), "comments.reopen": async (actor) => ({ threadId: (await actor.thread()).id }),
  "members.set": () => ({ email: "surgeon@example.org", role: "surgeon" }), "members.setRole": () => ({ userId: "viewer", role: "reviewer" }), "members.remove": () => ({ userId: "viewer" }),
  "invitations.create": () => ({ email: "new@example.org", role: "viewer" }),
  "invitations.revoke": async ({ who, caseId }) => { await invite(bench.db, who.userId, caseId, "a@example.org", "viewer"); return { id: (await listInvitations(bench.db, caseId))[0].id }; },
  "invitations.join": async ({ who, caseId }) => ({ token: await invite(bench.db, who.userId, caseId, `new-${who.userId}@example.org`, "viewer"), name: "New", password }),
  "invitations.accept": async ({ who, email }) => ({ token: await invite(bench.db, who.userId, (await Actor.come()).caseId, email, "viewer") }),
  "sessions.end": async ({ who: { userId, sessionId } }) => { await bench.db.insert(schema.session).values({ id: sessionId, token: sessionId, userId, expiresAt: new Date(Date.now() + 60_000) }); return { id: sessionId }; },
  "uploads.start": () => ({ totalBytes: 3 }), "uploads.cancel": (actor) => actor.upload(),
  "uploads.finish": async (actor) => { const { id } = await actor.upload(); await countReceived(bench.db, id, 3, 10); return { id }; },
  "imports.override": () => ({ finding: findingHash(h("3"), blocked), reason: "no thinner scan is to be had" }), "imports.derive": () => ({ derivation: { op: "median" } }), "imports.setRegion": () => ({ region: "face" }),
  "fileSurfaces.remove": async (actor) => ({ id: await actor.surface() }),
  "surfaceMends.ask": async (actor) => ({ source: `file/${await actor.surface()}`, options: {} }), "surfaceMends.drop": async (actor) => ({ id: await actor.mend() }),
  "surfaceMends.keep": async (actor) => {
    const id = await actor.mend(), [{ key }] = await listMends(bench.db, actor.caseId);
    await bench.db.insert(schema.artifact).values({ key, node: "mend@1", inputs: {}, blobHash: h("2"), facts: { before: {}, after: {}, report: { changes: null, largestDisplacementMm: 0.1 } }, ms: 1 });
    return { id, name: "B", color: "#00ff00" };
  },
  "setup.finish": async ({ who }) => ({ token: await issueSetupToken(bench.db), name: "Admin", email: `admin-${who.userId}@example.org`, password }),
  "versions.freeze": async (actor) => { await actor.draw(); return { expectedNumber: 1, prescription: null, acknowledgements: [] }; },
  "versions.packageDraft": async (actor) => { await actor.draw(); return { volume: "none" }; },
  "versions.package": async (actor) => ({ number: (await actor.version()).number, volume: "none" }), "versions.change": async (actor) => ({ number: (await actor.version(false)).number, action: "submit", reason: null }),
  "versions.judge": async (actor) => { await actor.version(); return { reportHash: h("7"), reason: "looked at it" }; },
  "versions.beginSignature": async (actor) => { await actor.enrol(); return { ...await actor.version(), meaning: "designed", reason: null }; },
  "versions.finishSignature": async (actor) => {
    await actor.enrol();
    const { number, manifestHash } = await actor.version(), { nonce, options } = await beginSignature(bench.db, actor.who, bench.settings, actor.caseId, number, manifestHash, "designed", null);
    return { number, nonce, response: actor.passkey.get(options.challenge, bench.settings.origin) };
  },
  "versions.signWithCode": async (actor) => {
    const code = await actor.codes();
    await confirmTotp(bench.db, workspaceSecret(bench.dataDir), actor.who.userId, await code(0));
    return { ...await actor.version(), meaning: "designed", reason: null, password, code: await code(1) };
  },
  "signingKeys.begin": () => ({ password }), "signingKeys.beginCodes": () => ({ password }),
  "signingKeys.finish": async ({ who, passkey }) => { const { nonce, options } = await beginEnrolment(bench.db, who, bench.settings); return { nonce, response: passkey.create(options.challenge, bench.settings.origin) }; },
  "signingKeys.revoke": async (actor) => { await actor.enrol(); return { credentialId: actor.passkey.credentialId }; },
  "signingKeys.confirmCodes": async (actor) => ({ code: await (await actor.codes())(0) }), "signingKeys.removeCodes": async (actor) => { await actor.codes(); return { password }; },
};

const changing = routed.filter(({ type }) => type === "mutation").map(({ path }) => path);

describe("F4 every write of the record has its audit event in the same transaction", () => {
  it("every changing procedure of the router is tried here", () => {
    expect(Object.keys(acts).sort()).toEqual([...changing].sort());
  });

  it.each(changing)("%s: exactly one event, in the one transaction that writes anything", async (path) => {
    const actor = await Actor.come(), isOfCase = path in caseProcedures, asked = await acts[path](actor) as Record<string, unknown>;
    const { events, places, transactions } = await writesOf(() => actor.call(path, isOfCase ? { caseId: actor.caseId, ...asked } : asked));
    expect([events.length, transactions]).toEqual([1, 1]);
    expect(places.filter((place) => place !== "audit_event").length, "the act itself").toBeGreaterThan(0);
    if (isOfCase) expect(events[0].caseId).toBe(actor.caseId);
  });

  it("a refused signature: exactly one event, and nothing of the signature is left", async () => {
    const actor = await Actor.come(), code = await actor.codes();
    await confirmTotp(bench.db, workspaceSecret(bench.dataDir), actor.who.userId, await code(0));
    const asked = { caseId: actor.caseId, ...await actor.version(), meaning: "designed", reason: null, password: "not this one", code: await code(1) };
    const { events, places } = await writesOf(() => expect(actor.call("versions.signWithCode", asked)).rejects.toThrow("This is not your password."));
    expect([events, places.sort()]).toEqual([[{ action: "signature.refused", caseId: actor.caseId }], ["audit_event", "signing_failure"]]);
  });

  it("the UIDs that a page replaced: one event that says how many, and none of them", async () => {
    const { id } = await startUpload(bench.db, "engineer", {}), pairs = [["1.2.840.99.1", "2.25.1"], ["1.2.840.99.2", "2.25.2"]];
    const put = () => bench.ask(`/api/uploads/${id}/uids`, "engineer", { method: "PUT", body: JSON.stringify(pairs), headers: { "content-type": "application/json" } });
    const { events, transactions } = await writesOf(async () => { expect((await put()).status).toBe(200); });
    expect([events, transactions]).toEqual([[{ action: "upload.uidsKept", caseId: null }], 1]);
    const [{ object }] = await bench.db.select().from(schema.auditEvent).where(eq(schema.auditEvent.action, "upload.uidsKept"));
    expect(object).toEqual({ upload: id, uids: 2 });
  });

  it("JB3: a job that fails: one event in its case, with the state that it leaves", async () => {
    const actor = await Actor.come(), { caseId, who } = actor;
    await askDerived(bench.db, who.userId, caseId, { op: "median" });
    const { derived: [{ id }] } = await derivedState(bench.db, caseId);
    await actor.draw();
    const { jobId } = await askFreeze(bench.db, who.userId, caseId, { expectedNumber: 1, prescription: null, acknowledgements: [] }), key = createHash("sha256").update(caseId).digest("hex");
    await bench.db.insert(schema.build).values({ caseId, subject: "segment/1", node: "surface", inputs: {}, key, seq: 1, state: "rebuilding" });
    await actor.mend();
    const [{ key: mending }] = await listMends(bench.db, caseId);
    const ends: [string, () => Promise<void>][] = [
      ["volume.deriveFailed", () => failDerived(bench.db, caseId, id, "No memory.")],
      ["version.freezeFailed", () => bench.db.transaction((tx) => endVersionJob(tx, jobId, { error: "No memory." }))],
      ["artifact.failed", () => recordFailure(bench.db, key, "No memory.")],
      ["artifact.failed", () => recordFailure(bench.db, mending, "No memory.")],
    ];
    for (const [action, end] of ends) {
      const { events, places, transactions } = await writesOf(end);
      expect([events, places.length, transactions]).toEqual([[{ action, caseId }], 2, 1]);
    }
  });

  it("RV3: after all of it the workspace's chain holds", async () => {
    expect((await verifyAudit(bench.db)).brokenAt).toBeNull();
  });
});

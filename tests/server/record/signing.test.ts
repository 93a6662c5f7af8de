import { sql } from "drizzle-orm";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { planKey, planParametersOf } from "../../../core/draft/planDoc.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import * as schema from "../../../drizzle/schema.ts";
import { verifyCaseAudit } from "../../../server/record/audit.ts";
import { beginEnrolment, beginSignature, finishEnrolment, finishSignature, type Signer } from "../../../server/record/signatures.ts";
import { changeVersion, freezeVersion, listVersions } from "../../../server/record/versions.ts";
import { openWorkspaceKey, type WorkspaceKey } from "../../../server/record/workspaceKey.ts";
import { openApiBench } from "../api/apiBench.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>, key: WorkspaceKey;
const h = (digit: string) => digit.repeat(64);
const place = { origin: "http://localhost:3000" };
const who = (role: "surgeon" | "engineer" | "reviewer"): Signer => ({ userId: role, sessionId: `s-${role}`, name: role, role });
const keys = { surgeon: softAuthenticator(), engineer: softAuthenticator(), reviewer: softAuthenticator() };
const prescription = { indication: "trauma", side: "right" as const, region: "parietal", kind: "cranial plate", material: "PEEK" };
const freeze = (expectedNumber: number) => freezeVersion(bench.db, "engineer", bench.caseId, { expectedNumber, prescription, acknowledgements: [] }, "1");

beforeAll(async () => {
  bench = await openApiBench();
  key = openWorkspaceKey(bench.dataDir);
  const doc = new Y.Doc();
  for (const [name, value] of Object.entries({ family: "cranial", bone: 1 })) planParametersOf(doc).set(planKey("implant1", name), value);
  await bench.db.insert(schema.draftLog).values({ caseId: bench.caseId, document: "plan", seq: 1, update: Y.encodeStateAsUpdate(doc), checksum: h("1"), userId: "engineer", sessionId: "s" });
  await bench.db.update(schema.caseTable).set({ volumeHash: h("3") }).where(sql`id = ${bench.caseId}`);
  await bench.db.insert(schema.settled).values({ caseId: bench.caseId, seq: 0, manifestHash: h("4") });
  const read = readPlan({ family: "cranial", bone: 1 });
  const plan = "plan" in read ? createHash("sha256").update(canonicalBytes(read.plan)).digest("hex") : "";
  for (const check of ["fit", "print"]) await bench.db.insert(schema.artifact).values({ key: check, node: `${check}@1`, inputs: { plan, labelmap: h("4") }, blobHash: h(check === "fit" ? "7" : "8"), facts: { check, verdict: "pass", path: `checks/${check}.json` }, ms: 1 });
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

  it("F4: rows of versions, signatures, passkeys and events are neither changed nor deleted", async () => {
    for (const statement of ["update signature set at = now()", "delete from signature", "truncate signature", "update version set number = 9", "delete from version", "update signing_key set user_id = 'x'", "delete from signing_key", "delete from audit_event"]) {
      await expect(bench.db.execute(sql.raw(statement)), statement).rejects.toThrow();
    }
    expect((await verifyCaseAudit(bench.db, bench.caseId)).fault).toBeNull();
  });

  it("a later change leaves the signature on its version and is told", async () => {
    await bench.db.update(schema.settled).set({ manifestHash: h("5") });
    const [v] = await listVersions(bench.db, bench.caseId);
    expect([v.state, v.isChangedSince]).toEqual(["signed", true]);
  });
});

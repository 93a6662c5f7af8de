import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { and, eq } from "drizzle-orm";
import { implantSubject } from "../../../core/build/implantNodes.ts";
import { artifact, build, user } from "../../../drizzle/schema.ts";
import { openDatabase, type Database } from "../../../server/platform/db.ts";
import { implantResult, listImplants } from "../../../server/record/implants.ts";
import { createCase } from "../../../server/record/imports.ts";
import { addJudgement } from "../../../server/record/versions.ts";
import { freshDatabase } from "../../support/database.ts";

let database: Database, drop: () => Promise<void>, caseId = "", otherCase = "";
const keys = { good: "a".repeat(64), next: "b".repeat(64), blob: "c".repeat(64), plan: "d".repeat(64) };
const grid = { dims: [8, 8, 8], spacing: [1, 1, 1], origin: [0, 0, 0] } as const;
const fit = and(eq(build.subject, implantSubject("plate1")), eq(build.node, "fit"));
const only = async () => (await listImplants(database.db, caseId))[0];

describe("results of a plan's implants", () => {
  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    await database.db.insert(user).values({ id: "u", name: "Uma", email: "u@example.org" });
    [caseId, otherCase] = await database.db.transaction(async (tx) => [await createCase(tx, "u", { volumeHash: "00", grid, report: {} }), await createCase(tx, "u", { volumeHash: "00", grid, report: {} })]);
    await database.db.insert(artifact).values({ key: keys.good, node: "fit@6", inputs: {}, blobHash: keys.blob, facts: { verdict: "needsJudgement" }, ms: 5 });
    await database.db.insert(build).values({ caseId, subject: implantSubject("plate1"), node: "fit", inputs: { plan: { hash: keys.plan } }, key: keys.good, goodKey: keys.good, seq: 1, state: "current" });
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  it("RV2: a judgement stands beside the result it was written on, and falls when an input changes", async () => {
    await addJudgement(database.db, { userId: "u", role: "surgeon" }, caseId, keys.good, "The gap is filled with cement.");
    expect(await only()).toMatchObject({ implantId: "plate1", node: "fit", planHash: keys.plan, isStale: false, judgements: [{ name: "Uma", role: "surgeon", reason: "The gap is filled with cement." }] });
    // A change is on its way: the last good result stays, and says that it is old.
    await database.db.update(build).set({ key: keys.next, state: "rebuilding" }).where(fit);
    expect(await only()).toMatchObject({ isStale: true, made: "fit@6", judgements: [{ name: "Uma" }] });
    await database.db.insert(artifact).values({ key: keys.next, node: "fit@6", inputs: {}, blobHash: keys.blob, facts: {}, ms: 5 });
    await database.db.update(build).set({ goodKey: keys.next, state: "current" }).where(fit);
    expect(await only()).toMatchObject({ isStale: false, judgements: [] });
    // And stands again where the inputs are what they were (JB2).
    await database.db.update(build).set({ key: keys.good, goodKey: keys.good }).where(fit);
    expect((await only()).judgements).toHaveLength(1);
  });

  it("RV2: takes a judgement only on a current report of the case", async () => {
    const judge = (inCase: string, key: string) => addJudgement(database.db, { userId: "u", role: "surgeon" }, inCase, key, "Looked at on every slice."), none = /no such report now/;
    await expect(judge(caseId, "e".repeat(64)), "a hash of nothing").rejects.toThrow(none);
    await expect(judge(otherCase, keys.good), "another case's report").rejects.toThrow(none);
    await expect(judge(caseId, keys.blob), "a result's content, not its key").rejects.toThrow(none);
    await database.db.update(build).set({ key: keys.next, state: "rebuilding" }).where(fit);
    await expect(judge(caseId, keys.good), "out of date").rejects.toThrow(none);
    await expect(judge(caseId, keys.next), "not made yet").rejects.toThrow(none);
    await database.db.update(build).set({ key: keys.good, state: "current", node: "picture" }).where(fit);
    await expect(judge(caseId, keys.good), "a picture is no report").rejects.toThrow(none);
    await database.db.update(build).set({ node: "fit" }).where(and(eq(build.subject, implantSubject("plate1")), eq(build.node, "picture")));
    // What was refused left nothing, and what is current is taken.
    expect((await only()).judgements).toHaveLength(1);
    await judge(caseId, keys.good);
    expect((await only()).judgements).toHaveLength(2);
  });

  it("gives a result's content only to the case, implant and node that show it", async () => {
    expect(await implantResult(database.db, caseId, "plate1", "fit", keys.good)).toBe(keys.blob);
    expect(await implantResult(database.db, otherCase, "plate1", "fit", keys.good)).toBeNull();
    expect(await implantResult(database.db, caseId, "plate2", "fit", keys.good)).toBeNull();
    expect(await implantResult(database.db, caseId, "plate1", "implant", keys.good)).toBeNull();
    expect(await implantResult(database.db, caseId, "plate1", "fit", keys.next)).toBeNull();
  });
});

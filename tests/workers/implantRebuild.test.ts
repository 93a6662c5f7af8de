import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { implantSubject } from "../../core/build/implantNodes.ts";
import { blobStroke, followMasks, MaskAuthor } from "../../core/draft/masksDoc.ts";
import { planKey, planParametersOf } from "../../core/draft/planDoc.ts";
import { buildCranial } from "../../core/implant/cranial/build.ts";
import { readPlan } from "../../core/implant/plan.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import { labelRuns } from "../support/labelRuns.ts";
import { encodeMesh } from "../../core/surface/meshBlob.ts";
import { artifact, build, caseTable, draftLog, segment, user } from "../../drizzle/schema.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import type { NodeJob } from "../../server/record/builds.ts";
import { logEnd } from "../../server/record/draftLog.ts";
import { listCases } from "../../server/record/caseList.ts";
import { createCase } from "../../server/record/imports.ts";
import { appendToPlan } from "../../server/record/planLog.ts";
import { addJudgement } from "../../server/record/versions.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { rebuildNode } from "../../workers/rebuild.ts";
import { settleCase } from "../../workers/settle.ts";
import { vault } from "../core/implant/vault.ts";
import { freshDatabase } from "../support/database.ts";

const { grid, labels } = vault([{ direction: [0.8, -0.2, 0.55], radiusMm: 15 }], 2.2);
let database: Database, blobs: Blobs, dir: string, drop: () => Promise<void>, caseId = "", seq = 0;
const masks = new Y.Doc(), plan = new Y.Doc();

async function write(document: "masks" | "plan", doc: Y.Doc, change: () => void): Promise<void> {
  const before = Y.encodeStateVector(doc);
  doc.transact(change);
  const update = Y.encodeStateAsUpdate(doc, before);
  if (document === "plan") await appendToPlan(database.db, caseId, await logEnd(database.db, caseId, "plan"), [{ update, userId: "u", sessionId: "s", changes: [] }]);
  else await database.db.insert(draftLog).values({ caseId, document, seq: ++seq, update, checksum: createHash("sha256").update(update).digest("hex"), userId: "u", sessionId: "s" });
}
const set = (parameter: string, value: never) => write("plan", plan, () => planParametersOf(plan).set(planKey("plate1", parameter), value));
const settle = () => settleCase(caseId, database.db, blobs, new DraftFolds(database.db, blobs));
const queued = () => database.db.execute<{ payload: NodeJob }>(sql`
  select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'node' order by j.id`);
/** Makes all that is asked for of the implant; what is of segments alone is left. @returns the nodes made, in order */
async function makeAll(): Promise<string[]> {
  const made: string[] = [];
  for (;;) {
    const jobs = [...await queued()].filter(({ payload }) => payload.subject.startsWith("implant/"));
    await database.db.execute(sql`delete from graphile_worker._private_jobs`);
    if (jobs.length === 0) return made;
    for (const { payload } of jobs) { await rebuildNode(payload, false, "w1", database.db, blobs); made.push(payload.node); }
  }
}
const row = async (node: string) => (await database.db.select().from(build).where(and(eq(build.subject, implantSubject("plate1")), eq(build.node, node))))[0];

describe("the implant in the build graph", () => {
  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    await runMigrations({ connectionString: fresh.url });
    dir = await mkdtemp(join(tmpdir(), "caseroom-implant-"));
    blobs = openBlobs(join(dir, "blobs"));
    await database.db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
    caseId = await database.db.transaction((tx) => createCase(tx, "u", { volumeHash: "00", grid, report: {} }));
    await database.db.insert(segment).values({ caseId, value: 2, name: "Other", color: "#ffffff", createdBy: "u" });
    const fold = new MaskFold(grid);
    followMasks(masks, fold);
    const { bytes, content } = blobStroke(grid, labelRuns(grid, labels, 1)), hash = await blobs.put(bytes);
    await write("masks", masks, () => new MaskAuthor(masks, fold).drawBlob(1, content(hash)));
  });
  afterAll(async () => {
    await database.close();
    await drop();
    await rm(dir, { recursive: true, force: true });
  });

  it("builds the plate of the plan and its checks, the same bytes as the builder alone", { timeout: 120_000 }, async () => {
    await settle();
    expect(await row("implant")).toBeUndefined();
    await set("family", "cranial" as never);
    await set("bone", 1 as never);
    await settle();
    expect((await row("fit")).state).toBe("waiting");
    expect(await makeAll()).toEqual(["implant", "fit", "print"]);
    const [implant, fit, print] = await Promise.all(["implant", "fit", "print"].map(row));
    expect([implant.state, fit.state, print.state]).toEqual(["current", "current", "current"]);
    const [made] = await database.db.select().from(artifact).where(eq(artifact.key, implant.key));
    const read = readPlan({ family: "cranial", bone: 1 });
    if ("faults" in read) throw new Error("the plan reads");
    const alone = await buildCranial({ plan: read.plan, grid, labels: Uint8Array.from(labels, (value) => value === 1 ? 1 : 0) });
    expect(Buffer.compare(await blobs.get(made.blobHash), encodeMesh(alone.mesh))).toBe(0);
    const [checked] = await database.db.select().from(artifact).where(eq(artifact.key, fit.key));
    expect(checked.facts).toMatchObject({ check: "fit", node: "fit@6" });
    expect((await blobs.get(checked.blobHash)).byteLength).toBe(4 * alone.mesh.positions.length / 3);
  });

  it("gives the same bytes from a thread that has made a plate in this defect before as from one that has not", { timeout: 120_000 }, async () => {
    await set("thickness", 5 as never);
    await settle();
    expect(await makeAll()).toEqual(["implant", "fit", "print"]);
    const [made] = await database.db.select().from(artifact).where(eq(artifact.key, (await row("implant")).key));
    const read = readPlan({ family: "cranial", bone: 1, thickness: 5 });
    if ("faults" in read) throw new Error("the plan reads");
    const alone = await buildCranial({ plan: read.plan, grid, labels: Uint8Array.from(labels, (value) => value === 1 ? 1 : 0) });
    expect(Buffer.compare(await blobs.get(made.blobHash), encodeMesh(alone.mesh))).toBe(0);
  });

  it("is not built anew for a segment it does not use, and only checked anew for a material", { timeout: 120_000 }, async () => {
    const before = await row("implant");
    const fold = new MaskFold(grid);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(masks));
    followMasks(doc, fold);
    const { bytes, content } = blobStroke(grid, labelRuns(grid, labels.map((value, at) => value === 0 && at < 5000 ? 2 : 0), 2)), hash = await blobs.put(bytes);
    fold.addBlob(hash, bytes);
    await write("masks", doc, () => new MaskAuthor(doc, fold).drawBlob(2, content(hash)));
    await settle();
    expect(await makeAll()).toEqual([]);
    expect((await row("implant")).key).toBe(before.key);
  });

  it("built in another direction it is the same plate with the same fit: the print check alone is made anew, and old plans keep their keys", { timeout: 120_000 }, async () => {
    const [implant, fit, print] = await Promise.all(["implant", "fit", "print"].map(row)), overhang = async () => {
      const [made] = await database.db.select().from(artifact).where(eq(artifact.key, (await row("print")).key));
      return (made.facts as { numbers: { overhang: unknown } }).numbers.overhang;
    };
    await set("material", "ti6al4v-lpbf" as never);
    await settle();
    await makeAll();
    const up = await overhang();
    await set("buildDirection", [0.6, 0, -0.8] as never);
    await settle();
    expect(await makeAll()).toEqual(["print"]);
    expect([up, await overhang()]).toMatchObject([{ up: [0, 0, 1] }, { up: [0.6, 0, -0.8] }]);
    await set("material", "peek-machined" as never);
    await set("buildDirection", null as never);
    await settle();
    expect([await makeAll(), (await row("implant")).key, (await row("fit")).key, (await row("print")).key]).toEqual([[], implant.key, fit.key, print.key]);
  });

  it("keeps the last good plate while a value breaks a rule or no plate can be built, and says which", { timeout: 120_000 }, async () => {
    const good = await row("implant"), listed = async () => (await listCases(database.db, "u"))[0].facts.checks, before = await listed();
    expect([before.pass + before.needsJudgement + before.fail, before.waiting]).toEqual([3, 0]);
    // CK12: the plate's own verdict is judged like a check's.
    await addJudgement(database.db, { userId: "u", role: "surgeon" }, caseId, good.key, "as planned");
    await set("marginMm", 99 as never);
    await settle();
    expect(await makeAll()).toEqual([]);
    await expect(addJudgement(database.db, { userId: "u", role: "surgeon" }, caseId, (await row("fit")).key, "of the plan before")).rejects.toThrow(/no such report now/);
    // The list of cases shows no verdict of the plan before as this one's.
    expect(await listed()).toEqual({ pass: 0, needsJudgement: 0, fail: 1, waiting: 0 });
    expect(await row("implant")).toMatchObject({ state: "current", key: good.key, goodKey: good.key });
    await set("marginMm", 0.5 as never);
    await set("insertionAxis", [-1, 0, 0] as never);
    await settle();
    expect(await makeAll()).toEqual(["implant"]);
    const failed = await row("implant");
    expect(failed).toMatchObject({ state: "failed", goodKey: good.key });
    expect(failed.error).toContain("insertion axis");
    expect(await listed()).toEqual({ pass: 0, needsJudgement: 0, fail: 1, waiting: 0 });
    expect((await row("fit")).goodKey).not.toBe("");
    await set("insertionAxis", null as never);
    await settle();
    expect(await row("implant")).toMatchObject({ state: "current", key: good.key, error: null });
    expect(await listed()).toEqual(before);
    // The rule broken, and mended to the very plan that was built: nothing is made, and nothing is held any more.
    await set("marginMm", 99 as never);
    await settle();
    expect(await listed()).toMatchObject({ fail: 1, pass: 0 });
    await set("marginMm", 0.5 as never);
    await settle();
    expect([await makeAll(), await listed(), (await row("fit")).error]).toEqual([[], before, null]);
  });

  it("CK5: a scan that ends within the volume is an input of the fit alone, and is read by it", { timeout: 120_000 }, async () => {
    const before = await row("fit"), fits = async () => (await database.db.select().from(artifact).where(eq(artifact.key, (await row("fit")).key)))[0].facts as { numbers: { cutBoneMm: number | null } };
    const { numbers: { cutBoneMm: far } } = await fits(), [x, y, z] = grid.origin;
    // Its planes lean by 30°, and the lowest of them cuts the vault's wall.
    const originalGeometry = { space: "RAS", affine: [[4, 0, 0, x - 20], [0, 4 * Math.sqrt(0.75), -2, y - 20], [0, 2, 4 * Math.sqrt(0.75), z]], dims: [60, 80, 60] };
    await database.db.update(caseTable).set({ report: { provenance: { resampling: { reasons: ["oblique"] }, originalGeometry } } }).where(eq(caseTable.id, caseId));
    await settle();
    expect(await makeAll()).toEqual(["fit"]);
    const after = await row("fit"), { numbers: { cutBoneMm: near } } = await fits();
    expect([before.inputs.scan, after.cause, after.key === before.key]).toEqual([{ hash: "grid" }, "setting", false]);
    expect(near).not.toBeNull();
    expect(near).not.toBe(far);
  });
});

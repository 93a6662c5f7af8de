import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { gunzipSync, gzipSync } from "fflate";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { finding } from "../../core/checks/ctQuality.ts";
import { blobStroke, followMasks, MaskAuthor } from "../../core/draft/masksDoc.ts";
import { denseLabels, fromDense } from "../../core/mask/labelmap.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import { runsFromPredicate } from "../../core/mask/rasterize.ts";
import { headCt } from "../../core/phantom/headCt.ts";
import type { Grid } from "../../core/space/grid.ts";
import { derive } from "../../core/volume/derive.ts";
import type { Derivation } from "../../core/volume/derivation.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../../core/volume/nifti.ts";
import { auditEvent, caseTable, clientLease, member, segment, user } from "../../drizzle/schema.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import { verifyCaseAudit } from "../../server/record/audit.ts";
import { askDerived, derivedState } from "../../server/record/derivedVolumes.ts";
import { appendToLog, readLog } from "../../server/record/draftLog.ts";
import { createCase } from "../../server/record/imports.ts";
import { carryMasks } from "../../workers/carriedMasks.ts";
import { derivedReport, deriveVolume } from "../../workers/deriveVolume.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { freshDatabase } from "../support/database.ts";

const { grid, hu } = headCt(9, [48, 52, 40]), [nx, ny, nz] = grid.dims;
/** The label values drawn, by voxel: bone, its right half with another value, and what waits as a proposal. */
const bone = (at: number) => hu[at] >= 300, isRight = (at: number) => at % nx > nx / 2;
const anatomy = Uint8Array.from(hu, (_, at) => bone(at) ? isRight(at) ? 3 : 1 : 0), proposal = Uint8Array.from(hu, (v) => v >= 1200 ? 4 : 0);
/** Of a scan that was cut off where this volume shows nothing of it. */
const cutOff = [finding("fov", "blocked", "Bone reaches the edge."), finding("CT9", "blocked", "The scan ends in the skull."), finding("metal", "attention", "Metal is likely.", { value: 51 })];
let database: Database, blobs: Blobs, dir: string, drop: () => Promise<void>, caseId = "", first = "";

interface Report { findings: { code: string; severity: string; value: unknown; message: string }[]; provenance: { derivedFrom: { op: string; turn?: { scanFromDerived: number[][] }; masks?: { way: string; seq: number; farthestMm: number; segments: { voxels: number }[] } } } }
/** Asks for a derived volume as a person does, makes it as the worker does, and reads its case back. */
async function derived(how: Derivation) {
  await askDerived(database.db, "u", caseId, how);
  const asked = (await derivedState(database.db, caseId)).derived.at(-1);
  if (!asked) throw new Error("not asked");
  await deriveVolume({ caseId, id: asked.id, userId: "u", derivation: how }, database.db, blobs, new DraftFolds(database.db, blobs));
  const done = (await derivedState(database.db, caseId)).derived.at(-1), own = done?.caseId;
  if (!own) throw new Error(done?.message ?? "not made");
  const [row] = await database.db.select().from(caseTable).where(eq(caseTable.id, own)), draft = await new DraftFolds(database.db, blobs).read(own);
  if (!draft || !row.volumeHash || !row.grid) throw new Error("no draft");
  // CK7: whatever is made, nothing of it is milder than the scan.
  if (caseId === first) expect((row.report as unknown as Report).findings.filter(({ code }) => cutOff.some((one) => one.code === code)).map(({ code, severity }) => `${code} ${severity}`)).toEqual(["fov blocked", "CT9 blocked", "metal attention"]);
  return { id: own, row, grid: row.grid, report: row.report as unknown as Report, fold: draft.fold, anatomy: denseLabels(draft.fold.labelmap()), proposal: denseLabels(draft.fold.labelmap("proposal")), volume: canonicalVolume(decodeNifti(gunzipSync(await blobs.get(row.volumeHash)))) };
}

it("IM9: what masks have under the cover of a face does not follow into the volume without it, of both layers; bone does, voxel for voxel, and the report says what was left behind", () => {
  const head = headCt(20261123, [96, 96, 76]), made = derive(head, { op: "deface" }, null), labels = Uint8Array.from(head.hu, (v) => (v >= 226 ? 1 : v > -300 ? 3 : 0));
  const drawn = fromDense(head.grid, labels), { segments, isExact } = carryMasks({ grid: head.grid, values: [1, 3], layers: [{ layer: "anatomy", labelmap: drawn }, { layer: "proposal", labelmap: drawn }] }, made);
  const under = labels.reduce((n, value, at) => n + (value === 3 && made.covered![at] !== 0 ? 1 : 0), 0);
  expect([isExact, under > 1000]).toEqual([true, true]);
  expect(segments.map(({ layer, value, voxelsBefore, voxels }) => [layer, value, voxelsBefore - voxels])).toEqual([["anatomy", 1, 0], ["anatomy", 3, under], ["proposal", 1, 0], ["proposal", 3, under]]);
  const masks = { seq: 1, labelmap: "", way: "same voxels" as const, farthestMm: 0, segments };
  const { findings } = derivedReport({}, { grid: head.grid, affine: [], findings: [] }, { derivation: { op: "deface" }, code: "1", volumeHash: "", sentence: "covered", leftOut: 0, turn: null, masks });
  expect(findings).toContainEqual(expect.objectContaining({ code: "masks-carried", severity: "attention", message: expect.stringContaining(`${2 * under} voxels of it lie under the cover of the face, and were left behind.`) }));
});

describe("IM7: what is drawn follows into a derived volume", () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "caseroom-derive-"));
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    blobs = openBlobs(join(dir, "blobs"));
    await runMigrations({ connectionString: fresh.url });
    await database.db.insert(user).values([{ id: "u", name: "Uma", email: "u@example.org" }, { id: "v", name: "Vera", email: "v@example.org" }]);
    const volumeHash = await blobs.put(gzipSync(encodeNifti({ grid, data: hu })));
    caseId = await database.db.transaction((tx) => createCase(tx, "u", { volumeHash, grid, report: { findings: cutOff, series: [], provenance: {} } }));
    first = caseId;
    await database.db.insert(member).values({ caseId, userId: "v", role: "surgeon" });
    await database.db.update(segment).set({ isLocked: true, state: "done" }).where(eq(segment.caseId, caseId));
    await database.db.insert(segment).values([
      { caseId, value: 2, name: "Given up", color: "#000000", deletedAt: new Date(), createdBy: "u" },
      { caseId, value: 3, name: "Right half", color: "#4fd1c5", createdBy: "u", state: "flagged" }, { caseId, value: 4, name: "Teeth", color: "#ffffff", createdBy: "u" },
    ]);
    const doc = new Y.Doc(), fold = new MaskFold(grid);
    doc.clientID = 7;
    followMasks(doc, fold);
    const author = new MaskAuthor(doc, fold), draw = async (value: number, holds: (at: number) => boolean, layer: "anatomy" | "proposal" = "anatomy") => {
      const { bytes, content } = blobStroke(grid, runsFromPredicate(grid, holds)), hash = await blobs.put(bytes);
      author.drawBlob(value, content(hash), layer);
      fold.addBlob(hash, bytes);
    };
    await draw(1, bone);
    await draw(3, (at) => bone(at) && isRight(at));
    await draw(4, (at) => proposal[at] === 4, "proposal");
    await draw(1, (at) => at < nx * ny * 3);
    author.undo();
    const update = Y.encodeStateAsUpdate(doc);
    await appendToLog(database.db, caseId, "masks", { seq: 0, checksum: "" }, [{ update, userId: "u", sessionId: "s" }]);
  });
  afterAll(async () => {
    await database.close();
    await drop();
    await rm(dir, { recursive: true });
  });

  it("a crop: volume and masks voxel for voxel, what was undone stays undone, segments as they were, an audit event, surfaces asked for", async () => {
    const low = [5, 8, 6] as const, high = [40, 47, 33] as const, made = await derived({ op: "crop", low: [...low], high: [...high] });
    const [mx, my] = made.grid.dims, source = (at: number) => low[0] + at % mx + nx * (low[1] + Math.floor(at / mx) % my + ny * (low[2] + Math.floor(at / mx / my)));
    expect(made.anatomy.every((value, at) => value === anatomy[source(at)])).toBe(true);
    expect(made.proposal.every((value, at) => value === proposal[source(at)])).toBe(true);
    expect(made.volume.hu.every((value, at) => value === hu[source(at)])).toBe(true);
    expect(made.fold.problems).toEqual([]);
    const rows = await database.db.select().from(segment).where(eq(segment.caseId, made.id)).orderBy(segment.value);
    expect(rows.map(({ value, name, color, isLocked, state }) => [value, name, color, isLocked, state])).toEqual([
      [1, "Bone", "#e8d9b5", true, "done"], [3, "Right half", "#4fd1c5", false, "flagged"], [4, "Teeth", "#ffffff", false, "notStarted"],
    ]);
    const events = await database.db.select().from(auditEvent).where(eq(auditEvent.caseId, made.id)), lost = anatomy.reduce((n, v) => n + (v ? 1 : 0), 0) - made.anatomy.reduce((n, v) => n + (v ? 1 : 0), 0);
    expect(events.find(({ action }) => action === "masks.carried")).toMatchObject({ actorId: "u", object: { from: caseId, seq: 1, way: "same voxels" } });
    expect(lost).toBeGreaterThan(0);
    expect(made.report.findings.find(({ code }) => code === "masks-carried")).toMatchObject({ severity: "attention" });
    expect(made.report.provenance.derivedFrom).toMatchObject({ op: "crop", masks: { way: "same voxels", seq: 1, farthestMm: 0 } });
    expect((await database.db.select().from(member).where(eq(member.caseId, made.id))).map(({ userId }) => userId).sort()).toEqual(["u", "v"]);
    expect(await database.db.select().from(clientLease).where(eq(clientLease.caseId, made.id))).toMatchObject([{ userId: "u" }]);
    const settles = await database.db.execute<{ payload: { caseId: string } }>(sql`select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'settle'`);
    expect(settles.map(({ payload }) => payload.caseId)).toContain(made.id);
    // The log is whole, and the first case is as it was.
    expect((await readLog(database.db, made.id, "masks")).end.seq).toBe(1);
    expect((await readLog(database.db, caseId, "masks")).end.seq).toBe(1);
  });

  it("a filter keeps the grid and every voxel of the masks", async () => {
    const made = await derived({ op: "median" });
    expect([made.grid.dims, made.grid.origin]).toEqual([grid.dims, grid.origin]);
    expect(made.anatomy).toEqual(anatomy);
    expect(made.report.findings.find(({ code }) => code === "masks-carried")).toMatchObject({ severity: "pass", value: 0 });
  });

  /** Each voxel's nearest, worked out one by one in the test's own way. */
  function nearest(labels: Uint8Array, to: Grid, back: (p: number[]) => number[]): Uint8Array {
    return Uint8Array.from({ length: to.dims[0] * to.dims[1] * to.dims[2] }, (_, at) => {
      const p = back([at % to.dims[0], Math.floor(at / to.dims[0]) % to.dims[1], Math.floor(at / to.dims[0] / to.dims[1])].map((n, axis) => to.origin[axis] + n * to.spacing[axis]));
      const [i, j, k] = p.map((mm, axis) => Math.floor((mm - grid.origin[axis]) / grid.spacing[axis] + 0.5));
      return i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz ? 0 : labels[i + nx * (j + ny * k)];
    });
  }
  const differing = (a: Uint8Array, b: Uint8Array) => a.reduce((n, value, at) => n + (value === b[at] ? 0 : 1), 0);

  it.each<[string, Derivation]>([["cubes", { op: "isotropic", spacingMm: 3.1 }], ["a turned head", { op: "reorient", plane: { by: "angles", yawDeg: 8, rollDeg: -5, pitchDeg: 3, asideMm: 2 } }]])("%s: each voxel takes the nearest one, and the report says so", async (_, how) => {
    const made = await derived(how), turn = made.report.provenance.derivedFrom.turn;
    const back = (p: number[]) => turn ? turn.scanFromDerived.slice(0, 3).map((row) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]) : p;
    // Ties between two neighbours may fall either way by rounding of the last digit.
    expect(differing(made.anatomy, nearest(anatomy, made.grid, back))).toBeLessThanOrEqual(2);
    expect(differing(made.proposal, nearest(proposal, made.grid, back))).toBeLessThanOrEqual(2);
    const finding = made.report.findings.find(({ code }) => code === "masks-carried");
    expect(finding).toMatchObject({ severity: "attention" });
    expect(finding?.message).toContain("took the nearest one");
    expect(made.report.provenance.derivedFrom.masks?.farthestMm).toBeLessThanOrEqual(Math.sqrt(grid.spacing.reduce((sum, mm) => sum + mm * mm / 4, 0)) + 1e-4);
    const [bones] = await database.db.select().from(segment).where(eq(segment.caseId, made.id)).orderBy(segment.value);
    expect(bones).toMatchObject({ name: "Bone", isLocked: true, state: "inProgress" });
    if (turn) {
      expect(made.report.findings.find(({ code }) => code === "reoriented")?.message).toContain("positions in this volume differ from the scan's");
      expect(made.report.findings.find(({ code }) => code === "quantised")).toBeDefined();
    }
  });

  it("a volume without a drawing opens with its segments and an empty mask", async () => {
    const other = await database.db.transaction(async (tx) => createCase(tx, "u", { volumeHash: (await tx.select().from(caseTable).where(eq(caseTable.id, caseId)))[0].volumeHash ?? "", grid, report: {} })), before = caseId;
    caseId = other;
    try {
      const made = await derived({ op: "crop", low: [0, 0, 0], high: [9, 9, 9] });
      expect(made.fold.voxelCounts().size).toBe(0);
      expect(made.report.findings.find(({ code }) => code === "masks-carried")).toBeUndefined();
    } finally {
      caseId = before;
    }
  });

  it("the record's chains hold", async () => {
    expect(await verifyCaseAudit(database.db, caseId)).toMatchObject({ fault: null });
  });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { gzipSync } from "fflate";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { regions, type Finding, type Region } from "../../core/checks/ctQuality.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { auditEvent, caseTable, user } from "../../drizzle/schema.ts";
import { openBlobs, type Blobs } from "../../server/platform/blobs.ts";
import { openDatabase, type Database } from "../../server/platform/db.ts";
import { verifyCaseAudit } from "../../server/record/audit.ts";
import { askRegion, regionState } from "../../server/record/caseRegion.ts";
import { overrideFinding, readReport } from "../../server/record/ctReport.ts";
import { askDerived, derivedState } from "../../server/record/derivedVolumes.ts";
import { createCase } from "../../server/record/imports.ts";
import { deriveVolume } from "../../workers/deriveVolume.ts";
import { DraftFolds } from "../../workers/draftFold.ts";
import { decodeDicom } from "../../workers/import/dicomSeries.ts";
import { defaultLimits } from "../../workers/import/limits.ts";
import { collectFiles } from "../../workers/import/sourceFiles.ts";
import { judgeRegion } from "../../workers/judgeRegion.ts";
import { freshDatabase } from "../support/database.ts";
import { scannedScene, skull, type Scanner, type Scene } from "../support/scannedScene.ts";

let database: Database, blobs: Blobs, dir = "", drop: () => Promise<void>, runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "caseroom-region-"));
  const fresh = await freshDatabase();
  drop = fresh.drop;
  database = openDatabase(fresh.url);
  blobs = openBlobs(join(dir, "blobs"));
  await runMigrations({ connectionString: fresh.url });
  await database.db.insert(user).values({ id: "u", name: "U", email: "u@example.org" });
});
afterAll(async () => {
  await database.close();
  await drop();
  await rm(dir, { recursive: true, force: true });
});

async function scanned(scene: Scene, scanner: Scanner, region: Region) {
  const folder = join(dir, `files${++runs}`), work = join(dir, `work${runs}`);
  await Promise.all([mkdir(folder), mkdir(work)]);
  for (const [k, bytes] of scannedScene(scene, scanner).entries()) await writeFile(join(folder, String(k)), bytes);
  return decodeDicom(await collectFiles([folder], work, defaultLimits, true), { region }, defaultLimits, work, () => undefined, () => undefined);
}
async function caseOf(scene: Scene, scanner: Scanner, region: Region): Promise<string> {
  const { grid, hu, report } = await scanned(scene, scanner, region), volumeHash = await blobs.put(gzipSync(encodeNifti({ grid, data: hu }), { level: 1 }));
  return database.db.transaction((tx) => createCase(tx, "u", { volumeHash, grid, report: JSON.parse(JSON.stringify(report)) as Record<string, unknown> }, { region }));
}
/** Asks as a person does, and judges as the worker does. */
async function change(caseId: string, region: Region): Promise<void> {
  await askRegion(database.db, "u", caseId, region);
  const { regionWish } = await regionState(database.db, caseId);
  await judgeRegion({ caseId, id: regionWish?.id ?? "", userId: "u" }, true, database.db, blobs);
}
const plain = ({ code, severity, value, limit, unit, message, files }: Finding): Finding => ({ code, severity, value, limit, unit, message, files });
const byCode = (findings: readonly Finding[]) => findings.map(plain).sort((a, b) => (a.code < b.code ? -1 : 1));
const severities = (findings: readonly Finding[]) => Object.fromEntries(findings.map(({ code, severity }) => [code, severity]));

describe("CK10: another region of a case", () => {
  it("gives the report that an import with it gives, from whichever region, straight and tilted", async () => {
    for (const tiltDeg of [0, 16.5]) {
      const scene = skull({ isOpen: true }), caseId = await caseOf(scene, { tiltDeg }, "cranial");
      for (const region of ["pelvis", ...regions.filter((one) => one !== "pelvis" && one !== "cranial"), "cranial"] as Region[]) {
        await change(caseId, region);
        const { findings, provenance } = await readReport(database.db, caseId), wanted = await scanned(scene, { tiltDeg }, region);
        expect(byCode(findings), `${tiltDeg}°, ${region}`).toEqual(byCode(wanted.report.findings));
        expect([provenance.region, await regionState(database.db, caseId)]).toEqual([region, { region, regionWish: null }]);
      }
    }
  }, 240_000);

  it("drops the override of what is found otherwise now, keeps that of what is found as before, and says so in the audit trail", async () => {
    // Gaps and pixels block for every region; a cut vault for cranial alone.
    const caseId = await caseOf(skull({ isOpen: true }), {}, "cranial");
    for (const { id, severity } of (await readReport(database.db, caseId)).findings) if (severity === "blocked") await overrideFinding(database.db, { userId: "u", role: "surgeon" }, caseId, id, "looked at every slice");
    const blocked = async () => (await readReport(database.db, caseId)).findings.flatMap(({ code, severity, override }) => (severity === "blocked" ? [[code, override !== null]] : []));
    expect(await blocked()).toEqual([["CT4", true], ["CT7", true], ["CT9", true]]);
    await change(caseId, "longBone");
    expect(await blocked()).toEqual([["CT4", true], ["CT7", true]]);
    await change(caseId, "dental");
    expect(severities((await readReport(database.db, caseId)).findings)).toMatchObject({ CT2: "attention", CT4: "blocked" });
    await change(caseId, "cranial");
    expect(await blocked()).toEqual([["CT4", true], ["CT7", true], ["CT9", true]]);
    const events = await database.db.select().from(auditEvent).where(eq(auditEvent.caseId, caseId));
    expect(events.filter(({ action }) => action.startsWith("case.region")).map(({ action, object }) => [action, object])).toEqual([
      ["case.regionAsked", { from: "cranial", to: "longBone" }], ["case.regionSet", { from: "cranial", to: "longBone", blocked: ["CT4", "CT7"], fallen: ["CT9"], again: [] }],
      ["case.regionAsked", { from: "longBone", to: "dental" }], ["case.regionSet", { from: "longBone", to: "dental", blocked: ["CT4", "CT7"], fallen: [], again: [] }],
      ["case.regionAsked", { from: "dental", to: "cranial" }], ["case.regionSet", { from: "dental", to: "cranial", blocked: ["CT4", "CT7", "CT9"], fallen: [], again: ["CT9"] }],
    ]);
    expect((await verifyCaseAudit(database.db, caseId)).fault).toBeNull();
  }, 120_000);

  it("draws what helps to see it anew, and lets go of what no longer does", async () => {
    const caseId = await caseOf(skull({ isOpen: true }), {}, "face"), codes = async () => (await readReport(database.db, caseId)).pictures.map(({ code }) => code);
    expect(await codes()).toEqual([]);
    await change(caseId, "cranial");
    expect(await codes()).toEqual(["CT9"]);
    await change(caseId, "pelvis");
    const { pictures } = await readReport(database.db, caseId);
    expect(pictures.map(({ code }) => code)).toEqual(["CT9", "pelvis-coverage"]);
    expect(pictures[0].shows).toContain("bone is red");
    await change(caseId, "face");
    expect(await codes()).toEqual([]);
  }, 120_000);

  it("CK7: judges a volume made of another by the worse of both: what the crop cut, and what the scan had cut before it was turned", async () => {
    const derived = async (caseId: string, derivation: Parameters<typeof askDerived>[3]): Promise<string> => {
      await askDerived(database.db, "u", caseId, derivation);
      const id = (await derivedState(database.db, caseId)).derived.at(-1)?.id ?? "";
      await deriveVolume({ caseId, id, userId: "u", derivation }, database.db, blobs, new DraftFolds(database.db, blobs));
      return (await derivedState(database.db, caseId)).derived.at(-1)?.caseId ?? "";
    };
    const whole = await caseOf(skull(), { slices: 60 }, "longBone"), cropped = await derived(whole, { op: "crop", low: [0, 0, 0], high: [95, 95, 30] });
    await change(cropped, "cranial");
    expect(severities((await readReport(database.db, cropped)).findings)).toMatchObject({ CT9: "blocked" });
    const turned = await derived(cropped, { op: "reorient", plane: { by: "angles", yawDeg: 0, rollDeg: 0, pitchDeg: 20, asideMm: 0 } });
    await change(turned, "pelvis");
    await change(turned, "cranial");
    expect(severities((await readReport(database.db, turned)).findings)).toMatchObject({ CT9: "blocked" });
    const coarse = await derived(whole, { op: "isotropic", spacingMm: 4 });
    await change(coarse, "pelvis");
    expect((await readReport(database.db, coarse)).findings.find(({ code }) => code === "CT3")).toMatchObject({ severity: "blocked", value: 4 });
  }, 240_000);

  it("is refused where it is the region already; a newer wish takes an older one's place; a report that keeps no facts says what to do", async () => {
    const caseId = await caseOf(skull(), {}, "face");
    await expect(askRegion(database.db, "u", caseId, "face")).rejects.toThrow(/region already/);
    await askRegion(database.db, "u", caseId, "dental");
    const { regionWish: first } = await regionState(database.db, caseId);
    await askRegion(database.db, "u", caseId, "pelvis");
    await judgeRegion({ caseId, id: first?.id ?? "", userId: "u" }, true, database.db, blobs);
    expect(await regionState(database.db, caseId)).toMatchObject({ region: "face", regionWish: { region: "pelvis" } });
    const { regionWish } = await regionState(database.db, caseId);
    await judgeRegion({ caseId, id: regionWish?.id ?? "", userId: "u" }, true, database.db, blobs);
    expect(await regionState(database.db, caseId)).toEqual({ region: "pelvis", regionWish: null });
    const own = eq(caseTable.id, caseId), [{ report }] = await database.db.select({ report: caseTable.report }).from(caseTable).where(own);
    await database.db.update(caseTable).set({ report: { ...report, provenance: {} } }).where(own);
    await change(caseId, "face");
    expect(await regionState(database.db, caseId)).toMatchObject({ region: "pelvis", regionWish: { message: expect.stringContaining("Import the scan once more") } });
    // Of a volume that was never judged the region alone changes.
    await database.db.update(caseTable).set({ report: {} }).where(own);
    await change(caseId, "face");
    expect(await regionState(database.db, caseId)).toEqual({ region: "face", regionWish: null });
  }, 120_000);
});

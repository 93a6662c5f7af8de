import { spawnSync } from "node:child_process";
import { gzipSync } from "fflate";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { blobStroke, followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { planKey, planParametersOf } from "../../../core/draft/planDoc.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { threshold } from "../../../core/mask/rasterize.ts";
import { scanPlaceOf } from "../../../core/checks/scanPlace.ts";
import { fitNode, implantNode, noRegion, planFor, printNode } from "../../../core/build/implantNodes.ts";
import { bricksNode, surfaceNode } from "../../../core/build/nodes.ts";
import { nodeId, nodeKey } from "../../../core/build/node.ts";
import { decodeLabelmap, denseLabels, segmentHash } from "../../../core/mask/labelmap.ts";
import { canonicalBytes } from "../../../core/review/canonicalJson.ts";
import { decodeManifest } from "../../../core/review/manifest.ts";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { defaultSmooth, surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import type { Finding } from "../../../core/checks/ctQuality.ts";
import * as schema from "../../../drizzle/schema.ts";
import { recordResult, resultOf } from "../../../server/record/artifacts.ts";
import { verifyCaseAudit } from "../../../server/record/audit.ts";
import { appendToLog } from "../../../server/record/draftLog.ts";
import { beginEnrolment, beginSignature, finishEnrolment, finishSignature, type Signer } from "../../../server/record/signatures.ts";
import { findingHash, overrideFinding } from "../../../server/record/ctReport.ts";
import { sourceToKeep } from "../../../server/record/caseSource.ts";
import { openUidVault } from "../../../server/record/uidVault.ts";
import { askDraftPackage, newestDraftPackage } from "../../../server/record/draftPackages.ts";
import { askFreeze, askPackage, listVersionJobs, packageOf } from "../../../server/record/versionJobs.ts";
import { addJudgement, changeVersion, listVersions, newestVersion, readReview } from "../../../server/record/versions.ts";
import { openWorkspaceKey, type WorkspaceKey } from "../../../server/record/workspaceKey.ts";
import { run as verify } from "../../../workers/cli/verify.ts";
import { sha256 } from "../../../workers/cli/command.ts";
import { makeNode } from "../../../workers/nodes.ts";
import { packageOfVersion } from "../../../workers/package/fromRecord.ts";
import { readArchive, writeArchive } from "../../../workers/package/archive.ts";
import { packagePaths } from "../../../workers/package/contents.ts";
import { packagedNodes } from "../../../workers/package/designNodes.ts";
import { draftPackageKey } from "../../../workers/package/draftPackage.ts";
import { graphSurfaces } from "../../../workers/package/surfaces.ts";
import { freezeJob, packageJob } from "../../../workers/package/versionWork.ts";
import { vault } from "../../core/implant/vault.ts";
import { openApiBench } from "../../server/api/apiBench.ts";
import { dciodvfy, dcmdump } from "../../support/judges.ts";
import { softAuthenticator } from "../../support/softAuthenticator.ts";

/** The scan was tilted, so that it ends within the volume: at its lower end askew through the vault's wall. */
const provenance = {
  resampling: { reasons: ["tilted"] },
  originalGeometry: { space: "LPS", orientation: [1, 0, 0, 0, 0.96, 0.28], pixelSpacing: [4, 4], matrix: [60, 60, 45], positions: Array.from({ length: 45 }, (_, k) => [-110, -110, -50 + 4 * k]) },
};
let bench: Awaited<ReturnType<typeof openApiBench>>, key: WorkspaceKey, folder: string;
const place = { origin: "http://localhost:3000" };
const prescription = { indication: "trauma", side: "right" as const, region: "parietal", kind: "cranial plate", material: "PEEK" };
const who = (role: "surgeon" | "engineer"): Signer => ({ userId: role, sessionId: `s-${role}`, name: role, role });
const keys = { surgeon: softAuthenticator(), engineer: softAuthenticator() };
const { grid: short, labels } = vault([{ direction: [0.5, 0.2, 0.8], radiusMm: 18 }], 3.2);
/** An origin that the 32-bit floats of a NIfTI file do not hold. */
const grid = { ...short, origin: [-80.099609375, -98.55078125, -40.000030517578125] as const };
const hu = Int16Array.from(labels, (v) => (v === 1 ? 1200 : 40));

async function append(document: "masks" | "plan", doc: Y.Doc, seq: number, checksum: string) {
  await bench.db.transaction((tx) => appendToLog(tx, bench.caseId, document as "masks", { seq, checksum }, [{ update: Y.encodeStateAsUpdate(doc), userId: "engineer", sessionId: "s" }]));
  const rows = await bench.db.execute<{ checksum: string; seq: string }>(sql`select checksum, seq from draft_log where document = ${document} order by seq desc limit 1`);
  return rows[0].checksum;
}
const setPlan = (doc: Y.Doc, values: Record<string, string | number | readonly number[]>) => { for (const [name, value] of Object.entries(values)) planParametersOf(doc).set(planKey("implant1", name), value); };
async function freezeNow(expectedNumber: number) {
  const { jobId } = await askFreeze(bench.db, "engineer", bench.caseId, { expectedNumber, prescription, acknowledgements: [] });
  await freezeJob(jobId, true, "1.0", bench.db, bench.blobs);
  return jobId;
}
const planDoc = new Y.Doc();
let planEnd = "";

beforeAll(async () => {
  bench = await openApiBench();
  folder = await mkdtemp(join(tmpdir(), "caseroom-version-"));
  key = openWorkspaceKey(bench.dataDir);
  const volumeHash = await bench.blobs.put(gzipSync(encodeNifti({ grid, data: hu }), { level: 1, mtime: 0 }));
  await bench.db.update(schema.caseTable).set({ volumeHash, grid, report: { findings: [{ code: "CT1", severity: "pass", value: 1, limit: 1, unit: "mm", message: "fine", files: [] }], provenance } }).where(sql`id = ${bench.caseId}`);
  const source = { studyUid: "2.25.11", seriesUid: "2.25.12", frameOfReferenceUid: "2.25.13", sopClassUid: null, slices: Array.from({ length: grid.dims[2] }, (_, k) => ({ sopUid: `2.25.14${k}`, position: [0, 0, grid.origin[2] + k * grid.spacing[2]] as [number, number, number] })) };
  const kept = await sourceToKeep(bench.blobs, openUidVault(bench.dataDir), source, new Map([["1.2.77.1", "2.25.12"]]), null);
  if (kept) await bench.db.insert(schema.caseSource).values({ caseId: bench.caseId, ...kept });
  await bench.db.insert(schema.segment).values({ caseId: bench.caseId, value: 1, name: "Bone", color: "#e8d9b5", iso: 226, createdBy: "engineer" });
  const doc = new Y.Doc(), fold = new MaskFold(grid);
  followMasks(doc, fold)();
  const { bytes, content } = blobStroke(grid, threshold(grid, hu, 226, 3071));
  new MaskAuthor(doc, fold).drawBlob(1, content(await bench.blobs.put(bytes)));
  await append("masks", doc, 0, "");
  setPlan(planDoc, { family: "cranial", bone: 1, thickness: 4, buildDirection: [0, -0.6, 0.8] });
  planEnd = await append("plan", planDoc, 0, "");
  for (const role of ["surgeon", "engineer"] as const) {
    const { nonce, options } = await beginEnrolment(bench.db, who(role), place);
    await finishEnrolment(bench.db, who(role), place, key, nonce, keys[role].create(options.challenge, place.origin));
  }
}, 60_000);
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const said = async (args: string[]) => {
  const { exitCode, line } = await verify(args);
  const { verdict, error } = line as { verdict?: string; error?: { code: string; details: { findings?: { code: string; where: string }[] } } };
  return { exitCode, verdict, codes: error?.details.findings?.map(({ code }) => code) ?? (error ? [error.code] : []) };
};

describe("a version of a case, from the logs to a package", () => {
  it("RV2: is frozen by a worker with every report for exactly its prefix, while others change the draft", async () => {
    const { jobId } = await askFreeze(bench.db, "engineer", bench.caseId, { expectedNumber: 1, prescription, acknowledgements: [] });
    await expect(askFreeze(bench.db, "surgeon", bench.caseId, { expectedNumber: 1, prescription, acknowledgements: [] })).rejects.toThrow(/engineer is freezing version 1/);
    setPlan(planDoc, { marginMm: 0.7 });
    planEnd = await append("plan", planDoc, 1, planEnd);
    await freezeJob(jobId, true, "1.0", bench.db, bench.blobs);
    const [v] = await listVersions(bench.db, bench.caseId);
    expect([v.number, v.plan?.marginMm, v.manifest.logs.map(({ document, seq }) => [document, seq])]).toEqual([1, 0.5, [["masks", 1], ["plan", 1]]]);
    expect(v.manifest.reports.map(({ check }) => check).sort()).toEqual(["ctQuality", "fit", "print", "soundness"]);
    expect(v.manifest.artifacts.map(({ name }) => name)).toEqual(expect.arrayContaining(["implant/implant.stl", "implant/implant.3mf", "pictures/axial.png", "pictures/implant.png", "checks/fit.ply"]));
    expect(v.isChangedSince).toBe(true);
    // JB3, F4: the design that the version needed and its event are one transaction.
    const designs = await bench.db.execute<{ isOne: boolean }>(sql`select a.xmin = e.xmin as "isOne" from artifact a left join audit_event e on e.action = 'artifact.made' and e.object->>'key' = a.key and e.case_id = ${bench.caseId} where a.node like 'design@%'`);
    expect([...designs].map(({ isOne }) => isOne)).toEqual([true]);
    // What no check lets pass, a person judges.
    for (const report of v.manifest.reports) if (report.verdict !== "pass") await addJudgement(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, report.sha256, "a coarse phantom, looked at on every slice");
    expect((await listVersions(bench.db, bench.caseId))[0].obstacles).toEqual([]);
    expect(await newestVersion(bench.db, bench.caseId)).toMatchObject({ number: 1, state: "frozen", isChangedSince: true });
  }, 300_000);

  it("JB2: its reports of the plate name the same results of the build graph, so that a judgement given in the room counts", async () => {
    const { manifest, plan } = (await listVersions(bench.db, bench.caseId)).find(({ number }) => number === 1)!;
    const labelmap = await bench.blobs.get(manifest.labelmap), planFile = canonicalBytes(planFor("fit", plan!)), printPlan = canonicalBytes(plan), bone = segmentHash(decodeLabelmap(labelmap), 1), key = (check: string) => manifest.reports.find((one) => one.check === check)?.inputs.artifact;
    const made = await makeNode({ node: "implant", value: 0, inputs: { plan: planFile, labelmap } }), implant = sha256(made.content), scan = canonicalBytes(scanPlaceOf(provenance));
    expect([key("fit"), key("print")]).toEqual([nodeKey(fitNode, { implant, plan: sha256(planFile), bone, scan: sha256(scan) }), nodeKey(printNode, { implant, plan: sha256(printPlan) })]);
    // CK12: whether it is as planned the implant's own step tells.
    expect([plan!.region, key("soundness")]).toEqual([null, nodeKey(implantNode, { plan: sha256(planFile), bone, region: noRegion })]);
    // Only the print check is made of the direction of the build.
    expect(sha256(printPlan)).not.toBe(sha256(planFile));
    const { facts } = await makeNode({ node: "fit", value: 0, inputs: { plan: planFile, labelmap, implant: made.content, scan } }), { facts: blind } = await makeNode({ node: "fit", value: 0, inputs: { plan: planFile, labelmap, implant: made.content } });
    // CK5: the tilted end cuts nearer to the plate than the volume's faces do.
    const [seen, unseen] = [facts, blind].map(({ numbers }) => (numbers as { cutBoneMm: number }).cutBoneMm);
    expect([manifest.scan, manifest.reports.find(({ check }) => check === "fit")?.inputs.scan, seen < unseen - 5]).toEqual([sha256(scan), sha256(scan), true]);
    const stored = JSON.parse(new TextDecoder().decode(await bench.blobs.get(manifest.reports.find(({ check }) => check === "fit")!.sha256))) as Record<string, unknown>;
    expect(stored).toEqual({ ...JSON.parse(JSON.stringify(facts)) as object, inputs: stored.inputs });
  }, 60_000);

  it("says what changed since the version before; a judgement on the old report is none on the new", async () => {
    await freezeNow(2);
    const [v] = await listVersions(bench.db, bench.caseId);
    expect(v.difference).toEqual({ since: 1, parameters: [expect.objectContaining({ key: "marginMm", before: 0.5, after: 0.7 })], segments: [], people: ["engineer"], picture: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), shown: expect.arrayContaining(["mask", "implant", "removed"]) } });
    // The margin grew: the plate receded at its rim, which is in the picture's blob.
    expect([...(await bench.blobs.get(v.difference!.picture!.sha256)).subarray(1, 4)]).toEqual([..."PNG"].map((letter) => letter.charCodeAt(0)));
    expect((await listVersions(bench.db, bench.caseId))[1].difference).toMatchObject({ since: null, picture: null });
    expect(v.judgements.filter(({ reportHash }) => v.manifest.reports.some(({ check, sha256 }) => check === "fit" && sha256 === reportHash))).toEqual([]);
    await changeVersion(bench.db, who("engineer"), bench.caseId, 2, "supersede", null);
  }, 300_000);

  it("SP1: a prescription for the other side is not frozen, and says where the implant lies", async () => {
    const { jobId } = await askFreeze(bench.db, "engineer", bench.caseId, { expectedNumber: 3, prescription: { ...prescription, side: "left" }, acknowledgements: [] });
    await freezeJob(jobId, true, "1.0", bench.db, bench.blobs);
    const job = (await listVersionJobs(bench.db, bench.caseId)).find(({ id }) => id === jobId);
    expect([job?.state, job?.error]).toEqual(["failed", expect.stringMatching(/says left, and the implant lies \d+ mm to the patient's right/)]);
    expect(await listVersions(bench.db, bench.caseId)).toHaveLength(2);
  }, 300_000);

  it("is signed by two, packaged, verified with the key and rebuilt byte for byte; the same version packs to the same artifacts", async () => {
    await changeVersion(bench.db, who("engineer"), bench.caseId, 1, "submit", null);
    const v = (await listVersions(bench.db, bench.caseId)).find(({ number }) => number === 1)!;
    for (const [role, meaning] of [["engineer", "designed"], ["surgeon", "approved"]] as const) {
      const { nonce, options } = await beginSignature(bench.db, who(role), place, bench.caseId, 1, v.manifestHash, meaning, null);
      await finishSignature(bench.db, who(role), place, key, bench.caseId, 1, nonce, keys[role].get(options.challenge, place.origin));
    }
    Object.assign(process.env, { CASEROOM_DATABASE: bench.settings.databaseUrl, CASEROOM_DATA: bench.dataDir });
    const { jobId } = await askPackage(bench.db, "engineer", bench.caseId, 1, "whole");
    await packageJob(jobId, true, "1.0", bench.db, bench.blobs);
    expect((await listVersionJobs(bench.db, bench.caseId)).find(({ id }) => id === jobId)).toMatchObject({ state: "done", error: null });
    const bytes = await bench.blobs.get((await packageOf(bench.db, bench.caseId, jobId))!.result.blobHash), file = join(folder, "p.zip"), pub = join(folder, "key.pub");
    await writeFile(file, bytes);
    await writeFile(pub, key.publicKey);
    expect([...readArchive(bytes).keys()]).toEqual(expect.arrayContaining([...Object.values(packagePaths).filter((path) => path !== packagePaths.defaced && path !== packagePaths.defacedLabels), "implant/implant.stl", "implant/implant.3mf", "checks/ctQuality.json", "dicom/labels.seg.dcm", "dicom/implant.stl.dcm", "dicom/bone.stl.dcm"]));
    expect(await said(["--package", file])).toEqual({ exitCode: 0, verdict: "consistent, key not pinned", codes: [] });
    expect(await said(["--package", file, "--trust", pub, "--rebuild"])).toEqual({ exitCode: 0, verdict: "valid", codes: [] });
    // The DICOM files name the series as the import did, bear the version's time and the segments' names, and please dciodvfy.
    const { manifest } = v, inside = readArchive(bytes), moment = manifest.version?.frozenAt ?? "";
    expect([manifest.leftOut, manifest.segments, manifest.source]).toEqual([[], [{ value: 1, name: "Bone", color: "#e8d9b5", iso: 226 }], sha256(inside.get(packagePaths.source)!)]);
    // SF4: the bone's file is the surface that the room shows, which follows the CT; the mask's alone is another.
    const bytesOfMasks = await bench.blobs.get(manifest.labelmap), stl = sha256(inside.get("surfaces/bone.stl")!);
    const bricks = await makeNode({ node: "bricks", value: 1, inputs: { labelmap: bytesOfMasks }, followed: { hu, iso: 226, volume: manifest.volume! } });
    const room = await makeNode({ node: "surface", value: 1, inputs: { bricks: bricks.content, ...Object.fromEntries(bricks.parts!.map((part) => [sha256(part), part])) } });
    expect(stl).toBe(sha256(encodeStl(decodeMesh(room.content))));
    // JB2: what the room's graph holds is not made again for a package.
    const ofGraph = () => { const masks = decodeLabelmap(bytesOfMasks); return graphSurfaces(masks, denseLabels(masks), manifest.segments!, manifest.volume!, bench.blobs, (one) => resultOf(bench.db, one)); };
    expect([...(await ofGraph()).keys()]).toEqual([]);
    const bricksHash = await bench.blobs.put(bricks.content), meshHash = await bench.blobs.put(room.content), of = { segment: segmentHash(decodeLabelmap(bytesOfMasks), 1), volume: manifest.volume!, iso: "226" };
    await recordResult(bench.db, bench.caseId, { key: nodeKey(bricksNode, of), node: nodeId(bricksNode), inputs: of, blobHash: bricksHash, facts: {}, ms: 0 });
    await recordResult(bench.db, bench.caseId, { key: nodeKey(surfaceNode, { bricks: bricksHash }), node: nodeId(surfaceNode), inputs: { bricks: bricksHash }, blobHash: meshHash, facts: {}, ms: 0 });
    expect([...await ofGraph()].map(([value, mesh]) => [value, sha256(mesh)])).toEqual([[1, meshHash]]);
    expect(stl).not.toBe(sha256(encodeStl(surfaceOf(decodeLabelmap(bytesOfMasks), 1, { smooth: defaultSmooth }))));
    expect(manifest.artifacts.find(({ name }) => name === "surfaces/bone.stl")?.inputs.volume).toBe(manifest.volume);
    for (const name of ["labels.seg", "implant.stl", "bone.stl"]) {
      const file = inside.get(`dicom/${name}.dcm`)!, path = join(folder, "judged.dcm"), text = Buffer.from(file).toString("latin1");
      await writeFile(path, file);
      const judged = dciodvfy(path), tags = dcmdump(path);
      if (judged) expect([name, judged]).toEqual([name, { status: 0, errors: [] }]);
      if (tags) expect([name, tags.get("0008,0023"), tags.get("0008,0033"), tags.get("0020,0052")]).toEqual([name, moment.slice(0, 10).replaceAll("-", ""), moment.slice(11, 23).replaceAll(":", ""), "2.25.13"]);
      expect([name, text.includes("2.25.12"), text.includes("1.2.77"), name !== "labels.seg" || text.includes("Bone")]).toEqual([name, true, false, true]);
    }
    const pdf = readArchive(bytes).get(packagePaths.report)!, text = Buffer.from(pdf).toString("latin1");
    expect(text.startsWith("%PDF-1.7") && text.includes("pdfaid:part") && text.includes("/OutputIntents")).toBe(true);
    await writeFile(join(folder, "r.pdf"), pdf);
    // Outside judges, where they are installed.
    const judge = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: "utf8" });
    if (!judge("qpdf", "--version").error) expect(judge("qpdf", "--check", join(folder, "r.pdf")).status).toBe(0);
    if (!judge("pdffonts", "-v").error) {
      const fonts = judge("pdffonts", join(folder, "r.pdf")).stdout.trim().split("\n").slice(2);
      expect(fonts.length).toBeGreaterThan(1);
      for (const line of fonts) expect(line).toMatch(/TrueType\s+.*yes yes yes/);
    }
    if (judge("pdftotext", "-v").error) console.warn("no pdftotext: the report's words were not read");
    else {
      // A person reads names, not what the plan stores.
      const words = judge("pdftotext", "-layout", join(folder, "r.pdf"), "-").stdout;
      expect(words).toMatch(/Shape from\s+Mirrored side, bent to the rim/);
      expect(words).toMatch(/Material\s+PEEK, machined/);
      expect(words).toMatch(/Build direction\s+S and P \(0, -0\.6, 0\.8\)/);
      expect(words).not.toMatch(/peek-machined\n|\d ,|\b0 %/);
    }
    const other = await packageOfVersion("26-001", 1, "none", () => undefined), lean = join(folder, "lean.zip");
    await writeFile(lean, other.bytes);
    expect(await said(["--package", lean, "--trust", pub, "--rebuild"])).toMatchObject({ exitCode: 3, codes: ["not-rebuildable"] });
    // This made skull has no face.
    await expect(packageOfVersion("26-001", 1, "defaced", () => undefined)).rejects.toMatchObject({ code: "no-face" });
    for (const name of ["implant/implant.stl", "checks/fit.json"]) {
      const inside = readArchive(bytes), changed = inside.get(name)!.slice();
      changed[changed.length - 5] ^= 1;
      await writeFile(file, writeArchive(inside.set(name, changed)));
      expect(await said(["--package", file, "--trust", pub])).toMatchObject({ exitCode: 3, codes: expect.arrayContaining(["file-altered", "manifest-mismatch"]) });
    }
  }, 300_000);

  it("RV5: with a blocked finding of the CT that nobody overrode a version is not approved unjudged and never released; an override is for the next version, and changes nothing of a signed one", async () => {
    const blocked: Finding = { code: "CT3", severity: "blocked", value: 4, limit: 1.5, unit: "mm", message: "Slices are thick.", files: [] };
    await bench.db.update(schema.caseTable).set({ report: { findings: [blocked], provenance } }).where(sql`id = ${bench.caseId}`);
    const told = async (number: number) => (await listVersions(bench.db, bench.caseId)).find((one) => one.number === number)!;
    const sign = async (number: number, role: "engineer" | "surgeon") => {
      const { nonce, options } = await beginSignature(bench.db, who(role), place, bench.caseId, number, (await told(number)).manifestHash, role === "engineer" ? "designed" : "approved", null);
      await finishSignature(bench.db, who(role), place, key, bench.caseId, number, nonce, keys[role].get(options.challenge, place.origin));
    };
    const judge = async (number: number, isJudged: (check: string) => boolean) => {
      for (const { check, verdict, sha256: hash } of (await told(number)).manifest.reports) if (verdict !== "pass" && isJudged(check)) await addJudgement(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, hash, "a coarse phantom, looked at on every slice");
    };
    const release = (number: number) => changeVersion(bench.db, who("surgeon"), bench.caseId, number, "release", null);
    const number = (await listVersions(bench.db, bench.caseId))[0].number + 1;
    await freezeNow(number);
    await changeVersion(bench.db, who("engineer"), bench.caseId, number, "submit", null);
    await judge(number, (check) => check !== "ctQuality");
    await expect(sign(number, "surgeon")).rejects.toThrow("«CT quality» fails, and nobody with the right has written a judgement");
    await judge(number, (check) => check === "ctQuality");
    await sign(number, "engineer");
    await sign(number, "surgeon");
    const signed = await told(number), id = findingHash(signed.manifest.volume!, blocked);
    expect([signed.state, signed.manifest.reports.find(({ check }) => check === "ctQuality")?.verdict, signed.manifest.acknowledgements]).toEqual(["signed", "fail", []]);
    await expect(release(number)).rejects.toThrow(/had not been overridden/);
    await overrideFinding(bench.db, { userId: "surgeon", role: "surgeon" }, bench.caseId, id, "no thinner scan is to be had");
    await expect(release(number)).rejects.toThrow(/had not been overridden/);
    expect(await told(number)).toEqual(signed);

    await freezeNow(number + 1);
    await judge(number + 1, () => true);
    await changeVersion(bench.db, who("engineer"), bench.caseId, number + 1, "submit", null);
    await sign(number + 1, "engineer");
    await sign(number + 1, "surgeon");
    const next = await told(number + 1);
    expect([next.manifest.reports.find(({ check }) => check === "ctQuality")?.verdict, next.manifest.acknowledgements]).toEqual(["pass", [expect.objectContaining({ of: "CT finding CT3", reason: "no thinner scan is to be had", by: "surgeon" })]]);
    // What is noted of the case afterwards is no part of it either.
    await bench.db.update(schema.caseTable).set({ report: { findings: [blocked, { ...blocked, code: "CT4" }], provenance } }).where(sql`id = ${bench.caseId}`);
    await release(number + 1);
    expect((await told(number + 1)).state).toBe("released");
  }, 300_000);

  it("JB2: a package of the draft is the case as it is now, proven and rebuilt like any, and made once for the same state", async () => {
    Object.assign(process.env, { CASEROOM_DATABASE: bench.settings.databaseUrl, CASEROOM_DATA: bench.dataDir });
    const make = async () => {
      const { jobId } = await askDraftPackage(bench.db, "engineer", bench.caseId, "whole");
      expect(await askDraftPackage(bench.db, "surgeon", bench.caseId, "whole")).toEqual({ jobId });
      await packageJob(jobId, true, "1.0", bench.db, bench.blobs);
      expect(await newestDraftPackage(bench.db, bench.caseId)).toMatchObject({ id: jobId, state: "done", stage: "done", error: null });
      return (await packageOf(bench.db, bench.caseId, jobId))!.result.blobHash;
    };
    const ofDraft = async () => (await bench.db.execute<{ ms: number }>(sql`select ms from artifact where node = 'draftPackage@2'`)).length;
    const first = await make(), inside = readArchive(await bench.blobs.get(first)), file = join(folder, "draft.zip"), manifest = decodeManifest(inside.get(packagePaths.manifest)!);
    await writeFile(file, await bench.blobs.get(first));
    const [masks, plan] = await bench.db.execute<{ seq: string }>(sql`select max(seq) as seq from draft_log group by document order by document`);
    expect([manifest.version, manifest.logs.map(({ document, seq }) => [document, seq])]).toEqual([null, [["masks", Number(masks.seq)], ["plan", Number(plan.seq)]]]);
    expect([...inside.keys()]).toEqual(expect.arrayContaining(["implant/implant.stl", "surfaces/bone.stl", "checks/fit.json", "pictures/axial.png", "dicom/labels.seg.dcm", packagePaths.volume, packagePaths.labels, packagePaths.plan, packagePaths.report]));
    // Made anew by another version of any node that has a part in it.
    expect(manifest.artifacts.filter(({ node }) => !(packagedNodes as readonly string[]).includes(node))).toEqual([]);
    expect(new Set([packagedNodes, ...packagedNodes.map((_, n) => packagedNodes.map((node, i) => i === n ? `${node}0` : node))].map((nodes) => draftPackageKey("whole", {}, "1.0", nodes))).size).toBe(packagedNodes.length + 1);
    expect([inside.has(packagePaths.signatures), new TextDecoder().decode(inside.get(packagePaths.index)!).includes("Package of a draft")]).toEqual([false, true]);
    expect(await said(["--package", file, "--rebuild"])).toEqual({ exitCode: 0, verdict: "consistent, key not pinned", codes: [] });
    expect([await make(), await ofDraft()]).toEqual([first, 1]);
    setPlan(planDoc, { marginMm: 0.9 });
    planEnd = await append("plan", planDoc, Number(plan.seq), planEnd);
    expect([await make() === first, await ofDraft()]).toEqual([false, 2]);
    const events = await bench.db.execute<{ action: string; actor_id: string }>(sql`select action, actor_id from audit_event where action like 'package.%' and object ? 'draft' order by id`);
    expect(events.map(({ action }) => action)).toEqual(["package.asked", "package.made", "package.asked", "package.made", "package.asked", "package.made"]);
  }, 300_000);

  it("RV6: a prescription of another material than the plan's is refused, and the review tells the plan's own", async () => {
    const expectedNumber = (await listVersions(bench.db, bench.caseId))[0].number + 1;
    const { jobId } = await askFreeze(bench.db, "engineer", bench.caseId, { expectedNumber, prescription: { ...prescription, material: "Ti-6Al-4V ELI, laser powder bed" }, acknowledgements: [] });
    await freezeJob(jobId, true, "1.0", bench.db, bench.blobs);
    const { jobs, versions, draft } = await readReview(bench.db, bench.caseId);
    expect([jobs.find(({ id }) => id === jobId)?.error, versions.length]).toEqual([expect.stringMatching(/says «Ti-6Al-4V ELI, laser powder bed», and the plan.*«PEEK, machined»/), expectedNumber - 1]);
    expect(draft).toEqual({ material: "PEEK, machined", blockedFindings: 2 });
  });

  it("RV3: the chain of a case with versions, signatures, judgements, an overridden finding and packages is whole", async () => {
    const kinds = await bench.db.execute<{ action: string }>(sql`select distinct action from audit_event where case_id = ${bench.caseId}`);
    expect(kinds.map(({ action }) => action)).toEqual(expect.arrayContaining(["version.frozen", "signature.added", "report.judged", "finding.overridden", "package.made"]));
    expect(await verifyCaseAudit(bench.db, bench.caseId)).toMatchObject({ fault: null, workspaceBrokenAt: null });
  });

  it("RV2: no implant is frozen in another's place: of two implants, or of one whose plan breaks a rule, the job says what is to be done", async () => {
    const expectedNumber = (await listVersions(bench.db, bench.caseId))[0].number + 1;
    let seq = Number((await bench.db.execute<{ seq: string }>(sql`select max(seq) as seq from draft_log where document = 'plan'`))[0].seq);
    const refused = async (change: () => void): Promise<string> => {
      change();
      planEnd = await append("plan", planDoc, seq++, planEnd);
      await freezeNow(expectedNumber);
      const { jobs } = await readReview(bench.db, bench.caseId);
      expect((await listVersions(bench.db, bench.caseId)).length).toBe(expectedNumber - 1);
      return jobs.map(({ error }) => error ?? "").join(" ");
    };
    expect(await refused(() => { planParametersOf(planDoc).set(planKey("implant2", "family"), "cranial"); planParametersOf(planDoc).set(planKey("implant2", "bone"), 1); })).toContain("The plan holds 2 implants");
    expect(await refused(() => { planParametersOf(planDoc).set(planKey("implant2", "isRemoved"), true); setPlan(planDoc, { marginMm: 50 }); })).toContain("plan breaks a rule");
  });
});

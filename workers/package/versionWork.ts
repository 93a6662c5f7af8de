import type { ScanPlace } from "../../core/checks/scanPlace.ts";
import type { ImplantReport } from "../../core/implant/cranial/build.ts";
import { decodeLabelmap, denseLabels, type Labelmap } from "../../core/mask/labelmap.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { labelDifference, planDifference } from "../../core/review/difference.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import { materialConflict } from "../../core/review/material.ts";
import { sideConflict } from "../../core/review/side.ts";
import { voxelVolumeMm3 } from "../../core/space/grid.ts";
import type { Blobs } from "../../server/platform/blobs.ts";
import type { Db } from "../../server/platform/db.ts";
import { recordResult, resultOf } from "../../server/record/artifacts.ts";
import { readCase } from "../../server/record/cases.ts";
import { sourceHashOf } from "../../server/record/caseSource.ts";
import { readReport, scanOfCase } from "../../server/record/ctReport.ts";
import { Impossible } from "../../server/record/members.ts";
import { type DraftPackageRequest, recordDraftPackage } from "../../server/record/draftPackages.ts";
import { listSegments } from "../../server/record/segments.ts";
import { beginVersionJob, draftNumber, endVersionJob, type FreezeRequest, recordPackage, tellStage, type VersionDifference, packageVolumeOf } from "../../server/record/versionJobs.ts";
import { authorsBetween, freezeVersion, planOfLog, readVersion } from "../../server/record/versions.ts";
import { log } from "../../server/platform/log.ts";
import { CommandRefused, sha256 } from "../cli/command.ts";
import { inThread } from "../inThread.ts";
import { designNodes } from "./designNodes.ts";
import type { DicomAnswer } from "./dicomThread.ts";
import type { DifferenceAnswer, DifferenceQuestion, DifferenceSide } from "./differenceThread.ts";
import { type DicomInputs, dicomStlsOf, isDicomStl } from "./dicomPart.ts";
import { draftPackageNode } from "./draftPackage.ts";
import type { DesignAnswer, DesignQuestion } from "./designThread.ts";
import { inputsAt, type PrefixInputs } from "./fromRecord.ts";
import type { PackageAnswer, PackageQuestion } from "./packageThread.ts";
import { alwaysLeftOut, plainGrid, planBytes } from "./recipe.ts";
import { graphSurfaces } from "./surfaces.ts";

/** What was computed of a plan, a labelmap and a CT: names, nodes and hashes; or why no implant could be made of them. */
type Evidence = Pick<Manifest, "artifacts" | "reports" | "leftOut"> & { refusal: string | null };

const threadTimeoutMs = 10 * 60_000;

/** JB2: the design of these inputs, computed once. @param stage is told what is being made */
async function evidenceOf(db: Db, blobs: Blobs, caseId: string, { plan, labelmap, labelmapHash, scan }: PrefixInputs & { scan: { place: ScanPlace; hash: string } | null }, volumeHash: string, segments: NonNullable<Manifest["segments"]>, stage: (text: string) => void): Promise<Evidence> {
  if (!plan) return { artifacts: [], reports: [], leftOut: [], refusal: null };
  const inputs = { plan: sha256(planBytes(plan)), labelmap: labelmapHash, volume: volumeHash, ...scan && { scan: scan.hash }, segments: sha256(canonicalBytes(segments.map(({ value, name, iso }) => ({ value, name, ...iso !== undefined && { iso } })))) };
  const key = sha256(canonicalBytes([designNodes.join("+"), inputs]));
  const known = await resultOf(db, key);
  if (known !== null) return JSON.parse(new TextDecoder().decode(await blobs.get(known))) as Evidence;
  const begin = performance.now(), labels = denseLabels(labelmap), graphMeshes = await graphSurfaces(labelmap, labels, segments, volumeHash, blobs, (one) => resultOf(db, one));
  const question: DesignQuestion = { plan, grid: labelmap.grid, labels, volume: await blobs.get(volumeHash), volumeHash, scan: scan && scan.place, segments, graphMeshes };
  const said = await inThread<DesignAnswer>(new URL("./designThread.ts", import.meta.url), question, threadTimeoutMs, stage);
  const evidence: Evidence = "refusal" in said ? { artifacts: [], reports: [], leftOut: [], refusal: said.refusal } : { artifacts: said.design.artifacts, reports: said.design.reports, leftOut: said.design.leftOut, refusal: null };
  if ("design" in said) for (const bytes of said.design.files.values()) await blobs.put(bytes);
  const blobHash = await blobs.put(canonicalBytes(evidence));
  await recordResult(db, caseId, { key, node: designNodes[0], inputs, blobHash, facts: { refusal: evidence.refusal }, ms: Math.round(performance.now() - begin) });
  return evidence;
}

/** The version's DICOM files, into the blob store. */
async function dicomOf(blobs: Blobs, { labelmap, labelmapHash }: PrefixInputs, sourceHash: string, segments: NonNullable<Manifest["segments"]>, at: string, artifacts: Manifest["artifacts"]): Promise<Manifest["artifacts"]> {
  const stls = new Map<string, Uint8Array>();
  for (const { name, sha256: hash } of artifacts) if (isDicomStl(name)) stls.set(name, await blobs.get(hash));
  const question: DicomInputs = { grid: labelmap.grid, labels: denseLabels(labelmap), source: { bytes: await blobs.get(sourceHash), hash: sourceHash }, labelmap: labelmapHash, segments, at, stls: dicomStlsOf(artifacts, (name) => stls.get(name)) };
  const { parts } = await inThread<DicomAnswer>(new URL("./dicomThread.ts", import.meta.url), question, threadTimeoutMs), made: Manifest["artifacts"] = [];
  for (const { path, node, inputs, bytes } of parts) made.push({ name: path, node, inputs, sha256: await blobs.put(bytes) });
  return made;
}

/** The CT report as evidence: its findings with the overrides that stand, and whether a blocked one is left. */
async function ctEvidence(db: Db, blobs: Blobs, caseId: string, volume: string): Promise<{ report: Manifest["reports"][number]; overrides: Manifest["acknowledgements"] }> {
  const { findings } = await readReport(db, caseId);
  const content = canonicalBytes(JSON.parse(JSON.stringify({ check: "ctQuality", volume, findings })));
  const isBlocked = findings.some(({ severity, override }) => severity === "blocked" && override === null);
  const overrides = findings.flatMap(({ code, override }) => (override ? [{ of: `CT finding ${code}`, reason: override.reason, by: override.by, at: override.at }] : []));
  return { report: { check: "ctQuality", node: "ctReport@1", inputs: { volume }, sha256: await blobs.put(content), verdict: isBlocked ? "fail" : "pass" }, overrides };
}

/** What a version's content is for the comparison: its inputs, and where its implant is stored. */
interface Content extends PrefixInputs { artifacts: Manifest["artifacts"] }

async function differenceOf(db: Db, blobs: Blobs, caseId: string, number: number, logs: Manifest["logs"], { plan, labelmap, labelmapBytes, artifacts }: Content): Promise<VersionDifference> {
  const before = number > 1 ? await readVersion(db, caseId, number - 1) : null, end = (document: string) => before?.manifest.logs.find((log) => log.document === document)?.seq ?? 0;
  const oldBytes = before && await blobs.get(before.manifest.labelmap), old: Labelmap = oldBytes ? decodeLabelmap(oldBytes) : { grid: labelmap.grid, bricks: new Map() };
  const oldPlan = before ? (await planOfLog(db, caseId, end("plan"))).plan : null, mm3 = voxelVolumeMm3(labelmap.grid), segments = await listSegments(db, caseId);
  return {
    since: before ? number - 1 : null, parameters: plan ? planDifference(oldPlan, plan) : [],
    segments: labelDifference(old, labelmap).map(({ value, added, removed }) => ({ value, name: segments.find((one) => one.value === value)?.name ?? `Segment ${value}`, addedMm3: added * mm3, removedMm3: removed * mm3 })),
    people: await authorsBetween(db, caseId, logs.map(({ document, seq }) => ({ document, after: end(document), to: seq }))),
    picture: before && oldBytes && await pictureOf(blobs, { labelmap: oldBytes, artifacts: before.manifest.artifacts }, { labelmap: labelmapBytes, artifacts }, plan?.bone ?? oldPlan?.bone ?? null),
  };
}

/** The picture of what differs between two versions, into the blob store; null where nothing of it can be seen, undefined where it could not be drawn. */
async function pictureOf(blobs: Blobs, before: { labelmap: Uint8Array; artifacts: Manifest["artifacts"] }, after: typeof before, bone: number | null): Promise<VersionDifference["picture"]> {
  const sideOf = async ({ labelmap, artifacts }: typeof before): Promise<DifferenceSide> => {
    const hash = artifacts.find(({ name }) => name === "implant/implant.stl")?.sha256;
    return { labelmap, implant: hash === undefined ? null : await blobs.get(hash) };
  };
  const question: DifferenceQuestion = { before: await sideOf(before), after: await sideOf(after), bone };
  try {
    const { png, shown } = await inThread<DifferenceAnswer>(new URL("./differenceThread.ts", import.meta.url), question, threadTimeoutMs);
    return png && { sha256: await blobs.put(png), shown };
  } catch (error) {
    // The numbers beside it say the same: a version is not lost for its picture.
    log("warn", "version.noDifferencePicture", { reason: error instanceof Error ? error.message : "unknown" });
    return undefined;
  }
}

/** Ends a job with a sentence for people; what is our own fault is tried again by the queue. */
async function failWith(db: Db, jobId: string, error: unknown, isLastAttempt: boolean): Promise<void> {
  const isForPeople = error instanceof Impossible || error instanceof CommandRefused;
  if (!isForPeople && !isLastAttempt) throw error;
  await db.transaction((tx) => endVersionJob(tx, jobId, { error: isForPeople ? error.message : `This failed for a reason of our own (id ${jobId}). Nothing was changed; try again or tell the administrator the id.` }));
  if (!isForPeople) throw error;
}

/** The job `freeze`: folds the prefix that was taken down, computes what belongs to it, and writes the version. */
export async function freezeJob(jobId: string, isLastAttempt: boolean, appVersion: string, db: Db, blobs: Blobs): Promise<void> {
  const job = await beginVersionJob(db, jobId);
  if (!job) return;
  const { caseId, number, requestedBy } = job, { logs, segments = [], ...freeze } = job.request as unknown as FreezeRequest, at = job.createdAt;
  const stage = (text: string): void => { tellStage(db, jobId, text).catch(() => undefined); };
  try {
    stage("masks");
    const { volumeHash } = await readCase(db, caseId);
    if (!volumeHash) throw new Impossible("The case has no CT.");
    const { refusal: unfit } = await planOfLog(db, caseId, logs.find(({ document }) => document === "plan")?.seq ?? 0);
    if (unfit !== null) throw new Impossible(unfit);
    const inputs = await inputsAt(db, blobs, caseId, logs);
    const otherMaterial = freeze.prescription && inputs.plan && materialConflict(freeze.prescription.material, inputs.plan.material);
    if (otherMaterial) throw new Impossible(otherMaterial);
    await blobs.put(inputs.labelmapBytes);
    const place = await scanOfCase(db, caseId), scan = place && { place, hash: await blobs.put(canonicalBytes(place)) };
    const { artifacts, reports, leftOut, refusal } = await evidenceOf(db, blobs, caseId, { ...inputs, scan }, volumeHash, segments, stage);
    stage("record");
    const implantFile = artifacts.find(({ name }) => name === "implant/report.json");
    if (implantFile && freeze.prescription) {
      const conflict = sideConflict(freeze.prescription.side, JSON.parse(new TextDecoder().decode(await blobs.get(implantFile.sha256))) as ImplantReport);
      if (conflict !== null) throw new Impossible(conflict);
    }
    stage("DICOM");
    const source = await sourceHashOf(db, caseId), dicom = source === null || refusal !== null || artifacts.length === 0 ? [] : await dicomOf(blobs, inputs, source, segments, at.toISOString(), artifacts);
    const difference = await differenceOf(db, blobs, caseId, number, logs, { ...inputs, artifacts }), ct = await ctEvidence(db, blobs, caseId, volumeHash);
    await freezeVersion(db, requestedBy, caseId, freeze, {
      logs, grid: plainGrid(inputs.labelmap.grid), volume: volumeHash, labelmap: inputs.labelmapHash, plan: inputs.plan && sha256(planBytes(inputs.plan)), segments, source, ...scan && { scan: scan.hash }, at,
      artifacts: [...artifacts, ...dicom],
      reports: [...reports, ct.report], overrides: ct.overrides,
      leftOut: [...alwaysLeftOut(source !== null, "the CT did not come from a DICOM series"), ...leftOut, ...(refusal === null ? [] : [{ what: "Implant", why: refusal.slice(0, 200) }])],
      shown: { plan: inputs.plan, difference },
    }, appVersion, jobId);
  } catch (error) {
    await failWith(db, jobId, error, isLastAttempt);
  }
}

/** The job `package`: a package of a version, or of the draft, into the blob store. */
export async function packageJob(jobId: string, isLastAttempt: boolean, appVersion: string, db: Db, blobs: Blobs): Promise<void> {
  const job = await beginVersionJob(db, jobId);
  if (!job) return;
  const { caseId, number, requestedBy } = job, volume = packageVolumeOf(job.request), draft = number === draftNumber ? job.request as unknown as DraftPackageRequest : null, begin = performance.now();
  const question: PackageQuestion = draft ? { caseId, draft, appVersion } : { caseId, number, volume };
  try {
    const made = await inThread<PackageAnswer>(new URL("./packageThread.ts", import.meta.url), question, threadTimeoutMs, (text) => { tellStage(db, jobId, text).catch(() => undefined); });
    if ("refusal" in made) throw new Impossible(made.refusal);
    const blobHash = await blobs.put(made.bytes);
    const result = { blobHash, bytes: made.bytes.length, manifestHash: made.manifestHash, files: made.files };
    if (draft && made.made) await recordDraftPackage(db, jobId, requestedBy, caseId, { draft, result, node: draftPackageNode, ...made.made, ms: Math.round(performance.now() - begin) });
    else await recordPackage(db, jobId, requestedBy, caseId, { number, volume, result });
  } catch (error) {
    await failWith(db, jobId, error, isLastAttempt);
  }
}

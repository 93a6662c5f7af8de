import { gzipSync } from "fflate";
import * as Y from "yjs";
import { followMasks } from "../../core/draft/masksDoc.ts";
import { denseLabels, encodeLabelmap } from "../../core/mask/labelmap.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import type { CranialPlan } from "../../core/implant/plan.ts";
import { encodeManifest } from "../../core/review/manifest.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { createHash } from "node:crypto";
import { artifact } from "../../drizzle/schema.ts";
import { type Blobs, openBlobs } from "../../server/platform/blobs.ts";
import { type Db, openDatabase } from "../../server/platform/db.ts";
import { parseSettings } from "../../server/platform/settings.ts";
import { caseEvents } from "../../server/record/audit.ts";
import { gridOf, updatesAfter } from "../../server/record/builds.ts";
import { Impossible } from "../../server/record/members.ts";
import { signaturesOf } from "../../server/record/signatures.ts";
import { type FrozenVersion, planOfLog, readVersion } from "../../server/record/versions.ts";
import { openWorkspaceKey, type WorkspaceKey } from "../../server/record/workspaceKey.ts";
import { inputRefused, readLabels, sha256 } from "../cli/command.ts";
import { packagePaths, sealedPackage } from "./contents.ts";
import { makeArtifacts, planBytes, type Recipe } from "./recipe.ts";

/** The inputs that a version names, made again from the logs. @throws CommandRefused where they do not give the version's hashes */
async function inputsAt(db: Db, blobs: Blobs, caseId: string, logs: FrozenVersion["manifest"]["logs"]): Promise<{ plan: CranialPlan; labelsFile: Uint8Array; labelmap: string }> {
  const end = (document: string) => logs.find((log) => log.document === document)?.seq ?? 0;
  const grid = await gridOf(db, caseId), { plan } = await planOfLog(db, caseId, end("plan"));
  if (!grid || !plan) throw inputRefused("no-plan", "The version has no CT or no plan of an implant; there is nothing to package.");
  const doc = new Y.Doc(), fold = new MaskFold(grid);
  followMasks(doc, fold);
  for (const { seq, update } of await updatesAfter(db, caseId, 0)) if (seq <= end("masks")) Y.applyUpdate(doc, update);
  for (const hash of fold.blobNeeded()) fold.addBlob(hash, await blobs.get(hash));
  const labelmap = fold.labelmap();
  const labelsFile = gzipSync(encodeNifti({ grid, data: denseLabels(labelmap) }), { level: 6, mtime: "1980-01-01T00:00:00" });
  return { plan, labelsFile, labelmap: sha256(encodeLabelmap(labelmap)) };
}

async function recipeOf(labelsFile: Uint8Array, rest: Omit<Parameters<typeof makeArtifacts>[0], "grid" | "labels">, say: (text: string) => void): Promise<Recipe> {
  const { grid, hu } = readLabels(labelsFile, packagePaths.labels);
  return makeArtifacts({ ...rest, grid, labels: Uint8Array.from(hu) }, say);
}

/**
 * Computes the package's artifacts and reports of a case's draft as it is in the logs and stores them, so that a version
 * frozen now names them. Nothing is computed twice under one key: the same inputs give the same rows.
 */
export async function storeEvidence(db: Db, blobs: Blobs, caseId: string, logs: FrozenVersion["manifest"]["logs"], volumeHash: string, appVersion: string): Promise<Recipe> {
  const { plan, labelsFile } = await inputsAt(db, blobs, caseId, logs);
  const recipe = await recipeOf(labelsFile, { plan, volumeHash, sourceHash: null, version: null, prescription: null, acknowledgements: [], logs: [], appVersion }, () => undefined);
  for (const { name, node, inputs, sha256: hash } of recipe.manifest.artifacts) {
    if (name === packagePaths.report) continue; // tells of the version, which is not there yet
    await blobs.put(recipe.files.get(name)!);
    const report = recipe.manifest.reports.find((one) => one.sha256 === hash);
    const key = createHash("sha256").update(artifactName(node, name, inputs)).digest("hex");
    await db.insert(artifact).values({ key, node, inputs, blobHash: hash, facts: { path: name, ...(report && { check: report.check, verdict: report.verdict }) }, ms: 0 }).onConflictDoNothing();
  }
  return recipe;
}
const artifactName = (node: string, name: string, inputs: Record<string, string>): string => JSON.stringify([node, name, Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** The package of a frozen version: rebuilt from the logs, proven to be what was signed, with signatures and audit events. */
export async function assemblePackage(db: Db, blobs: Blobs, key: WorkspaceKey, caseId: string, number: number, withoutVolume: boolean, appVersion: string, say: (text: string) => void): Promise<{ bytes: Uint8Array; manifestHash: string; files: string[] }> {
  const { id, manifest, manifestHash } = await readVersion(db, caseId, number);
  const { plan, labelsFile, labelmap } = await inputsAt(db, blobs, caseId, manifest.logs);
  if (labelmap !== manifest.labelmap || sha256(planBytes(plan)) !== manifest.plan || manifest.volume === null) throw inputRefused("log-differs", "The logs do not give the labelmap and plan that the version names. The log was altered, or the version is of another case.");
  const recipe = await recipeOf(labelsFile, { plan, volumeHash: manifest.volume, sourceHash: manifest.source, version: manifest.version, prescription: manifest.prescription, acknowledgements: manifest.acknowledgements, logs: manifest.logs, appVersion }, say);
  const { files } = recipe;
  for (const { name, sha256: hash } of manifest.artifacts) {
    const bytes = files.get(name);
    if (!bytes || sha256(bytes) !== hash) throw inputRefused("rebuild-differs", `${name} computed again is not what the version names: this is another version of Caseroom than the one that made it.`, { file: name, signedWith: manifest.app.version });
  }
  files.set(packagePaths.manifest, encodeManifest(manifest));
  files.set(packagePaths.plan, planBytes(plan));
  files.set(packagePaths.labels, labelsFile);
  if (!withoutVolume) files.set(packagePaths.volume, await blobs.get(manifest.volume));
  const { signatures, enrolments } = await signaturesOf(db, id), auditEvents = await caseEvents(db, caseId), last = auditEvents.at(-1);
  const head = { format: "caseroom audit head 1" as const, caseId, count: auditEvents.length, hash: last?.hash ?? "", at: last?.at ?? manifest.version!.frozenAt };
  const bytes = sealedPackage(files, manifestHash, { publicKey: key.publicKey, signatures, enrolments, auditHead: { statement: head, countersignature: key.countersign(head) }, auditEvents, seal: (contents) => key.countersign(contents) });
  return { bytes, manifestHash, files: [...files.keys()].sort() };
}

/** `package --case ID --version N`, against the database that the environment names. */
export async function packageOfVersion(caseId: string, number: number, withoutVolume: boolean, appVersion: string, say: (text: string) => void) {
  const settings = parseSettings(process.env), { db, close } = openDatabase(settings.databaseUrl);
  try {
    return await assemblePackage(db, openBlobs(`${settings.dataDir}/blobs`), openWorkspaceKey(settings.dataDir), caseId, number, withoutVolume, appVersion, say);
  } catch (error) {
    if (error instanceof Impossible) throw inputRefused("no-version", error.message);
    throw error;
  } finally {
    await close();
  }
}

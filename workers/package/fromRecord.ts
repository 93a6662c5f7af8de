import { eq } from "drizzle-orm";
import { caseTable } from "../../drizzle/schema.ts";
import type { CheckReport } from "../../core/checks/criteria.ts";
import type { ImplantReport } from "../../core/implant/cranial/build.ts";
import type { CranialPlan } from "../../core/implant/plan.ts";
import { denseLabels, encodeLabelmap, type Labelmap } from "../../core/mask/labelmap.ts";
import { encodeManifest } from "../../core/review/manifest.ts";
import type { PackageVolume } from "../../core/review/packageVolume.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { BlobMissing, type Blobs, openBlobs } from "../../server/platform/blobs.ts";
import type { Db } from "../../server/platform/db.ts";
import { caseEvents } from "../../server/record/audit.ts";
import { gridOf, updatesAfter } from "../../server/record/builds.ts";
import { DraftReading } from "../../server/record/draftBase.ts";
import { Impossible } from "../../server/record/members.ts";
import { signaturesOf } from "../../server/record/signatures.ts";
import { type FrozenVersion, planOfLog, readVersion } from "../../server/record/versions.ts";
import { openWorkspaceKey, type WorkspaceKey } from "../../server/record/workspaceKey.ts";
import { inputRefused, readNifti, sha256 } from "../cli/command.ts";
import { withDatabase } from "../cli/database.ts";
import { packagePaths, sealedPackage } from "./contents.ts";
import { addCovered, defacedVolume, type DefacedVolume } from "./defacedVolume.ts";
import { planBytes, reportOf, showsFace } from "./recipe.ts";
import { testimonyOf } from "./testimony.ts";

/** The inputs that a prefix of a case's logs gives. `labelmapHash` names the labelmap as a manifest does. */
export interface PrefixInputs { plan: CranialPlan | null; labelmap: Labelmap; labelmapBytes: Uint8Array; labelmapHash: string }

/** Folds a prefix of a case's logs. @throws CommandRefused where there is no CT */
export async function inputsAt(db: Db, blobs: Blobs, caseId: string, logs: FrozenVersion["manifest"]["logs"]): Promise<PrefixInputs> {
  const end = (document: string) => logs.find((log) => log.document === document)?.seq ?? 0;
  const grid = await gridOf(db, caseId), { plan } = await planOfLog(db, caseId, end("plan"));
  if (!grid) throw inputRefused("no-volume", "The case has no CT; there is nothing to package.");
  const reading = await DraftReading.begin(db, blobs, caseId, grid, end("masks"));
  await reading.add((await updatesAfter(db, caseId, reading.seq)).filter(({ seq }) => seq <= end("masks")), blobs);
  const labelmap = reading.fold.labelmap(), labelmapBytes = encodeLabelmap(labelmap);
  reading.doc.destroy();
  return { plan, labelmap, labelmapBytes, labelmapHash: sha256(labelmapBytes) };
}

/** The labelmap as its file in a package: the same labelmap, the same bytes. */
export const labelsFileOf = (labelmap: Labelmap): Uint8Array => packedNifti({ grid: labelmap.grid, data: denseLabels(labelmap) });

const jsonOf = <T>(bytes: Uint8Array | undefined, path: string): T => {
  if (!bytes) throw inputRefused("no-implant", `The version has no ${path}: it was frozen without an implant that could be built. There is nothing to package.`);
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
};

/**
 * The package of a frozen version: its inputs folded again from the logs and proven to be what was signed, its artifacts
 * from the blob store by their hashes, with signatures and audit events. @throws CommandRefused, Impossible
 */
export async function assemblePackage(db: Db, blobs: Blobs, key: WorkspaceKey, caseId: string, number: number, volume: PackageVolume, say: (text: string) => void): Promise<{ bytes: Uint8Array; manifestHash: string; files: string[] }> {
  say("reading");
  const { id, manifest, manifestHash } = await readVersion(db, caseId, number);
  const { plan, labelmap, labelmapHash } = await inputsAt(db, blobs, caseId, manifest.logs);
  if (!plan || manifest.version === null) throw inputRefused("no-plan", "The version has no plan of an implant; there is nothing to package.");
  if (labelmapHash !== manifest.labelmap || sha256(planBytes(plan)) !== manifest.plan || manifest.volume === null) throw inputRefused("log-differs", "The logs do not give the labelmap and plan that the version names. The log was altered, or the version is of another case.");
  const files = new Map<string, Uint8Array>();
  const stored = async (name: string, hash: string): Promise<void> => {
    try {
      files.set(name, await blobs.get(hash));
    } catch (error) {
      if (!(error instanceof BlobMissing)) throw error;
      throw inputRefused("blob-missing", `${name} is not in the blob store any more. Restore the store from its backup.`, { file: name, sha256: hash });
    }
  };
  say("files");
  for (const { name, sha256: hash } of manifest.artifacts) if (volume !== "defaced" || !showsFace(name, [])) await stored(name, hash);
  for (const { check, sha256: hash } of manifest.reports) await stored(`checks/${check}.json`, hash);
  files.set(packagePaths.plan, planBytes(plan));
  files.set(packagePaths.labels, labelsFileOf(labelmap));
  if (volume !== "none") await stored(packagePaths.volume, manifest.volume);
  let defaced: DefacedVolume["statement"] | undefined;
  const ct = volume === "defaced" ? files.get(packagePaths.volume) : undefined;
  if (ct) {
    say("face");
    const made = defacedVolume({ grid: manifest.grid, hu: readNifti(ct, packagePaths.volume).hu as Int16Array<ArrayBuffer>, labels: denseLabels(labelmap), plan, volumeHash: manifest.volume, labelmap: labelmapHash, implant: files.get("implant/implant.stl") });
    defaced = made.statement;
    files.delete(packagePaths.volume);
    addCovered(files, made);
    for (const name of [...files.keys()]) if (showsFace(name, defaced.labels?.segments ?? [])) files.delete(name);
  }
  if (manifest.source !== null) await stored(packagePaths.source, manifest.source);
  if (manifest.scan !== undefined) await stored(packagePaths.scan, manifest.scan);
  const { signatures, enrolments } = await signaturesOf(db, id), auditEvents = await caseEvents(db, caseId), last = auditEvents.at(-1);
  say("report");
  const implant = jsonOf<ImplantReport>(files.get("implant/report.json"), "implant"), stl = files.get("implant/implant.stl");
  const checks = ["fit", "print", "soundness"].map((check) => jsonOf<CheckReport>(files.get(`checks/${check}.json`), `report ${check}`));
  const told = testimonyOf(manifest, signatures.map(({ statement }) => statement), auditEvents);
  files.set(packagePaths.report, await reportOf({ implant, checks, labelmap: labelmapHash, planHash: manifest.plan, implantHash: stl ? sha256(stl) : "", picture: (name) => files.get(name), ...told }, { ...manifest, plan, volumeHash: manifest.volume }));
  files.set(packagePaths.manifest, encodeManifest(manifest));
  say("packing");
  const head = { format: "caseroom audit head 1" as const, caseId, count: auditEvents.length, hash: last?.hash ?? "", at: last?.at ?? manifest.version.frozenAt };
  const bytes = sealedPackage(files, manifestHash, { publicKey: key.publicKey, signatures, enrolments, auditHead: { statement: head, countersignature: key.countersign(head) }, auditEvents, seal: (contents) => key.countersign(contents) }, defaced);
  return { bytes, manifestHash, files: [...files.keys()].sort() };
}

/** `package --case ID --version N`, against the database that the environment names, or the embedded one that runs. */
export function packageOfVersion(caseIdOrCode: string, number: number, volume: PackageVolume, say: (text: string) => void) {
  return withDatabase(async (db, settings) => {
    const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(caseIdOrCode);
    const [own] = await db.select({ id: caseTable.id }).from(caseTable).where(isUuid ? eq(caseTable.id, caseIdOrCode) : eq(caseTable.code, caseIdOrCode));
    if (!own) throw inputRefused("no-case", `There is no case ${caseIdOrCode} in this database.`);
    return await assemblePackage(db, openBlobs(`${settings.dataDir}/blobs`), openWorkspaceKey(settings.dataDir), own.id, number, volume, say).catch((error: unknown) => {
      throw error instanceof Impossible ? inputRefused("no-version", error.message) : error;
    });
  });
}

import { ImplantRefused } from "../../core/implant/refusal.ts";
import { denseLabels } from "../../core/mask/labelmap.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { openBlobs } from "../../server/platform/blobs.ts";
import { resultOf } from "../../server/record/artifacts.ts";
import { readCase } from "../../server/record/cases.ts";
import { sourceHashOf } from "../../server/record/caseSource.ts";
import { scanOfCase } from "../../server/record/ctReport.ts";
import { type DraftPackageRequest, knownDraftPackage } from "../../server/record/draftPackages.ts";
import { inputRefused, readNifti, sha256 } from "../cli/command.ts";
import { withDatabase } from "../cli/database.ts";
import { packagePaths, sealedPackage } from "./contents.ts";
import { addCovered, type DefacedVolume, defacedVolume } from "./defacedVolume.ts";
import { packagedNodes } from "./designNodes.ts";
import { inputsAt, labelsFileOf } from "./fromRecord.ts";
import { makeArtifacts, planBytes } from "./recipe.ts";
import { graphSurfaces } from "./surfaces.ts";

/** Name and version of the node of the graph that packs a draft. */
export const draftPackageNode = "draftPackage@2";
/** A package of a draft, with the key and the inputs under which the graph knows it. */
export interface DraftPackage { bytes: Uint8Array; manifestHash: string; files: number; key: string; inputs: Record<string, string> }

/** What the graph knows a draft's package by. @param nodes that make what is in it: by another version of one it is another package */
export const draftPackageKey = (volume: DraftPackageRequest["volume"], inputs: Record<string, string>, appVersion: string, nodes: readonly string[] = packagedNodes): string =>
  sha256(canonicalBytes([draftPackageNode, nodes, appVersion, volume, inputs]));

/**
 * The package of a case's draft: a prefix of its logs folded, and everything computed of it, as a package of plain files is;
 * no signatures, no audit events. The same prefix by the same nodes, the same bytes: one that was made before is taken as it is (JB2).
 * @throws CommandRefused where there is nothing to pack; `no-database` where the database is not there
 */
export function draftPackage(caseId: string, { volume: kept, logs, segments }: DraftPackageRequest, appVersion: string, say: (text: string) => void): Promise<DraftPackage> {
  return withDatabase(async (db, settings) => {
    const blobs = openBlobs(`${settings.dataDir}/blobs`);
    say("reading");
    const { volumeHash } = await readCase(db, caseId), { plan, labelmap, labelmapHash } = await inputsAt(db, blobs, caseId, logs), source = await sourceHashOf(db, caseId), scan = await scanOfCase(db, caseId);
    if (!plan || !volumeHash) throw inputRefused("no-plan", "There is no plan of an implant yet, and a package is about one. Masks and surfaces go out one by one, above.");
    const inputs = { plan: sha256(planBytes(plan)), labelmap: labelmapHash, volume: volumeHash, logs: sha256(canonicalBytes(logs)), segments: sha256(canonicalBytes(segments)), ...source !== null && { source }, ...scan && { scan: sha256(canonicalBytes(scan)) } };
    const key = draftPackageKey(kept, inputs, appVersion), known = await knownDraftPackage(db, key);
    if (known && await blobs.has(known.blobHash)) return { bytes: await blobs.get(known.blobHash), manifestHash: known.manifestHash, files: known.files, key, inputs };
    const file = await blobs.get(volumeHash), sourceFile = source === null ? null : await blobs.get(source), { grid } = labelmap, labels = denseLabels(labelmap), hu = readNifti(file, packagePaths.volume).hu as Int16Array<ArrayBuffer>;
    const graphMeshes = await graphSurfaces(labelmap, labels, segments ?? [], volumeHash, blobs, (one) => resultOf(db, one));
    let covered: DefacedVolume | undefined;
    const cover = (implant: Uint8Array): readonly number[] => {
      say("face");
      covered = defacedVolume({ grid, hu, labels, plan, volumeHash, labelmap: labelmapHash, implant });
      return covered.statement.labels?.segments ?? [];
    };
    const { files, manifestHash } = await makeArtifacts({
      graphMeshes, plan, grid, labels, hu, scan, volumeHash, source: sourceFile, segments, ...kept === "defaced" && { underCover: cover }, version: null, prescription: null, acknowledgements: [], logs, told: { signatures: [], judgements: [] }, appVersion,
    }, say);
    files.set(packagePaths.plan, planBytes(plan));
    if (sourceFile) files.set(packagePaths.source, sourceFile);
    if (kept === "whole") files.set(packagePaths.volume, file);
    if (covered) addCovered(files, covered);
    if (!covered?.labelsFile) files.set(packagePaths.labels, labelsFileOf(labelmap));
    say("packing");
    return { bytes: sealedPackage(files, manifestHash, null, covered?.statement), manifestHash, files: files.size, key, inputs };
  }).catch((error: unknown) => {
    throw error instanceof ImplantRefused ? inputRefused(error.code, error.message, error.details) : error;
  });
}

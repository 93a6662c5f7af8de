import type { CranialPlan } from "../../core/implant/plan.ts";
import type { ContentsStatement } from "../../core/review/statements.ts";
import type { Grid } from "../../core/space/grid.ts";
import { decodeStl } from "../../core/surface/stl.ts";
import { deface, defaceNode } from "../../core/volume/deface.ts";
import { DeriveError } from "../../core/volume/deriveError.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { voxelsNear } from "../../core/volume/voxelsNear.ts";
import { inputRefused, sha256 } from "../cli/command.ts";
import { packagePaths } from "./contents.ts";

/** Nothing within this many mm of the implant is covered, along each axis. */
export const implantRoundMm = 10;

/** `labelsFile`: the labelmap where segments reach under the cover, without what they have there; null where none does. */
export interface DefacedVolume { file: Uint8Array; labelsFile: Uint8Array | null; statement: NonNullable<ContentsStatement["defaced"]> }

/** Puts the covered CT, and where there is one the labelmap without what lies under the cover, among a package's files. */
export function addCovered(files: Map<string, Uint8Array>, { file, labelsFile }: DefacedVolume): void {
  files.set(packagePaths.defaced, file);
  if (labelsFile) files.set(packagePaths.defacedLabels, labelsFile);
}

/**
 * The CT of a package with its face covered. Bone, what the labelmap says is bone or defect, and what lies round the implant
 * stays voxel for voxel. What other segments have under the cover shows the face as the CT does, and is taken out of the labelmap.
 * Same inputs, same bytes. @param volumeHash of the CT's own file @param labelmap hash of the whole labelmap @param implant its STL
 * @throws CommandRefused where no face is found
 */
export function defacedVolume({ grid, hu, labels, plan, volumeHash, labelmap, implant }: { grid: Grid; hu: Int16Array<ArrayBuffer>; labels: Uint8Array; plan: CranialPlan; volumeHash: string; labelmap: string; implant: Uint8Array | undefined }): DefacedVolume {
  const keep = implant ? voxelsNear(grid, decodeStl(implant).positions, implantRoundMm) : new Uint8Array(labels.length);
  for (let at = 0; at < labels.length; at++) if (labels[at] !== 0 && (labels[at] === plan.bone || labels[at] === plan.region)) keep[at] = 1;
  try {
    const { facts: { regionMl, leastShiftMm, medianShiftMm, cutShare }, hu: shown, covered } = deface({ grid, hu }, keep), file = packedNifti({ grid, data: shown });
    const left = labels.slice(), isUnder = new Uint8Array(256);
    for (let at = 0; at < left.length; at++) if (covered[at] !== 0 && left[at] !== 0) { isUnder[left[at]] = 1; left[at] = 0; }
    const segments = [...isUnder.keys()].filter((value) => isUnder[value] === 1), labelsFile = segments.length > 0 ? packedNifti({ grid, data: left }) : null;
    return { file, labelsFile, statement: { path: packagePaths.defaced, node: defaceNode, of: volumeHash, sha256: sha256(file), regionMl, leastShiftMm, medianShiftMm, cutShare, ...labelsFile && { labels: { path: packagePaths.defacedLabels, of: labelmap, sha256: sha256(labelsFile), segments } } } };
  } catch (error) {
    if (!(error instanceof DeriveError)) throw error;
    throw inputRefused("no-face", `${error.message} Leave the CT out of the package instead, or give it as it is.`, { volume: volumeHash });
  }
}

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

export interface DefacedVolume { file: Uint8Array; statement: NonNullable<ContentsStatement["defaced"]> }

/**
 * The CT of a package with its face covered. Bone, what the labelmap says is bone or defect, and what lies round the implant
 * stays voxel for voxel. Same inputs, same bytes. @param volumeHash of the CT's own file @param implant its STL
 * @throws CommandRefused where no face is found
 */
export function defacedVolume({ grid, hu, labels, plan, volumeHash, implant }: { grid: Grid; hu: Int16Array<ArrayBuffer>; labels: Uint8Array; plan: CranialPlan; volumeHash: string; implant: Uint8Array | undefined }): DefacedVolume {
  const keep = implant ? voxelsNear(grid, decodeStl(implant).positions, implantRoundMm) : new Uint8Array(labels.length);
  for (let at = 0; at < labels.length; at++) if (labels[at] !== 0 && (labels[at] === plan.bone || labels[at] === plan.region)) keep[at] = 1;
  try {
    const { facts: { regionMl, leastShiftMm, medianShiftMm, cutShare }, hu: covered } = deface({ grid, hu }, keep), file = packedNifti({ grid, data: covered });
    return { file, statement: { path: packagePaths.defaced, node: defaceNode, of: volumeHash, sha256: sha256(file), regionMl, leastShiftMm, medianShiftMm, cutShare } };
  } catch (error) {
    if (!(error instanceof DeriveError)) throw error;
    throw inputRefused("no-face", `${error.message} Leave the CT out of the package instead, or give it as it is.`, { volume: volumeHash });
  }
}

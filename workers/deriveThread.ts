// Makes a derived volume off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync } from "fflate";
import { judgePixel, judgeThickness, judgeVoxels, regions, type Finding, type Region } from "../core/checks/ctQuality.ts";
import { removedPicture } from "../core/checks/findingPictures.ts";
import { judgePelvis, pelvisProfile } from "../core/checks/pelvisCoverage.ts";
import { factsOfDerived, type RegionFacts } from "../core/checks/regionFindings.ts";
import { volumeFacts } from "../core/checks/volumeFacts.ts";
import { affineOf, type Grid } from "../core/space/grid.ts";
import { coarseVolume } from "../core/volume/coarse.ts";
import type { Derivation } from "../core/volume/derivation.ts";
import { derive, DeriveError, type DerivedVolume, type ScanGeometry } from "../core/volume/derive.ts";
import { encodePng } from "../core/surface/format/png.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../core/volume/nifti.ts";
import { packedInBlocks } from "../core/volume/packedBlocks.ts";
import { type CarriedMasks, carryMasks, type DrawnMasks } from "./carriedMasks.ts";

/** `grid`: the case's own; the file keeps it as float32. */
export interface DeriveQuestion { file: Uint8Array; grid: Grid; derivation: Derivation; scan: ScanGeometry | null; region: string; facts: RegionFacts | null; masks: DrawnMasks | null }
/** `turn`: how positions differ from the first volume's, for the record. */
export type DeriveAnswer = { problem: string } | { file: Uint8Array; coarse: Uint8Array; grid: Grid; affine: number[][]; findings: Finding[]; facts: RegionFacts | null; sentence: string; leftOut: number; turn: DerivedVolume["turn"] | null; deface: DerivedVolume["deface"] | null; masks: CarriedMasks | null; pictures: { code: string; shows: string; png: string }[] };

const sentences: Readonly<Record<Derivation["op"], string>> = {
  regularPart: "Only the longest even run of slices is used; its voxels are those of the scan.", crop: "The volume was cropped to a box; its voxels are those of the scan.",
  isotropic: "The volume was resampled to cubes.", median: "The volume was smoothed by a median of 27 neighbours; thin bone may be thinner in it.",
  gaussian: "The volume was smoothed by a Gaussian; edges are softer in it.", anisotropic: "The volume was smoothed along its edges (anisotropic diffusion).",
  removeTable: "What is not the body was replaced by air: table and head rest.",
  deface: "The face was covered in front of the bone, so that nobody is recognised by it; bone stays voxel for voxel. What bone and ears tell of a person is still there.",
  reorient: "The head was turned so that its mid-sagittal plane is the middle plane of x; positions in this volume differ from the scan's.",
};

function coarseFile(grid: Grid, hu: Int16Array): Uint8Array {
  const coarse = coarseVolume(grid, hu);
  return packedInBlocks(encodeNifti({ grid: coarse.grid, data: coarse.hu }));
}

/** What interpolation changed: whole HU are stored, and what lies outside the first volume has no value. */
function resampledFindings({ roundedHu, outside }: DerivedVolume): Finding[] {
  const found: Finding[] = [];
  if (roundedHu) found.push({ code: "quantised", severity: "attention", value: Number(roundedHu.toFixed(4)), limit: null, unit: "HU", message: `Interpolated values were rounded to whole HU, by at most ${roundedHu.toFixed(4)} HU.`, files: [] });
  if (outside) found.push({ code: "outside", severity: "pass", value: outside, limit: null, unit: "voxels", message: `${outside} voxels of the grid lie outside the first volume and became −1024 HU.`, files: [] });
  return found;
}

/** Cubes coarser than the voxels were are judged as a scan of that thickness and pixel would be. */
function coarserFindings(before: Grid, { spacing }: Grid, region: Region): Finding[] {
  const pixelMm = Math.max(spacing[0], spacing[1]);
  return [...spacing[2] > before.spacing[2] ? [judgeThickness(region, spacing[2], null)] : [], ...pixelMm > Math.max(before.spacing[0], before.spacing[1]) ? [judgePixel(pixelMm)] : []];
}

function answer({ file, grid, derivation, scan, region: named, facts, masks }: DeriveQuestion): DeriveAnswer {
  const region = regions.find((name) => name === named) ?? "cranial";
  const { grid: stored, hu } = canonicalVolume(decodeNifti(gunzipSync(file)));
  if (stored.dims.some((n, axis) => n !== grid.dims[axis] || Math.abs(stored.origin[axis] - grid.origin[axis]) > 1e-3)) throw new Error("the volume's file is not on the case's grid");
  try {
    const made = derive({ grid, hu: hu as Int16Array<ArrayBuffer> }, derivation, scan), leftOut = grid.dims.reduce((sum, n, axis) => sum + n - made.grid.dims[axis], 0);
    const pictures = derivation.op === "removeTable" ? [removedPicture(made.grid, hu, made.hu)] : [];
    const found = volumeFacts(made.grid, made.hu), profile = pelvisProfile(made.grid, made.hu);
    return {
      facts: facts && factsOfDerived({ ...facts, pelvis: facts.pelvis ?? judgePelvis(pelvisProfile(grid, hu)) }, found, profile, made.grid.spacing[2] > grid.spacing[2] ? made.grid.spacing[2] : 0),
      pictures: pictures.map(({ code, shows, picture }) => ({ code, shows, png: Buffer.from(encodePng(picture, true)).toString("base64") })), coarse: coarseFile(made.grid, made.hu), file: packedInBlocks(encodeNifti({ grid: made.grid, data: made.hu })), grid: made.grid, affine: affineOf(made.grid),
      findings: [...judgeVoxels(found, region), ...derivation.op === "isotropic" ? coarserFindings(grid, made.grid, region) : [], ...region === "pelvis" ? [judgePelvis(profile)] : [], ...resampledFindings(made)], sentence: sentences[derivation.op], leftOut, turn: made.turn ?? null, deface: made.deface ?? null,
      masks: masks && carryMasks(masks, made),
    };
  } catch (error) {
    if (error instanceof DeriveError) return { problem: error.message };
    throw error;
  }
}
parentPort?.postMessage(answer(workerData as DeriveQuestion));

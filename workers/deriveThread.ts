// Makes a derived volume off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync, gzipSync } from "fflate";
import { judgeVoxels, regions, type Finding } from "../core/checks/ctQuality.ts";
import { volumeFacts } from "../core/checks/volumeFacts.ts";
import { affineOf, type Grid } from "../core/space/grid.ts";
import { coarseVolume } from "../core/volume/coarse.ts";
import type { Derivation } from "../core/volume/derivation.ts";
import { derive, DeriveError, type ScanGeometry } from "../core/volume/derive.ts";
import { canonicalVolume, decodeNifti, encodeNifti } from "../core/volume/nifti.ts";

export interface DeriveQuestion { file: Uint8Array; derivation: Derivation; scan: ScanGeometry | null; region: string }
export type DeriveAnswer = { problem: string } | { file: Uint8Array; coarse: Uint8Array; grid: Grid; affine: number[][]; findings: Finding[]; sentence: string; leftOut: number };

const sentences: Readonly<Record<Derivation["op"], string>> = {
  regularPart: "Only the longest even run of slices is used; its voxels are those of the scan.", crop: "The volume was cropped to a box; its voxels are those of the scan.",
  isotropic: "The volume was resampled to cubes.", median: "The volume was smoothed by a median of 27 neighbours; thin bone may be thinner in it.",
  gaussian: "The volume was smoothed by a Gaussian; edges are softer in it.", anisotropic: "The volume was smoothed along its edges (anisotropic diffusion).",
  removeTable: "What is not the body was replaced by air: table and head rest.",
};

function coarseFile(grid: Grid, hu: Int16Array): Uint8Array {
  const coarse = coarseVolume(grid, hu);
  return gzipSync(encodeNifti({ grid: coarse.grid, data: coarse.hu }), { level: 6, mtime: 0 });
}

function answer({ file, derivation, scan, region }: DeriveQuestion): DeriveAnswer {
  const { grid, hu } = canonicalVolume(decodeNifti(gunzipSync(file)));
  try {
    const made = derive({ grid, hu: hu as Int16Array<ArrayBuffer> }, derivation, scan), leftOut = grid.dims.reduce((sum, n, axis) => sum + n - made.grid.dims[axis], 0);
    return {
      coarse: coarseFile(made.grid, made.hu), file: gzipSync(encodeNifti({ grid: made.grid, data: made.hu }), { level: 6, mtime: 0 }), grid: made.grid, affine: affineOf(made.grid),
      findings: judgeVoxels(volumeFacts(made.grid, made.hu), regions.find((name) => name === region) ?? "cranial"), sentence: sentences[derivation.op], leftOut,
    };
  } catch (error) {
    if (error instanceof DeriveError) return { problem: error.message };
    throw error;
  }
}
parentPort?.postMessage(answer(workerData as DeriveQuestion));

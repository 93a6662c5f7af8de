// One package, made wherever this runs: Node of any version, or a page. What differs between engines would show in its hashes.
import { readPlan } from "../../core/implant/plan.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encodeThreeMf } from "../../core/surface/format/threeMf.ts";
import { encodeNrrd } from "../../core/surface/format/nrrd.ts";
import { bitBoxOfDense } from "../../core/surface/bitBox.ts";
import type { Mesh } from "../../core/surface/mesh.ts";
import { meshWriters } from "../../core/surface/meshFile.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import { defaultSmooth, surfaceOfBits } from "../../core/surface/surfaceNets.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { packedInBlocks } from "../../core/volume/packedBlocks.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { encapsulatedMesh } from "../../server/platform/dicom/encapsulatedStl.ts";
import { segmentationFile } from "../../server/platform/dicom/segmentation.ts";
import { sha256 } from "../../workers/cli/command.ts";
import { packagePaths, sealedPackage } from "../../workers/package/contents.ts";
import { makeArtifacts, planBytes } from "../../workers/package/recipe.ts";

/** SHA-256 of every file of the package by path, and of the whole under «package.zip»; the written formats under «format/…». */
export type GoldenHashes = Record<string, string>;

/** HU at which the shell's surface lies. */
const iso = 300;

/** A shell between two ellipsoids with a round hole, and HU that rise inward through its surface; nothing but + − × ÷ and sqrt, so that it is the same everywhere. */
function skull(): { grid: Grid; labels: Uint8Array; hu: Int16Array<ArrayBuffer> } {
  const mm = 3.2, dims: [number, number, number] = [50, 62, 41], grid: Grid = { dims, spacing: [mm, mm, mm], origin: [-80, -98, -40] }, labels = new Uint8Array(50 * 62 * 41), hu = new Int16Array(labels.length);
  const reach = (x: number, y: number, z: number, t: number) => Math.sqrt((x / (70 - t)) * (x / (70 - t)) + (y / (88 - t)) * (y / (88 - t)) + (z / (75 - t)) * (z / (75 - t)));
  const far = 1 / reach(0.5, 0.2, 0.8, 3), hole = [0.5 * far, 0.2 * far, 0.8 * far];
  for (let k = 0, at = 0; k < 41; k++) for (let j = 0; j < 62; j++) for (let i = 0; i < 50; i++, at++) {
    const [x, y, z] = [-80 + i * mm, -98 + j * mm, -40 + k * mm], from = Math.sqrt((x - hole[0]) * (x - hole[0]) + (y - hole[1]) * (y - hole[1]) + (z - hole[2]) * (z - hole[2]));
    const depthMm = Math.min(75 * (1 - reach(x, y, z, 0)), 70 * (reach(x, y, z, 6) - 1), from - 18);
    hu[at] = Math.max(-1000, Math.min(1500, Math.round(iso + 250 * depthMm)));
    if (hu[at] >= iso) labels[at] = 1;
  }
  return { grid, labels, hu };
}

/** A fixed mesh and labelmap through every writer: these bytes change only where a writer does. */
function formats(source: Uint8Array): Map<string, Uint8Array> {
  const mesh: Mesh = { positions: Float32Array.of(0.1, 0, 0, 10.7, 0, 0, 0, 7.3, 0, 0, 0, 3.9), triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2) };
  const grid: Grid = { dims: [7, 5, 4], spacing: [0.48, 0.5, 1.5], origin: [-31.7, 12.3, 101.1] }, labels = Uint8Array.from({ length: 140 }, (_, i) => (i % 7 === 0 ? 1 : i % 11 === 0 ? 2 : 0));
  const segments = [{ value: 1, name: "Bone", color: "#e8d9b5" }, { value: 2, name: "Tumour", color: "#4f9cf9" }], at = "2026-11-27T17:00:00.250Z", hashes = ["ab"];
  return new Map([
    ...Object.entries(meshWriters).map(([format, write]): [string, Uint8Array] => [`format/mesh.${format}`, write(mesh, "R")]),
    ["format/parts.3mf", encodeThreeMf([{ name: "Bone", mesh, id: "segment-1", color: "#e8d9b5" }, { name: "Plate", mesh, id: "implant-1", material: "PEEK" }])],
    ["format/labels.nii.gz", packedNifti({ grid, data: labels })], ["format/blocks.nii.gz", packedInBlocks(encodeNifti({ grid, data: labels }))], ["format/labels.seg.nrrd", encodeNrrd(grid, labels, segments.map(({ value, name }) => ({ value, name, color: [1, 0.5, 0] as const })))],
    ...(["binary", "labelmap"] as const).map((form): [string, Uint8Array] => [`format/${form}.seg.dcm`, segmentationFile(grid, labels, { source, hashes, form, at, segments }).bytes]),
    ["format/mesh.stl.dcm", encapsulatedMesh(mesh, { source, hashes, role: "1", title: "R", at })],
  ]);
}

/** Makes it all. */
export async function goldenHashes(): Promise<GoldenHashes> {
  const { grid, labels, hu } = skull(), read = readPlan({ family: "cranial", bone: 1, thickness: 4, fixation: "tabs" });
  if (!("plan" in read)) throw new Error("the plan does not read");
  const { plan } = read, segments = [{ value: 1, name: "Bone", color: "#e8d9b5", iso }], volume = packedNifti({ grid, data: hu });
  const source = new TextEncoder().encode(JSON.stringify({ seriesUid: "2.25.4", frameOfReferenceUid: "2.25.5", slices: [{ sopUid: "2.25.6", position: [0, 0, 0] }] }));
  const { files: made, manifestHash } = await makeArtifacts({ plan, grid, labels, hu, scan: null, volumeHash: sha256(volume), source, segments, version: null, prescription: null, acknowledgements: [], logs: [], told: { signatures: [], judgements: [] }, appVersion: "1" }, () => undefined);
  const files = new Map(made).set(packagePaths.plan, planBytes(plan)).set(packagePaths.labels, packedNifti({ grid, data: labels })).set(packagePaths.volume, volume).set(packagePaths.source, source);
  // The package's bone follows the CT (SF4); the mask's own surface beside it, as it is where no HU value is named.
  const box = bitBoxOfDense(grid, labels, 1), followed = files.get("surfaces/bone.stl"), alone = encodeStl(surfaceOfBits(box?.box ?? null, grid, { smooth: defaultSmooth }));
  if (!followed || sha256(followed) === sha256(alone)) throw new Error("the bone's surface does not follow the CT");
  const all = [...files, ["surfaces/ofMask.stl", alone] as const, ["package.zip", sealedPackage(files, manifestHash, null)] as const, ...formats(source)];
  return Object.fromEntries(all.map(([path, bytes]) => [path, sha256(bytes)]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

// Writes a file out of the record's content: a labelmap or a mesh of millions of triangles must not hold up the server's loop.
import { parentPort, workerData } from "node:worker_threads";
import { decodeLabelmap, denseLabels } from "../../core/mask/labelmap.ts";
import type { LabelExport, SurfaceExport } from "../../core/protocol/exports.ts";
import { encodeNrrd, unitColor } from "../../core/surface/format/nrrd.ts";
import { encodeThreeMf } from "../../core/surface/format/threeMf.ts";
import { faultsOf, fileSoundnessOf } from "../../core/surface/fileSoundness.ts";
import { meshWriters } from "../../core/surface/meshFile.ts";
import { decodeMesh } from "../../core/surface/meshBlob.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { encapsulatedMesh } from "../platform/dicom/encapsulatedStl.ts";
import { type NamedSegment, segmentationFile } from "../platform/dicom/segmentation.ts";
import { DicomRefused } from "../platform/dicom/source.ts";

/** A surface has faults that keep it from going out. */
class NotSound extends Error {}

/** What a DICOM file is made of beside its content; null for other formats. */
export interface ExportSource { bytes: Uint8Array; hashes: string[]; at: string }
/** A surface to be written; `role` tells the DICOM objects of one input apart. */
export interface ExportPart { id: string; role: string; name: string; color: string; mesh: Uint8Array }
/** What is to be written. `labelmap` and `mesh` are blobs; `isChecked`: the build graph has found the surfaces sound already. */
export type ExportQuestion =
  | { kind: "labels"; file: LabelExport; labelmap: Uint8Array; segments: NamedSegment[]; source: ExportSource | null }
  | { kind: "surfaces"; ending: SurfaceExport; title: string; parts: ExportPart[]; source: ExportSource | null; isChecked: boolean };
/** The file, or why there is none. */
export type ExportAnswer = { bytes: Uint8Array } | { problem: string };

function labelsFile({ file, labelmap: blob, segments, source }: Extract<ExportQuestion, { kind: "labels" }>): Uint8Array {
  const labelmap = decodeLabelmap(blob), labels = denseLabels(labelmap), { grid } = labelmap;
  if (file === "labels.nii.gz") return packedNifti({ grid, data: labels });
  if (file === "labels.seg.nrrd") return encodeNrrd(grid, labels, segments.map(({ value, name, color }) => ({ value, name, color: unitColor(color) })));
  if (!source) throw new DicomRefused("source", "This case has no source series.");
  const { bytes, hashes, at } = source;
  return segmentationFile(grid, labels, { source: bytes, hashes, form: file === "labels.seg.dcm" ? "binary" : "labelmap", at, segments }).bytes;
}

/** DOMAIN MQ1's gate for what no node of the graph has looked at. @throws NotSound */
function checked({ parts }: Extract<ExportQuestion, { kind: "surfaces" }>): void {
  for (const { name, mesh } of parts) {
    const faults = faultsOf(fileSoundnessOf(decodeMesh(mesh)));
    if (faults.length > 0) throw new NotSound(`${name} is not sound: ${faults.join(", ")}. It is not exported. Mend it, and export what is mended.`);
  }
}

function surfacesFile({ ending, title, parts, source }: Extract<ExportQuestion, { kind: "surfaces" }>): Uint8Array {
  if (ending === "3mf") return encodeThreeMf(parts.map(({ id, name, color, mesh }) => ({ name, mesh: decodeMesh(mesh), id, color, material: name })), title);
  const [{ role, name, mesh: blob }] = parts, mesh = decodeMesh(blob);
  if (ending !== "dcm") return meshWriters[ending](mesh, name);
  if (!source) throw new DicomRefused("source", "This case has no source series.");
  return encapsulatedMesh(mesh, { source: source.bytes, hashes: source.hashes, role, title: name, at: source.at });
}

function answer(question: ExportQuestion): ExportAnswer {
  try {
    if (question.kind === "surfaces" && !question.isChecked) checked(question);
    return { bytes: question.kind === "labels" ? labelsFile(question) : surfacesFile(question) };
  } catch (error) {
    if (!(error instanceof DicomRefused || error instanceof NotSound)) throw error;
    return { problem: error.message };
  }
}
parentPort?.postMessage(answer(workerData as ExportQuestion));

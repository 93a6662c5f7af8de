import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encapsulatedStl } from "../../server/platform/dicom/encapsulatedStl.ts";
import { type NamedSegment, segmentationFile } from "../../server/platform/dicom/segmentation.ts";
import { sha256 } from "../cli/command.ts";

/** Names and versions of what writes a package's DICOM files. */
export const dicomSegNode = "dicomSeg@2", encapsulatedStlNode = "encapsulatedStl@2";
/** Where the labelmap's DICOM SEG lies in a package. */
export const dicomSegPath = "dicom/labels.seg.dcm";
/** What these files are, for the list of what a package leaves out. */
export const dicomParts = ["DICOM SEG of the labelmap", "Encapsulated STL"] as const;

interface Part { path: string; node: string; inputs: Record<string, string>; bytes: Uint8Array }

/** What a package's DICOM files are made of. */
export interface DicomInputs {
  grid: Grid; labels: Uint8Array;
  /** source.json of the import, and its hash. */
  source: { bytes: Uint8Array; hash: string };
  /** Hash of the labelmap. */
  labelmap: string;
  segments: readonly NamedSegment[];
  /** No SEG is wanted: its segments show a face that the package covers. */
  isSegLeftOut?: boolean;
  /** When the version was frozen, ISO 8601; null for plain files. */
  at: string | null;
  /** STL files of the package, and what they are made of. */
  stls: readonly { name: string; title: string; stl: Uint8Array; inputs: Record<string, string> }[];
}

const stlTitles: Readonly<Record<string, string>> = { "surfaces/bone.stl": "Bone", "implant/implant.stl": "Implant" };

/** Whether an STL file of a design goes out as DICOM too. */
export const isDicomStl = (name: string): boolean => Object.hasOwn(stlTitles, name);
/** The STL files of a design that go out as DICOM too. */
export const dicomStlsOf = (artifacts: Manifest["artifacts"], fileOf: (name: string) => Uint8Array | undefined): DicomInputs["stls"] => artifacts.flatMap(({ name, inputs }) => {
  const stl = fileOf(name), title = stlTitles[name];
  return stl && title ? [{ name: title.toLowerCase(), title, stl, inputs }] : [];
});

/**
 * A package's files for a PACS, all referring to the source series: the labelmap as a DICOM SEG, each STL of the package as an
 * Encapsulated STL. @throws DicomRefused where the source names no series
 */
export function dicomFilesOf({ grid, labels, source, labelmap, segments, at, stls, isSegLeftOut = false }: DicomInputs): Part[] {
  const of = { labelmap, source: source.hash, segments: sha256(canonicalBytes(segments.map(({ value, name, color }) => ({ value, name, color })))) };
  return [
    ...isSegLeftOut ? [] : [{ path: dicomSegPath, node: dicomSegNode, inputs: of, bytes: segmentationFile(grid, labels, { source: source.bytes, hashes: Object.values(of), form: "binary", at, segments }).bytes }],
    ...stls.map(({ name, title, stl, inputs }) => {
      const made = { ...inputs, source: source.hash };
      return { path: `dicom/${name}.stl.dcm`, node: encapsulatedStlNode, inputs: made, bytes: encapsulatedStl(stl, { source: source.bytes, hashes: Object.values(made), role: name, title, at }) };
    }),
  ];
}

import type { Grid } from "../../core/space/grid.ts";
import { segmentationFile } from "../dicomSeg.ts";
import { encapsulated } from "../dicomStl.ts";

/** Names and versions of what writes a package's DICOM files. */
export const dicomSegNode = "dicomSeg@1", encapsulatedStlNode = "encapsulatedStl@1";
/** What these files are, for the list of what a package leaves out. */
export const dicomParts = ["DICOM SEG of the labelmap", "Encapsulated STL"] as const;

interface Part { path: string; node: string; inputs: Record<string, string>; bytes: Uint8Array }

/**
 * A package's files for a PACS, all referring to the source series: the labelmap as a DICOM SEG, each STL of the package as an
 * Encapsulated STL. @param stls with the inputs they were made of @throws CommandRefused where the source names no series
 */
export function dicomFilesOf(grid: Grid, labels: Uint8Array, source: { bytes: Uint8Array; hash: string }, labelmap: string, stls: readonly { name: string; title: string; stl: Uint8Array; inputs: Record<string, string> }[]): Part[] {
  const of = { labelmap, source: source.hash };
  return [
    { path: "dicom/labels.seg.dcm", node: dicomSegNode, inputs: of, bytes: segmentationFile(grid, labels, source.bytes, Object.values(of), "binary").bytes },
    ...stls.map(({ name, title, stl, inputs }) => {
      const made = { ...inputs, source: source.hash };
      return { path: `dicom/${name}.stl.dcm`, node: encapsulatedStlNode, inputs: made, bytes: encapsulated(stl, source.bytes, made, name, title) };
    }),
  ];
}

import type { DecodedNifti } from "../nifti.ts";
import { DicomError } from "./dicomError.ts";
import { describeImage, textOf, type DicomFrame } from "./image.ts";
import { syntax, type DicomFile, type DicomItem } from "./reader.ts";

/** One segment of a DICOM SEG: its own labelmap, 1 inside, in the file's own voxels. */
export interface SegmentOfFile { value: number; name: string; labels: DecodedNifti }

const segmentationClass = "1.2.840.10008.5.1.4.1.1.66.4", labelmapClass = "1.2.840.10008.5.1.4.1.1.66.7";
export const isSegmentation = (file: DicomFile): boolean => textOf(file, file.root, "00080016") === segmentationClass || textOf(file, file.root, "00080016") === labelmapClass || textOf(file, file.root, "00080060") === "SEG";

const unsigned = (file: DicomFile, item: DicomItem | undefined, tag: string): number | null => {
  const element = item?.elements.get(tag);
  return element && element.length >= 2 ? new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength).getUint16(element.offset, file.isLittle) : null;
};
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const utf8 = new TextDecoder();

/** A segment's name, UTF-8 or Latin. */
function nameOf(file: DicomFile, item: DicomItem, value: number): string {
  const element = item.elements.get("00620005");
  if (!element) return `Segment ${value}`;
  return utf8.decode(file.bytes.subarray(element.offset, element.offset + Math.min(element.length, 256))).replace(/[\0 ]+$/, "").trim() || `Segment ${value}`;
}

/** Positions of all frames as multiples of one step along the normal. @throws DicomError for uneven ones */
function stackOf(frames: readonly DicomFrame[]): { first: readonly number[]; step: readonly number[]; count: number; indexOf: (frame: DicomFrame) => number } {
  const [a, b, c, d, e, f] = frames[0].orientation, normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  if (frames.some(({ orientation }) => orientation.length !== 6 || orientation.some((x, i) => !(Math.abs(x - frames[0].orientation[i]) <= 2e-4)))) throw new DicomError("not-a-volume", "its frames differ in orientation", 0, "00200037");
  const along = frames.map(({ position }) => dot(position, normal));
  if (along.some((mm) => !Number.isFinite(mm))) throw new DicomError("not-a-volume", "its frames have no position", 0, "00200032");
  const low = along.indexOf(Math.min(...along)), sorted = [...along].sort((x, y) => x - y);
  let gap = Infinity;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] - sorted[i - 1] > 0.001) gap = Math.min(gap, sorted[i] - sorted[i - 1]);
  if (gap === Infinity) gap = frames[0].thicknessMm ?? 1;
  const indexOf = (frame: DicomFrame) => Math.round((dot(frame.position, normal) - sorted[0]) / gap);
  for (const [i, frame] of frames.entries()) {
    const k = indexOf(frame), off = [0, 1, 2].map((axis) => frame.position[axis] - frames[low].position[axis] - normal[axis] * gap * k);
    if (Math.sqrt(dot(off, off)) > 0.05) throw new DicomError("not-a-volume", `frame ${i + 1} lies beside an even stack`, 0, "00200032");
  }
  return { first: frames[low].position, step: normal.map((x) => x * gap), count: Math.round((sorted[sorted.length - 1] - sorted[0]) / gap) + 1, indexOf };
}

/**
 * The segments of a DICOM SEG (PS3.3 A.51), each as a labelmap of its own, for they may overlap: BINARY, one bit a pixel across
 * frames, or FRACTIONAL of 8 bits, inside from half its greatest value on, or LABELMAP of 8 bits, the number of the segment in each pixel. Uncompressed only. @throws DicomError
 */
export function readSegmentation(file: DicomFile, maxVoxels: number): SegmentOfFile[] {
  const image = describeImage(file), { pixels } = file;
  if (!image || !pixels) throw new DicomError("not-a-volume", "it holds no frames", 0);
  const plain: string[] = [syntax.implicitLittle, syntax.explicitLittle, syntax.explicitBig, syntax.deflated];
  if (pixels.length === null || !plain.includes(file.transferSyntax)) throw new DicomError("unsupported-transfer-syntax", "its frames are compressed; export it uncompressed", pixels.offset, "7fe00010");
  const { frames, rows, columns, bitsAllocated } = image, area = rows * columns, need = bitsAllocated === 1 ? Math.ceil(area * frames.length / 8) : area * frames.length;
  if (bitsAllocated !== 1 && bitsAllocated !== 8) throw new DicomError("unsupported-pixels", `its frames have ${bitsAllocated} bits a pixel; 1 and 8 are taken`, 0, "00280100");
  const there = Math.min(pixels.length, file.bytes.length - pixels.offset);
  if (there < need) throw new DicomError("truncated", `its frames need ${need} bytes, ${there} are there`, pixels.offset, "7fe00010");
  const { first, step, count, indexOf } = stackOf(frames);
  if (!(area * count <= maxVoxels)) throw new DicomError("too-large", `its segments span ${area * count} voxels; the limit is ${maxVoxels}`, 0);
  const perFrame = file.root.elements.get("52009230")?.items ?? [], shared = file.root.elements.get("52009229")?.items?.[0];
  const segmentOf = (index: number): number | null => unsigned(file, (perFrame[index]?.elements.get("0062000a") ?? shared?.elements.get("0062000a"))?.items?.[0], "0062000b");
  const isLabelmap = textOf(file, file.root, "00620001") === "LABELMAP";
  const half = bitsAllocated === 1 ? 1 : (unsigned(file, file.root, "0062000e") ?? 255) / 2, [a, b, c, d, e, f] = frames[0].orientation, [rowMm, columnMm] = frames[0].pixelSpacing;
  // LPS to RAS (SP2); columns of the affine are the steps along row, column and slices.
  const signs = [-1, -1, 1], affine = [0, 1, 2].map((axis) => [signs[axis] * [a, b, c][axis] * columnMm, signs[axis] * [d, e, f][axis] * rowMm, signs[axis] * step[axis], signs[axis] * first[axis]].map((x) => x + 0));
  const listed = file.root.elements.get("00620002")?.items ?? [];
  return listed.map((item, at) => {
    const value = unsigned(file, item, "00620004") ?? at + 1, data = new Uint8Array(area * count);
    for (const [index, frame] of frames.entries()) {
      if (!isLabelmap && (segmentOf(index) ?? 1) !== value) continue;
      const to = area * indexOf(frame);
      for (let p = 0, bit = area * index; p < area; p++, bit++) {
        const stored = bitsAllocated === 1 ? file.bytes[pixels.offset + (bit >> 3)] >> (bit & 7) & 1 : file.bytes[pixels.offset + bit];
        if (isLabelmap ? stored === value : stored >= half) data[to + p] = 1;
      }
    }
    return { value, name: nameOf(file, item, value), labels: { version: 1, dims: [columns, rows, count], datatype: 2, affine: [...affine, [0, 0, 0, 1]], data, slope: 1, intercept: 0, orientation: "sform", hasUnits: true } };
  });
}

import type { DecodedNifti } from "../nifti.ts";
import { toldText } from "./charset.ts";
import { DicomError } from "./dicomError.ts";
import { describeImage, textOf, type DicomFrame } from "./image.ts";
import type { DicomFile, DicomItem } from "./reader.ts";
import { framesReader } from "./segmentationFrames.ts";

/** One segment of a DICOM SEG, in the file's own voxels: it is where `labels` is `inside`. `corners`: RAS mm of each plane's first voxel where they lie unevenly. */
export interface SegmentOfFile { value: number; name: string; labels: DecodedNifti; inside: number; corners?: readonly (readonly number[])[] }

const segmentationClass = "1.2.840.10008.5.1.4.1.1.66.4", labelmapClass = "1.2.840.10008.5.1.4.1.1.66.7";
export const isSegmentation = (file: DicomFile): boolean => textOf(file, file.root, "00080016") === segmentationClass || textOf(file, file.root, "00080016") === labelmapClass || textOf(file, file.root, "00080060") === "SEG";

const unsigned = (file: DicomFile, item: DicomItem | undefined, tag: string): number | null => {
  const element = item?.elements.get(tag);
  return element && element.length >= 2 ? new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength).getUint16(element.offset, file.isLittle) : null;
};
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A segment's name, in the file's character set. */
const nameOf = (file: DicomFile, item: DicomItem, value: number): string => toldText(file, item, "00620005").slice(0, 128) || `Segment ${value}`;

/** How far a direction's length, or the cosine between both, may be off (as for series). */
const unitLimit = 0.001;
const isLength = (mm: number | null): mm is number => mm !== null && mm > 0 && mm < 100;

interface Stack { first: readonly number[]; step: readonly number[]; count: number; indexOf: (frame: DicomFrame) => number; corners?: readonly (readonly number[])[] }
/** A frame may lie this far beside its place in an even stack, mm; frames closer than `samePlaneMm` along the normal are one plane's. */
const besideMm = 0.05, samePlaneMm = 0.01;

/**
 * Positions of all frames as multiples of one step: along the normal, or sheared as a tilted gantry makes them. Uneven ones keep
 * their own places. @throws DicomError for directions that are none, and frames of one plane that lie apart
 */
function stackOf(frames: readonly DicomFrame[]): Stack {
  const { orientation, pixelSpacing } = frames[0], row = orientation.slice(0, 3), down = orientation.slice(3);
  if (frames.some((frame) => frame.orientation.length !== 6 || frame.orientation.some((x, i) => !(Math.abs(x - orientation[i]) <= 2e-4)))) throw new DicomError("not-a-volume", "its frames differ in orientation", 0, "00200037");
  if ([row, down].some((v) => !(Math.abs(dot(v, v) - 1) <= 2 * unitLimit)) || !(Math.abs(dot(row, down)) <= unitLimit)) throw new DicomError("not-a-volume", "its directions are not of unit length and at right angles", 0, "00200037");
  if (!pixelSpacing.every(isLength)) throw new DicomError("not-a-volume", "its pixel spacing is missing or not positive", 0, "00280030");
  const [a, b, c, d, e, f] = orientation, normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const along = frames.map(({ position }) => dot(position, normal));
  if (along.some((mm) => !(Math.abs(mm) < 1e5))) throw new DicomError("not-a-volume", "its frames have no position", 0, "00200032");
  const sorted = frames.map((_, i) => i).sort((i, j) => along[i] - along[j] || i - j), low = sorted[0], high = sorted[sorted.length - 1], span = along[high] - along[low];
  let gap = Infinity;
  for (let i = 1; i < sorted.length; i++) { const mm = along[sorted[i]] - along[sorted[i - 1]]; if (mm > samePlaneMm) gap = Math.min(gap, mm); }
  const { position: first } = frames[low], steps = gap === Infinity ? 0 : Math.round(span / gap);
  const mm = steps > 0 ? span / steps : isLength(frames[low].thicknessMm) ? frames[low].thicknessMm : 1;
  const way = [0, 1, 2].map((axis) => frames[high].position[axis] - first[axis]), aside = way.map((x, axis) => x - normal[axis] * span), isStraight = steps === 0 || Math.sqrt(dot(aside, aside)) <= besideMm;
  const step = isStraight ? normal.map((x) => x * mm) : way.map((x) => x / steps), isAt = (frame: DicomFrame, place: (axis: number) => number) => {
    const off = [0, 1, 2].map((axis) => frame.position[axis] - place(axis));
    return Math.sqrt(dot(off, off)) <= besideMm;
  };
  const evenOf = (frame: DicomFrame) => Math.round((dot(frame.position, normal) - along[low]) / mm);
  if (frames.every((frame) => isAt(frame, (axis) => first[axis] + step[axis] * evenOf(frame)))) return { first, step, count: steps + 1, indexOf: evenOf };
  const planes: number[] = [];
  for (const i of sorted) if (planes.length === 0 || along[i] - along[planes[planes.length - 1]] > samePlaneMm) planes.push(i);
  const planeOf = new Map<number, number>();
  for (let at = 0, k = 0; at < sorted.length; at++) {
    while (k + 1 < planes.length && along[sorted[at]] >= along[planes[k + 1]]) k++;
    const frame = frames[sorted[at]];
    if (!isAt(frame, (axis) => frames[planes[k]].position[axis])) throw new DicomError("not-a-volume", `frame ${frame.index + 1} lies beside another of its plane`, 0, "00200032");
    planeOf.set(frame.index, k);
  }
  return { first, step, count: planes.length, indexOf: (frame) => planeOf.get(frame.index) ?? 0, corners: planes.map((i) => { const [x, y, z] = frames[i].position; return [0 - x, 0 - y, z]; }) };
}

/** All labelmaps of a file together may have this many times `maxVoxels` bytes. */
const mostTimes = 4;

/**
 * The segments of a DICOM SEG (PS3.3 A.51): BINARY, one bit a pixel across frames, or FRACTIONAL of 8 bits, inside from half
 * its greatest value on, each as a labelmap of its own, for they may overlap, from its first frame to its last; or LABELMAP of
 * 8 bits, the number of the segment in each pixel, all on the same labelmap. Uncompressed, deflated, or frames in RLE or deflated
 * by themselves. @throws DicomError
 */
export function readSegmentation(file: DicomFile, maxVoxels: number): SegmentOfFile[] {
  const image = describeImage(file), { pixels } = file;
  if (!image || !pixels) throw new DicomError("not-a-volume", "it holds no frames", 0, "7fe00010");
  const { frames, rows, columns, bitsAllocated } = image, area = rows * columns;
  if (area === 0) throw new DicomError("not-a-volume", "its frames have no rows or no columns", 0, "00280010");
  if (bitsAllocated !== 1 && bitsAllocated !== 8) throw new DicomError("unsupported-pixels", `its frames have ${bitsAllocated} bits a pixel; 1 and 8 are taken`, 0, "00280100");
  const storedOf = framesReader(file, pixels.offset, pixels.length, { area, frames: frames.length, bitsAllocated }), { first, step, count, indexOf, corners } = stackOf(frames);
  if (!(area * count <= maxVoxels)) throw new DicomError("too-large", `its segments span ${area * count} voxels; the limit is ${maxVoxels}`, 0, "00200032");
  const perFrame = file.root.elements.get("52009230")?.items ?? [], shared = file.root.elements.get("52009229")?.items?.[0];
  const segmentOf = (index: number): number => unsigned(file, (perFrame[index]?.elements.get("0062000a") ?? shared?.elements.get("0062000a"))?.items?.[0], "0062000b") ?? 1;
  const half = bitsAllocated === 1 ? 1 : (unsigned(file, file.root, "0062000e") ?? 255) / 2, [a, b, c, d, e, f] = frames[0].orientation, [rowMm, columnMm] = frames[0].pixelSpacing;
  // LPS to RAS (SP2); columns of the affine are the steps along row, column and slices.
  const signs = [-1, -1, 1], labelsOf = (data: Uint8Array, from: number): DecodedNifti => ({
    version: 1, dims: [columns, rows, data.length / area], datatype: 2, data, slope: 1, intercept: 0, orientation: "sform", hasUnits: true,
    affine: [...[0, 1, 2].map((axis) => [signs[axis] * [a, b, c][axis] * columnMm, signs[axis] * [d, e, f][axis] * rowMm, signs[axis] * step[axis], signs[axis] * (first[axis] + from * step[axis])].map((x) => x + 0)), [0, 0, 0, 1]],
  });
  const listed = (file.root.elements.get("00620002")?.items ?? []).map((item, at) => { const value = unsigned(file, item, "00620004") ?? at + 1; return { value, name: nameOf(file, item, value) }; });
  if (new Set(listed.map(({ value }) => value)).size < listed.length) throw new DicomError("unreadable-file", "two of its segments have the same number", 0, "00620004");
  if (textOf(file, file.root, "00620001") === "LABELMAP") {
    const data = new Uint8Array(area * count);
    for (const frame of frames) { const stored = storedOf(frame.index); for (let p = 0, to = area * indexOf(frame); p < area; p++) if (stored[p] !== 0) data[to + p] = stored[p]; }
    const labels = labelsOf(data, 0);
    // The number 0 may be listed too: what is no segment.
    return listed.filter(({ value }) => value !== 0).map((segment) => ({ ...segment, labels, inside: segment.value, ...corners ? { corners } : {} }));
  }
  const framesOf = Map.groupBy(frames, ({ index }) => segmentOf(index));
  const spans = listed.map(({ value }) => { const at = (framesOf.get(value) ?? []).map(indexOf); return at.length > 0 ? { from: Math.min(...at), planes: Math.max(...at) - Math.min(...at) + 1 } : { from: 0, planes: 1 }; });
  const total = area * spans.reduce((sum, { planes }) => sum + planes, 0);
  if (total > mostTimes * maxVoxels) throw new DicomError("too-large", `its ${listed.length} segments have ${total} voxels together; the limit is ${mostTimes * maxVoxels}`, 0, "00620002");
  return listed.map(({ value, name }, at) => {
    const { from, planes } = spans[at], data = new Uint8Array(area * planes);
    for (const frame of framesOf.get(value) ?? []) {
      const to = area * (indexOf(frame) - from), stored = storedOf(frame.index);
      for (let p = 0; p < area; p++) if (stored[p] >= half) data[to + p] = 1;
    }
    return { value, name, labels: labelsOf(data, from), inside: 1, ...corners ? { corners: corners.slice(from, from + planes) } : {} };
  });
}

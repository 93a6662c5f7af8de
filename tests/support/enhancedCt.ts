import { asciiOf, readDicom, type DicomFile } from "../../core/volume/dicom/reader.ts";
import { element, joined, sequence } from "../workers/import/dicomWriter.ts";
import type { MadeSeries } from "./madeSeries.ts";

/** Where a multi-frame file says what, and in which order its frames stand. */
export interface EnhancedLayout {
  /** Legacy Converted Enhanced CT instead of Enhanced CT. */
  isLegacy: boolean;
  /** What is alike in all frames stands once, in the groups that they share, or in each frame's. */
  isShared: boolean;
  /** Indices into the slices. */
  order: readonly number[];
  /** More functional groups, beside those that stand once or in each frame. */
  groups?: readonly Uint8Array[];
}

const text = (file: DicomFile, tag: string): string => { const found = file.root.elements.get(tag); return found ? asciiOf(file.bytes, found) : ""; };
const raw = (file: DicomFile, tag: string): Uint8Array | null => { const found = file.root.elements.get(tag); return found ? file.bytes.slice(found.offset, found.offset + found.length) : null; };

/** One multi-frame file of single slices of one size, explicit little endian: place and rescale frame by frame, as PS3.3 C.7.6.16 has them. */
export function enhancedCt(slices: readonly Uint8Array[], { isLegacy, isShared, order, groups = [] }: EnhancedLayout): Uint8Array {
  const files = slices.map(readDicom), [first] = files, sop = `${text(first, "00080018")}.9`, acquisition = text(first, "00200012");
  const kept = (tag: string, vr: string) => { const value = raw(first, tag); return value ? [element(Number.parseInt(tag.slice(0, 4), 16), Number.parseInt(tag.slice(4), 16), vr, value)] : []; };
  const alike = (file: DicomFile) => [
    ...groups,
    sequence(0x20, 0x9116, [[element(0x20, 0x37, "DS", text(file, "00200037"))]]),
    sequence(0x28, 0x9110, [[element(0x18, 0x50, "DS", text(file, "00180050")), element(0x28, 0x30, "DS", text(file, "00280030"))]]),
  ];
  const own = (file: DicomFile, at: number) => [
    sequence(0x20, 0x9111, [[element(0x20, 0x9157, "UL", Uint8Array.of(at + 1, 0, 0, 0))]]),
    sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", text(file, "00200032"))]]),
    ...isShared ? [] : alike(file),
    sequence(0x28, 0x9145, [[element(0x28, 0x1052, "DS", text(file, "00281052")), element(0x28, 0x1053, "DS", text(file, "00281053")), element(0x28, 0x1054, "LO", "HU")]]),
  ];
  const pixels = order.map((k) => { const { bytes, pixels: found } = files[k]; return bytes.subarray(found?.offset ?? 0, (found?.offset ?? 0) + (found?.length ?? 0)); });
  return joined([
    new Uint8Array(128), new TextEncoder().encode("DICM"), element(2, 0x10, "UI", "1.2.840.10008.1.2.1"),
    element(8, 0x16, "UI", `1.2.840.10008.5.1.4.1.1.2.${isLegacy ? 2 : 1}`), element(8, 0x18, "UI", sop), element(8, 0x60, "CS", "CT"),
    ...kept("00100010", "PN"), ...kept("00100020", "LO"), ...kept("00100030", "DA"), element(0x20, 0x0e, "UI", text(first, "0020000e")),
    ...acquisition ? [element(0x20, 0x12, "IS", acquisition)] : [], element(0x28, 2, "US", 1), element(0x28, 4, "CS", "MONOCHROME2"), element(0x28, 8, "IS", String(order.length)),
    ...["00280010", "00280011", "00280100", "00280101", "00280102", "00280103", "00280120"].flatMap((tag) => kept(tag, "US")),
    ...isShared ? [sequence(0x5200, 0x9229, [alike(first)])] : [], sequence(0x5200, 0x9230, order.map((k, at) => own(files[k], at))),
    element(0x7fe0, 0x10, "OW", joined(pixels)),
  ]);
}

/** The files of a made series as multi-frame ones: one for each acquisition, copies of slices as a copy of the whole; strays stay. */
export function enhancedFiles(series: MadeSeries, next: () => number): MadeSeries["files"] {
  const images = series.files.filter(({ bytes }) => Buffer.from(bytes.subarray(128, 132)).toString() === "DICM"), strays = series.files.filter((file) => !images.includes(file));
  const distinct = [...new Map(images.map(({ bytes }) => [Buffer.from(bytes).toString("latin1"), bytes])).values()];
  const made = [...Map.groupBy(distinct, (bytes) => text(readDicom(bytes), "00200012")).values()].map((slices, at) => {
    const order = [...slices.keys()].sort(() => next() - 0.5);
    return { name: `enhanced${at}`, bytes: enhancedCt(slices, { isLegacy: next() < 0.5, isShared: next() < 0.5, order }) };
  });
  return [...made, ...series.copies > 0 ? [{ name: "copy", bytes: made[0].bytes }] : [], ...strays];
}

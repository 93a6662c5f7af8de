import { readableText } from "./charset.ts";
import { DicomError, tagName } from "./dicomError.ts";
import { asciiOf, type DicomFile, type DicomItem } from "./reader.ts";

type Vector = [number, number, number];
/** One frame of an image: where it lies (LPS mm, as in the file), and how its numbers become HU. */
export interface DicomFrame {
  /** Position in the file, from 0. */
  index: number;
  position: Vector;
  /** Row direction, then column direction; six numbers or none. */
  orientation: number[];
  /** Millimetres between rows, then between columns. */
  pixelSpacing: [number, number];
  slope: number;
  intercept: number;
  thicknessMm: number | null;
  /** What the values are after the rescale (0028,1054): HU, US (unspecified) or another quantity; empty where it is not told. */
  rescaleType: string;
  /** What may tell two frames at one place apart: time points, acquisitions, kernels. */
  tells: string;
  isLocalizer: boolean;
}
/** What is read of an image. Names, ids and dates stay in `identity` and `dates` and never reach a report. */
export interface DicomImage {
  sopClassUid: string; sopUid: string | null; seriesUid: string; instanceNumber: number | null; studyUid: string; frameOfReferenceUid: string | null;
  modality: string; imageType: string; manufacturer: string; model: string; kernel: string; bodyPart: string; laterality: string; patientPosition: string;
  convolution: string; photometric: string; lossy: boolean; burnedIn: string;
  kvp: number | null; tubeCurrentMa: number | null; exposureMas: number | null; gantryTiltDeg: number | null; pitch: number | null; reconstructionDiameterMm: number | null; hasModalityLut: boolean; patientAge: string;
  dates: { acquisition: string; study: string };
  identity: string;
  samples: number; rows: number; columns: number; bitsAllocated: number; bitsStored: number; highBit: number; isSigned: boolean;
  padding: [number, number] | null;
  frames: DicomFrame[];
  /** Character sets of its texts that are not understood. */
  unreadSets: string[];
}

/** The numbers of a DS or IS value; NaN where one does not parse. */
export const numbersOf = (text: string): number[] => text ? text.split("\\").map((part) => part.trim() ? Number(part.trim()) : Number.NaN) : [];
const orNull = (n: number | undefined): number | null => n !== undefined && Number.isFinite(n) ? n : null;

/** Text of an element in an item; empty where there is none. */
export function textOf(file: DicomFile, item: DicomItem, tag: string): string {
  const element = item.elements.get(tag);
  return element && !element.items ? asciiOf(file.bytes, element) : "";
}
function numberAt(file: DicomFile, item: DicomItem, tag: string, isSigned = false): number | null {
  const element = item.elements.get(tag);
  if (!element || element.items || element.length < 2) return null;
  const { buffer, byteOffset, byteLength } = file.bytes, view = new DataView(buffer, byteOffset, byteLength);
  // UL instead of US (H4) is read as it is written, so that 65,536 + n does not pass for n.
  if (element.vr === "UL" && element.length >= 4) return view.getUint32(element.offset, file.isLittle);
  return isSigned ? view.getInt16(element.offset, file.isLittle) : view.getUint16(element.offset, file.isLittle);
}

const sequenceItem = (item: DicomItem | undefined, tag: string): DicomItem | undefined => item?.elements.get(tag)?.items?.[0];

/** A functional group (PS3.3 C.7.6.16) that all frames share, or the first frame's own; the image itself where there is none. */
const groupOf = (root: DicomItem, tag: string): DicomItem => sequenceItem(sequenceItem(root, "52009229"), tag) ?? sequenceItem(sequenceItem(root, "52009230"), tag) ?? root;

/** The functional groups that place a frame (PS3.3 C.7.6.16): the frame's own before those that all share. */
function framesOf(file: DicomFile, count: number, isSigned: boolean): DicomFrame[] {
  const { root } = file, shared = sequenceItem(root, "52009229"), perFrame = root.elements.get("52009230")?.items ?? [];
  if (perFrame.length > 0 && perFrame.length < count) {
    throw new DicomError("unreadable-file", `it has ${count} frames but functional groups ${tagName("52009230")} for ${perFrame.length}`, 0, "52009230");
  }
  const frames: DicomFrame[] = [];
  for (let index = 0; index < count; index++) {
    const own = perFrame[index] as DicomItem | undefined;
    const group = (tag: string): DicomItem => sequenceItem(own, tag) ?? sequenceItem(shared, tag) ?? root;
    const text = (groupTag: string, tag: string) => textOf(file, group(groupTag), tag) || textOf(file, root, tag);
    const [x = NaN, y = NaN, z = NaN] = numbersOf(text("00209113", "00200032"));
    const [rows = NaN, columns = NaN] = numbersOf(text("00289110", "00280030"));
    const slopeText = text("00289145", "00281053"), interceptText = text("00289145", "00281052");
    const content = group("00209111"), kernel = text("00189314", "00181210");
    const type = textOf(file, group("00189329"), "00089007") || textOf(file, root, "00080008");
    frames.push({
      index, position: [x, y, z], orientation: numbersOf(text("00209116", "00200037")), pixelSpacing: [rows, columns],
      slope: slopeText ? numbersOf(slopeText)[0] : 1, intercept: interceptText ? numbersOf(interceptText)[0] : 0,
      thicknessMm: orNull(numbersOf(text("00289110", "00180050"))[0]), rescaleType: text("00289145", "00281054"),
      tells: [kernel, textOf(file, root, "00200012") || numberAt(file, content, "00209156", isSigned) || "", textOf(file, root, "00200100"),
        numberAt(file, content, "00209128") ?? "", textOf(file, root, "00180060"), textOf(file, root, "00080008")].join("|"),
      isLocalizer: /LOCALIZER/.test(type),
    });
  }
  return frames;
}

/**
 * What a file says of its image; null where it holds none (a report, a directory, a structure set).
 * @throws DicomError where sizes are outside what an image may have (RELIABILITY H4)
 */
export function describeImage(file: DicomFile): DicomImage | null {
  const { root } = file, unreadSets = new Set<string>(), text = (tag: string) => textOf(file, root, tag), read = (item: DicomItem, tag: string) => {
    const { text: said, unknown } = readableText(file, item, tag);
    for (const set of unknown) unreadSets.add(set);
    return said;
  }, number = (tag: string) => orNull(numbersOf(text(tag))[0]);
  const media = file.meta.get("00020002");
  const sopClassUid = text("00080016") || (media ? asciiOf(file.bytes, media) : "");
  if (!file.pixels || root.elements.has("00041220")) return null;
  const rows = numberAt(file, root, "00280010") ?? 0, columns = numberAt(file, root, "00280011") ?? 0;
  const bitsAllocated = numberAt(file, root, "00280100") ?? 0, isSigned = numberAt(file, root, "00280103") === 1;
  const bitsStored = numberAt(file, root, "00280101") ?? bitsAllocated;
  const framesText = text("00280008"), count = framesText ? numbersOf(framesText)[0] : 1;
  if (!Number.isInteger(count) || count < 1 || count > 4000) throw new DicomError("too-large", `its number of frames ${tagName("00280008")} is ${framesText.slice(0, 12)}; 1 to 4000 are taken`, 0, "00280008");
  if (rows > 4096 || columns > 4096) throw new DicomError("too-large", `its image is ${columns} × ${rows} pixels ${tagName("00280010")}; at most 4096 × 4096 are taken`, root.elements.get("00280010")?.offset ?? 0, "00280010");
  const low = numberAt(file, root, "00280120", isSigned), high = numberAt(file, root, "00280121", isSigned);
  const reconstruction = groupOf(root, "00189314");
  return {
    sopClassUid, sopUid: text("00080018") || null, seriesUid: text("0020000e"), instanceNumber: number("00200013"), studyUid: text("0020000d"), frameOfReferenceUid: text("00200052") || null,
    modality: text("00080060"), imageType: text("00080008"), manufacturer: read(root, "00080070"), model: read(root, "00081090"),
    kernel: read(root, "00181210") || read(reconstruction, "00181210"),
    bodyPart: text("00180015"), laterality: text("00200060") || text("00200062"), patientPosition: text("00185100"), convolution: text("00189316"),
    photometric: text("00280004"), lossy: text("00282110") === "01", burnedIn: text("00280301"),
    kvp: number("00180060") ?? orNull(numbersOf(textOf(file, groupOf(root, "00189325"), "00180060"))[0]), tubeCurrentMa: number("00181151"), exposureMas: number("00181152"), gantryTiltDeg: number("00181120"), reconstructionDiameterMm: orNull(numbersOf(textOf(file, reconstruction, "00181100") || text("00181100"))[0]),
    pitch: numberDouble(file, root, "00189311") ?? numberDouble(file, groupOf(root, "00189308"), "00189311"), hasModalityLut: root.elements.has("00283000"), patientAge: text("00101010"),
    dates: { acquisition: text("00080022") || text("0008002a").slice(0, 8), study: text("00080020") },
    identity: [text("00100010"), text("00100020"), text("00100030")].join("\u0000"),
    samples: numberAt(file, root, "00280002") ?? 1, rows, columns, bitsAllocated, bitsStored, highBit: numberAt(file, root, "00280102") ?? bitsStored - 1, isSigned,
    padding: low === null ? null : [Math.min(low, high ?? low), Math.max(low, high ?? low)],
    frames: framesOf(file, count, isSigned), unreadSets: [...unreadSets],
  };
}

/** An FD value (spiral pitch); null where there is none. */
function numberDouble(file: DicomFile, item: DicomItem, tag: string): number | null {
  const element = item.elements.get(tag);
  if (!element || element.items || element.length !== 8) return null;
  return orNull(new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength).getFloat64(element.offset, file.isLittle));
}

import { ImportRefused } from "./refused.ts";

/**
 * The tags that are read; nothing else of a header leaves the bytes, so no name, id or birth date can.
 * The acquisition date stays in memory and only an age in days is reported.
 */
const allowed: Readonly<Record<string, keyof HeaderTexts>> = {
  "00080008": "imageType", "00080016": "sopClassUid", "00080018": "sopUid", "00080022": "acquisitionDate", "00080020": "studyDate",
  "00080060": "modality", "00080070": "manufacturer", "00081090": "model", "00180050": "sliceThickness", "00180060": "kvp",
  "00181120": "gantryTilt", "00181151": "tubeCurrent", "00181152": "exposure", "00181210": "kernel", "0020000e": "seriesUid",
  "00200032": "position", "00200037": "orientation", "00200052": "frameOfReferenceUid", "00280008": "frames",
  "00280030": "pixelSpacing", "00281052": "intercept", "00281053": "slope", "00282110": "lossy",
  "00280004": "photometric",
};
interface HeaderTexts {
  imageType?: string; sopClassUid?: string; sopUid?: string; acquisitionDate?: string; studyDate?: string; modality?: string;
  manufacturer?: string; model?: string; sliceThickness?: string; kvp?: string; gantryTilt?: string; tubeCurrent?: string;
  exposure?: string; kernel?: string; seriesUid?: string; position?: string; orientation?: string; frameOfReferenceUid?: string;
  frames?: string; pixelSpacing?: string; intercept?: string; slope?: string; lossy?: string; photometric?: string;
}
const allowedNumbers: Readonly<Record<string, keyof HeaderNumbers>> = {
  "00280002": "samples", "00280010": "rows", "00280011": "columns", "00280100": "bitsAllocated", "00280101": "bitsStored", "00280103": "pixelRepresentation",
};
interface HeaderNumbers { samples?: number; rows?: number; columns?: number; bitsAllocated?: number; bitsStored?: number; pixelRepresentation?: number }

export interface DicomHeader {
  transferSyntax: string;
  texts: HeaderTexts;
  numbers: HeaderNumbers;
  isBigEndian: boolean;
  /** Where the pixel data lie; `length` null when encapsulated (compressed). Null without pixel data. */
  pixels: { offset: number; length: number | null } | null;
}

const implicitLittle = "1.2.840.10008.1.2", explicitBig = "1.2.840.10008.1.2.2", deflated = "1.2.840.10008.1.2.1.99";
const longForms = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UC", "UR", "UT", "SV", "UV"]);
const undefinedLength = 0xffffffff;
const latin = new TextDecoder("latin1");

/** Whether bytes begin like a DICOM file: with the preamble, or bare with a group 0002 or 0008 element. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  if (bytes.length >= 132 && latin.decode(bytes.subarray(128, 132)) === "DICM") return true;
  if (bytes.length < 16) return false;
  const group = bytes[0] | (bytes[1] << 8), isSmall = bytes[3] === 0 && bytes[2] < 0x20;
  return (group === 8 || group === 2) && isSmall;
}

class Cursor {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly where: string;
  at: number;
  little = true;
  isExplicit = true;
  constructor(bytes: Uint8Array, at: number, where: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
    this.where = where;
  }
  broken(what: string): ImportRefused {
    return new ImportRefused("unreadable-file", `${this.where} is broken at byte ${this.at}: ${what}. Export it again.`, { file: this.where, offset: this.at });
  }
  /** Reads tag, value representation and length; refuses when they do not fit into the file. */
  element(): { tag: string; vr: string; length: number } {
    if (this.at + 8 > this.bytes.length) throw this.broken("an element ends after the file");
    const group = this.view.getUint16(this.at, this.little), element = this.view.getUint16(this.at + 2, this.little);
    const tag = group.toString(16).padStart(4, "0") + element.toString(16).padStart(4, "0");
    if (!this.isExplicit || group === 0xfffe) {
      const length = this.view.getUint32(this.at + 4, this.little);
      this.at += 8;
      return { tag, vr: "", length };
    }
    const vr = latin.decode(this.bytes.subarray(this.at + 4, this.at + 6));
    if (!/^[A-Z]{2}$/.test(vr)) throw this.broken(`element ${tag} has no valid value representation`);
    if (!longForms.has(vr)) {
      const length = this.view.getUint16(this.at + 6, this.little);
      this.at += 8;
      return { tag, vr, length };
    }
    if (this.at + 12 > this.bytes.length) throw this.broken("an element ends after the file");
    const length = this.view.getUint32(this.at + 8, this.little);
    this.at += 12;
    return { tag, vr, length };
  }
  text(length: number): string {
    return latin.decode(this.bytes.subarray(this.at, this.at + length)).replace(/[\0 ]+$/, "").trim();
  }
}

/** Steps over items of a sequence of undefined length; depth is bounded so that no file can exhaust the stack. */
function skipSequence(c: Cursor, depth: number, isUnknown: boolean): void {
  if (depth > 16) throw c.broken("sequences are nested more than 16 deep");
  const before = c.isExplicit;
  if (isUnknown) c.isExplicit = false;
  for (;;) {
    const { tag, length } = c.element();
    if (tag === "fffee0dd") break;
    if (tag !== "fffee000") throw c.broken(`element ${tag} stands where a sequence item belongs`);
    if (length !== undefinedLength) {
      if (length > c.bytes.length - c.at) throw c.broken("a sequence item is longer than the file");
      c.at += length;
      continue;
    }
    for (;;) {
      const inner = c.element();
      if (inner.tag === "fffee00d") break;
      if (inner.length === undefinedLength) skipSequence(c, depth + 1, inner.vr === "UN");
      else if (inner.length > c.bytes.length - c.at) throw c.broken(`element ${inner.tag} is longer than the file`);
      else c.at += inner.length;
    }
  }
  c.isExplicit = before;
}

/**
 * Reads the allowed tags of a DICOM file and finds its pixel data, without copying or allocating by any
 * length the file claims.
 * @param where how the file is called in messages
 * @throws ImportRefused `unreadable-file` with the byte offset; `unsupported-transfer-syntax` for deflated files
 */
export function readDicomHeader(bytes: Uint8Array, where: string): DicomHeader {
  const hasPreamble = bytes.length >= 132 && latin.decode(bytes.subarray(128, 132)) === "DICM";
  const c = new Cursor(bytes, hasPreamble ? 132 : 0, where);
  let transferSyntax = "";
  while (c.at + 8 <= bytes.length && c.view.getUint16(c.at, true) === 2) {
    const { tag, length } = c.element();
    if (length > bytes.length - c.at) throw c.broken(`element ${tag} is longer than the file`);
    if (tag === "00020010") transferSyntax = c.text(length);
    c.at += length;
  }
  if (transferSyntax === deflated) throw new ImportRefused("unsupported-transfer-syntax", `${where} is a deflated DICOM file; these are not taken yet. Export it uncompressed.`, { file: where, transferSyntax });
  c.little = transferSyntax !== explicitBig;
  c.isExplicit = transferSyntax ? transferSyntax !== implicitLittle : /^[A-Z]{2}$/.test(latin.decode(bytes.subarray(c.at + 4, c.at + 6)));
  const header: DicomHeader = {
    transferSyntax: transferSyntax || (c.isExplicit ? "1.2.840.10008.1.2.1" : implicitLittle), texts: {}, numbers: {}, isBigEndian: !c.little, pixels: null,
  };
  while (c.at + 8 <= bytes.length) {
    const { tag, vr, length } = c.element();
    if (tag === "7fe00010") {
      header.pixels = { offset: c.at, length: length === undefinedLength ? null : length };
      break;
    }
    if (length === undefinedLength) {
      skipSequence(c, 0, vr === "UN");
      continue;
    }
    if (length > bytes.length - c.at) throw c.broken(`element ${tag} says it is ${length} bytes long, the file ends before`);
    const text = allowed[tag], number = allowedNumbers[tag];
    if (text && length <= 1024) header.texts[text] = c.text(length);
    if (number && length >= 2) header.numbers[number] = c.view.getUint16(c.at, c.little);
    c.at += length;
  }
  return header;
}

/** The numbers of a DS or IS value; NaN where one does not parse. */
export const numbersOf = (text: string | undefined): number[] => (text ? text.split("\\").map((part) => (part.trim() ? Number(part.trim()) : Number.NaN)) : []);

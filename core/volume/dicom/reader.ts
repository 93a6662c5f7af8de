// A bounded reader of DICOM data sets (PS3.5 chapter 7). Nothing is allocated by a length that a file claims, every step
// moves forward, depth and number of elements are limited (RELIABILITY H2, H3), and pixel data are found, not read.
import { DicomError, tagName } from "./dicomError.ts";
import { inflateBounded } from "./inflateBounded.ts";

export interface DicomElement {
  /** Eight lower-case hex digits. */
  tag: string;
  /** Two letters; empty where the file is implicit. */
  vr: string;
  /** Where the value begins, and how many bytes it has (items' bytes for a sequence). */
  offset: number;
  length: number;
  items: DicomItem[] | null;
}
export interface DicomItem { elements: Map<string, DicomElement> }
export interface DicomFile {
  /** The file's bytes; for a deflated one the meta header and the inflated data set. */
  bytes: Uint8Array;
  transferSyntax: string;
  /** Whether the file itself names its transfer syntax. */
  hasMeta: boolean;
  isLittle: boolean;
  isExplicit: boolean;
  isDeflated: boolean;
  meta: Map<string, DicomElement>;
  root: DicomItem;
  /** Pixel data; `length` null when encapsulated (compressed). */
  pixels: { offset: number; length: number | null; vr: string } | null;
}

export const syntax = {
  implicitLittle: "1.2.840.10008.1.2", explicitLittle: "1.2.840.10008.1.2.1", explicitBig: "1.2.840.10008.1.2.2", deflated: "1.2.840.10008.1.2.1.99",
} as const;
export const maxElements = 100_000, maxDepth = 64;
export const undefinedLength = 0xffffffff;

const code = (two: string) => (two.charCodeAt(0) << 8) | two.charCodeAt(1);
const longForms = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UC", "UR", "UT", "SV", "UV"].map(code));
const hex = (n: number) => n.toString(16).padStart(4, "0");
const isLetter = (c: number) => c >= 65 && c <= 90;

/** Whether bytes begin like a DICOM file: with the preamble, or bare with a small element of group 0002 or 0008. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  if (bytes.length >= 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d) return true;
  if (bytes.length < 16) return false;
  const isLittle = (bytes[0] === 8 || bytes[0] === 2) && bytes[1] === 0 && bytes[3] === 0 && bytes[2] < 0x20;
  const isBig = bytes[0] === 0 && (bytes[1] === 8 || bytes[1] === 2) && bytes[2] === 0 && bytes[3] < 0x20;
  return isLittle || isBig || beginsLate(bytes);
}

/** Elements with which a bare file may begin where those before are missing: tags of group 0008 and their value representations. */
const lateTags: ReadonlyMap<number, string> = new Map([...[0x20, 0x21, 0x22, 0x23].map((number) => [number, "DA"] as const), ...[0x30, 0x31, 0x32, 0x33].map((number) => [number, "TM"] as const), [0x50, "SH"], [0x60, "CS"], [0x70, "LO"]]);
/** Whether bytes begin with a later element of group 0008: by its tag, its representation or a small even length, and text as it may hold. */
function beginsLate(bytes: Uint8Array): boolean {
  const isLittle = bytes[0] === 8 && bytes[1] === 0 && bytes[3] === 0, isBig = bytes[0] === 0 && bytes[1] === 8 && bytes[2] === 0, vr = isLittle ? lateTags.get(bytes[2]) : isBig ? lateTags.get(bytes[3]) : undefined;
  if (!vr) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), isExplicit = bytes[4] === vr.charCodeAt(0) && bytes[5] === vr.charCodeAt(1), size = isExplicit ? view.getUint16(6, isLittle) : view.getUint32(4, isLittle);
  if (size % 2 === 1 || size > 64) return false;
  const value = bytes.subarray(8, Math.min(bytes.length, 8 + size)), isText = (c: number) => vr === "DA" || vr === "TM" ? (c >= 48 && c <= 58) || c === 46 || c === 32 || c === 0 : vr === "CS" ? (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 32 || c === 0 : c >= 32 || c === 0;
  // What follows is an element of the same or a later group.
  return value.every(isText) && (8 + size + 2 > bytes.length || view.getUint16(8 + size, isLittle) >= 8);
}

interface Open { item: DicomItem | null; items: DicomItem[] | null; end: number; isExplicit: boolean; tag: string }

/** Reads elements from `at` on until the bytes end, pixel data begin, or `stop` says so. */
class Walk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  isLittle = true;
  isExplicit = true;
  count = 0;
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }
  broken(what: string, tag: string | null = null): DicomError {
    return new DicomError("unreadable-file", `it is broken at byte ${this.at}${tag ? ` (element ${tagName(tag)})` : ""}: ${what}`, this.at, tag);
  }
  /** Tag, value representation and length; the value itself is not yet known to be there. */
  head(): { tag: string; vr: string; length: number } {
    const { view, at } = this;
    if (at + 8 > this.bytes.length) throw this.broken("an element ends after the file");
    if (++this.count > maxElements) throw new DicomError("too-large", `it has more than ${maxElements} elements`, at);
    const group = view.getUint16(at, this.isLittle), tag = hex(group) + hex(view.getUint16(at + 2, this.isLittle));
    if (group === 0xfffe || !this.isExplicit) {
      this.at += 8;
      return { tag, vr: "", length: view.getUint32(at + 4, this.isLittle) };
    }
    const a = this.bytes[at + 4], b = this.bytes[at + 5];
    if (!isLetter(a) || !isLetter(b)) throw this.broken("no valid value representation", tag);
    const vr = String.fromCharCode(a, b);
    if (!longForms.has((a << 8) | b)) {
      this.at += 8;
      return { tag, vr, length: view.getUint16(at + 6, this.isLittle) };
    }
    if (at + 12 > this.bytes.length) throw this.broken("an element ends after the file", tag);
    this.at += 12;
    return { tag, vr, length: view.getUint32(at + 8, this.isLittle) };
  }
  /** The file group (0002), always explicit little endian. */
  meta(): Map<string, DicomElement> {
    const found = new Map<string, DicomElement>();
    while (this.at + 8 <= this.bytes.length && this.view.getUint16(this.at, true) === 2) {
      const { tag, vr, length } = this.head();
      if (length > this.bytes.length - this.at) throw this.broken("longer than the file", tag);
      found.set(tag, { tag, vr, offset: this.at, length, items: null });
      this.at += length;
    }
    return found;
  }
  /** The data set, with its sequences, without recursion. */
  dataset(): { root: DicomItem; pixels: DicomFile["pixels"] } {
    const root: DicomItem = { elements: new Map() }, end = this.bytes.length;
    const stack: Open[] = [{ item: root, items: null, end, isExplicit: this.isExplicit, tag: "" }];
    let pixels: DicomFile["pixels"] = null;
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (this.at >= top.end || (stack.length === 1 && this.at + 8 > end)) {
        if (this.at > top.end) throw this.broken("a sequence reaches over its end", top.tag);
        stack.pop();
        this.isExplicit = stack.length > 0 ? stack[stack.length - 1].isExplicit : this.isExplicit;
        continue;
      }
      const { tag, vr, length } = this.head();
      const isOpenEnded = length === undefinedLength;
      if (!isOpenEnded && length > top.end - this.at) {
        if (tag === "7fe00010" && stack.length === 1) { pixels = { offset: this.at, length, vr }; break; }
        throw this.broken(`it says it is ${length} bytes long, but only ${top.end - this.at} are left`, tag);
      }
      if (top.items) {
        if (tag === "fffee0dd") { top.end = this.at; continue; }
        if (tag !== "fffee000") throw this.broken("it stands where a sequence item belongs", tag);
        const item: DicomItem = { elements: new Map() };
        top.items.push(item);
        stack.push({ item, items: null, end: isOpenEnded ? top.end : this.at + length, isExplicit: this.isExplicit, tag });
        continue;
      }
      if (tag === "fffee00d" || tag === "fffee0dd") {
        if (stack.length > 1) top.end = this.at;
        continue;
      }
      if (tag === "7fe00010" && stack.length === 1) { pixels = { offset: this.at, length: isOpenEnded ? null : length, vr }; break; }
      const element: DicomElement = { tag, vr, offset: this.at, length: isOpenEnded ? 0 : length, items: null };
      top.item?.elements.set(tag, element);
      if (isOpenEnded || vr === "SQ" || (vr === "" && this.looksLikeItems(length))) {
        if (stack.length > 2 * maxDepth) throw new DicomError("too-deep", `its sequences are nested more than ${maxDepth} deep at byte ${this.at}`, this.at, tag);
        element.items = [];
        // A sequence written as UN is implicit inside (PS3.5 §6.2.2).
        if (vr === "UN") this.isExplicit = false;
        stack.push({ item: null, items: element.items, end: isOpenEnded ? top.end : this.at + length, isExplicit: this.isExplicit, tag });
        continue;
      }
      this.at += length;
    }
    return { root, pixels };
  }
  private looksLikeItems(length: number): boolean {
    return length >= 8 && this.view.getUint16(this.at, this.isLittle) === 0xfffe && this.view.getUint16(this.at + 2, this.isLittle) === 0xe000;
  }
}

/**
 * Reads a DICOM file's structure. Deflated data sets are inflated in pieces, to at most 512 MiB or 200 times their size.
 * @throws DicomError with byte offset and tag; its message goes on after «the file …: »
 */
export function readDicom(bytes: Uint8Array): DicomFile {
  const hasPreamble = bytes.length >= 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d;
  let walk = new Walk(bytes, hasPreamble ? 132 : 0);
  const meta = walk.meta(), named = meta.get("00020010");
  const transferSyntax = named ? asciiOf(bytes, named) : "";
  const isDeflated = transferSyntax === syntax.deflated;
  if (isDeflated) {
    const whole = inflateBounded(bytes, walk.at);
    walk = new Walk(whole, walk.at);
  }
  const { at } = walk, head = walk.bytes;
  walk.isLittle = transferSyntax ? transferSyntax !== syntax.explicitBig : !(head[at] === 0 && head[at + 1] !== 0);
  walk.isExplicit = transferSyntax ? transferSyntax !== syntax.implicitLittle : isLetter(head[at + 4]) && isLetter(head[at + 5]);
  const { isLittle, isExplicit } = walk;
  const { root, pixels } = walk.dataset();
  const assumed = isExplicit ? isLittle ? syntax.explicitLittle : syntax.explicitBig : syntax.implicitLittle;
  return { bytes: walk.bytes, transferSyntax: transferSyntax || assumed, hasMeta: transferSyntax !== "", isLittle, isExplicit, isDeflated, meta, root, pixels };
}

/** A value's bytes as Latin letters, without the padding at its ends; at most 1,024 of them. */
export function asciiOf(bytes: Uint8Array, element: DicomElement): string {
  let text = "";
  const end = element.offset + Math.min(element.length, 1024);
  for (let i = element.offset; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text.replace(/[\0 ]+$/, "").trim();
}

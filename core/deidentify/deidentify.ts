import { asciiOf, maxDepth, readDicom, syntax, type DicomElement, type DicomFile, type DicomItem } from "../volume/dicom/reader.ts";
import { textOf } from "../volume/dicom/image.ts";
import { actions, methodOf } from "./profile.ts";
import { dateOfDay, dayNumber, pseudonym, remapUid, shiftDays } from "./remap.ts";

export interface DeidentifyOptions {
  /** Secret of the workspace: UIDs, names and dates change alike in every file that is done with it. At least 16 bytes. */
  key: Uint8Array;
  /** YYYY-MM-DD: the scan's age in days at this moment is kept beside the shifted dates. */
  asOf?: string;
  retainPatientCharacteristics?: boolean;
  /** Private elements that may stay, as eight hex digits. */
  keepPrivate?: readonly string[];
  /** Bytes of the whole file, where only its beginning is given: uncompressed pixels are then told as `tail`, not copied. */
  size?: number;
}
/** What was done, to be shown before anything is sent. Tags only: no values. */
export interface Deidentified {
  /** The new file in pieces (the pixel data are not copied). */
  parts: Uint8Array[];
  /** Bytes of the file given that follow the pieces as they are; null where the pieces hold everything. */
  tail: { from: number; to: number } | null;
  /** Whether the file says that it was de-identified before: its dates then tell no age. */
  wasDone: boolean;
  /** By the age in the header; null where none is told. */
  isChild: boolean | null;
  kept: string[];
  replaced: string[];
  removed: string[];
  scanAgeDays: number | null;
  /** Reasons why a person should look at the pixels: text may be burned in, or they are no plain CT. */
  lookAtPixels: string[];
  /** Original UID → the one written, of what results refer to: study, series, frame of reference and image. */
  uids: Map<string, string>;
}

/** Tags of the UIDs by which a result refers to what it was made of. */
const referredUids: ReadonlySet<string> = new Set(["0020000d", "0020000e", "00200052", "00080018"]);

const longForms = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UC", "UR", "UT", "SV", "UV"]);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 127);

class Writer {
  readonly parts: Uint8Array[] = [];
  readonly isLittle: boolean;
  readonly isExplicit: boolean;
  constructor(isLittle: boolean, isExplicit: boolean) { this.isLittle = isLittle; this.isExplicit = isExplicit; }
  head(tag: string, vr: string, length: number): void {
    const isItem = tag.startsWith("fffe"), isLong = this.isExplicit && !isItem && longForms.has(vr), bytes = new Uint8Array(isLong ? 12 : 8), view = new DataView(bytes.buffer);
    view.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), this.isLittle);
    view.setUint16(2, Number.parseInt(tag.slice(4), 16), this.isLittle);
    if (!this.isExplicit || isItem) view.setUint32(4, length, this.isLittle);
    else {
      bytes.set(ascii(vr), 4);
      if (isLong) view.setUint32(8, length, this.isLittle);
      else view.setUint16(6, length, this.isLittle);
    }
    this.parts.push(bytes);
  }
  value(tag: string, vr: string, value: Uint8Array): void {
    const odd = value.length % 2;
    this.head(tag, vr, value.length + odd);
    this.parts.push(value);
    if (odd) this.parts.push(Uint8Array.of(vr === "UI" || vr === "OB" || vr === "UN" ? 0 : 32));
  }
  get size(): number { return this.parts.reduce((sum, { length }) => sum + length, 0); }
}

/**
 * Makes a copy of a DICOM file that names nobody: PS3.15 Basic profile with the options of `profile.ts`. Preamble zeroed,
 * private and unknown elements dropped, UIDs remapped, dates shifted, pixel data and geometry bit for bit.
 * @throws DicomError where the file cannot be read; RangeError for a short key
 */
export function deidentify(bytes: Uint8Array, options: DeidentifyOptions): Deidentified {
  const { key } = options;
  if (key.length < 16) throw new RangeError("the key must have at least 16 bytes");
  const file = readDicom(bytes), text = (tag: string) => textOf(file, file.root, tag), patient = text("00100020") || text("00100010"), back = shiftDays(key, patient);
  const age = text("00101010");
  const report: Deidentified = {
    parts: [], tail: null, kept: [], replaced: [], removed: [], scanAgeDays: null, lookAtPixels: [], uids: new Map(), wasDone: text("00120062") === "YES",
    isChild: /^\d{3}[DWMY]$/.test(age) ? !age.endsWith("Y") || Number(age.slice(0, 3)) < 18 : null,
  };
  const scanned = dayNumber(text("00080022") || text("0008002a").slice(0, 8) || text("00080020")), today = options.asOf ? dayNumber(options.asOf) : null;
  if (scanned !== null && today !== null && !report.wasDone) report.scanAgeDays = today - scanned;
  const modality = textOf(file, file.root, "00080060"), sop = textOf(file, file.root, "00080016");
  if (textOf(file, file.root, "00280301") === "YES") report.lookAtPixels.push("the image says that text is burned in (0028,0301)");
  if (modality !== "CT" || sop.startsWith("1.2.840.10008.5.1.4.1.1.7")) report.lookAtPixels.push("this is no plain CT image: captures and reports often show the patient's name");

  // Name, number and birth date together, so that slices of two people stay two people's.
  const person = patient === "" ? "" : [text("00100010"), text("00100020"), text("00100030")].join("\u0000");
  const out = dataset(file, file.root, options, back, report, 0, { patient, person });
  if (file.pixels) {
    const { offset, length, vr } = file.pixels, isPart = options.size !== undefined && options.size > bytes.length && !file.isDeflated;
    const end = length === null ? file.bytes.length : Math.min(isPart ? options.size ?? 0 : file.bytes.length, offset + length);
    out.head("7fe00010", vr || "OW", length === null ? 0xffffffff : end - offset);
    if (isPart && length !== null) report.tail = { from: offset, to: end };
    else out.parts.push(length === null ? encapsulated(file.bytes, offset) : file.bytes.subarray(offset, end));
  }
  const meta = new Writer(true, true);
  meta.value("00020001", "OB", Uint8Array.of(0, 1));
  meta.value("00020002", "UI", ascii(sop));
  meta.value("00020003", "UI", ascii(remapUid(key, textOf(file, file.root, "00080018"))));
  meta.value("00020010", "UI", ascii(file.isDeflated ? syntax.explicitLittle : file.transferSyntax));
  meta.value("00020012", "UI", ascii("2.25.228217046213640871216230104113612012310"));
  const length = new Writer(true, true), size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, meta.size, true);
  length.value("00020000", "UL", size);
  report.parts = [new Uint8Array(128), ascii("DICM"), ...length.parts, ...meta.parts, ...out.parts];
  return report;
}

/** Encapsulated pixel data up to and with their delimiter; whatever a file hides behind it goes. */
function encapsulated(bytes: Uint8Array, offset: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = offset;
  while (at + 8 <= bytes.length && view.getUint32(at, true) === 0xe000fffe) at = Math.min(bytes.length, at + 8 + view.getUint32(at + 4, true));
  const whole = new Uint8Array(at - offset + 8);
  whole.set(bytes.subarray(offset, at));
  whole.set([0xfe, 0xff, 0xdd, 0xe0], at - offset);
  return whole;
}

interface Who { patient: string; person: string }

/** What is written where the file had something: replaced, never blanked, for empty ids break other programs. */
const replacements = (key: Uint8Array, { patient, person }: Who, keepsPatient: boolean): [string, string, string][] => [
  ["00100010", "PN", `Case^${pseudonym(key, person)}`], ["00100020", "LO", pseudonym(key, patient)], ["00080050", "SH", ""], ["00080090", "PN", ""], ["00200010", "SH", ""],
  ["00100030", "DA", ""], ...keepsPatient ? [] : [["00100040", "CS", ""] as [string, string, string]],
  ["00120062", "CS", "YES"], ["00120063", "LO", `PS3.15 Basic Profile\\Retain Modified Dates\\Retain Device Model${keepsPatient ? "\\Retain Patient Characteristics" : ""}`], ["00280303", "CS", "MODIFIED"],
];

/** De-identification Method Code Sequence. */
const methodTag = "00120064";
function writeMethod(out: Writer, keepsPatient: boolean): void {
  const items = methodOf(keepsPatient).map(({ code, meaning }) => {
    const item = new Writer(out.isLittle, out.isExplicit);
    item.value("00080100", "SH", ascii(code));
    item.value("00080102", "SH", ascii("DCM"));
    item.value("00080104", "LO", ascii(meaning));
    return item;
  });
  out.head(methodTag, "SQ", items.reduce((sum, { size }) => sum + 8 + size, 0));
  for (const item of items) {
    out.head("fffee000", "", item.size);
    out.parts.push(...item.parts);
  }
}

function dataset(file: DicomFile, item: DicomItem, options: DeidentifyOptions, back: number, report: Deidentified, depth: number, who: Who): Writer {
  const out = new Writer(file.isLittle, file.isExplicit), { key } = options, added = new Map<string, [string, string]>();
  if (depth === 0) for (const [tag, vr, text] of replacements(key, who, options.retainPatientCharacteristics ?? false)) added.set(tag, [vr, text]);
  const tags = [...new Set([...item.elements.keys(), ...added.keys(), ...depth === 0 ? [methodTag] : []])].sort();
  for (const tag of tags) {
    const fresh = added.get(tag), element = item.elements.get(tag);
    if (depth === 0 && tag === methodTag) {
      writeMethod(out, options.retainPatientCharacteristics ?? false);
      if (element) report.replaced.push(tag);
      continue;
    }
    if (fresh) {
      out.value(tag, fresh[0], ascii(fresh[1]));
      if (element) report.replaced.push(tag);
      continue;
    }
    if (element) copy(out, file, element, options, back, report, depth, who);
  }
  return out;
}

function copy(out: Writer, file: DicomFile, element: DicomElement, options: DeidentifyOptions, back: number, report: Deidentified, depth: number, who: Who): void {
  const { tag } = element, isPrivate = Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
  const action = isPrivate ? options.keepPrivate?.includes(tag) ? "keep" : null : actions.get(tag) ?? null;
  const raw = file.bytes.subarray(element.offset, element.offset + element.length);
  if (action === "group" && element.items && depth < maxDepth) {
    const items = element.items.map((item) => dataset(file, item, options, back, report, depth + 1, who));
    out.head(tag, "SQ", items.reduce((sum, { size }) => sum + 8 + size, 0));
    for (const item of items) {
      out.head("fffee000", "", item.size);
      out.parts.push(...item.parts);
    }
  } else if (action === "uid" && !element.items) {
    const original = asciiOf(file.bytes, element), made = original ? remapUid(options.key, original) : "";
    out.value(tag, "UI", ascii(made));
    if (made && referredUids.has(tag)) report.uids.set(original, made);
    report.replaced.push(tag);
  } else if (action === "date" && !element.items) {
    const day = dayNumber(asciiOf(file.bytes, element));
    out.value(tag, "DA", ascii(day === null ? "" : dateOfDay(day - back)));
    report.replaced.push(tag);
  } else if (!element.items && (action === "keep" || (action === "patient" && options.retainPatientCharacteristics))) {
    out.value(tag, element.vr, raw);
    report.kept.push(tag);
  } else report.removed.push(tag);
}

// Text of DICOM files (PS3.3 C.12.1.1.2, PS3.5 §6.1): the character sets of (0008,0005) and the escapes between them, by TextDecoder.
import type { DicomElement, DicomFile, DicomItem } from "./reader.ts";
import { asciiOf } from "./reader.ts";

/** A value's text, and the character sets of it that we do not know: their characters beyond ASCII are «?». */
export interface DicomText { text: string; unknown: string[] }

/** One coded set in G0 (bytes below 128) or G1 (above): how many bytes a character has, and how to read a run of them. */
interface CodedSet { width: 1 | 2; read: (run: Uint8Array) => string }

const by = (label: string) => new TextDecoder(label);
const latin = (run: Uint8Array): string => { let text = ""; for (const byte of run) text += String.fromCharCode(byte); return text; };
/** What a set's decoder says; controls of the upper half stay controls, where decoders of the web read Windows' own letters. */
const single = (label: string): CodedSet => {
  const decoder = by(label);
  return { width: 1, read: (run) => { let text = ""; for (const byte of run) text += byte < 0xa0 ? String.fromCharCode(byte) : decoder.decode(Uint8Array.of(byte)); return text; } };
};
const ascii: CodedSet = { width: 1, read: latin };
/** JIS X 0208 and 0212 as EUC-JP has them: bit 8 set, 0212 behind 8F; half-width katakana behind 8E. */
const eucJp = (lead: number[], width: 1 | 2): CodedSet => {
  const decoder = by("euc-jp");
  return { width, read: (run) => { const made: number[] = []; for (let i = 0; i + width <= run.length; i += width) made.push(...lead, ...Array.from(run.subarray(i, i + width), (byte) => byte | 128)); return decoder.decode(Uint8Array.from(made)); } };
};
const wide = (label: string): CodedSet => { const decoder = by(label); return { width: 2, read: (run) => decoder.decode(run) }; };

/** The upper halves, by registration number of ISO 2022's sets. */
const upper: Readonly<Record<string, () => CodedSet>> = {
  "100": () => ({ width: 1, read: latin }), "101": () => single("iso-8859-2"), "109": () => single("iso-8859-3"), "110": () => single("iso-8859-4"), "144": () => single("iso-8859-5"), "127": () => single("iso-8859-6"),
  "126": () => single("iso-8859-7"), "138": () => single("iso-8859-8"), "148": () => single("iso-8859-9"), "166": () => single("windows-874"), "203": () => single("iso-8859-15"), "13": () => eucJp([0x8e], 1), "149": () => wide("euc-kr"), "58": () => wide("gbk"),
};
/** What escapes choose: G0 or G1, and which set. */
const escapes: Readonly<Record<string, [0 | 1, () => CodedSet]>> = {
  "(B": [0, () => ascii], "(J": [0, () => ascii], "$B": [0, () => eucJp([], 2)], "$@": [0, () => eucJp([], 2)], "$(D": [0, () => eucJp([0x8f], 2)], ")I": [1, upper["13"]], "$)C": [1, upper["149"]], "$)A": [1, upper["58"]],
  "-A": [1, upper["100"]], "-B": [1, upper["101"]], "-C": [1, upper["109"]], "-D": [1, upper["110"]], "-F": [1, upper["126"]], "-G": [1, upper["127"]], "-H": [1, upper["138"]], "-L": [1, upper["144"]], "-M": [1, upper["148"]], "-T": [1, upper["166"]], "-b": [1, upper["203"]],
};
const whole: Readonly<Record<string, string>> = { "192": "utf-8", GB18030: "gb18030", GBK: "gbk" };

/** Number or name of a defined term as writers spell it: «ISO_IR 100», «ISO 2022 IR 100», «ISO-IR 100»; empty for ASCII. */
function termOf(value: string): string {
  const term = value.trim().toUpperCase(), number = /^ISO[ _-](?:2022[ _-])?(?:IR[ _-]?)?(\d+)$/.exec(term)?.[1];
  return number === "6" ? "" : number ?? term.replace(/^ISO 2022 /, "");
}
const isAscii = (bytes: Uint8Array): boolean => { for (const byte of bytes) if (byte >= 128 || byte === 0x1b) return false; return true; };
/** After these a value begins anew in its first set (PS3.5 §6.1.2.5.3): line ends, tab, and what parts values and names. */
const isDelimiter = (byte: number): boolean => byte === 0x0a || byte === 0x0c || byte === 0x0d || byte === 0x09 || byte === 0x5c || byte === 0x5e || byte === 0x3d;

/** Where bytes of one half end. A set of two bytes in G0 holds delimiters' bytes too; only an escape ends it. */
function endOfRun(bytes: Uint8Array, from: number, low: CodedSet): number {
  const isHigh = bytes[from] >= 128, goesOn = (at: number) => bytes[at] !== 0x1b && bytes[at] >= 128 === isHigh && (isHigh || low.width === 2 || !isDelimiter(bytes[at - 1]));
  let end = from + 1;
  while (end < bytes.length && goesOn(end)) end++;
  return end;
}

/** Reads bytes in character sets as (0008,0005) lists them. Never throws; what is not understood is told. */
export function decodeDicomText(bytes: Uint8Array, charsets: readonly string[]): DicomText {
  if (isAscii(bytes)) return { text: latin(bytes), unknown: [] };
  const terms = charsets.map(termOf), first = terms[0] ?? "", isNamed = terms.some((term) => term !== "");
  if (whole[first]) return { text: by(whole[first]).decode(bytes), unknown: [] };
  if (!isNamed && !bytes.includes(0x1b)) {
    // None is named, and ASCII it is not: UTF-8 where it is that without a fault, else Latin; either is a guess.
    try { return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), unknown: ["(none named)"] }; } catch { return { text: latin(bytes), unknown: ["(none named)"] }; }
  }
  const unknown = new Set<string>(), start: readonly [CodedSet, CodedSet | null] = [ascii, upper[first]?.() ?? null];
  // Sets that are only reached by an escape (87, 159) are no first ones, and need none.
  if (first !== "" && !upper[first] && first !== "87" && first !== "159") unknown.add(charsets[0].trim());
  let [low, high] = start, text = "", isLost = false;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 0x1b) {
      const code = [3, 2].map((length) => String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length))).find((form) => escapes[form]);
      if (code === undefined) {
        unknown.add(`ESC ${latin(bytes.subarray(at + 1, at + 4)).replace(/[^\x20-\x7e]/g, "?")}`);
        isLost = true;
        at++;
        continue;
      }
      const [half, set] = escapes[code];
      if (half === 0) low = set(); else high = set();
      isLost = false;
      at += 1 + code.length;
      continue;
    }
    const end = endOfRun(bytes, at, low), isHigh = bytes[at] >= 128;
    const run = bytes.subarray(at, end), set = isHigh ? high : low;
    if (set && !(isHigh && isLost)) text += set.read(run);
    else {
      if (isHigh && !isLost && unknown.size === 0) unknown.add("beyond ASCII without an escape");
      text += isHigh ? "?".repeat(run.length) : latin(run);
    }
    if (!isHigh && low.width === 1 && isDelimiter(run[run.length - 1])) { [low, high] = start; isLost = false; }
    at = end;
  }
  return { text, unknown: [...unknown] };
}

/** The character sets of an item: its own, else the file's. */
const charsetsOf = (file: DicomFile, item: DicomItem): string[] => {
  const element: DicomElement | undefined = item.elements.get("00080005") ?? file.root.elements.get("00080005");
  return element && !element.items ? asciiOf(file.bytes, element).split("\\") : [];
};

/** Text of an element for people to read, in the item's character sets; at most 1,024 bytes of it. Empty where there is none. */
export function readableText(file: DicomFile, item: DicomItem, tag: string): DicomText {
  const element = item.elements.get(tag);
  if (!element || element.items) return { text: "", unknown: [] };
  const { text, unknown } = decodeDicomText(file.bytes.subarray(element.offset, element.offset + Math.min(element.length, 1024)), charsetsOf(file, item));
  return { text: text.replace(/[\0 ]+$/, "").trim(), unknown };
}

/** The same with what was not understood said behind it. */
export function toldText(file: DicomFile, item: DicomItem, tag: string): string {
  const { text, unknown } = readableText(file, item, tag);
  return unknown.length > 0 && text !== "" ? `${text} (character set not understood: ${unknown.join(", ")})` : text;
}

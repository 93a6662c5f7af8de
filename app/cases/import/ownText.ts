import type { DicomFile } from "../../../core/volume/dicom/reader.ts";

/** Specific Character Set (0008,0005) by the names that a browser's decoder knows (PS3.3 C.12.1.1.2); what is not named is ASCII. */
const encodings: Readonly<Record<string, string>> = {
  "IR 100": "iso-8859-1", "IR 101": "iso-8859-2", "IR 109": "iso-8859-3", "IR 110": "iso-8859-4", "IR 144": "iso-8859-5", "IR 127": "iso-8859-6", "IR 126": "iso-8859-7",
  "IR 138": "iso-8859-8", "IR 148": "iso-8859-9", "IR 203": "iso-8859-15", "IR 13": "shift_jis", "IR 166": "windows-874", "IR 192": "utf-8", "IR 87": "iso-2022-jp", "IR 149": "euc-kr", "IR 58": "gbk", "GB18030": "gb18030", "GBK": "gbk",
};
/** A text for a person is cut off here, bytes. */
const mostBytes = 256;

/** A text of the file's root as a person reads it, in the file's own character set; empty where there is none. It is for the page alone. */
export function ownText({ bytes, root }: DicomFile, tag: string): string {
  const bytesOf = (name: string) => {
    const element = root.elements.get(name);
    return element && !element.items ? bytes.subarray(element.offset, element.offset + Math.min(Math.max(0, element.length), mostBytes)) : new Uint8Array(0);
  };
  const sets = String.fromCharCode(...bytesOf("00080005")).split("\\").map((set) => set.replace(/^ISO[ _](2022 )?/, "").replace(/[\0 ]+$/, ""));
  // The first is that of a value's beginning; where it is empty, the second is what escapes switch to.
  const encoding = encodings[sets[0]] ?? encodings[sets[1]] ?? "windows-1252", text = new TextDecoder(encoding).decode(bytesOf(tag));
  // Escapes that the decoder does not know switch nothing that is shown.
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b[$()*+,\-./]*[@-~]?/g, "").replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
}

/** A person name (VR PN) as it is said: «Doe, Jane M.». Its first group of letters; a name without one is empty. */
export function personName(text: string): string {
  const [family = "", ...given] = (text.split("=").find((group) => group.trim()) ?? "").split("^").map((part) => part.trim());
  const rest = given.filter(Boolean).join(" ");
  return family && rest ? `${family}, ${rest}` : family || rest;
}

/** A DICOM date as YYYY-MM-DD; empty where it is none. */
export function isoDay(text: string): string {
  const [, year, month, day] = /^(\d{4})[-.]?(\d{2})[-.]?(\d{2})/.exec(text) ?? [];
  return year && Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31 ? `${year}-${month}-${day}` : "";
}

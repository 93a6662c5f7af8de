import { readableText } from "../../../core/volume/dicom/charset.ts";
import type { DicomFile } from "../../../core/volume/dicom/reader.ts";

/**
 * A text of the file's root as a person reads it, in the file's own character set; empty where there is none. It is for the page alone.
 * @param unread gets the character sets that are not understood: «?» stands for their letters
 */
export function ownText(file: DicomFile, tag: string, unread: Set<string>): string {
  const { text, unknown } = readableText(file, file.root, tag);
  if (text !== "") for (const set of unknown) unread.add(set);
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
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

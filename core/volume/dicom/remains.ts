import { looksLikeDicom } from "./reader.ts";

/** What a file that does not read still says of itself: enough to tell which slice of which series is lost. */
export interface Remains {
  /** Whether it begins with DICOM's mark: it was an image or another object, not a stray file. */
  isDicom: boolean;
  /** Every Series Instance UID found, those within sequences too. */
  seriesUids: string[];
  instanceNumber: number | null;
  /** LPS mm, as in the file. */
  position: [number, number, number] | null;
}

/** Headers of slices are smaller; what comes behind are pixels. */
const lookedAt = 262_144;

/** Texts that stand behind a tag of group 0020, in each of the three plain codings; a match that is no such text is none. */
function textsOf(bytes: Uint8Array, element: number, vr: string, isText: RegExp): string[] {
  const found: string[] = [], end = Math.min(bytes.length, lookedAt) - 8;
  for (let at = bytes.indexOf(0x20); at >= 0 && at < end; at = bytes.indexOf(0x20, at + 1)) {
    const isLittle = bytes[at + 1] === 0 && bytes[at + 2] === element && bytes[at + 3] === 0, isBig = !isLittle && at > 0 && bytes[at - 1] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === element;
    if (!isLittle && !isBig) continue;
    // Behind the tag: two letters and two bytes of length, or four bytes of length.
    const from = at + (isLittle ? 4 : 3), isNamed = bytes[from] === vr.charCodeAt(0) && bytes[from + 1] === vr.charCodeAt(1);
    const length = isBig ? bytes[from + 2] << 8 | bytes[from + 3] : isNamed ? bytes[from + 2] | bytes[from + 3] << 8 : bytes[from] | bytes[from + 1] << 8;
    if ((isBig && !isNamed) || length > 256 || from + 4 + length > bytes.length) continue;
    let text = "";
    for (let i = from + 4; i < from + 4 + length; i++) text += String.fromCharCode(bytes[i]);
    text = text.replace(/[\0 ]+$/, "").trim();
    if (isText.test(text)) found.push(text);
  }
  return found;
}

/** Looks for what tells a slice in the bytes of a broken file, whatever its structure is worth. Nothing is allocated by a length that it claims. */
export function remainsOf(bytes: Uint8Array): Remains {
  const [instance] = textsOf(bytes, 0x13, "IS", /^\d{1,9}$/), [place] = textsOf(bytes, 0x32, "DS", /^[-+0-9.eE ]+\\[-+0-9.eE ]+\\[-+0-9.eE ]+$/);
  const position = place?.split("\\").map(Number);
  return {
    isDicom: looksLikeDicom(bytes) && bytes[128] === 0x44, seriesUids: textsOf(bytes, 0x0e, "UI", /^[0-9]+(\.[0-9]+)+$/), instanceNumber: instance === undefined ? null : Number(instance),
    position: position?.every((mm) => Math.abs(mm) < 1e5) ? position as [number, number, number] : null,
  };
}

/** Whether the beginning of a file holds nothing: what a copy that failed leaves of a slice. */
export const isEmptied = (head: Uint8Array): boolean => head.every((byte) => byte === 0);
/** What is known of such a file. */
export const emptiedRemains: Remains = { isDicom: true, seriesUids: [], instanceNumber: null, position: null };

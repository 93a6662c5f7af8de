import { DicomError } from "../../../core/volume/dicom/dicomError.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import type { Source } from "./sources.ts";

/** Enough for the header of a single image. */
export const headBytes = 262_144;
/** Above this a compressed or deflated file is not read whole in the page. */
export const wholeBytes = 512 * 1024 * 1024;

/** The first bytes that hold the header; the whole file where the header is longer or packed. */
export async function headerOf(source: Source): Promise<Uint8Array> {
  const head = await source.head(Math.min(source.size, headBytes));
  if (head.length >= source.size) return head;
  try {
    const read = readDicom(head);
    if (read.pixels) return head;
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
  }
  if (source.size > wholeBytes) throw new DicomError("too-large", "its header does not end within its first part", 0);
  return new Uint8Array(await (await source.whole()).arrayBuffer());
}

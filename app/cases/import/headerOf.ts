import { DicomError } from "../../../core/volume/dicom/dicomError.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import type { Source } from "./sources.ts";

/** Enough for the header of a single image. */
export const headBytes = 262_144;
/** Above this a compressed or deflated file is not read whole in the page. */
export const wholeBytes = 512 * 1024 * 1024;

/** Of a longer header, one of an enhanced file with many frames, up to so much is read. */
const longestHead = 64 * 1024 * 1024;

/**
 * The first bytes that hold the header, as few as needed: they are read in steps, each four times as long; the whole file where the
 * header is packed. @throws DicomError `too-large`
 */
export async function headerOf(source: Source): Promise<Uint8Array> {
  for (let length = headBytes; ; length *= 4) {
    const head = await source.head(Math.min(source.size, length));
    if (head.length >= source.size) return head;
    try {
      if (readDicom(head).pixels) return head;
    } catch (error) {
      if (!(error instanceof DicomError)) throw error;
    }
    if (length >= longestHead) break;
  }
  if (source.size > wholeBytes) throw new DicomError("too-large", "its header does not end within its first 64 MiB", 0);
  return new Uint8Array(await (await source.whole()).arrayBuffer());
}

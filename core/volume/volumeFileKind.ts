import { looksLikeMetaImage } from "./metaImage.ts";
import { looksLikeNrrd } from "./nrrd.ts";

/** Whether these first bytes are gzip's. */
export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
/** Whether a file's first bytes are those of NIfTI-1 or -2, plain or gzipped. */
export function looksLikeNifti(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const little = head[0] | (head[1] << 8), big = (head[2] << 8) | head[3];
  return isGzip(head) || (head[2] === 0 && head[3] === 0 && (little === 348 || little === 540)) || (head[0] === 0 && head[1] === 0 && (big === 348 || big === 540));
}

/** Which kind of volume file these first bytes begin; null for none. */
export function volumeFileKind(head: Uint8Array): "NIfTI" | "NRRD" | "MetaImage" | null {
  return looksLikeNifti(head) ? "NIfTI" : looksLikeNrrd(head) ? "NRRD" : looksLikeMetaImage(head) ? "MetaImage" : null;
}

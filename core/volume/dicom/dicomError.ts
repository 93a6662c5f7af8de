export type DicomErrorCode = "unreadable-file" | "truncated" | "too-large" | "too-deep" | "unsupported-transfer-syntax" | "unsupported-pixels" | "not-a-volume";

/** Bytes that are no DICOM file as the standard has it: what, and at which tag or byte. */
export class DicomError extends Error {
  override name = "DicomError";
  readonly code: DicomErrorCode;
  /** Byte offset in the file, or after inflating for a deflated one. */
  readonly offset: number;
  readonly tag: string | null;
  constructor(code: DicomErrorCode, message: string, offset: number, tag: string | null = null) {
    super(message);
    this.code = code;
    this.offset = offset;
    this.tag = tag;
  }
}

/** A tag as people write it: (gggg,eeee). */
export const tagName = (tag: string): string => `(${tag.slice(0, 4)},${tag.slice(4)})`;

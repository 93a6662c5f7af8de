export type NiftiErrorCode =
  | "not-a-volume" | "truncated" | "unsupported-datatype" | "no-orientation" | "orientation-conflict" | "oblique" | "detached" | "too-large";

/** The bytes are no NIfTI volume that we read; `code` says which kind of problem it is. */
export class NiftiError extends Error {
  override name = "NiftiError";
  readonly code: NiftiErrorCode;
  /** What of the file says so: «byte 40» of a binary header, «sizes» of a text header; empty where it is the whole. */
  readonly where: string;
  constructor(code: NiftiErrorCode, message: string, where = "") {
    super(message);
    this.code = code;
    this.where = where;
  }
}

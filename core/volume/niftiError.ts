export type NiftiErrorCode =
  | "not-a-volume" | "truncated" | "unsupported-datatype" | "no-orientation" | "orientation-conflict" | "oblique" | "detached" | "too-large";

/** The bytes are no NIfTI volume that we read; `code` says which kind of problem it is. */
export class NiftiError extends Error {
  override name = "NiftiError";
  readonly code: NiftiErrorCode;
  constructor(code: NiftiErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why no implant can be made of what was given; each code is foreseen by a rule, none is our fault. */
export type ImplantRefusalCode =
  | "bone-absent" | "region-absent" | "no-vault" | "no-defect" | "several-defects" | "defect-open" | "defect-too-large"
  | "no-room" | "grid-too-coarse" | "not-solid" | "plan";

/** No implant can be made of these inputs: what is wrong, where, and what to do. `details` are plain data. */
export class ImplantRefused extends Error {
  override name = "ImplantRefused";
  readonly code: ImplantRefusalCode;
  readonly details: Record<string, unknown>;
  constructor(code: ImplantRefusalCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Why an import made no volume, in words for the person: what is wrong, where, and what to do. */
export class ImportRefused extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = "ImportRefused";
    this.code = code;
    this.details = details;
  }
}

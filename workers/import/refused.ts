/** Largest resident memory, and processor time of all threads from the start on. */
export interface Spent { peakRssMiB: number; cpuMs: number }

/** Why an import made no volume, in words for the person: what is wrong, where, and what to do. */
export class ImportRefused extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
  /** What the process that refused took; null where it was stopped. */
  readonly spent: Spent | null;
  constructor(code: string, message: string, details: Record<string, unknown> = {}, spent: Spent | null = null) {
    super(message);
    this.name = "ImportRefused";
    this.code = code;
    this.details = details;
    this.spent = spent;
  }
}

import { mostVoxels, type SeriesPart } from "../../core/checks/series.ts";

/** Bounds of one import; every one is checked before memory is taken. */
export interface ImportLimits {
  maxFiles: number;
  /** One file, bytes. */
  maxFileBytes: number;
  /** All files after unpacking, bytes. */
  maxTotalBytes: number;
  /** A zip entry may be at most this many times larger than its packed form. */
  maxZipRatio: number;
  maxVoxels: number;
  /** The child's data segment and its resident memory, bytes. */
  maxMemoryBytes: number;
  timeoutMs: number;
  /** One frame's decoding, ms: no sign of progress for so long ends the child (RELIABILITY H6). */
  frameTimeoutMs: number;
}

export const defaultLimits: ImportLimits = {
  maxFiles: 20_000, maxFileBytes: 2 ** 31 - 1, maxTotalBytes: 8 * 2 ** 30, maxZipRatio: 200,
  maxVoxels: mostVoxels, maxMemoryBytes: 4 * 2 ** 30, timeoutMs: 600_000, frameTimeoutMs: 15_000,
};

/** What the page could tell of a slice that it could not read. Position in LPS mm. */
export interface UnreadSlice { isOfSeries: true | null; instanceNumber: number | null; position: [number, number, number] | null }

export interface ImportOptions {
  /** Series Instance UID to take where several are usable. */
  series?: string;
  region?: string;
  /** YYYY-MM-DD; without it the scan's age is not judged. */
  asOf?: string;
  useRegularPart?: boolean;
  /** The part of a series to take: slices from one place to another, mm along their normal. `unsent`: how many slices beside it were never given. */
  part?: SeriesPart & { unsent?: number };
  /** Files are called by their name in reports and messages; otherwise slices by Instance Number and position, other files by number: names can identify a patient. */
  nameFiles?: boolean;
  /** Series are called «series 1», «series 2», … in report and refusals instead of by their UID, which can lead back to the patient. */
  hideUids?: boolean;
  /** De-identifies every DICOM file before anything is read of it; hex of at least 16 secret bytes. */
  deidentifyKey?: string;
  /** What the page knew of the scan before it shifted the dates, or a person says of a file that holds no date; null: not known. */
  scanAgeDays?: number | null;
  isChild?: boolean;
  /** The page met texts in a character set that is not understood; which one stays there, as all text of the files. */
  hasUnreadText?: boolean;
  /** How many files the page could not read and left out. */
  unreadFiles?: number;
  /** Those of them that are slices of the series, or may be (`isOfSeries` null). */
  unread?: UnreadSlice[];
  /** Leaves `coarse.nii.gz` beside the volume, for the first sight. */
  withCoarse?: boolean;
  limits?: Partial<ImportLimits>;
}

/** What the parent hands to the child process. */
export interface ImportJob { paths: string[]; outDir: string; options: ImportOptions; limits: ImportLimits; startedAt: number }

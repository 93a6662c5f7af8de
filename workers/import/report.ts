import type { Finding } from "../../core/checks/ctQuality.ts";
import { atan2 } from "../../core/space/math.ts";
import { affineOf, type Grid } from "../../core/space/grid.ts";
import type { DicomImage } from "../../core/volume/dicom/image.ts";

export { finding, type Finding } from "../../core/checks/ctQuality.ts";

export interface SeriesEntry { uid: string | null; files: number; verdict: "taken" | "split" | "rejected"; code: string | null; reason: string; slices?: number; fromMm?: number; toMm?: number }
/** A picture beside the report: `file` relative to it. */
export interface ReportPicture { code: string; shows: string; file: string; sha256: string }
export interface ImportReport {
  series: SeriesEntry[];
  findings: Finding[];
  grid: { dims: [number, number, number]; spacing: [number, number, number]; affine: number[][] };
  provenance: Record<string, unknown>;
}
export interface ImportSource {
  studyUid: string | null;
  seriesUid: string | null;
  frameOfReferenceUid: string | null;
  sopClassUid: string | null;
  /** In the order of the scan; positions RAS mm of the first pixel as in the file. */
  slices: { sopUid: string | null; position: [number, number, number] | null; sha256: string; frame?: number }[];
}

/** Degrees of an angle given as its tangent. */
export const degrees = (tangent: number): number => atan2(tangent, 1) * 180 / Math.PI;
export const gridOfReport = (grid: Grid): ImportReport["grid"] => ({ dims: [...grid.dims], spacing: [...grid.spacing], affine: affineOf(grid) });

/** Printable ASCII of at most 64 characters: what of an allowed text tag may be kept. */
const plain = (text: string): string | null => text.replace(/[^\x20-\x7e]/g, "").slice(0, 64) || null;

/** The acquisition tags that are kept (the allow-list). */
export const acquisitionOf = (image: DicomImage, thicknessMm: number | null) => ({
  modality: plain(image.modality), manufacturer: plain(image.manufacturer), model: plain(image.model), kernel: plain(image.kernel), kvp: image.kvp,
  tubeCurrentMa: image.tubeCurrentMa, exposureMas: image.exposureMas, sliceThicknessMm: thicknessMm, gantryTiltDeg: image.gantryTiltDeg,
});

/** Days from a DICOM date to a day YYYY-MM-DD; null where either is none. */
export function daysBetween(dicomDate: string, day: string): number | null {
  const number = (text: string) => { const m = /^(\d{4})[-.]?(\d{2})[-.]?(\d{2})$/.exec(text); return m ? Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3])) / 86_400_000 : Number.NaN; };
  const days = number(day) - number(dicomDate);
  return Number.isFinite(days) ? days : null;
}

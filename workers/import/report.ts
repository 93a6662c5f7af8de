import { affineOf, type Grid } from "../../core/space/grid.ts";
import { numbersOf, type DicomHeader } from "./dicomHeader.ts";
import type { ImportOptions } from "./limits.ts";

export interface Finding {
  code: string;
  severity: "pass" | "attention" | "blocked";
  value: number | string | null;
  limit: number | string | null;
  unit: string | null;
  message: string;
  files: string[];
}
export interface SeriesEntry { uid: string | null; files: number; verdict: "taken" | "rejected"; code: string | null; reason: string }
export interface ImportReport {
  series: SeriesEntry[];
  findings: Finding[];
  grid: { dims: [number, number, number]; spacing: [number, number, number]; affine: number[][] };
  provenance: Record<string, unknown>;
}
export interface ImportSource {
  seriesUid: string | null;
  frameOfReferenceUid: string | null;
  /** In the order of the volume's slices; positions RAS mm of the first pixel as in the file. */
  slices: { sopUid: string | null; position: [number, number, number] | null; sha256: string }[];
}

export const finding = (code: string, severity: Finding["severity"], message: string, rest: Partial<Finding> = {}): Finding =>
  ({ code, severity, value: null, limit: null, unit: null, message, files: [], ...rest });

export const gridOfReport = (grid: Grid): ImportReport["grid"] => ({ dims: [...grid.dims], spacing: [...grid.spacing], affine: affineOf(grid) });

/** Printable ASCII of at most 64 characters: what of an allowed text tag may be kept. */
const plain = (text: string | undefined): string | null => (text ? text.replace(/[^\x20-\x7e]/g, "").slice(0, 64) || null : null);
const numberOrNull = (text: string | undefined): number | null => { const n = numbersOf(text)[0]; return Number.isFinite(n) ? n : null; };

/** The acquisition tags that are kept (the allow-list). */
export const acquisitionOf = (header: DicomHeader) => ({
  modality: plain(header.texts.modality), manufacturer: plain(header.texts.manufacturer), model: plain(header.texts.model),
  kernel: plain(header.texts.kernel), kvp: numberOrNull(header.texts.kvp), tubeCurrentMa: numberOrNull(header.texts.tubeCurrent),
  exposureMas: numberOrNull(header.texts.exposure), sliceThicknessMm: numberOrNull(header.texts.sliceThickness), gantryTiltDeg: numberOrNull(header.texts.gantryTilt),
});

const thicknessBands: Readonly<Record<string, [string, number, number]>> = {
  cranial: ["CT1", 1, 1.25], face: ["CT2", 0.65, 1], dental: ["CT2", 0.65, 1], longBone: ["CT3", 1.25, 2], pelvis: ["CT3", 1.25, 2],
};
const band = (value: number, pass: number, attention: number): Finding["severity"] => (value <= pass ? "pass" : value <= attention ? "attention" : "blocked");
const dayNumber = (text: string): number => { const m = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text); return m ? Date.UTC(+m[1], +m[2] - 1, +m[3]) / 86_400_000 : Number.NaN; };

/** What DOMAIN.md's table of scan requirements says of a series: thickness, increment, pixel, age. */
export function judgeScan(header: DicomHeader, grid: Grid, options: ImportOptions): Finding[] {
  const findings: Finding[] = [];
  const thickness = numberOrNull(header.texts.sliceThickness), rule = thicknessBands[options.region ?? "cranial"];
  const increment = grid.spacing[2];
  if (rule && thickness !== null) {
    const severity = band(thickness, rule[1], rule[2]);
    findings.push(finding(rule[0], severity, `Slice thickness ${thickness} mm${severity === "pass" ? "" : ` (at most ${rule[2]} mm is wanted)`}.`, { value: thickness, limit: rule[2], unit: "mm" }));
  }
  if (thickness !== null && thickness > 0) {
    const gap = Math.max(0, increment - thickness) / thickness;
    findings.push(finding("CT4", band(gap, 0.001, 0.1), gap > 0.001 ? "There are gaps between the slices." : "Slices touch or overlap.", { value: Math.round(gap * 1e4) / 100, limit: 10, unit: "%" }));
  }
  const pixel = Math.max(grid.spacing[0], grid.spacing[1]);
  findings.push(finding("CT7", band(pixel, 0.5, 0.7), `Pixel ${pixel} mm.`, { value: pixel, limit: 0.7, unit: "mm" }));
  const days = options.asOf ? dayNumber(options.asOf) - dayNumber(header.texts.acquisitionDate ?? header.texts.studyDate ?? "") : Number.NaN;
  findings.push(Number.isFinite(days)
    ? finding("CT11", days < 0 ? "attention" : band(days, 92, 184), "Age of the scan.", { value: days, limit: 184, unit: "d" })
    : finding("CT11", "attention", "The scan's age is not judged.", { unit: "d" }));
  return findings;
}

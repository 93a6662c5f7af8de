import { createHash } from "node:crypto";
import { planSeries, type SeriesPlan, type SliceGeometry } from "../../core/checks/series.ts";
import type { Grid } from "../../core/space/grid.ts";
import { looksLikeDicom, numbersOf, readDicomHeader, type DicomHeader } from "./dicomHeader.ts";
import type { ImportLimits, ImportOptions } from "./limits.ts";
import { checkPixels, isLossy, readSlice } from "./pixels.ts";
import { ImportRefused } from "./refused.ts";
import { acquisitionOf, finding, gridOfReport, judgeScan, type ImportReport, type ImportSource, type SeriesEntry } from "./report.ts";
import { prefixOf, readWhole, type SourceFile } from "./sourceFiles.ts";

interface Slice { file: SourceFile; header: DicomHeader; sha256: string }
type Progress = (stage: string, fraction: number) => void;
export interface Decoded { grid: Grid; hu: Int16Array<ArrayBuffer>; report: ImportReport; source: ImportSource; headersMs: number; decodeMs: number; geometryMs: number }

const mediaDirectory = "1.2.840.10008.1.3.10";

async function readHeaders(files: SourceFile[], progress: Progress): Promise<{ slices: Slice[]; others: number }> {
  const slices: Slice[] = [];
  let others = 0;
  for (const [at, file] of files.entries()) {
    if (at % 16 === 0) progress("headers", at / files.length);
    if (!looksLikeDicom(await prefixOf(file.path, 132))) { others++; continue; }
    const bytes = await readWhole(file);
    const header = readDicomHeader(bytes, file.label);
    if (!header.pixels || header.texts.sopClassUid === mediaDirectory) { others++; continue; }
    slices.push({ file, header, sha256: createHash("sha256").update(bytes).digest("hex") });
  }
  return { slices, others };
}

const geometryOf = ({ header }: Slice): SliceGeometry => {
  const [x = NaN, y = NaN, z = NaN] = numbersOf(header.texts.position), [rows = NaN, columns = NaN] = numbersOf(header.texts.pixelSpacing);
  return { columns: header.numbers.columns ?? 0, rows: header.numbers.rows ?? 0, position: [x, y, z], orientation: numbersOf(header.texts.orientation), pixelSpacing: [rows, columns] };
};

interface Judged { uid: string; slices: Slice[]; plan: SeriesPlan | null; refusal: ImportRefused | null }

function judgeSeries(uid: string, slices: Slice[], options: ImportOptions, limits: ImportLimits): Judged {
  const no = (refusal: ImportRefused): Judged => ({ uid, slices, plan: null, refusal });
  const { modality, imageType = "" } = slices[0].header.texts;
  if (modality !== "CT") return no(new ImportRefused("not-ct", `This series is not a CT (modality ${(modality ?? "missing").replace(/[^A-Z]/g, "").slice(0, 8) || "missing"}).`));
  if (/LOCALIZER/.test(imageType)) return no(new ImportRefused("not-a-volume", "This series is a localizer, not a volume."));
  try {
    for (const { header, file } of slices) checkPixels(header, file);
  } catch (error) {
    if (error instanceof ImportRefused) return no(error);
    throw error;
  }
  const made = planSeries(slices.map(geometryOf), { useRegularPart: options.useRegularPart ?? false, maxVoxels: limits.maxVoxels });
  if (made.ok) return { uid, slices, plan: made.plan, refusal: null };
  const { code, message, details, slices: which } = made.refusal;
  return no(new ImportRefused(code, message, { ...details, files: which.slice(0, 20).map((i) => slices[i].file.label) }));
}

/** Takes the one usable series, or says why there is none or more than one. */
function chooseSeries(judged: Judged[], wanted: string | undefined): Judged & { plan: SeriesPlan } {
  const listing = () => judged.map((j) => ({ series: j.uid, files: j.slices.length, code: j.refusal?.code ?? null, reason: j.refusal?.message ?? "usable" }));
  const pool = wanted ? judged.filter((j) => j.uid === wanted) : judged;
  if (pool.length === 0) throw new ImportRefused("no-such-series", "The series asked for is not among the files.", { series: listing() });
  // An uneven end slice is the person's to decide, so such a series counts as usable when there are others.
  const usable = pool.filter((j) => j.plan || j.refusal?.code === "uneven-end-slice");
  if (usable.length > 1) throw new ImportRefused("several-series", `There are ${usable.length} series that could be the volume. Give one of them.`, { series: listing() });
  const [only] = usable.length === 1 ? usable : pool;
  if (usable.length === 0 && pool.length > 1) throw new ImportRefused("no-usable-series", `None of the ${pool.length} series makes a volume.`, { series: listing() });
  if (!only.plan) throw only.refusal ?? new Error("a series without a plan or a refusal");
  return { ...only, plan: only.plan };
}

/** Fills the canonical grid slice by slice; values are rounded and clamped to int16. */
async function decode(slices: Slice[], plan: SeriesPlan, progress: Progress): Promise<{ hu: Int16Array<ArrayBuffer>; clamped: number }> {
  const [nx, ny, nz] = plan.grid.dims, [si, sj, sk] = plan.strides;
  const hu = new Int16Array(nx * ny * nz);
  let clamped = 0;
  for (const [k, at] of plan.order.entries()) {
    const { header, file } = slices[at];
    const { rows = 0, columns = 0 } = header.numbers;
    const values = await readSlice(header, file);
    for (let j = 0, p = 0; j < rows; j++) {
      for (let i = 0, to = plan.base + j * sj + k * sk; i < columns; i++, p++, to += si) {
        const value = Math.round(values[p]);
        if (value >= -32768 && value <= 32767) hu[to] = value;
        else { clamped++; hu[to] = value > 0 ? 32767 : -32768; }
      }
    }
    progress("pixels", (k + 1) / nz);
  }
  return { hu, clamped };
}

/** Decodes the one CT series among DICOM files. @throws ImportRefused */
export async function decodeDicom(files: SourceFile[], options: ImportOptions, limits: ImportLimits, progress: Progress): Promise<Decoded> {
  const t0 = performance.now();
  const { slices, others } = await readHeaders(files, progress);
  const t1 = performance.now();
  if (slices.length === 0) throw new ImportRefused("not-a-volume", "None of the files is a CT image. Give a DICOM folder, a zip of one, or a NIfTI file.", { files: files.length });
  const groups = Map.groupBy(slices, (s) => s.header.texts.seriesUid ?? "");
  const judged = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([uid, members]) => judgeSeries(uid, members, options, limits));
  const chosen = chooseSeries(judged, options.series);
  const t2 = performance.now();
  const { plan } = chosen, first = chosen.slices[plan.order[0]].header;
  const { hu, clamped } = await decode(chosen.slices, plan, progress);
  const t3 = performance.now();

  const findings = judgeScan(first, plan.grid, options);
  if (others > 0) findings.push(finding("other-files", "pass", `${others} files are not images and were not read.`, { value: others }));
  if (clamped > 0) findings.push(finding("clamped", "attention", `${clamped} values are outside int16 and were limited.`, { value: clamped }));
  if (plan.leftOut.length > 0) {
    findings.push(finding("uneven-end-slice", "attention", "One end slice at an uneven distance was left out on request.", { value: 1, limit: 0, files: plan.leftOut.map((i) => chosen.slices[i].file.label) }));
  }
  findings.push(finding("spacing", "pass", `The largest deviation of a gap from ${plan.grid.spacing[2]} mm.`, { value: plan.largestGapErrorMm, limit: plan.grid.spacing[2] * 0.01, unit: "mm" }));
  const lossy = chosen.slices.some((s) => isLossy(s.header));
  if (lossy) findings.push(finding("lossy", "attention", "The pixels were compressed with loss."));
  const series: SeriesEntry[] = judged.map((j) => ({
    uid: j.uid, files: j.slices.length, verdict: j.uid === chosen.uid ? "taken" : "rejected",
    code: j.refusal?.code ?? null, reason: j.uid === chosen.uid ? `${plan.order.length} slices make a regular volume.` : j.refusal?.message ?? "Another series was asked for.",
  }));
  const geometry = geometryOf(chosen.slices[plan.order[0]]);
  const report: ImportReport = {
    series, findings, grid: gridOfReport(plan.grid),
    provenance: {
      format: "DICOM", transferSyntax: first.transferSyntax, lossy, resampling: "none",
      originalGeometry: { positionLps: geometry.position, orientationLps: geometry.orientation, pixelSpacing: geometry.pixelSpacing, matrix: [geometry.columns, geometry.rows, plan.order.length] },
      acquisition: acquisitionOf(first),
    },
  };
  const source: ImportSource = {
    seriesUid: chosen.uid || null, frameOfReferenceUid: first.texts.frameOfReferenceUid ?? null,
    slices: plan.order.map((i) => {
      const { header, sha256 } = chosen.slices[i], [x, y, z] = geometryOf(chosen.slices[i]).position;
      return { sopUid: header.texts.sopUid ?? null, position: [0 - x, 0 - y, z], sha256 };
    }),
  };
  return { grid: plan.grid, hu, report, source, headersMs: t1 - t0, geometryMs: t2 - t1, decodeMs: t3 - t2 };
}

import type { Motion } from "../../core/checks/motion.ts";
import { finding, judgeMotion, judgeScan, judgeVoxels, regions, type Finding, type Region } from "../../core/checks/ctQuality.ts";
import { judgeBrokenSlices, type BrokenSlice } from "../../core/checks/brokenSlices.ts";
import { type SeriesPlan, tooManyVoxels } from "../../core/checks/series.ts";
import { judgePelvis } from "../../core/checks/pelvisCoverage.ts";
import { factsOf } from "../../core/checks/regionFindings.ts";
import { judgeText, lookForText, type TextSearch } from "../../core/checks/writtenText.ts";
import { isTextSample } from "../../core/deidentify/burnedIn.ts";
import { syntax } from "../../core/volume/dicom/reader.ts";
import { remapUid } from "../../core/deidentify/remap.ts";
import { volumeFacts, type VolumeFacts } from "../../core/checks/volumeFacts.ts";
import type { Grid } from "../../core/space/grid.ts";
import { resample, type Resampling } from "../../core/space/resampling.ts";
import type { OnSlices } from "./keepSlices.ts";
import type { ImportLimits, ImportOptions } from "./limits.ts";
import { isLossy, newTally, paddingHu, PixelReader, syntaxName, type Slice, type Tally } from "./pixels.ts";
import { readHeaders, type BrokenFile } from "./readHeaders.ts";
import { ImportRefused } from "./refused.ts";
import { acquisitionOf, daysBetween, degrees, gridOfReport, type ImportReport, type ImportSource, type SeriesEntry } from "./report.ts";
import { lookAtStack, lookAtVolume, measuredPixels, motionOfSlices, placeOf } from "./scanLook.ts";
import { candidatesOf, chooseCandidate, geometryOf, sliceLabel, type Candidate } from "./seriesGroups.ts";
import type { SourceFile } from "./sourceFiles.ts";

type Progress = (stage: string, fraction: number) => void;
/** Told as soon as the voxels are final, before they are judged. */
export type OnVoxels = (grid: Grid, hu: Int16Array) => void;
export interface Decoded {
  grid: Grid; hu: Int16Array<ArrayBuffer>; facts: VolumeFacts; motion: Motion | null; text: TextSearch; report: ImportReport; source: ImportSource;
  /** How the slices lie, for pictures; null where there are none. */
  stack: { plan: SeriesPlan; rowsMm: number; rows: number } | null;
  headersMs: number; decodeMs: number; geometryMs: number; reportMs: number;
}

const regionOf = (options: ImportOptions): Region => regions.find((region) => region === options.region) ?? "cranial";

/** Decodes slice by slice: straight into the grid, or into a stack that is then resampled. */
async function decode(slices: Slice[], plan: SeriesPlan, region: Region, limits: ImportLimits, progress: Progress, onSlices: OnSlices) {
  const { columns, rows, pixelSpacing } = geometryOf(slices[0]), count = slices.length, isPadded = slices.every(({ from }) => from.image.padding !== null), isPelvis = region === "pelvis";
  const reader = new PixelReader(), tally: Tally = newTally(isPadded ? new Uint8Array(columns * rows) : null);
  const isCopy = plan.mode === "copy", [nx, ny, nz] = plan.grid.dims;
  if (columns * rows * count > limits.maxVoxels) throw new ImportRefused("too-large", tooManyVoxels([columns, rows, count], limits.maxVoxels, plan.along));
  const into = new Int16Array(isCopy ? nx * ny * nz : columns * rows * count);
  for (const [k, slice] of slices.entries()) {
    progress("pixels", k / count);
    if (isCopy) await reader.into(slice, into, plan.base + k * plan.strides[2], plan.strides[0], plan.strides[1], tally);
    else await reader.into(slice, into, k * columns * rows, 1, columns, tally);
  }
  const decodedAt = performance.now();
  const [first, byColumn, byRow, bySlice] = isCopy ? [plan.base, ...plan.strides] : [0, 1, columns, columns * rows];
  const isWhole = Math.abs(byColumn) === 1 && Math.abs(byRow) === columns, isMirrored = isWhole && byColumn < 0, isUpsideDown = isWhole && byRow < 0;
  // As the files hold them, before anything is resampled: letters are of one exact value.
  const text = lookForText(count, columns, rows, isTextSample(slices.map(({ from }) => ({ ...from.image, isPacked: from.pixels.length === null || from.transferSyntax === syntax.deflated }))), (k) => {
    const corner = first + k * bySlice, at = corner + (isMirrored ? (columns - 1) * byColumn : 0) + (isUpsideDown ? (rows - 1) * byRow : 0);
    if (isWhole) return { values: into.subarray(at, at + columns * rows), isMirrored, isUpsideDown };
    const values = new Int16Array(columns * rows);
    for (let j = 0, p = 0; j < rows; j++) for (let i = 0, from = corner + j * byRow; i < columns; i++, from += byColumn) values[p++] = into[from];
    return { values, isMirrored, isUpsideDown };
  });
  const place = placeOf(plan, columns, rows, pixelSpacing), measured = measuredPixels({ hu: into, first, byColumn, byRow, bySlice, count }, place, tally.padded > 0 ? tally.seen : null, slices[0].from.image.reconstructionDiameterMm), circle = measured && measured.circle;
  if (isCopy) return { hu: into, tally, text, circle, look: () => lookAtVolume(plan.grid, into, place, measured, isPelvis), outside: 0, exactPlanes: count, decodedAt };
  progress("resampling", 0);
  const { along, planes, base, strides } = plan, isStraight = planes.length > 0, stack = { ...place, hu: into }, resampling: Resampling = { grid: plan.grid, fill: paddingHu, straight: isStraight ? { along, planes, base, strides } : null };
  onSlices(stack, resampling);
  if (isStraight) {
    // From slice to slice: planes between them share what both show.
    const motion = motionOfSlices(place, into), { hu, outside, exactPlanes } = resample(stack, resampling);
    return { hu, tally, text, circle, look: () => lookAtVolume(plan.grid, hu, place, measured, isPelvis, motion), outside, exactPlanes, decodedAt };
  }
  // Before the slices are let go.
  const seen = lookAtStack(place, into, measured), made = resample(stack, resampling, (fraction) => progress("resampling", fraction));
  return { hu: made.hu, tally, text, circle, look: () => seen, outside: made.outside, exactPlanes: made.exactPlanes, decodedAt };
}

const seriesEntries = (candidates: Candidate[], chosen: Candidate): SeriesEntry[] => candidates.map((c) => {
  const along = c.plan?.along, isTaken = c.uid === chosen.uid;
  const reason = isTaken ? `${c.plan?.order.length} slices make a volume${c.plan && c.plan.reasons.length > 0 ? ` (${c.plan.reasons.join(", ")}; resampled)` : ""}.` : c.refusal?.message ?? "Another series was asked for.";
  return {
    uid: c.uid || null, files: new Set(c.slices.map(({ from }) => from)).size, verdict: isTaken ? "taken" : c.split ? "split" : "rejected", code: c.refusal?.code ?? null,
    reason: c.split ? `${reason} It stands apart because ${c.split}.` : reason, slices: c.slices.length,
    ...along ? { fromMm: Math.round(along[0] * 1000) / 1000, toMm: Math.round(along[along.length - 1] * 1000) / 1000 } : {},
  };
});

function valueFindings(tally: Tally, outside: number): Finding[] {
  const found: Finding[] = [];
  if (tally.roundedBy > 0) found.push(finding("quantised", "attention", `Values were rounded to whole HU, by at most ${tally.roundedBy.toFixed(4)} HU.`, { value: tally.roundedBy, limit: 0.5, unit: "HU" }));
  if (tally.clamped > 0) found.push(finding("clamped", "attention", `${tally.clamped} values are outside −32768…32767 HU and were cut off there.`, { value: tally.clamped, limit: 0, unit: "voxels" }));
  if (tally.padded > 0) found.push(finding("padding", "pass", `${tally.padded} voxels are padding (0028,0120) and became ${paddingHu} HU.`, { value: tally.padded, unit: "voxels" }));
  if (outside > 0) found.push(finding("outside", "pass", `${outside} voxels of the grid lie outside every slice and became ${paddingHu} HU.`, { value: outside, unit: "voxels" }));
  return found;
}

/** Broken files that are slices of the series, or may be: here, and in the page that read the files before. */
function lostSlices(broken: readonly BrokenFile[], seriesUid: string, { deidentifyKey, unread }: ImportOptions): BrokenSlice[] {
  // A broken file still names its series as the scanner did; the others were renamed meanwhile.
  const key = deidentifyKey ? new Uint8Array(Buffer.from(deidentifyKey, "hex")) : null;
  const here = broken.map(({ file, remains: { isDicom, seriesUids, instanceNumber, position } }): BrokenSlice => ({
    label: file.label, instanceNumber, position, isOfSeries: seriesUids.length > 0 ? seriesUids.some((uid) => (key ? remapUid(key, uid) : uid) === seriesUid) : isDicom ? null : false,
  }));
  return [...here, ...(unread ?? []).map((slice, k): BrokenSlice => ({ label: `unread file ${k + 1}`, ...slice }))];
}

/** Decodes the one CT series among DICOM files. @throws ImportRefused */
export async function decodeDicom(files: SourceFile[], options: ImportOptions, limits: ImportLimits, workDir: string, progress: Progress, onVoxels: OnVoxels, onSlices: OnSlices = () => undefined): Promise<Decoded> {
  const t0 = performance.now();
  const { images, others, broken } = await readHeaders(files, workDir, progress);
  const t1 = performance.now();
  if (images.length === 0) throw broken.length === 1 ? broken[0].refusal : new ImportRefused("not-a-volume", "None of the files is a CT image. Give a DICOM folder, a zip of one, a NIfTI, NRRD or MHA file.", { files: files.length, broken: broken.slice(0, 20).map(({ refusal }) => refusal.message) });
  const candidates = candidatesOf(images, options, limits), chosen = chooseCandidate(candidates, options.series), { plan } = chosen;
  const t2 = performance.now();
  const slices = plan.order.map((i) => chosen.slices[i]), first = slices[0].from, { image } = first;
  const region = regionOf(options), { hu, tally, text, circle, look, outside, exactPlanes, decodedAt } = await decode(slices, plan, region, limits, progress, onSlices);
  const t3 = performance.now();
  onVoxels(plan.grid, hu);

  const thicknessesMm = [...new Set(slices.flatMap(({ frame }) => frame.thicknessMm ?? []))].sort((a, b) => a - b);
  const { scan } = first.file, ownAge = options.asOf ? daysBetween(image.dates.acquisition || image.dates.study, options.asOf) : null;
  // De-identified dates are shifted: then the page's word holds. Else the files' own day does, and what a person says only where they tell none.
  const ageDays = !scan ? ownAge ?? options.scanAgeDays ?? null : options.scanAgeDays === undefined ? scan.ageDays : options.scanAgeDays;
  const isChild = options.isChild ?? scan?.isChild ?? /^0(0\d|1[0-7])Y|^\d{3}[MWD]/.test(image.patientAge);
  const distinct = (of: (slice: Slice) => string) => [...new Set(slices.map(of))].filter(Boolean).sort();
  const lossy = [...new Set(slices.filter(({ from }) => isLossy(from)).map(({ from }) => syntaxName(from.transferSyntax)))];
  const findings = judgeScan({
    region, modality: image.modality, manufacturer: image.manufacturer, model: image.model, kernel: image.kernel, thicknessesMm,
    pixelMm: Math.max(...slices[0].frame.pixelSpacing), plan, labelOf: (k) => sliceLabel(slices[k]),
    ageDays, isChild, pitch: image.pitch, rescaleTypes: distinct(({ frame }) => frame.rescaleType),
    lossy: lossy.length > 0 ? lossy.join(", ") : null, patientPositions: distinct(({ from }) => from.image.patientPosition),
    patients: new Set(slices.map(({ from }) => from.image.identity)).size,
  }, degrees);
  const { ends, motion, pelvis } = look(), facts = volumeFacts(plan.grid, hu, ends);
  findings.push(judgeMotion(motion), ...judgeVoxels(facts, region), ...pelvis && region === "pelvis" ? [judgePelvis(pelvis)] : [], ...valueFindings(tally, outside), ...judgeText(text, (k) => sliceLabel(slices[k]), slices.some(({ from }) => from.image.burnedIn === "YES")));
  if (plan.leftOut.length > 0) findings.push(finding("regular-part", "attention", `${plan.leftOut.length === 1 ? "One slice at an uneven distance was" : `${plan.leftOut.length} slices at uneven distances were`} left out; the ${slices.length} of the longest even run are used.`, { value: plan.leftOut.length, limit: 0, unit: "slices", files: plan.leftOut.map((i) => sliceLabel(chosen.slices[i])) }));
  const unreadSets = distinct(({ from }) => from.image.unreadSets.filter((set) => /^(ISO[ _-][IR0-9 _-]{1,16}|\(none named\)|ESC .{1,3}|beyond ASCII without an escape)$/.test(set)).join(", ")), hasUnread = slices.some(({ from }) => from.image.unreadSets.length > 0);
  if (hasUnread || options.hasUnreadText) findings.push(finding("unread-text", "attention", `Texts of the files are in a character set that is not understood${unreadSets.length > 0 ? ` (${unreadSets.join(", ")})` : ""}: names of kernel, maker or patient may read otherwise than they were written.`, { value: unreadSets.join(", ") || null }));
  const beside = chosen.beside + (options.part?.unsent ?? 0);
  if (beside > 0) findings.push(finding("part", "attention", `Only a part of the series was taken, ${slices.length} slices from ${plan.along[0].toFixed(1)} to ${plan.along[slices.length - 1].toFixed(1)} mm along them; ${beside} others were left out, as a person chose.`, { value: beside, limit: 0, unit: "slices" }));
  if (chosen.copies.length > 0) findings.push(finding("duplicates", "attention", `${chosen.copies.length} files are copies of others and were left out.`, { value: chosen.copies.length, files: chosen.copies.slice(0, 50) }));
  if (broken.length > 0) findings.push(finding("broken-files", "attention", `${broken.length} files are broken and were not read, the first: ${broken[0].refusal.message}`, { value: broken.length, files: broken.slice(0, 50).map(({ file }) => file.label) }));
  findings.push(...judgeBrokenSlices(plan, slices.map(({ from }) => from.image.instanceNumber), lostSlices(broken, image.seriesUid, options), options.part));
  if (others > 0) findings.push(finding("other-files", "pass", `${others} files are not images and were not read.`, { value: others }));
  if (options.unreadFiles) findings.push(finding("broken-files", "attention", `${options.unreadFiles} files could not be read before the upload and were not sent.`, { value: options.unreadFiles }));
  const syntaxes = [...new Set(slices.map(({ from }) => from.transferSyntax))].sort();
  const report: ImportReport = {
    series: seriesEntries(candidates, chosen), findings, grid: gridOfReport(plan.grid),
    provenance: {
      format: "DICOM", transferSyntax: syntaxes.length === 1 ? syntaxes[0] : syntaxes, lossy: lossy.length > 0, region,
      resampling: plan.mode === "copy" ? "none" : { reasons: plan.reasons, inSlice: "Catmull-Rom cubic", acrossSlices: "slab-mean parabola", exactPlanes, fill: paddingHu, outsideVoxels: outside },
      originalGeometry: {
        space: "LPS", orientation: slices[0].frame.orientation, pixelSpacing: slices[0].frame.pixelSpacing, matrix: [image.columns, image.rows, slices.length],
        tiltDeg: Math.round(degrees(plan.tiltTangent) * 1000) / 1000, gapMm: plan.spacing.gapMm, oddGaps: plan.spacing.odd, positions: slices.map(({ frame }) => frame.position), ...circle && { circle },
      },
      evenRun: { slices: plan.spacing.run.last - plan.spacing.run.first + 1, fromMm: plan.along[plan.spacing.run.first], toMm: plan.along[plan.spacing.run.last], gapMm: plan.spacing.gapMm },
      ...beside > 0 && { part: { fromMm: plan.along[0], toMm: plan.along[slices.length - 1], leftOut: beside } },
      regionFacts: factsOf(thicknessesMm.at(-1) ?? null, plan.spacing.gapMm, facts, pelvis),
      acquisition: acquisitionOf(image, thicknessesMm.at(-1) ?? null), scanAgeDays: ageDays,
    },
  };
  const source: ImportSource = {
    studyUid: image.studyUid || null, seriesUid: image.seriesUid || null, frameOfReferenceUid: image.frameOfReferenceUid, sopClassUid: image.sopClassUid || null,
    slices: slices.map(({ from, frame }) => {
      const [x, y, z] = frame.position;
      return { sopUid: from.image.sopUid, position: [0 - x, 0 - y, z], sha256: from.sha256, ...from.image.frames.length > 1 ? { frame: frame.index + 1 } : {} };
    }),
  };
  return { grid: plan.grid, hu, facts, motion, text, report, source, stack: { plan, rowsMm: slices[0].frame.pixelSpacing[0], rows: image.rows }, headersMs: t1 - t0, geometryMs: t2 - t1 + (t3 - decodedAt), decodeMs: decodedAt - t2, reportMs: performance.now() - t3 };
}

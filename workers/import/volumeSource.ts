import { createHash } from "node:crypto";
import { Gunzip, Unzlib } from "fflate";
import { judgeMotion, judgeVoxels, regions } from "../../core/checks/ctQuality.ts";
import { judgePelvis } from "../../core/checks/pelvisCoverage.ts";
import { factsOf } from "../../core/checks/regionFindings.ts";
import { tooManyVoxels } from "../../core/checks/series.ts";
import { judgeText, lookInPlanes } from "../../core/checks/writtenText.ts";
import type { StackPlace } from "../../core/checks/scanLattice.ts";
import { judgeVolumeFile, planesOfFile } from "../../core/checks/volumeFileFindings.ts";
import { volumeFacts } from "../../core/checks/volumeFacts.ts";
import { affineOf, type Grid } from "../../core/space/grid.ts";
import { decodeMetaImage } from "../../core/volume/metaImage.ts";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { NiftiError } from "../../core/volume/niftiError.ts";
import { decodeNrrd } from "../../core/volume/nrrd.ts";
import { isGzip, volumeFileKind } from "../../core/volume/volumeFileKind.ts";
import type { Decoded, OnVoxels } from "./dicomSeries.ts";
import type { OnSlices } from "./keepSlices.ts";
import type { ImportLimits, ImportOptions } from "./limits.ts";
import { paddingHu } from "./pixels.ts";
import { ImportRefused } from "./refused.ts";
import { degrees, finding, gridOfReport, type Finding } from "./report.ts";
import { lookAtStack, lookAtVolume, measuredPixels } from "./scanLook.ts";
import { readWhole, type SourceFile } from "./sourceFiles.ts";

/** Unpacks gzip or zlib in pieces, so that a bomb ends at the limit instead of in memory. */
function unpackBounded(packed: Uint8Array, kind: "gzip" | "zlib", limitBytes: number, label: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const gunzip = new (kind === "gzip" ? Gunzip : Unzlib)((part: Uint8Array) => {
    total += part.length;
    if (total > limitBytes) throw new ImportRefused("too-large", `${label} unpacks to more than ${limitBytes} bytes.`, { limitBytes });
    parts.push(part);
  });
  try {
    for (let at = 0; at < packed.length; at += 16_384) gunzip.push(packed.subarray(at, at + 16_384), at + 16_384 >= packed.length);
  } catch (error) {
    if (error instanceof ImportRefused) throw error;
    throw new ImportRefused("truncated", `${label} is cut off or broken: its packed data do not end properly. Copy it again.`, { file: label });
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

/** The planes of a volume that lies straight, as slices. */
const straightPlace = ({ dims, spacing, origin }: Grid): StackPlace => ({
  columns: dims[0], rows: dims[1], columnMm: spacing[0], rowMm: spacing[1], gapMm: spacing[2], rowDirection: [1, 0, 0], columnDirection: [0, 1, 0],
  corners: Array.from({ length: dims[2] }, (_, k) => [origin[0], origin[1], origin[2] + k * spacing[2]] as const),
});
const measuredOf = (place: StackPlace, hu: Int16Array) => measuredPixels({ hu, first: 0, byColumn: 1, byRow: place.columns, bySlice: place.columns * place.rows, count: place.corners.length }, place, null, null);

/** Decodes one NIfTI, NRRD or MetaImage file. @throws ImportRefused */
export async function decodeVolumeFile(file: SourceFile, others: number, options: ImportOptions, limits: ImportLimits, progress: (stage: string, fraction: number) => void, onVoxels: OnVoxels, onSlices: OnSlices = () => undefined): Promise<Decoded> {
  if (options.part) throw new ImportRefused("no-slices", "A part can be taken of a DICOM series only; this is one volume file. Leave out --from and --to, and crop the volume in the room.");
  const t0 = performance.now();
  const bytes = readWhole(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const t1 = performance.now();
  progress("pixels", 0.1);
  const kind = volumeFileKind(bytes) ?? "NIfTI";
  const unpack = (packed: Uint8Array, how: "gzip" | "zlib", most: number) => unpackBounded(packed, how, most, file.label);
  try {
    const decoded = kind === "NRRD" ? decodeNrrd(bytes, unpack, limits.maxVoxels) : kind === "MetaImage" ? decodeMetaImage(bytes, unpack, limits.maxVoxels)
      : decodeNifti(isGzip(bytes) ? unpack(bytes, "gzip", Math.min(limits.maxVoxels * 8 + 65_536, limits.maxFileBytes)) : bytes);
    const voxels = decoded.dims[0] * decoded.dims[1] * decoded.dims[2];
    if (voxels > limits.maxVoxels) throw new ImportRefused("too-large", tooManyVoxels(decoded.dims, limits.maxVoxels, null), { voxels, limit: limits.maxVoxels });
    const t2 = performance.now();
    const { grid, hu, findings, stack } = canonicalVolume(decoded, { straighten: true });
    if (grid.dims.some((n) => n < 3)) throw new ImportRefused("not-a-volume", "A volume needs at least 3 voxels along every axis.", { dims: grid.dims });
    const region = regions.find((name) => name === options.region) ?? "cranial", place = stack ?? straightPlace(grid), measured = measuredOf(place, stack?.hu ?? hu), circle = measured && measured.circle;
    const askew = stack && lookAtStack(stack, stack.hu, measured);
    onVoxels(grid, hu);
    if (stack) onSlices(stack, { grid, fill: paddingHu, straight: null });
    const t3 = performance.now();
    const own: Finding[] = [...findings], days = options.scanAgeDays ?? null, age = days === null ? null : { days, isChild: options.isChild ?? false };
    own.push(...judgeVolumeFile(decoded.affine, region, findings.some(({ code }) => code === "resampled"), degrees, age));
    const { ends, motion, pelvis } = askew ?? lookAtVolume(grid, hu, place, measured, region === "pelvis"), facts = volumeFacts(grid, hu, ends), text = lookInPlanes(grid, hu);
    own.push(judgeMotion(motion), ...judgeVoxels(facts, region), ...pelvis && region === "pelvis" ? [judgePelvis(pelvis)] : [], ...judgeText(text, (plane) => `plane ${plane + 1} from the feet`, false));
    if (others > 0) own.push(finding("other-files", "pass", `${others} other files were not read.`, { value: others }));
    return {
      grid, hu: hu as Int16Array<ArrayBuffer>, facts, motion, text,
      report: {
        series: [{ uid: null, files: 1, verdict: "taken", code: null, reason: `One ${kind} volume.` }], findings: own, grid: gridOfReport(grid),
        provenance: { format: kind, region, scanAgeDays: days, regionFacts: factsOf(null, planesOfFile(decoded.affine).planesMm, facts, pelvis), originalGeometry: { space: "RAS", affine: decoded.affine, dims: decoded.dims, ...stack && circle && { circle } }, ...!stack && circle && { measured: { space: "RAS", affine: affineOf(grid), dims: grid.dims, circle } }, resampling: findings.some(({ code }) => code === "resampled") ? { reasons: ["oblique"], inSlice: "Catmull-Rom cubic", acrossSlices: "slab-mean parabola" } : "none", transferSyntax: null, lossy: false },
      },
      source: { studyUid: null, seriesUid: null, frameOfReferenceUid: null, sopClassUid: null, slices: [{ sopUid: null, position: null, sha256 }] },
      stack: null, headersMs: t1 - t0, decodeMs: t2 - t1, geometryMs: t3 - t2, reportMs: performance.now() - t3,
    };
  } catch (error) {
    if (error instanceof ImportRefused || !(error instanceof Error)) throw error;
    const code = "code" in error && typeof error.code === "string" ? error.code : "not-a-volume";
    throw new ImportRefused(code, `${file.label}: ${error.message}`, { file: file.label, ...error instanceof NiftiError && error.where ? { where: error.where } : {} });
  }
}

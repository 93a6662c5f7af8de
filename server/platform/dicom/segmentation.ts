import type { Grid } from "../../../core/space/grid.ts";
import { dicomLabOf } from "../../../core/volume/dicom/cielab.ts";
import { code, ctClass, dicomFile, dicomMoment, sourceItems, uidOf } from "./file.ts";
import { DicomRefused, readSource, type Source } from "./source.ts";
import { isUid } from "../../../core/volume/dicom/uid.ts";

/** How a segmentation is stored: one bit a voxel and a frame a segment, or one frame with the numbers of all segments. */
export type SegForm = "binary" | "labelmap";
/** A segment of the file; `number` is what the file calls it: 1, 2, … in the order of the values (as PS3.3 asks of BINARY), in a label map the value. */
export interface SegSegment { number: number; value: number; label: string; voxels: number }

const segClass: Readonly<Record<SegForm, string>> = { binary: "1.2.840.10008.5.1.4.1.1.66.4", labelmap: "1.2.840.10008.5.1.4.1.1.66.7" };
/** What a label value is called and shown as, #rrggbb. */
export interface NamedSegment { value: number; name: string; color: string }

/** What a segmentation says of itself. */
export interface SegOptions {
  /** source.json of the series that it was drawn on. */
  source: Uint8Array;
  /** Of all inputs, the source's among them: from these, names, colours and time UIDs are made. */
  hashes: readonly string[];
  form: SegForm;
  /** The record's time, ISO 8601 UTC; null where there is no record. */
  at: string | null;
  segments?: readonly NamedSegment[];
}

/** Stands for «not known»: a date must be in the file (PS3.3 C.7.6.16), and none is in plain files. */
const noMoment = { date: "19800101", time: "000000" };
const text = (mm: number): string => {
  // A decimal string holds 16 characters (PS3.5 6.2).
  for (let digits = 12; digits > 0; digits--) { const made = String(Number(mm.toPrecision(digits))); if (made.length <= 16) return made; }
  return "0";
};

/** The frames of a file: a slice each, and of a binary file a segment each; in the file's order of rows and columns (LPS). */
function framesOf({ dims: [nx, ny, nz] }: Grid, labels: ArrayLike<number>, segments: readonly SegSegment[], form: SegForm): { frames: { segment: number; slice: number }[]; pixels: Uint8Array } {
  const area = nx * ny, numbers = new Map(segments.map(({ value, number }) => [value, number])), filled = new Map<number, Set<number>>();
  for (let k = 0, i = 0; k < nz; k++) for (const end = i + area; i < end; i++) {
    const number = numbers.get(labels[i]);
    if (number === undefined) continue;
    const key = form === "binary" ? number : 0, slices = filled.get(key) ?? new Set();
    filled.set(key, slices.add(k));
  }
  const frames = [...filled].sort(([a], [b]) => a - b).flatMap(([segment, slices]) => [...slices].sort((a, b) => a - b).map((slice) => ({ segment, slice })));
  const bytes = form === "binary" ? Math.ceil(area * frames.length / 8) : area * frames.length, pixels = new Uint8Array(bytes + (bytes & 1));
  for (const [f, { segment, slice }] of frames.entries()) {
    // Row 0, column 0 is the voxel farthest to the right and front: columns run to the left, rows to the back.
    for (let row = 0, at = f * area; row < ny; row++) for (let column = 0, i = area * slice + nx * (ny - 1 - row) + nx - 1; column < nx; column++, i--, at++) {
      const number = numbers.get(labels[i]);
      if (number === undefined) continue;
      if (form === "labelmap") pixels[at] = number;
      else if (number === segment) pixels[at >> 3] |= 1 << (at & 7);
    }
  }
  return { frames, pixels };
}

/**
 * A DICOM Segmentation (PS3.3 A.51, BINARY), or a Label Map Segmentation (A.51.5), of a labelmap that refers to the CT series
 * it was drawn on. Nothing random and nobody's name is in it: equal inputs give equal bytes.
 * @param labels value a voxel, x fastest
 * @throws DicomRefused for a labelmap without voxels, too many segments, or a source without UIDs
 */
export function segmentationFile(grid: Grid, labels: ArrayLike<number>, { source: sourceBytes, hashes, form, at, segments: named = [] }: SegOptions): { bytes: Uint8Array; segments: SegSegment[] } {
  const source = readSource(sourceBytes), names = new Map(named.map((one) => [one.value, one])), counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) if (labels[i] !== 0) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
  if (counts.size === 0) throw new DicomRefused("empty-labels", "The labelmap holds no voxel; there is nothing to export.");
  const most = Math.max(...counts.keys());
  if (form === "labelmap" && most > 255) throw new DicomRefused("too-large-value", `The labelmap holds the value ${most}; a label map segmentation of ours takes 255. Use the form binary.`, { value: most });
  if (counts.size > 255) throw new DicomRefused("too-many-segments", `The labelmap holds ${counts.size} label values; a DICOM segmentation of ours takes 255.`, { segments: counts.size });
  const segments: SegSegment[] = [...counts].sort(([a], [b]) => a - b).map(([value, voxels], i) => ({ number: form === "labelmap" ? value : i + 1, value, label: (names.get(value)?.name ?? `Segment ${value}`).slice(0, 64), voxels }));
  const { frames, pixels } = framesOf(grid, labels, segments, form), { dims: [nx, ny], spacing: [sx, sy, sz], origin: [ox, oy, oz] } = grid;
  const told = at === null && named.length === 0 ? [] : [JSON.stringify([at, named.map(({ value, name, color }) => [value, name, color])])];
  const sorted = [...hashes, ...told].sort(), moment = at === null ? noMoment : dicomMoment(at), role = `segmentation ${form}`, dimensions = uidOf(sorted, `${role} dimensions`), isBinary = form === "binary";
  const first = [-(ox + (nx - 1) * sx), -(oy + (ny - 1) * sy)], sop = isUid(source.sopClassUid) ? source.sopClassUid : ctClass;
  const slices = [...new Set(frames.map(({ slice }) => slice))].sort((a, b) => a - b), rank = new Map(slices.map((slice, i) => [slice, i + 1]));
  /** The image of the series that a slice was made of: the one at its place, or, of a resampled volume, the nearest. */
  const imageAt = (slice: number): Source["slices"][number] => {
    const away = ({ position }: Source["slices"][number]) => (position ? Math.abs(position[2] - (oz + slice * sz)) : Infinity);
    return source.slices.reduce((best, one) => (away(one) < away(best) ? one : best));
  };
  const pointer = (index: string, group: string, label: string) => ({ DimensionOrganizationUID: dimensions, DimensionIndexPointer: index, FunctionalGroupPointer: group, DimensionDescriptionLabel: label });
  const dataset = {
    SpecificCharacterSet: "ISO_IR 192", ImageType: ["DERIVED", "PRIMARY"], SOPClassUID: segClass[form], SOPInstanceUID: uidOf(sorted, role),
    ...at !== null && { TimezoneOffsetFromUTC: "+0000", InstanceCreationDate: moment.date, InstanceCreationTime: moment.time },
    StudyDate: "", StudyTime: "", ContentDate: moment.date, ContentTime: moment.time, AccessionNumber: "", Modality: "SEG", ReferringPhysicianName: "", SeriesDescription: "Segmentation",
    PatientName: "", PatientID: "", PatientBirthDate: "", PatientSex: "", StudyID: "",
    StudyInstanceUID: isUid(source.studyUid) ? source.studyUid : uidOf([source.seriesUid], "study"), SeriesInstanceUID: uidOf(sorted, `${role} series`), SeriesNumber: "2", InstanceNumber: "1",
    Manufacturer: "Caseroom", ManufacturerModelName: "Caseroom", DeviceSerialNumber: "none", SoftwareVersions: "export",
    FrameOfReferenceUID: source.frameOfReferenceUid, PositionReferenceIndicator: "",
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [...isBinary ? [pointer("0062000B", "0062000A", "Segment")] : [], pointer("00200032", "00209113", "Position")],
    ReferencedSeriesSequence: [{ SeriesInstanceUID: source.seriesUid, ReferencedInstanceSequence: sourceItems(source) }],
    SamplesPerPixel: 1, PhotometricInterpretation: "MONOCHROME2", NumberOfFrames: String(frames.length), Rows: ny, Columns: nx, BitsAllocated: isBinary ? 1 : 8, BitsStored: isBinary ? 1 : 8, HighBit: isBinary ? 0 : 7,
    PixelRepresentation: 0, LossyImageCompression: "00", BurnedInAnnotation: "NO", ContentLabel: "SEGMENTATION", ContentDescription: "Segments of the planning labelmap", ContentCreatorName: "",
    SegmentationType: isBinary ? "BINARY" : "LABELMAP", SegmentsOverlap: "NO",
    SegmentSequence: segments.map(({ number, value, label }) => ({
      SegmentNumber: number, SegmentLabel: label, SegmentAlgorithmType: "SEMIAUTOMATIC", SegmentAlgorithmName: "Caseroom",
      SegmentedPropertyCategoryCodeSequence: code("91723000", "SCT", "Anatomical structure"), SegmentedPropertyTypeCodeSequence: code("91723000", "SCT", "Anatomical structure"),
      ...names.has(value) && { RecommendedDisplayCIELabValue: dicomLabOf(names.get(value)?.color ?? "#ffffff") },
    })),
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{ SliceThickness: text(sz), SpacingBetweenSlices: text(sz), PixelSpacing: [text(sy), text(sx)] }],
      PlaneOrientationSequence: [{ ImageOrientationPatient: ["1", "0", "0", "0", "1", "0"] }],
    }],
    PerFrameFunctionalGroupsSequence: frames.map(({ segment, slice }) => {
      const image = imageAt(slice);
      return {
        FrameContentSequence: [{ DimensionIndexValues: [...isBinary ? [segment] : [], rank.get(slice) ?? 1] }],
        PlanePositionSequence: [{ ImagePositionPatient: [text(first[0]), text(first[1]), text(oz + slice * sz)] }],
        ...isBinary && { SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }] },
        DerivationImageSequence: [{
          SourceImageSequence: [{ ReferencedSOPClassUID: sop, ReferencedSOPInstanceUID: image.sopUid, ...image.frame && { ReferencedFrameNumber: String(image.frame) }, PurposeOfReferenceCodeSequence: code("121322", "DCM", "Source image for image processing operation") }],
          DerivationCodeSequence: code("113076", "DCM", "Segmentation"),
        }],
      };
    }),
    PixelData: [pixels.buffer], _vrMap: { PixelData: "OB" },
  };
  return { bytes: dicomFile(dataset, segClass[form], dataset.SOPInstanceUID), segments };
}

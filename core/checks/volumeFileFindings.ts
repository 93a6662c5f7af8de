import { band, finding, judgeAge, judgePixel, judgeThickness, kernelFinding, type Degrees, type Finding, type Region } from "./ctQuality.ts";

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: readonly number[], b: readonly number[]) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const length = (v: readonly number[]) => Math.sqrt(dot(v, v));
const round = (mm: number) => Number(mm.toFixed(4));

/** What the affine (file IJK to RAS mm) of a volume file tells of its planes. */
export interface FilePlanes {
  /** Between planes along their normal, and the greater edge of a pixel, mm. */
  planesMm: number;
  pixelMm: number;
  /** Tangent of the angle between the way from plane to plane and their normal. */
  tiltTangent: number;
}

/** Pixels are the two axes whose steps are most alike, planes the third; where all are alike the file's third axis counts planes. */
export function planesOfFile(affine: readonly (readonly number[])[]): FilePlanes {
  const steps = [0, 1, 2].map((c) => [affine[0][c], affine[1][c], affine[2][c]]), mm = steps.map(length);
  const unlike = (a: number, b: number) => Math.abs(mm[a] - mm[b]) / Math.max(mm[a], mm[b]);
  let [a, b, across] = [0, 1, 2];
  for (const [i, j, k] of [[1, 2, 0], [0, 2, 1]]) if (unlike(i, j) < unlike(a, b) - 1e-3) [a, b, across] = [i, j, k];
  const normal = cross(steps[a], steps[b]), unit = normal.map((x) => x / length(normal)), planesMm = Math.abs(dot(steps[across], unit));
  return { planesMm, pixelMm: Math.max(mm[a], mm[b]), tiltTangent: length(cross(steps[across], unit)) / planesMm };
}

/**
 * The scan's checks (DOMAIN §3) for a NIfTI, NRRD or MetaImage file, which tells a grid and nothing of how it was acquired. What
 * the grid tells is judged by the table's limits; what nobody can tell is attention, as where a DICOM series does not record
 * it; an unknown kernel blocks, as the table says. @param isResampled whether the volume was made straight here
 * @param age of the scan, as a person says it
 */
export function judgeVolumeFile(affine: readonly (readonly number[])[], region: Region, isResampled: boolean, degrees: Degrees, age: { days: number; isChild: boolean } | null = null): Finding[] {
  const { planesMm, pixelMm, tiltTangent } = planesOfFile(affine), tilt = Number(degrees(tiltTangent).toFixed(2));
  return [
    judgeThickness(region, null, planesMm),
    finding("CT4", "attention", `Whether slices touch or have gaps is not known: the file tells one distance of planes (${round(planesMm)} mm) for all, and no thickness. Uneven and missing slices of the scan are not seen in it.`, { limit: 10, unit: "%" }),
    finding("CT5", "attention", "Whether all slices were of one thickness is not known: the file does not tell it.", { limit: 1 }),
    tilt <= 0.1 ? finding("CT6", "attention", "The file says that its planes are not tilted. Converters are known to drop a tilt; whether one did cannot be seen here. Look at the profile: a dropped tilt shears the head.", { value: tilt, limit: 0.1, unit: "deg" })
      : finding("CT6", isResampled ? band(tilt, 0.1, 30) : "blocked", `The planes are tilted by ${tilt}° (from the file's affine)${isResampled ? "; corrected by resampling" : ""}.`, { value: tilt, limit: 30, unit: "deg" }),
    judgePixel(pixelMm),
    kernelFinding("", "", "The file does not tell the reconstruction kernel; a person judges it from the picture or asks the radiographer."),
    finding("CT10", "attention", "The file does not tell how the scan was acquired: helical or not, and at which pitch.", { limit: 1 }),
    judgeAge(age?.days ?? null, age?.isChild ?? false, "The file does not tell when the scan was taken, and nobody said it: its age is not known.", ", as the person who imported it says"),
    finding("CT12", "attention", "The file does not tell the modality: that this is a CT in HU is assumed. Import the DICOM series where there is one.", { limit: "CT" }),
    finding("laterality", "attention", "Left and right are what the file claims, and nothing in it allows to check that: a converter may have mirrored it. Compare with a mark in the scan, a known scar or the referral.", {}),
  ];
}

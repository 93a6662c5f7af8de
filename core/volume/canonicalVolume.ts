import type { Grid } from "../space/grid.ts";
import type { DecodedNifti } from "./nifti.ts";
import { NiftiError } from "./niftiError.ts";

/** One thing that a reader of the import report should know. */
export interface VolumeFinding {
  code: string;
  severity: "attention";
  value: number | null;
  limit: number | null;
  unit: string | null;
  message: string;
  files: string[];
}

export interface CanonicalVolume {
  grid: Grid;
  /** x fastest, RAS. */
  hu: Int16Array;
  findings: VolumeFinding[];
}

/** What a voxel without a value becomes. */
const paddingHu = -1024;
/** How far, in voxels of the finest axis, the far corner may lie beside the axis-aligned grid. */
const obliqueLimit = 0.1;

const finding = (code: string, value: number | null, unit: string | null, message: string): VolumeFinding =>
  ({ code, severity: "attention", value, limit: null, unit, message, files: [] });

/** Which file axis runs along each RAS axis; throws NiftiError «oblique» where none does. */
function axesOf(affine: number[][], dims: readonly number[]): { from: number[]; spacing: number[]; isFlipped: boolean[]; aside: number } {
  const column = (c: number) => [affine[0][c], affine[1][c], affine[2][c]];
  const lengths = [0, 1, 2].map((c) => {
    const [x, y, z] = column(c);
    // Exact for a column with one entry, where a square root of a square need not be.
    return [x, y, z].filter((n) => n !== 0).length === 1 ? Math.abs(x + y + z) : Math.sqrt(x * x + y * y + z * z);
  });
  const from = [0, 1, 2].map((axis) => [0, 1, 2].reduce((best, c) => Math.abs(affine[axis][c]) / lengths[c] > Math.abs(affine[axis][best]) / lengths[best] ? c : best, 0));
  let aside = 0;
  for (let axis = 0; axis < 3; axis++) {
    let sum = 0;
    for (let c = 0; c < 3; c++) if (c !== from[axis]) sum += Math.abs(affine[axis][c]) * (dims[c] - 1 || 1);
    aside = Math.max(aside, sum);
  }
  if (new Set(from).size < 3 || aside > obliqueLimit * Math.min(...lengths)) {
    throw new NiftiError("oblique", `The volume lies oblique to the patient's axes (its far corner ${aside.toFixed(2)} mm aside); oblique volumes are not taken yet.`);
  }
  return { from, spacing: from.map((c) => lengths[c]), isFlipped: from.map((c, axis) => affine[axis][c] < 0), aside };
}

/**
 * Turns and flips a volume to the canonical RAS grid (SP2), its values to int16. Integers within int16 stay exact;
 * others are rounded and clamped, values that are no number become −1024, and a finding tells how many and how far.
 * @throws NiftiError «oblique»
 */
export function canonicalVolume(decoded: DecodedNifti): CanonicalVolume {
  const { affine, dims, data, slope, intercept } = decoded;
  const { from, spacing, isFlipped, aside } = axesOf(affine, dims);
  const strides = [1, dims[0], dims[0] * dims[1]];
  const origin = [0, 1, 2].map((axis) => affine[axis][3] + (isFlipped[axis] ? affine[axis][from[axis]] * (dims[from[axis]] - 1) : 0));
  const [nx, ny, nz] = from.map((c) => dims[c]);
  const step = from.map((c, axis) => isFlipped[axis] ? -strides[c] : strides[c]);
  const first = from.reduce((sum, c, axis) => sum + (isFlipped[axis] ? strides[c] * (dims[c] - 1) : 0), 0);
  const hu = new Int16Array(nx * ny * nz);
  const isPlain = slope === 1 && intercept === 0 && (data instanceof Int16Array || data instanceof Uint8Array || data instanceof Int8Array);
  let padded = 0, clamped = 0, worst = 0;
  for (let z = 0, out = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      let at = first + y * step[1] + z * step[2];
      if (isPlain) {
        for (let x = 0; x < nx; x++, at += step[0]) hu[out++] = data[at];
        continue;
      }
      for (let x = 0; x < nx; x++, at += step[0]) {
        const value = slope * data[at] + intercept;
        if (!(Math.abs(value) < 1e30)) {
          padded++;
          hu[out++] = paddingHu;
          continue;
        }
        const rounded = Math.round(value);
        const kept = Math.max(-32768, Math.min(32767, rounded));
        if (kept === rounded) worst = Math.max(worst, Math.abs(value - rounded));
        else clamped++;
        hu[out++] = kept;
      }
    }
  }
  const findings: VolumeFinding[] = [];
  if (worst > 0) findings.push(finding("quantised", worst, "HU", `Values were rounded to whole HU, by at most ${worst.toFixed(4)} HU.`));
  if (clamped > 0) findings.push(finding("clamped", clamped, "voxels", `${clamped} voxels lie outside −32768…32767 HU and were cut off there.`));
  if (padded > 0) findings.push(finding("padding", padded, "voxels", `${padded} voxels hold no number and became ${paddingHu} HU.`));
  if (aside > 0) findings.push(finding("straightened", aside, "mm", `The grid was taken as parallel to the patient's axes; its far corner lies ${aside.toFixed(4)} mm aside.`));
  if (!decoded.hasUnits) findings.push(finding("units-assumed", null, null, "The file does not name its unit of length; millimetres were taken."));
  return {
    grid: { dims: [nx, ny, nz], spacing: [spacing[0], spacing[1], spacing[2]], origin: [origin[0], origin[1], origin[2]] },
    hu, findings,
  };
}

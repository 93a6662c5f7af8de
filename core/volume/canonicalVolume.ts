import type { Grid } from "../space/grid.ts";
import type { DecodedNifti } from "./nifti.ts";
import { NiftiError } from "./niftiError.ts";
import { resampleStack, type SliceStack } from "../space/resampleStack.ts";
import { gridAround, type Vector } from "../space/gridAround.ts";

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
  /** The planes of a file that lay askew, as it has them. */
  stack?: SliceStack & { gapMm: number };
}

/** What a voxel without a value becomes. */
const paddingHu = -1024;
/** How far, mm, the far corner may lie beside the axis-aligned grid before the volume is resampled. */
const asideLimitMm = 0.05;
/** The same where resampling was not asked for, in voxels of the finest axis: labels must never be interpolated. */
const obliqueLimit = 0.1;

const finding = (code: string, value: number | null, unit: string | null, message: string): VolumeFinding =>
  ({ code, severity: "attention", value, limit: null, unit, message, files: [] });

/** A voxel is at least 0.1 µm and at most 100 mm long, and no corner lies farther than 100 m from the origin: beyond, no patient is meant. */
const leastMm = 1e-4, mostMm = 100, farthestMm = 1e5;

/** @throws NiftiError where the affine is none that a volume could have */
export function checkPlace(affine: number[][], dims: readonly number[]): void {
  for (let c = 0; c < 3; c++) {
    const [x, y, z] = [0, 1, 2].map((axis) => affine[axis][c]), mm = Math.sqrt(x * x + y * y + z * z);
    if (!(mm >= leastMm && mm <= mostMm)) throw new NiftiError("not-a-volume", `The file says that a voxel is ${mm} mm long.`, "affine");
  }
  for (let corner = 0; corner < 8; corner++) for (let axis = 0; axis < 3; axis++) {
    const mm = [0, 1, 2].reduce((sum, c) => sum + (corner >> c & 1 ? affine[axis][c] * (dims[c] - 1) : 0), affine[axis][3]);
    if (!(Math.abs(mm) <= farthestMm)) throw new NiftiError("not-a-volume", `The file places a corner of the volume ${mm} mm from the origin.`, "affine");
  }
}

/** Which file axis runs along each RAS axis; null where the volume lies askew and is to be resampled. */
function axesOf(affine: number[][], dims: readonly number[], straighten: boolean): { from: number[]; spacing: number[]; isFlipped: boolean[]; aside: number } | null {
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
  if (new Set(from).size < 3 || aside > (straighten ? asideLimitMm : obliqueLimit * Math.min(...lengths))) {
    if (straighten) return null;
    throw new NiftiError("oblique", `The volume lies oblique to the patient's axes (its far corner ${aside.toFixed(2)} mm aside); it cannot be taken without resampling.`, "affine");
  }
  return { from, spacing: from.map((c) => lengths[c]), isFlipped: from.map((c, axis) => affine[axis][c] < 0), aside };
}

/** Whether labels lie too far askew to the patient's axes to be taken voxel for voxel. @throws NiftiError «not-a-volume» */
export function isAskew({ affine, dims }: DecodedNifti): boolean {
  checkPlace(affine, dims);
  try { axesOf(affine, dims, false); return false; } catch (error) { if (error instanceof NiftiError && error.code === "oblique") return true; throw error; }
}

/**
 * Turns and flips a volume to the canonical RAS grid (SP2), its values to int16. Integers within int16 stay exact;
 * others are rounded and clamped, values that are no number become −1024, and a finding tells how many and how far. A
 * volume that lies askew is resampled where `straighten` asks for it (never for labels), else refused.
 * @throws NiftiError «oblique», «not-a-volume»
 */
export function canonicalVolume(decoded: DecodedNifti, { straighten = false } = {}): CanonicalVolume {
  const { affine, dims, data, slope, intercept } = decoded;
  checkPlace(affine, dims);
  const axes = axesOf(affine, dims, straighten);
  if (!axes) return straightenedVolume(decoded);
  const { from, spacing, isFlipped, aside } = axes;
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
  if (decoded.formConflictMm !== undefined && decoded.formConflictMm > 0.1) findings.push(finding("qform-sform-conflict", decoded.formConflictMm, "mm", `The file's qform and sform place its corners up to ${decoded.formConflictMm.toFixed(2)} mm apart; the sform was taken.`));
  if (!decoded.hasUnits) findings.push(finding("units-assumed", null, null, "The file does not name its unit of length; millimetres were taken."));
  return {
    grid: { dims: [nx, ny, nz], spacing: [spacing[0], spacing[1], spacing[2]], origin: [origin[0], origin[1], origin[2]] },
    hu, findings,
  };
}

/** A volume askew to the patient's axes: made straight by the way of tilted series. */
function straightenedVolume(decoded: DecodedNifti): CanonicalVolume {
  const { affine, dims } = decoded, [nx, ny, nz] = dims;
  const column = (c: number): Vector => [affine[0][c], affine[1][c], affine[2][c]];
  const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const steps = [0, 1, 2].map(column), mm = steps.map((v) => Math.sqrt(dot(v, v))), [row, down] = [0, 1].map((c) => steps[c].map((x) => x / mm[c]) as Vector);
  if (Math.abs(dot(row, down)) > 0.001) throw new NiftiError("oblique", "The file's first two axes are not at right angles; resample it elsewhere first.", "affine");
  if (nz < 2) throw new NiftiError("oblique", "The volume lies askew and has a single slice.", "affine");
  const normal: Vector = [row[1] * down[2] - row[2] * down[1], row[2] * down[0] - row[0] * down[2], row[0] * down[1] - row[1] * down[0]];
  const way = dot(steps[2], normal);
  if (!(Math.abs(way) > 0)) throw new NiftiError("not-a-volume", "The file's affine is not invertible.", "affine");
  // The values as they are, on a grid of their own; then into the patient's.
  const plain = canonicalVolume({ ...decoded, affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] });
  const area = nx * ny, ordered = new Int16Array(plain.hu.length), corners: Vector[] = [];
  for (let k = 0; k < nz; k++) {
    const from = way > 0 ? k : nz - 1 - k;
    ordered.set(plain.hu.subarray(from * area, (from + 1) * area), k * area);
    corners.push([0, 1, 2].map((axis) => affine[axis][3] + affine[axis][2] * from) as Vector);
  }
  const grid = gridAround(corners, row, down, normal, [nx, ny], [mm[0], mm[1], Math.abs(way)]);
  if (!(grid.dims[0] * grid.dims[1] * grid.dims[2] <= 8 * area * nz + 1e6)) throw new NiftiError("oblique", "The straightened volume would be many times larger; resample it elsewhere first.", "affine");
  const stack: SliceStack = { columns: nx, rows: ny, hu: ordered, corners, rowDirection: row, columnDirection: down, columnMm: mm[0], rowMm: mm[1] }, { hu, outside } = resampleStack(stack, grid, paddingHu);
  return {
    grid, hu, stack: { ...stack, gapMm: Math.abs(way) }, findings: [...plain.findings, finding("resampled", null, null, "The volume lies askew to the patient's axes and was resampled; the original affine is kept in the provenance."),
      finding("outside", outside, "voxels", `${outside} voxels of the grid lie outside the volume and became ${paddingHu} HU.`)],
  };
}

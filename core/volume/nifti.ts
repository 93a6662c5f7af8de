import type { Grid } from "../space/grid.ts";
import { NiftiError } from "./niftiError.ts";
import { niftiTypes, readVoxels, type NiftiData } from "./niftiVoxels.ts";
import { shortestFloat32 } from "./shortestFloat32.ts";

export { canonicalVolume, type CanonicalVolume, type VolumeFinding } from "./canonicalVolume.ts";
export { NiftiError, type NiftiErrorCode } from "./niftiError.ts";
export type { NiftiData } from "./niftiVoxels.ts";

/** A NIfTI volume as its file holds it: voxels unscaled, in the file's own order. */
export interface DecodedNifti {
  version: 1 | 2;
  dims: [number, number, number];
  /** NIfTI datatype code. */
  datatype: number;
  /** 4×4, row-major: voxel indices to RAS mm. */
  affine: number[][];
  /** x fastest; 64-bit integers arrive as doubles. */
  data: NiftiData;
  /** Value = slope × stored + intercept. */
  slope: number;
  intercept: number;
  /** Where the affine came from. */
  orientation: "sform" | "qform";
  /** Whether the file names millimetres, metres or micrometres; mm is taken where it does not. */
  hasUnits: boolean;
  /** Where the file has both: the farthest that qform and sform place a corner apart, mm. */
  formConflictMm?: number;
}

const headerBytes = 352;
/** Whether values lie in memory as they do in the file. */
const isLittleMachine = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Uncompressed NIfTI-1 (.nii), little-endian, sform and qform RAS mm.
 * @param made zeroed bytes of the length asked for, where they are to lie in shared memory
 * @throws RangeError when the array's length is not the grid's
 */
export function encodeNifti({ grid, data }: { grid: Grid; data: Int16Array | Uint8Array }, made = (length: number): Uint8Array => new Uint8Array(length)): Uint8Array {
  const [nx, ny, nz] = grid.dims;
  if (data.length !== nx * ny * nz) throw new RangeError(`expected ${nx * ny * nz} voxels, got ${data.length}`);
  if (Math.max(nx, ny, nz) > 32767) throw new RangeError("NIfTI-1 holds at most 32767 voxels along an axis");
  const out = made(headerBytes + data.byteLength);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setInt32(0, 348, true);
  view.setUint8(38, 0x72); // 'r', as the format asks
  [3, nx, ny, nz, 1, 1, 1, 1].forEach((n, i) => view.setInt16(40 + 2 * i, n, true));
  view.setInt16(70, data instanceof Uint8Array ? 2 : 4, true);
  view.setInt16(72, data instanceof Uint8Array ? 8 : 16, true);
  [1, ...grid.spacing, 1, 1, 1, 1].forEach((mm, i) => view.setFloat32(76 + 4 * i, mm, true));
  view.setFloat32(108, headerBytes, true);
  view.setFloat32(112, 1, true);
  view.setUint8(123, 2); // mm
  view.setInt16(252, 1, true);
  view.setInt16(254, 1, true);
  grid.origin.forEach((mm, i) => {
    view.setFloat32(268 + 4 * i, mm, true);
    view.setFloat32(280 + 16 * i + 4 * i, grid.spacing[i], true);
    view.setFloat32(280 + 16 * i + 12, mm, true);
  });
  out.set([0x6e, 0x2b, 0x31, 0], 344); // "n+1"
  if (data instanceof Uint8Array) out.set(data, headerBytes);
  else if (isLittleMachine && (out.byteOffset + headerBytes) % 2 === 0) new Int16Array(out.buffer, out.byteOffset + headerBytes, data.length).set(data);
  else for (let i = 0, at = headerBytes; i < data.length; i++, at += 2) {
    out[at] = data[i] & 255;
    out[at + 1] = (data[i] >> 8) & 255;
  }
  return out;
}

/** Rotation of a unit quaternion (b, c, d), columns scaled by spacing, third one also by qfac. */
function affineOfQuaternion(b: number, c: number, d: number, offset: number[], spacing: number[], qfac: number): number[][] {
  const squared = b * b + c * c + d * d;
  const shrink = squared > 1 ? 1 / Math.sqrt(squared) : 1;
  const [x, y, z] = [b * shrink, c * shrink, d * shrink];
  const w = Math.sqrt(Math.max(0, 1 - (x * x + y * y + z * z)));
  const rotation = [
    [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), w * w + y * y - x * x - z * z, 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), w * w + z * z - x * x - y * y],
  ];
  const scale = [spacing[0], spacing[1], spacing[2] * qfac];
  return [...rotation.map((row, i) => [...row.map((r, j) => r * scale[j]), offset[i]]), [0, 0, 0, 1]];
}

const determinant = (m: number[][]): number =>
  m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);

/** The greatest distance between where two affines place a corner of the volume. */
function farthestCorner(a: number[][], b: number[][], dims: readonly number[]): number {
  let most = 0;
  for (let corner = 0; corner < 8; corner++) {
    const at = [0, 1, 2].map((axis) => corner >> axis & 1 ? dims[axis] - 1 : 0);
    const apart = [0, 1, 2].map((r) => at.reduce((sum, n, c) => sum + (a[r][c] - b[r][c]) * n, a[r][3] - b[r][3]));
    most = Math.max(most, Math.sqrt(apart[0] * apart[0] + apart[1] * apart[1] + apart[2] * apart[2]));
  }
  return most;
}

/**
 * Reads an unpacked single-file NIfTI-1 or NIfTI-2 of either byte order, any integer or float type, one volume.
 * The sform is taken where there is one, else the qform; a file with neither could be mirrored and is refused.
 * Source: the NIfTI-1.1 and NIfTI-2 header definitions of the NIfTI DFWG.
 * @throws NiftiError
 */
export function decodeNifti(bytes: Uint8Array): DecodedNifti {
  if (bytes.length < 4) throw new NiftiError("not-a-volume", "The file is too short for a NIfTI header.", "byte 0");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540;
  const size = view.getInt32(0, isLittle);
  if (size !== 348 && size !== 540) throw new NiftiError("not-a-volume", "The file has no NIfTI header.", "byte 0");
  const version = size === 348 ? 1 : 2;
  if (bytes.length < size) throw new NiftiError("truncated", `The file ends inside its header, at byte ${bytes.length} of ${size}.`, `byte ${bytes.length}`);
  const at = (at1: number, at2: number) => `byte ${version === 1 ? at1 : at2}`;
  const int = (at1: number, at2: number, step1: number, step2: number, i: number) => version === 1
    ? step1 === 4 ? view.getInt32(at1 + 4 * i, isLittle) : view.getInt16(at1 + step1 * i, isLittle)
    : step2 === 8 ? Number(view.getBigInt64(at2 + 8 * i, isLittle)) : step2 === 2 ? view.getInt16(at2 + 2 * i, isLittle) : view.getInt32(at2 + 4 * i, isLittle);
  const real = (at1: number, at2: number, i = 0) => version === 1 ? shortestFloat32(view.getFloat32(at1 + 4 * i, isLittle)) : view.getFloat64(at2 + 8 * i, isLittle);
  const magic = String.fromCharCode(...bytes.subarray(version === 1 ? 344 : 4, version === 1 ? 347 : 7));
  if (magic === "ni1" || magic === "ni2") throw new NiftiError("not-a-volume", "This is the header of a .hdr/.img pair; give one .nii file.", at(344, 4));
  if (magic !== (version === 1 ? "n+1" : "n+2")) throw new NiftiError("not-a-volume", "The file's header lacks NIfTI's mark.", at(344, 4));

  const rank = int(40, 16, 2, 8, 0);
  const dim = (i: number) => i <= rank ? int(40, 16, 2, 8, i) : 1;
  if (rank < 3 || rank > 7 || [4, 5, 6, 7].some((i) => dim(i) > 1)) throw new NiftiError("not-a-volume", "The file does not hold exactly one three-dimensional volume.", at(40, 16));
  const dims: [number, number, number] = [dim(1), dim(2), dim(3)];
  if (dims.some((n) => !(n >= 1 && n <= 32767))) throw new NiftiError("not-a-volume", `The header's size ${dims.join(" × ")} cannot be.`, at(40, 16));
  const datatype = int(70, 12, 2, 2, 0);
  const type = niftiTypes.get(datatype);
  if (!type) throw new NiftiError("unsupported-datatype", `Voxels of NIfTI type ${datatype} are not CT values.`, at(70, 12));
  const offset = version === 1 ? Math.floor(view.getFloat32(108, isLittle)) : Number(view.getBigInt64(168, isLittle));
  if (!(offset >= size)) throw new NiftiError("not-a-volume", `The header puts the voxels at byte ${offset}, inside itself.`, at(108, 168));
  const voxels = dims[0] * dims[1] * dims[2], end = offset + voxels * type.bytes;
  if (bytes.length < end) throw new NiftiError("truncated", `The file ends at byte ${bytes.length}; its header promises ${end}.`, `byte ${bytes.length}`);

  const unit = (version === 1 ? view.getUint8(123) : view.getInt32(500, isLittle)) & 7;
  const toMm = unit === 1 ? 1000 : unit === 3 ? 0.001 : 1;
  const spacing = [1, 2, 3].map((i) => Math.abs(real(76, 104, i)));
  const qformCode = int(252, 344, 2, 4, 0), sformCode = int(254, 348, 2, 4, 0);
  const qfac = real(76, 104, 0) < 0 ? -1 : 1;
  const qform = qformCode > 0
    ? affineOfQuaternion(real(256, 352), real(260, 360), real(264, 368), [0, 1, 2].map((i) => real(268, 376, i)), spacing, qfac) : null;
  const sform = sformCode > 0
    ? [...[0, 1, 2].map((r) => [0, 1, 2, 3].map((c) => real(280, 400, 4 * r + c))), [0, 0, 0, 1]] : null;
  const chosen = sform ?? qform;
  if (!chosen) throw new NiftiError("no-orientation", "The file does not say how its voxels lie in the patient (neither sform nor qform); left and right cannot be told.", at(252, 344));
  if (chosen.flat().some((n) => !Number.isFinite(n)) || determinant(chosen) === 0) throw new NiftiError("not-a-volume", "The file's affine is not invertible.", sform ? at(280, 400) : at(256, 352));
  if (sform && qform && determinant(sform) * determinant(qform) < 0) {
    throw new NiftiError("orientation-conflict", "The file's sform and qform are mirror images of each other; left and right cannot be told.", at(252, 344));
  }
  const formConflictMm = sform && qform ? farthestCorner(sform, qform, dims) * toMm : undefined;
  const slope = real(112, 176), intercept = real(116, 184);
  const isScaled = Number.isFinite(slope) && slope !== 0;
  return {
    version, dims, datatype, data: readVoxels(view, offset, voxels, type, isLittle),
    affine: chosen.map((row, r) => r === 3 ? row : row.map((n) => n * toMm)),
    slope: isScaled ? slope : 1, intercept: isScaled && Number.isFinite(intercept) ? intercept : 0,
    orientation: sform ? "sform" : "qform", hasUnits: unit === 1 || unit === 2 || unit === 3, ...formConflictMm === undefined ? {} : { formConflictMm },
  };
}

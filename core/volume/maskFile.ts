import { voxelVolumeMm3, type Grid } from "../space/grid.ts";
import { isAskew } from "./canonicalVolume.ts";
import { canonicalVolume, decodeNifti } from "./nifti.ts";
import { NiftiError } from "./niftiError.ts";
import { decodeMetaImage } from "./metaImage.ts";
import { decodeNrrd } from "./nrrd.ts";
import { isSegmentation, readSegmentation, type SegmentOfFile } from "./dicom/segmentation.ts";
import { looksLikeDicom, readDicom } from "./dicom/reader.ts";
import { placeAskew, stackOfAffine } from "./placeAskew.ts";
import { textHeader } from "./textHeader.ts";
import { unpackBounded } from "./unpackBounded.ts";
import { isGzip, volumeFileKind } from "./volumeFileKind.ts";

/** A mask out of a file: its name, and the voxels where it is (`labels` is `inside`), in the file's own geometry. */
export type MaskOfFile = SegmentOfFile;
/** A mask on the case's grid. */
export interface PlacedMask {
  value: number; name: string;
  /** 1 inside, as int16 for the shapes of core/mask. */
  labels: Int16Array;
  voxels: number;
  /** Voxels of the file's mask that lie outside the case's volume. */
  outside: number;
  /** How far the farthest matched voxel centre lies from its counterpart, mm; 0.01 and less: the same voxels. */
  farthestMm: number;
  isSameGrid: boolean;
  /** What the file's mask was and what it is here: voxels and mL. */
  before: { voxels: number; millilitres: number };
  millilitres: number;
}

/** Differences up to this, mm, are rounding in headers. */
export const sameVoxelMm = 0.01;
const mostMasks = 127;

/** A name out of a header that was read byte by byte: UTF-8 where it is that, as Slicer writes it. */
function nameOf(latin: string): string {
  try { return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(latin, (c) => c.charCodeAt(0))); } catch { return latin; }
}

/** Names of segments in a NRRD as 3D Slicer writes them: `Segment0_Name`, `Segment0_LabelValue`. */
function nrrdNames(bytes: Uint8Array): Map<number, string> {
  const { fields } = textHeader(bytes, ":", (line) => line === ""), names = new Map<number, string>();
  for (const [field, name] of fields) {
    const at = /^segment(\d+)_name$/.exec(field)?.[1];
    if (at !== undefined) names.set(Number(fields.get(`segment${at}_labelvalue`) ?? Number(at) + 1), nameOf(name).slice(0, 80));
  }
  return names;
}

/** The masks of a DICOM SEG, or of a labelmap as NIfTI, NRRD or MetaImage. @throws DicomError, NiftiError */
export function readMaskFile(bytes: Uint8Array, maxVoxels: number): MaskOfFile[] {
  if (looksLikeDicom(bytes)) {
    const file = readDicom(bytes);
    if (!isSegmentation(file)) throw new NiftiError("not-a-volume", "This DICOM file is no segmentation (SEG). Give a DICOM SEG, or a labelmap as NIfTI, NRRD or MHA.", "(0008,0016)");
    return readSegmentation(file, maxVoxels);
  }
  const kind = volumeFileKind(bytes);
  if (!kind) throw new NiftiError("not-a-volume", "This file holds no mask. Give a DICOM SEG, or a labelmap as NIfTI, NRRD or MHA.", "byte 0");
  const labels = kind === "NRRD" ? decodeNrrd(bytes, unpackBounded, maxVoxels) : kind === "MetaImage" ? decodeMetaImage(bytes, unpackBounded, maxVoxels)
    : decodeNifti(isGzip(bytes) ? unpackBounded(bytes, "gzip", maxVoxels * 8 + 65_536) : bytes);
  const names = kind === "NRRD" ? nrrdNames(bytes) : new Map<number, string>(), values = new Set<number>();
  for (const value of labels.data) if (value !== 0) {
    if (!Number.isInteger(value) || value < 0 || value > 32_767) throw new NiftiError("not-a-volume", `The file holds the value ${value}: a mask has whole numbers from 0 on. Is it the CT itself?`, "voxels");
    values.add(value);
    if (values.size > mostMasks) throw new NiftiError("not-a-volume", `The file holds more than ${mostMasks} different values. Is it the CT itself?`, "voxels");
  }
  return [...values].sort((a, b) => a - b).map((value) => ({ value, name: names.get(value) ?? `Label ${value}`, labels, inside: value }));
}

/** For each voxel of one axis of the case the voxel of the file whose centre is nearest, −1 where none reaches; and how far. */
function matched(grid: Grid, own: Grid, axis: number): { at: Int32Array; farthestMm: number } {
  const at = new Int32Array(grid.dims[axis]).fill(-1);
  let farthestMm = 0;
  for (let i = 0; i < at.length; i++) {
    const mm = grid.origin[axis] + i * grid.spacing[axis], place = (mm - own.origin[axis]) / own.spacing[axis], near = Math.floor(place + 0.5);
    if (near < 0 || near >= own.dims[axis]) continue;
    at[i] = near;
    farthestMm = Math.max(farthestMm, Math.abs(place - near) * own.spacing[axis]);
  }
  return { at, farthestMm };
}

const elsewhere = (name: string, outside: number) => new NiftiError("not-a-volume", `Nothing of «${name}» lies in this case's volume${outside > 0 ? `: all its ${outside} voxels are elsewhere. Is it of another scan?` : "."}`);

/** A mask on tilted, oblique or uneven planes, such as those that the case was resampled from. @throws NiftiError */
function placeOfPlanes({ value, name, labels, inside, corners }: MaskOfFile, grid: Grid): PlacedMask {
  const { affine, dims } = labels, even = stackOfAffine(affine, dims), { hu } = canonicalVolume({ ...labels, affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] });
  const step = [affine[0][2], affine[1][2], affine[2][2]], placed = placeAskew(hu, inside, dims[0], dims[1], { ...even, corners: corners ?? even.corners }, Math.sqrt(step.reduce((sum, mm) => sum + mm * mm, 0)), grid);
  if (placed.voxels === 0) throw elsewhere(name, placed.outside);
  const { labels: made, voxels, fileVoxels, fileMm3, outside, farthestMm } = placed;
  return { value, name, labels: made, voxels, outside, farthestMm, isSameGrid: false, before: { voxels: fileVoxels, millilitres: fileMm3 / 1000 }, millilitres: voxels * voxelVolumeMm3(grid) / 1000 };
}

/**
 * Puts a mask on the case's grid by its place in the patient, never by its indices: voxel onto voxel where both are the same,
 * else each voxel of the case takes the nearest one of the file, also where that lies askew. @throws NiftiError where the mask
 * lies elsewhere, or its rows and columns are not at right angles
 */
export function placeMask(mask: MaskOfFile, grid: Grid): PlacedMask {
  const { value, name, labels, inside } = mask;
  if (mask.corners || isAskew(labels)) return placeOfPlanes(mask, grid);
  const { grid: own, hu } = canonicalVolume(labels), axes = [0, 1, 2].map((axis) => matched(grid, own, axis)), [nx, ny, nz] = grid.dims, out = new Int16Array(nx * ny * nz);
  const seen = [0, 1, 2].map((axis) => { const marks = new Uint8Array(own.dims[axis]); for (const i of axes[axis].at) if (i >= 0) marks[i] = 1; return marks; });
  let voxels = 0, outside = 0, all = 0;
  for (let z = 0, to = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const row = own.dims[0] * (axes[1].at[y] + own.dims[1] * axes[2].at[z]), isIn = axes[1].at[y] >= 0 && axes[2].at[z] >= 0;
    for (let x = 0; x < nx; x++, to++) if (isIn && axes[0].at[x] >= 0 && hu[row + axes[0].at[x]] === inside) { out[to] = 1; voxels++; }
  }
  for (let z = 0, at = 0; z < own.dims[2]; z++) for (let y = 0; y < own.dims[1]; y++) for (let x = 0; x < own.dims[0]; x++, at++) {
    if (hu[at] !== inside) continue;
    all++;
    if (!(seen[0][x] && seen[1][y] && seen[2][z])) outside++;
  }
  if (voxels === 0) throw elsewhere(name, outside);
  const farthestMm = Math.max(...axes.map((axis) => axis.farthestMm)), isSpaced = grid.spacing.every((mm, axis) => Math.abs(mm - own.spacing[axis]) * Math.max(grid.dims[axis], own.dims[axis]) <= sameVoxelMm * 10);
  return { value, name, labels: out, voxels, outside, farthestMm, isSameGrid: isSpaced && farthestMm <= sameVoxelMm, before: { voxels: all, millilitres: all * voxelVolumeMm3(own) / 1000 }, millilitres: voxels * voxelVolumeMm3(grid) / 1000 };
}

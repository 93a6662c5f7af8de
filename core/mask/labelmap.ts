import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Grid, voxelCount } from "../space/grid.ts";
import { BRICK, brickCount, brickExtent, brickOrigin, brickRows, brickVoxels, maxLabelValue } from "./brick.ts";
import { ByteReader, ByteWriter, FormatError } from "./byteCursor.ts";

/**
 * One label value a voxel, no overlaps. A brick that is absent is empty; a brick present holds 32,768 bytes;
 * voxels outside the grid are 0.
 */
export interface Labelmap {
  grid: Grid;
  bricks: Map<number, Uint8Array>;
}

/** The bytes are not a labelmap of this format. */
export class LabelmapError extends Error {
  override name = "LabelmapError";
}

const magic = utf8ToBytes("caseroom labelmap 1\n");
const manifestMagic = utf8ToBytes("caseroom labelmap manifest 1\n");
const segmentMagic = utf8ToBytes("caseroom segment 1\n");
const maxEdge = 4096;

/** A grid as every format of ours writes it. */
export function writeGrid(out: ByteWriter, grid: Grid): void {
  for (const n of grid.dims) out.varuint(n);
  for (const mm of grid.spacing) out.float64(mm);
  for (const mm of grid.origin) out.float64(mm);
}

/** @throws FormatError */
export function readGrid(from: ByteReader): Grid {
  const edge = () => from.varuint(maxEdge);
  const dims: Grid["dims"] = [edge(), edge(), edge()];
  const spacing: Grid["spacing"] = [from.float64(), from.float64(), from.float64()];
  const origin: Grid["origin"] = [from.float64(), from.float64(), from.float64()];
  if (dims.some((n) => n < 1) || spacing.some((mm) => mm <= 0)) throw new FormatError("grid");
  return { dims, spacing, origin };
}

/** True when all voxels are 0. */
export function isEmptyBrick(content: Uint8Array): boolean {
  for (let i = 0; i < content.length; i++) if (content[i] !== 0) return false;
  return true;
}

/** Indices of the bricks that hold anything, ascending. */
export function filledBricks(labelmap: Labelmap): number[] {
  const filled: number[] = [];
  for (const [index, content] of labelmap.bricks) if (!isEmptyBrick(content)) filled.push(index);
  return filled.sort((a, b) => a - b);
}

/** Canonical run lengths of one brick: (value byte, varuint length − 1), as long as they can be. */
export function encodeBrick(content: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  for (let i = 0; i < brickVoxels; ) {
    const value = content[i];
    let end = i + 1;
    while (end < brickVoxels && content[end] === value) end++;
    out.byte(value);
    out.varuint(end - i - 1);
    i = end;
  }
  return out.finish();
}

function decodeBrick(bytes: Uint8Array, grid: Grid, index: number): Uint8Array {
  const from = new ByteReader(bytes);
  const content = new Uint8Array(brickVoxels);
  let before = -1;
  for (let i = 0; i < brickVoxels; ) {
    const value = from.byte();
    const length = from.varuint(brickVoxels) + 1;
    if (value === before || value > maxLabelValue || i + length > brickVoxels) throw new FormatError(`brick ${index}`);
    content.fill(value, i, i + length);
    before = value;
    i += length;
  }
  from.end();
  if (isEmptyBrick(content)) throw new FormatError(`brick ${index} is empty`);
  const [ex, ey, ez] = brickExtent(grid, index);
  if (ex < BRICK || ey < BRICK || ez < BRICK) {
    for (let i = 0; i < brickVoxels; i++) {
      if (content[i] !== 0 && ((i & 31) >= ex || ((i >> 5) & 31) >= ey || i >> 10 >= ez)) throw new FormatError(`brick ${index} leaves the grid`);
    }
  }
  return content;
}

/** Canonical bytes (JB4): equal labelmaps, equal bytes, on every machine. */
export function encodeLabelmap(labelmap: Labelmap): Uint8Array {
  const out = new ByteWriter();
  out.bytes(magic);
  writeGrid(out, labelmap.grid);
  const filled = filledBricks(labelmap);
  out.varuint(filled.length);
  let before = -1;
  for (const index of filled) {
    const bytes = encodeBrick(labelmap.bricks.get(index)!);
    out.varuint(index - before - 1);
    out.varuint(bytes.length);
    out.bytes(bytes);
    before = index;
  }
  return out.finish();
}

/** Reads what `encodeLabelmap` wrote and nothing else; throws LabelmapError. */
export function decodeLabelmap(bytes: Uint8Array): Labelmap {
  try {
    const from = new ByteReader(bytes);
    const head = from.bytes(magic.length);
    if (head.some((byte, i) => byte !== magic[i])) throw new FormatError("not a labelmap");
    const grid = readGrid(from);
    const total = brickCount(grid);
    const count = from.varuint(total);
    const bricks = new Map<number, Uint8Array>();
    let before = -1;
    for (let b = 0; b < count; b++) {
      const index = before + 1 + from.varuint(total);
      if (index >= total) throw new FormatError("brick outside the grid");
      bricks.set(index, decodeBrick(from.bytes(from.varuint(brickVoxels * 2)), grid, index));
      before = index;
    }
    from.end();
    return { grid, bricks };
  } catch (error) {
    if (error instanceof FormatError) throw new LabelmapError(`labelmap: ${error.message}`);
    throw error;
  }
}

/** sha-256 of a brick's canonical run lengths. */
export const brickHash = (content: Uint8Array): Uint8Array => sha256(encodeBrick(content));

/**
 * The manifest: grid and, ascending, each filled brick's number and hash. Its sha-256 names the labelmap.
 * @param hashes filled bricks only, ascending
 */
export function manifestHash(grid: Grid, hashes: Iterable<readonly [number, Uint8Array]>): string {
  const out = new ByteWriter();
  out.bytes(manifestMagic);
  writeGrid(out, grid);
  for (const [index, hash] of hashes) {
    out.varuint(index);
    out.bytes(hash);
  }
  return bytesToHex(sha256(out.finish()));
}

/** Hash of a whole labelmap, 64 hex digits: equal exactly when grid and every voxel are equal. */
export function labelmapHash(labelmap: Labelmap): string {
  return manifestHash(labelmap.grid, filledBricks(labelmap).map((index) => [index, brickHash(labelmap.bricks.get(index)!)] as const));
}

/**
 * Hash of one segment alone, 64 hex digits: sha-256 over the grid and, ascending, each brick that holds the
 * value as number + 4,096 bytes of bits (bit x of row y + z*32, least significant first). Other segments and the
 * value itself are no part of it: a result keyed by it stays valid while they change (JB2).
 */
export function segmentHash(labelmap: Labelmap, value: number): string {
  const hash = sha256.create();
  const head = new ByteWriter();
  head.bytes(segmentMagic);
  writeGrid(head, labelmap.grid);
  hash.update(head.finish());
  const bits = new Uint8Array(brickVoxels / 8);
  for (const index of [...labelmap.bricks.keys()].sort((a, b) => a - b)) {
    const content = labelmap.bricks.get(index)!;
    if (!content.includes(value)) continue;
    bits.fill(0);
    for (let i = 0; i < brickVoxels; i++) if (content[i] === value) bits[i >> 3] |= 1 << (i & 7);
    const number = new ByteWriter();
    number.varuint(index);
    hash.update(number.finish());
    hash.update(bits);
  }
  return bytesToHex(hash.digest());
}

/** The labelmap as one array of `nx*ny*nz` label values, x fastest. */
export function denseLabels(labelmap: Labelmap): Uint8Array {
  const { grid } = labelmap;
  const [nx, ny] = grid.dims;
  const dense = new Uint8Array(voxelCount(grid));
  for (const [index, content] of labelmap.bricks) {
    const [ox, oy, oz] = brickOrigin(grid, index);
    const [ex, ey, ez] = brickExtent(grid, index);
    for (let z = 0; z < ez; z++) {
      for (let y = 0; y < ey; y++) {
        const row = y * BRICK + z * brickRows;
        dense.set(content.subarray(row, row + ex), ox + (oy + y) * nx + (oz + z) * nx * ny);
      }
    }
  }
  return dense;
}

/** The labelmap of a dense array of `nx*ny*nz` label values; throws LabelmapError for another length. */
export function fromDense(grid: Grid, dense: Uint8Array): Labelmap {
  if (dense.length !== voxelCount(grid)) throw new LabelmapError(`expected ${voxelCount(grid)} voxels, got ${dense.length}`);
  const [nx, ny] = grid.dims;
  const bricks = new Map<number, Uint8Array>();
  for (let index = 0; index < brickCount(grid); index++) {
    const content = new Uint8Array(brickVoxels);
    const [ox, oy, oz] = brickOrigin(grid, index);
    const [ex, ey, ez] = brickExtent(grid, index);
    for (let z = 0; z < ez; z++) {
      for (let y = 0; y < ey; y++) {
        const at = ox + (oy + y) * nx + (oz + z) * nx * ny;
        content.set(dense.subarray(at, at + ex), y * BRICK + z * brickRows);
      }
    }
    if (!isEmptyBrick(content)) bricks.set(index, content);
  }
  return { grid, bricks };
}

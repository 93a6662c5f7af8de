import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ByteReader, ByteWriter, FormatError } from "../mask/byteCursor.ts";
import { readGrid, writeGrid } from "../mask/labelmap.ts";
import type { Grid } from "../space/grid.ts";

/** One brick of a surface: where it lies (brick coordinates, −1 on), what it was made of, and its mesh (core/surface/brickCode). */
export interface BrickEntry {
  brick: [number, number, number];
  /** Hash of bits and apron (`brickInputHash`), hex. */
  input: string;
  /** Hash of the encoded mesh, hex. */
  mesh: string;
  byteLength: number;
}

/** The bricks that hold a part of a segment's surface, in ascending order, x fastest. */
export interface BrickManifest { grid: Grid; bricks: BrickEntry[] }

const magic = utf8ToBytes("caseroom bricks 1\n");
const most = 1 << 24, largest = 1 << 21;

/** Canonical bytes (JB4). */
export function encodeBrickManifest({ grid, bricks }: BrickManifest): Uint8Array {
  const out = new ByteWriter();
  out.bytes(magic);
  writeGrid(out, grid);
  out.varuint(bricks.length);
  for (const { brick, input, mesh, byteLength } of bricks) {
    for (const n of brick) out.varuint(n + 1);
    out.bytes(hexToBytes(input));
    out.bytes(hexToBytes(mesh));
    out.varuint(byteLength);
  }
  return out.finish();
}

/** The bytes are not a list of bricks. */
export class BrickManifestError extends Error {
  override name = "BrickManifestError";
}

/** Reads what `encodeBrickManifest` wrote. @throws BrickManifestError */
export function decodeBrickManifest(bytes: Uint8Array): BrickManifest {
  try {
    const from = new ByteReader(bytes), head = from.bytes(magic.length);
    if (head.some((byte, i) => byte !== magic[i])) throw new FormatError("not a list of bricks");
    const grid = readGrid(from), bricks: BrickEntry[] = [];
    for (let left = from.varuint(most); left > 0; left--) {
      const brick: BrickEntry["brick"] = [from.varuint(most) - 1, from.varuint(most) - 1, from.varuint(most) - 1];
      bricks.push({ brick, input: bytesToHex(from.bytes(32)), mesh: bytesToHex(from.bytes(32)), byteLength: from.varuint(largest) });
    }
    from.end();
    return { grid, bricks };
  } catch (error) {
    if (error instanceof FormatError) throw new BrickManifestError(`bricks: ${error.message}`);
    throw error;
  }
}

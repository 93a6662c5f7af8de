import { type BrickMesh, keySide as side } from "./brickMesh.ts";
import { unitsPerVoxel } from "./netsTable.ts";

const magic = 0x314b4243; // «CBK1»
const maxKey = 4 * side * side * side;
const up4 = (bytes: number): number => (bytes + 3) & ~3;

const widthOf = (vertices: number): number => (vertices > 65536 ? 4 : 2);

/**
 * How the surface in one brick is stored and sent: magic, own vertices, vertices, quads (uint32 LE), then of each vertex its
 * key (uint32), x, y, z inside its cell in 1/4096 voxel (uint16), then four vertices a quad (uint16;
 * uint32 where there are more than 65,536 vertices). Equal meshes, equal bytes.
 */
export function encodeBrickMesh({ owned, keys, places, quads }: BrickMesh): Uint8Array<ArrayBuffer> {
  const n = keys.length, quadsAt = up4(16 + 10 * n), bytes = new Uint8Array(up4(quadsAt + widthOf(n) * quads.length));
  new Uint32Array(bytes.buffer, 0, 4).set([magic, owned, n, quads.length / 4]);
  new Uint32Array(bytes.buffer, 16, n).set(keys);
  const inCell = new Uint16Array(bytes.buffer, 16 + 4 * n, 3 * n);
  for (let v = 0, at = 0; v < n; v++, at += 3) {
    const cell = keys[v] >> 2, row = (cell / side) | 0, layer = (row / side) | 0;
    inCell[at] = places[at] - (cell - side * row - 1) * unitsPerVoxel;
    inCell[at + 1] = places[at + 1] - (row - side * layer - 1) * unitsPerVoxel;
    inCell[at + 2] = places[at + 2] - (layer - 1) * unitsPerVoxel;
  }
  new (n > 65536 ? Uint32Array : Uint16Array)(bytes.buffer, quadsAt, quads.length).set(quads);
  return bytes;
}

/** The bytes are not the surface of a brick. */
export class BrickCodeError extends Error {
  override name = "BrickCodeError";
}

/** @throws BrickCodeError when sizes, keys or corners do not fit */
export function decodeBrickMesh(bytes: Uint8Array): BrickMesh {
  const own = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(), buffer = own.buffer, from = own.byteOffset;
  if (own.length < 16) throw new BrickCodeError("shorter than its header");
  const [found, owned, n, count] = new Uint32Array(buffer, from, 4), quadsAt = up4(16 + 10 * n);
  if (found !== magic || owned > n || n > maxKey || own.length !== up4(quadsAt + 4 * widthOf(n) * count)) throw new BrickCodeError("not the surface of a brick, or cut off");
  const keys = new Uint32Array(buffer, from + 16, n), inCell = new Uint16Array(buffer, from + 16 + 4 * n, 3 * n);
  const quads = n > 65536 ? new Uint32Array(buffer, from + quadsAt, 4 * count) : new Uint16Array(buffer, from + quadsAt, 4 * count), places = new Int32Array(3 * n);
  for (let v = 0, at = 0; v < n; v++, at += 3) {
    if (keys[v] >= maxKey || (v > 0 && v < owned && keys[v] <= keys[v - 1])) throw new BrickCodeError("a vertex lies outside the brick, or out of order");
    const cell = keys[v] >> 2, row = (cell / side) | 0, layer = (row / side) | 0;
    places[at] = inCell[at] + (cell - side * row - 1) * unitsPerVoxel;
    places[at + 1] = inCell[at + 1] + (row - side * layer - 1) * unitsPerVoxel;
    places[at + 2] = inCell[at + 2] + (layer - 1) * unitsPerVoxel;
  }
  for (const corner of quads) if (corner >= n) throw new BrickCodeError("a quad points outside the brick");
  return { owned, keys, places, quads };
}

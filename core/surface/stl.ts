// STL. SP2: this is the one file that knows STL's axes: LPS mm, said in the header.
import { checkCount, checkPositions, MeshFault } from "./meshFault.ts";
import type { Mesh } from "./mesh.ts";
import { weld } from "./soundness.ts";

const note = "Caseroom binary STL, units mm, SPACE=LPS (x to the left, y to the back, z up)";

/** Bytes of a binary STL, LPS mm. 84 + 50 bytes a triangle. */
export function encodeStl({ positions: P, triangles: T }: Mesh): Uint8Array<ArrayBuffer> {
  const count = T.length / 3;
  const bytes = new Uint8Array(84 + 50 * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < note.length; i++) bytes[i] = note.charCodeAt(i);
  view.setUint32(80, count, true);
  const p = new Float64Array(9);
  for (let t = 0, at = 84; t < T.length; t += 3, at += 50) {
    for (let k = 0; k < 3; k++) {
      const v = 3 * T[t + k];
      p[3 * k] = 0 - P[v];
      p[3 * k + 1] = 0 - P[v + 1];
      p[3 * k + 2] = P[v + 2];
    }
    const ux = p[3] - p[0], uy = p[4] - p[1], uz = p[5] - p[2], vx = p[6] - p[0], vy = p[7] - p[1], vz = p[8] - p[2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx, length = Math.sqrt(x * x + y * y + z * z) || 1;
    view.setFloat32(at, x / length, true);
    view.setFloat32(at + 4, y / length, true);
    view.setFloat32(at + 8, z / length, true);
    for (let i = 0; i < 9; i++) view.setFloat32(at + 12 + 4 * i, p[i], true);
  }
  return bytes;
}

/** The bytes are not a binary STL. */
export class StlError extends MeshFault {
  override name = "StlError";
}

/** Corners of an STL's triangles as they stand in the file, nine numbers each: no unit and no axes applied. */
function binaryCorners(bytes: Uint8Array): Float32Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < 84 ? -1 : view.getUint32(80, true);
  if (count < 0 || bytes.length !== 84 + 50 * count) return null;
  checkCount(count);
  const corners = new Float32Array(9 * count);
  for (let t = 0, at = 96; t < count; t++, at += 50) for (let i = 0; i < 9; i++) corners[9 * t + i] = view.getFloat32(at + 4 * i, true);
  return corners;
}

/** The coordinates after each word «vertex» of a text STL. */
function textCorners(bytes: Uint8Array): Float32Array {
  let corners = new Float32Array(9 << 8), used = 0, pending = 0, isEnded = false, word = "";
  const take = (): void => {
    if (word === "") return;
    if (pending > 0) {
      if (used === corners.length) {
        checkCount(used / 9);
        const bigger = new Float32Array(2 * used);
        bigger.set(corners);
        corners = bigger;
      }
      corners[used++] = Number(word);
      pending--;
    } else if (word.toLowerCase() === "vertex") pending = 3;
    else if (word.toLowerCase() === "endsolid") isEnded = true;
    word = "";
  };
  for (const byte of bytes) {
    if (byte <= 32) { take(); continue; }
    if (word.length > 200) throw new StlError("not-a-mesh", "The file is neither a binary STL (its size does not match its count) nor a text one.");
    word += String.fromCharCode(byte);
  }
  take();
  if (used % 9 !== 0 || !isEnded) throw new StlError("truncated", `The text STL ends inside a triangle or without «endsolid», after ${Math.floor(used / 9)} triangles.`);
  return corners.subarray(0, used);
}

/** One vertex for each exactly equal position. */
export function weldedMesh(corners: Float32Array): Mesh {
  const same = weld(corners), count = corners.length / 3;
  const nameOf = new Int32Array(count).fill(-1), triangles = new Uint32Array(count), kept = new Uint32Array(count);
  let used = 0;
  for (let v = 0; v < count; v++) {
    const w = same[v];
    if (nameOf[w] < 0) { nameOf[w] = used; kept[used++] = w; }
    triangles[v] = nameOf[w];
  }
  const positions = new Float32Array(3 * used);
  for (let i = 0; i < used; i++) for (let axis = 0; axis < 3; axis++) positions[3 * i + axis] = corners[3 * kept[i] + axis];
  return { positions, triangles };
}

/** Whether the bytes start as a text STL does. */
const startsAsText = (bytes: Uint8Array): boolean => /^\s*solid\b/i.test(String.fromCharCode(...bytes.subarray(0, 16)));

/**
 * Reads a binary or text STL's coordinates as they stand, welded: no unit and no axes applied. A file is binary where its
 * size is exactly what its count promises, whatever its header says (binary files that start with «solid» are common).
 * @throws StlError
 */
export function decodeStlCorners(bytes: Uint8Array): Float32Array {
  const binary = binaryCorners(bytes);
  if (binary) return binary;
  if (startsAsText(bytes)) return textCorners(bytes);
  const count = bytes.length < 84 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(80, true);
  throw new StlError("count-mismatch", `a binary STL of ${count} triangles has ${84 + 50 * count} bytes, this has ${bytes.length}`);
}

/** Reads an STL (LPS mm, binary or text) into a RAS mesh; vertices of exactly equal position become one. @throws StlError */
export function decodeStl(bytes: Uint8Array): Mesh {
  const corners = decodeStlCorners(bytes);
  checkPositions(corners, "corner");
  for (let i = 0; i < corners.length; i++) if (i % 3 !== 2) corners[i] = 0 - corners[i];
  return weldedMesh(corners);
}

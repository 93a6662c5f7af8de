// Binary STL. SP2: this is the one file that knows STL's axes: LPS mm, said in the header.
import type { Mesh } from "./mesh.ts";
import { weld } from "./soundness.ts";

const note = "Caseroom binary STL, units mm, LPS (x to the left, y to the back, z up)";

/** Bytes of a binary STL, LPS mm. 84 + 50 bytes a triangle. */
export function encodeStl({ positions, triangles }: Mesh): Uint8Array<ArrayBuffer> {
  const count = triangles.length / 3;
  const bytes = new Uint8Array(84 + 50 * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < note.length; i++) bytes[i] = note.charCodeAt(i);
  view.setUint32(80, count, true);
  for (let t = 0; t < count; t++) {
    const p = [0, 1, 2].map((i) => {
      const v = 3 * triangles[3 * t + i];
      return [0 - positions[v], 0 - positions[v + 1], positions[v + 2]];
    });
    const u = p[1].map((x, i) => x - p[0][i]), w = p[2].map((x, i) => x - p[0][i]);
    const n = [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]];
    const length = Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) || 1;
    const at = 84 + 50 * t;
    n.forEach((x, i) => view.setFloat32(at + 4 * i, x / length, true));
    p.forEach((point, k) => point.forEach((x, i) => view.setFloat32(at + 12 + 12 * k + 4 * i, x, true)));
  }
  return bytes;
}

/** The bytes are not a binary STL. */
export class StlError extends Error {
  override name = "StlError";
}

/** Reads a binary STL (LPS mm) into a RAS mesh; vertices of exactly equal position become one. @throws StlError */
export function decodeStl(bytes: Uint8Array): Mesh {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < 84 ? -1 : view.getUint32(80, true);
  if (count < 0 || bytes.length !== 84 + 50 * count) throw new StlError(`a binary STL of ${count} triangles has ${84 + 50 * count} bytes, this has ${bytes.length}`);
  const positions = new Float32Array(9 * count);
  for (let t = 0; t < count; t++) for (let i = 0; i < 9; i++) {
    const x = view.getFloat32(84 + 50 * t + 12 + 4 * i, true);
    if (!Number.isFinite(x)) throw new StlError(`triangle ${t} has a coordinate that is not a number`);
    positions[9 * t + i] = i % 3 === 2 ? x : 0 - x;
  }
  const same = weld(positions);
  const kept: number[] = [], nameOf = new Int32Array(3 * count).fill(-1), triangles = new Uint32Array(3 * count);
  for (let v = 0; v < 3 * count; v++) {
    const w = same[v];
    if (nameOf[w] < 0) { nameOf[w] = kept.length; kept.push(w); }
    triangles[v] = nameOf[w];
  }
  const welded = new Float32Array(3 * kept.length);
  kept.forEach((v, i) => welded.set(positions.subarray(3 * v, 3 * v + 3), 3 * i));
  return { positions: welded, triangles };
}

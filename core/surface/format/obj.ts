// Wavefront OBJ. SP2: this is the one file that knows OBJ's axes: LPS mm, said in a comment.
import { shortestFloat32 } from "../../volume/shortestFloat32.ts";
import { checkCount, checkIndices, MeshFault } from "../meshFault.ts";
import type { Mesh } from "../mesh.ts";
import { TextParts } from "./textParts.ts";

/** Text OBJ, LPS mm; every coordinate is the shortest decimal that reads back as the same float32. */
export function encodeObj({ positions, triangles }: Mesh, name = "surface"): Uint8Array<ArrayBuffer> {
  const text = new TextParts();
  text.add(`# Caseroom, units mm, SPACE=LPS (x to the left, y to the back, z up)\no ${name.replace(/\s+/g, "_")}\n`);
  for (let v = 0; v < positions.length; v += 3) text.add(`v ${shortestFloat32(0 - positions[v])} ${shortestFloat32(0 - positions[v + 1])} ${shortestFloat32(positions[v + 2])}\n`);
  for (let t = 0; t < triangles.length; t += 3) text.add(`f ${triangles[t] + 1} ${triangles[t + 1] + 1} ${triangles[t + 2] + 1}\n`);
  return text.finish();
}

/**
 * Reads the `v` and `f` lines of an OBJ as they stand: no unit and no axes applied. Polygons become fans of triangles.
 * @throws MeshFault
 */
export function decodeObj(bytes: Uint8Array): { positions: Float64Array; triangles: Uint32Array } {
  const positions: number[] = [], triangles: number[] = [];
  let line = 0;
  for (let from = 0; from < bytes.length; line++) {
    let to = bytes.indexOf(10, from);
    if (to < 0) to = bytes.length;
    const kind = bytes[from], after = bytes[from + 1];
    if ((kind === 118 || kind === 102) && (after === 32 || after === 9)) {
      if (to - from > 65536) throw new MeshFault("not-a-mesh", `Line ${line + 1} is longer than 64 KiB.`);
      const words = new TextDecoder().decode(bytes.subarray(from + 2, to)).trim().split(/\s+/);
      if (kind === 118) {
        if (words.length < 3) throw new MeshFault("truncated", `Line ${line + 1}: a vertex has three coordinates.`);
        positions.push(Number(words[0]), Number(words[1]), Number(words[2]));
      } else {
        const corners = words.map((word) => {
          const index = Number.parseInt(word, 10);
          return index < 0 ? positions.length / 3 + index : index - 1;
        });
        for (let k = 2; k < corners.length; k++) triangles.push(corners[0], corners[k - 1], corners[k]);
        if ((triangles.length & 0xffff) === 0) checkCount(triangles.length / 3);
      }
    }
    from = to + 1;
  }
  checkCount(triangles.length / 3);
  checkIndices(triangles, positions.length / 3);
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) };
}

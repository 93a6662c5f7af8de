// glTF 2.0 binary. SP2: this is the one file that knows GLB's axes: LPS mm vertices under a node that turns and scales them.
import { linearOfSrgb } from "../../volume/dicom/cielab.ts";
import type { Mesh } from "../mesh.ts";

/** (x, y, z) LPS mm → 0.001·(x, z, −y): metres, y up, the face towards +z; determinant > 0. Column by column. */
const toMetres = [0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1];

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** A GLB of one mesh. `color` is red, green, blue 0…1 in sRGB, as a screen and the other formats have it; glTF holds it in linear light (2.0, 3.9.2). */
export function encodeGlb({ positions, triangles }: Mesh, name = "surface", color: readonly [number, number, number] = [0.86, 0.82, 0.72]): Uint8Array<ArrayBuffer> {
  const vertices = new Float32Array(positions.length), low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3, x = axis === 2 ? positions[i] : 0 - positions[i];
    vertices[i] = x;
    low[axis] = Math.min(low[axis], x);
    high[axis] = Math.max(high[axis], x);
  }
  const json = new TextEncoder().encode(JSON.stringify({
    asset: { version: "2.0", generator: "Caseroom", extras: { space: "LPS", unit: "mm" } },
    scene: 0, scenes: [{ nodes: [0] }],
    nodes: [{ name: "LPS mm to metres", matrix: toMetres, children: [1] }, { name, mesh: 0 }],
    meshes: [{ name, primitives: [{ attributes: { POSITION: 0 }, indices: 1, material: 0 }] }],
    materials: [{ name, pbrMetallicRoughness: { baseColorFactor: [...color.map(linearOfSrgb), 1], metallicFactor: 0, roughnessFactor: 0.8 } }],
    accessors: [
      { bufferView: 0, componentType: 5126, count: vertices.length / 3, type: "VEC3", min: low, max: high },
      { bufferView: 1, componentType: 5125, count: triangles.length, type: "SCALAR" },
    ],
    bufferViews: [
      { buffer: 0, byteOffset: 0, byteLength: vertices.byteLength, target: 34962 },
      { buffer: 0, byteOffset: vertices.byteLength, byteLength: triangles.byteLength, target: 34963 },
    ],
    buffers: [{ byteLength: vertices.byteLength + triangles.byteLength }],
  }));
  const jsonLength = padded(json.length), binaryLength = vertices.byteLength + triangles.byteLength;
  const bytes = new Uint8Array(12 + 8 + jsonLength + 8 + binaryLength), view = new DataView(bytes.buffer);
  [0x46546c67, 2, bytes.length, jsonLength, 0x4e4f534a].forEach((word, i) => view.setUint32(4 * i, word, true));
  bytes.fill(32, 20, 20 + jsonLength);
  bytes.set(json, 20);
  view.setUint32(20 + jsonLength, binaryLength, true);
  view.setUint32(24 + jsonLength, 0x004e4942, true);
  new Float32Array(bytes.buffer, 28 + jsonLength, vertices.length).set(vertices);
  new Uint32Array(bytes.buffer, 28 + jsonLength + vertices.byteLength, triangles.length).set(triangles);
  return bytes;
}

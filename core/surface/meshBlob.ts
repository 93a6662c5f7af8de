import type { Mesh } from "./mesh.ts";

const magic = 0x31534d43; // «CMS1»

/** How a mesh is stored and sent: magic, vertex and triangle counts (uint32 LE), positions (float32 RAS mm), indices (uint32). */
export function encodeMesh({ positions, triangles }: Mesh): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + positions.byteLength + triangles.byteLength);
  new Uint32Array(bytes.buffer, 0, 3).set([magic, positions.length / 3, triangles.length / 3]);
  new Float32Array(bytes.buffer, 12, positions.length).set(positions);
  new Uint32Array(bytes.buffer, 12 + positions.byteLength, triangles.length).set(triangles);
  return bytes;
}

/** The bytes are not a stored mesh. */
export class MeshBlobError extends Error {
  override name = "MeshBlobError";
}

/** @throws MeshBlobError when sizes or indices do not fit */
export function decodeMesh(bytes: Uint8Array): Mesh {
  const own = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (own.length < 12) throw new MeshBlobError("shorter than its header");
  const [found, vertices, count] = new Uint32Array(own.buffer, own.byteOffset, 3);
  if (found !== magic || own.length !== 12 + 12 * vertices + 12 * count) throw new MeshBlobError("not a stored mesh, or cut off");
  const positions = new Float32Array(own.buffer, own.byteOffset + 12, 3 * vertices);
  const triangles = new Uint32Array(own.buffer, own.byteOffset + 12 + 12 * vertices, 3 * count);
  for (const index of triangles) if (index >= vertices) throw new MeshBlobError("an index points outside the mesh");
  return { positions, triangles };
}

import { encodeGlb } from "./format/glb.ts";
import { decodeObj, encodeObj } from "./format/obj.ts";
import { decodePly, encodePly } from "./format/ply.ts";
import { encodeThreeMf } from "./format/threeMf.ts";
import { decodeThreeMf } from "./format/threeMfReader.ts";
import { checkCount, checkPositions, MeshFault } from "./meshFault.ts";
import type { Mesh } from "./mesh.ts";
import { decodeStlCorners, encodeStl, weldedMesh } from "./stl.ts";

/** Mesh formats that are written, by the ending of a file's name. */
export const meshWriters: Readonly<Record<string, (mesh: Mesh, name: string) => Uint8Array>> = {
  stl: (mesh) => encodeStl(mesh),
  ply: (mesh) => encodePly(mesh),
  obj: encodeObj,
  "3mf": (mesh, name) => encodeThreeMf([{ name, mesh }], name),
  glb: encodeGlb,
};

/** Millimetres of the units that a mesh without a unit may be in. */
export const meshUnitsMm = { mm: 1, m: 1000, in: 25.4 } as const;
export type MeshUnit = keyof typeof meshUnitsMm;
export type MeshSpace = "lps" | "ras";
export type MeshFormat = "stl" | "ply" | "obj" | "3mf";

/** Largest mesh file that is read, bytes. */
export const maxMeshFileBytes = 0x7fff_ffff;
/** Bytes at a file's beginning that tell of a binary STL how much it claims to hold. */
export const meshHeadBytes = 84;

/** Looks at a file's size and its first `meshHeadBytes` before the rest is read into memory. @throws MeshFault above the caps */
export function checkMeshSize(head: Uint8Array, size: number): void {
  const count = head.length < meshHeadBytes ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(80, true);
  if (size === 84 + 50 * count) checkCount(count);
  if (size > maxMeshFileBytes) throw new MeshFault("too-large", `${size} bytes; a mesh file of at most ${maxMeshFileBytes} is read. Simplify the mesh first.`);
}

/** The format by content, the name only where the content does not say (OBJ and text have no mark). */
export function formatOf(bytes: Uint8Array, name: string): MeshFormat {
  const head = String.fromCharCode(...bytes.subarray(0, 4));
  if (head.startsWith("PK")) return "3mf";
  if (/^ply\s/.test(head)) return "ply";
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1].toLowerCase();
  return ending === "obj" ? "obj" : "stl";
}

/**
 * Reads a mesh file into RAS mm; STL corners of exactly equal position become one vertex. `unit` is for formats that name
 * none (STL, PLY, OBJ); 3MF names its own. @throws MeshFault
 */
export function readMesh(bytes: Uint8Array, name: string, unit: MeshUnit = "mm", space: MeshSpace = "lps"): { mesh: Mesh; format: MeshFormat } {
  const format = formatOf(bytes, name);
  const raw = format === "stl" ? weldedMesh(decodeStlCorners(bytes)) : format === "ply" ? decodePly(bytes) : format === "obj" ? decodeObj(bytes) : decodeThreeMf(bytes);
  if (raw.triangles.length === 0) throw new MeshFault("no-triangles", "The file holds no triangle.");
  const scale = format === "3mf" ? 1 : meshUnitsMm[unit], sign = space === "lps" ? -1 : 1;
  const positions = new Float32Array(raw.positions.length);
  for (let i = 0; i < positions.length; i++) positions[i] = raw.positions[i] * (i % 3 === 2 ? scale : sign * scale) + 0;
  checkPositions(positions);
  return { mesh: { positions, triangles: raw.triangles }, format };
}

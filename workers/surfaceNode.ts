import { createHash } from "node:crypto";
import { surfaceNode } from "../core/build/nodes.ts";
import { type ThinnestWall, thinnestWall } from "../core/implant/thickness.ts";
import type { Labelmap } from "../core/mask/labelmap.ts";
import { bitBoxOf } from "../core/surface/bitBox.ts";
import { type Mesh, meshAreaMm2, meshVolumeMm3 } from "../core/surface/mesh.ts";
import { encodeMesh } from "../core/surface/meshBlob.ts";
import { type FileSoundness, fileSoundnessOf } from "../core/surface/fileSoundness.ts";
import { defaultSmooth, surfaceOfBits } from "../core/surface/surfaceNets.ts";

/** Goes up whenever the same input would give other bytes. */
export const surfaceNodeVersion = surfaceNode.version;

/** JB2: the key of a surface, from the node's name and version and the hash of the segment's voxels and grid. */
export const surfaceKey = (segmentHash: string): string =>
  createHash("sha256").update(`surface@${surfaceNodeVersion}\n${segmentHash}\n`).digest("hex");

/** What is said of a surface; volume in mm³, area in mm². */
export interface SurfaceFacts {
  vertices: number; triangles: number; volumeMm3: number; areaMm2: number; components: number; genus: number | null;
  soundness: Omit<FileSoundness, "components" | "genus">;
  /** By rays under a sample of the triangles (core/implant/thickness); null where there is no wall, or the surface is too large to look. */
  thinnestWall: ThinnestWall | null;
}

/** Measures a mesh as a reader would read it back. */
export function factsOf(mesh: Mesh): SurfaceFacts {
  const { components, genus, ...soundness } = fileSoundnessOf(mesh);
  return {
    vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, volumeMm3: meshVolumeMm3(mesh), areaMm2: meshAreaMm2(mesh),
    components, genus, soundness, thinnestWall: thinnestWall(mesh),
  };
}

/** The node `surface`: the smoothed surface of one label value, as bytes of core/surface/meshBlob, with its facts. */
export function computeSurface(labelmap: Labelmap, value: number): { mesh: Uint8Array; facts: SurfaceFacts } {
  const mesh = surfaceOfBits(bitBoxOf(labelmap, value), labelmap.grid, { smooth: defaultSmooth });
  return { mesh: encodeMesh(mesh), facts: factsOf(mesh) };
}

import { createHash } from "node:crypto";
import type { Labelmap } from "../core/mask/labelmap.ts";
import { meshAreaMm2, meshVolumeMm3 } from "../core/surface/mesh.ts";
import { encodeMesh } from "../core/surface/meshBlob.ts";
import { soundnessOf, type Soundness } from "../core/surface/soundness.ts";
import { surfaceOf } from "../core/surface/surfaceNets.ts";

/** Goes up whenever the same input would give other bytes. */
export const surfaceNodeVersion = 1;

/** JB2: the key of a surface, from the node's name and version and the hash of the segment's voxels and grid. */
export const surfaceKey = (segmentHash: string): string =>
  createHash("sha256").update(`surface@${surfaceNodeVersion}\n${segmentHash}\n`).digest("hex");

/** What is said of a surface; volume in mm³, area in mm². */
export interface SurfaceFacts {
  vertices: number; triangles: number; volumeMm3: number; areaMm2: number; components: number; genus: number | null;
  soundness: Pick<Soundness, "openEdges" | "nonManifoldEdges" | "nonManifoldVertices">;
}

/** Makes the surface of one label value and measures it as a reader would read it back. */
export function computeSurface(labelmap: Labelmap, value: number): { mesh: Uint8Array; facts: SurfaceFacts } {
  const mesh = surfaceOf(labelmap, value);
  const { components, genus, openEdges, nonManifoldEdges, nonManifoldVertices } = soundnessOf(mesh);
  return {
    mesh: encodeMesh(mesh),
    facts: {
      vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, volumeMm3: meshVolumeMm3(mesh), areaMm2: meshAreaMm2(mesh),
      components, genus, soundness: { openEdges, nonManifoldEdges, nonManifoldVertices },
    },
  };
}

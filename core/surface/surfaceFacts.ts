import { thinnestWall, type ThinnestWall } from "../implant/thickness.ts";
import { type FileSoundness, fileSoundnessOf } from "./fileSoundness.ts";
import { type Mesh, meshAreaMm2, meshVolumeMm3 } from "./mesh.ts";

/** What is said of a surface that a case holds beside its masks. mm, mm², mm³; volume and wall only of a closed one, which has an inside. */
export interface HeldSurfaceFacts {
  vertices: number; triangles: number; boxMm: { low: number[]; high: number[] }; areaMm2: number; volumeMm3: number | null;
  soundness: FileSoundness; thinnestWall: ThinnestWall | null;
}

/** Measures a mesh (RAS mm) as it is, holes and all. */
export function heldSurfaceFacts(mesh: Mesh): HeldSurfaceFacts {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < mesh.positions.length; i++) { low[i % 3] = Math.min(low[i % 3], mesh.positions[i]); high[i % 3] = Math.max(high[i % 3], mesh.positions[i]); }
  const soundness = fileSoundnessOf(mesh), isClosed = soundness.openEdges + soundness.nonManifoldEdges === 0;
  return {
    vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, boxMm: { low, high }, areaMm2: meshAreaMm2(mesh), volumeMm3: isClosed ? meshVolumeMm3(mesh) : null,
    soundness, thinnestWall: isClosed ? thinnestWall(mesh) : null,
  };
}

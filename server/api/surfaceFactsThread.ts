// Checks an arriving mesh and measures it off the server's event loop.
import { parentPort, workerData } from "node:worker_threads";
import { thinnestWall } from "../../core/implant/thickness.ts";
import { checkPositions, MeshFault } from "../../core/surface/meshFault.ts";
import { decodeMesh, MeshBlobError } from "../../core/surface/meshBlob.ts";
import { meshAreaMm2, meshVolumeMm3 } from "../../core/surface/mesh.ts";
import { soundnessOf } from "../../core/surface/soundness.ts";

function answer(bytes: Uint8Array): { facts: Record<string, unknown> } | { problem: string } {
  try {
    const mesh = decodeMesh(bytes);
    if (mesh.triangles.length === 0) return { problem: "The mesh holds no triangle." };
    checkPositions(mesh.positions);
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < mesh.positions.length; i++) { low[i % 3] = Math.min(low[i % 3], mesh.positions[i]); high[i % 3] = Math.max(high[i % 3], mesh.positions[i]); }
    const soundness = soundnessOf(mesh), isClosed = soundness.openEdges + soundness.nonManifoldEdges === 0;
    return { facts: { vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, boxMm: { low, high }, areaMm2: meshAreaMm2(mesh), volumeMm3: isClosed ? meshVolumeMm3(mesh) : null, soundness, thinnestWall: isClosed ? thinnestWall(mesh) : null } };
  } catch (error) {
    if (error instanceof MeshBlobError || error instanceof MeshFault) return { problem: error.message };
    throw error;
  }
}
parentPort?.postMessage(answer(workerData as Uint8Array));

// Checks an arriving mesh and measures it off the server's event loop.
import { parentPort, workerData } from "node:worker_threads";
import { checkPositions, MeshFault } from "../../core/surface/meshFault.ts";
import { decodeMesh, MeshBlobError } from "../../core/surface/meshBlob.ts";
import { heldSurfaceFacts } from "../../core/surface/surfaceFacts.ts";

function answer(bytes: Uint8Array): { facts: Record<string, unknown> } | { problem: string } {
  try {
    const mesh = decodeMesh(bytes);
    if (mesh.triangles.length === 0) return { problem: "The mesh holds no triangle." };
    checkPositions(mesh.positions);
    return { facts: { ...heldSurfaceFacts(mesh) } };
  } catch (error) {
    if (error instanceof MeshBlobError || error instanceof MeshFault) return { problem: error.message };
    throw error;
  }
}
parentPort?.postMessage(answer(workerData as Uint8Array));

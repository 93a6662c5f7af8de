import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { checkMeshSize, formatOf, meshHeadBytes, readMesh, type MeshSpace, type MeshUnit } from "../../../core/surface/meshFile.ts";

/** What the page asks: a mesh file as a mesh in RAS mm. The file itself stays in the browser. */
export interface SurfaceFileQuestion { file: File; unit: MeshUnit; space: MeshSpace }
export type SurfaceFileReply = { mesh: Uint8Array<ArrayBuffer>; format: string; sizeMm: number[] } | { problem: string };

addEventListener("message", ({ data: { file, unit, space } }: MessageEvent<SurfaceFileQuestion>) => {
  const read = async (): Promise<SurfaceFileReply> => {
    checkMeshSize(new Uint8Array(await file.slice(0, meshHeadBytes).arrayBuffer()), file.size);
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (formatOf(bytes, file.name) === "3mf") return { problem: "3MF is not taken here. Save the surface as STL, PLY or OBJ." };
    const { mesh, format } = readMesh(bytes, file.name, unit, space), low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < mesh.positions.length; i++) { low[i % 3] = Math.min(low[i % 3], mesh.positions[i]); high[i % 3] = Math.max(high[i % 3], mesh.positions[i]); }
    return { mesh: encodeMesh(mesh), format, sizeMm: high.map((mm, axis) => mm - low[axis]) };
  };
  read().then((reply) => postMessage(reply), (error: unknown) => postMessage({ problem: `${error instanceof Error ? error.message : "The file cannot be read."} Nothing was changed.` } satisfies SurfaceFileReply));
});

import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { checkMeshSize, formatOf, meshHeadBytes, readMesh, type MeshSpace, type MeshUnit } from "../../../core/surface/meshFile.ts";

/** What the page asks: a mesh file as a mesh in RAS mm; `unit` is for what names none (a 3MF names its own). The file itself stays in the browser. */
export interface SurfaceFileQuestion { file: File; unit: MeshUnit; space: MeshSpace }
export type SurfaceFileReply = { mesh: Uint8Array<ArrayBuffer>; format: string; sizeMm: number[] } | { problem: string };

addEventListener("message", ({ data: { file, unit, space } }: MessageEvent<SurfaceFileQuestion>) => {
  const read = async (): Promise<SurfaceFileReply> => {
    checkMeshSize(new Uint8Array(await file.slice(0, meshHeadBytes).arrayBuffer()), file.size);
    const bytes = new Uint8Array(await file.arrayBuffer());
    // For a 3MF nobody was asked for the unit.
    if (/\.3mf$/i.test(file.name) && formatOf(bytes, file.name) !== "3mf") return { problem: `${file.name} is no 3MF: it is no archive. Give it the ending of what it is. Nothing was changed.` };
    const { mesh, format } = readMesh(bytes, file.name, unit, space), low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < mesh.positions.length; i++) { low[i % 3] = Math.min(low[i % 3], mesh.positions[i]); high[i % 3] = Math.max(high[i % 3], mesh.positions[i]); }
    return { mesh: encodeMesh(mesh), format, sizeMm: high.map((mm, axis) => mm - low[axis]) };
  };
  read().then((reply) => postMessage(reply), (error: unknown) => postMessage({ problem: `${error instanceof Error ? error.message : "The file cannot be read."} Nothing was changed.` } satisfies SurfaceFileReply));
});

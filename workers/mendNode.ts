import { readCanonical } from "../core/review/canonicalJson.ts";
import { mendMesh, type MendedFacts, mendOptions } from "../core/surface/mend.ts";
import { decodeMesh, encodeMesh } from "../core/surface/meshBlob.ts";
import { RemeshError } from "../core/surface/remesh.ts";
import { SimplifyError } from "../core/surface/simplify.ts";
import { heldSurfaceFacts } from "../core/surface/surfaceFacts.ts";
import { type NodeAnswer, NodeRefused } from "./nodeQuestion.ts";

/** The node `mend`: a surface repaired, wrapped or cut anew, with what was done. @throws NodeRefused where the options do not do for it */
export async function mendNode(surface: Uint8Array, options: Uint8Array): Promise<NodeAnswer> {
  const before = decodeMesh(surface);
  try {
    const { mesh, report } = await mendMesh(before, mendOptions.parse(readCanonical(options)));
    if (mesh.triangles.length === 0) throw new NodeRefused("No triangle of it encloses anything. Is this a surface?");
    const facts: MendedFacts = { before: heldSurfaceFacts(before), after: heldSurfaceFacts(mesh), report };
    return { content: encodeMesh(mesh), facts: { ...facts } };
  } catch (error) {
    if (error instanceof RangeError || error instanceof RemeshError || error instanceof SimplifyError) throw new NodeRefused(`${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`);
    throw error;
  }
}

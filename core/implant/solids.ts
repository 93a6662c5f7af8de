import manifoldModule from "manifold-3d";
import type { Mesh } from "../surface/mesh.ts";
import { ImplantRefused } from "./refusal.ts";

let loading: ReturnType<typeof manifoldModule> | undefined;

/** The solid kernel, set up once. */
async function kernel() {
  loading ??= manifoldModule().then((module) => { module.setup(); return module; });
  return loading;
}

/**
 * body ∪ added − cut, as one closed solid. Meshes are RAS mm; exact booleans of manifold-3d.
 * @param sliverMm slivers up to this are joined: at least what float32 and the soundness check tell apart
 * @throws ImplantRefused not-solid where a part is no closed solid
 */
export async function combined(body: Mesh, added: readonly Mesh[], cut: readonly Mesh[], sliverMm: number): Promise<Mesh> {
  if (added.length === 0 && cut.length === 0) return body;
  const { Manifold, Mesh: KernelMesh } = await kernel();
  const made: { delete(): void }[] = [];
  const solid = (mesh: Mesh) => {
    const s = new Manifold(new KernelMesh({ numProp: 3, vertProperties: mesh.positions, triVerts: mesh.triangles }));
    made.push(s);
    if (s.status() !== "NoError") throw new ImplantRefused("not-solid", `A part of the implant is no closed solid (${String(s.status())}).`, {});
    return s;
  };
  try {
    let result = solid(body);
    if (added.length > 0) { result = Manifold.union([result, ...added.map(solid)]); made.push(result); }
    if (cut.length > 0) { result = Manifold.difference([result, ...cut.map(solid)]); made.push(result); }
    const clean = result.simplify(sliverMm);
    made.push(clean);
    const { vertProperties, triVerts, numProp } = clean.getMesh();
    if (numProp !== 3) throw new ImplantRefused("not-solid", "The solid kernel gave vertices of another kind.", {});
    return { positions: Float32Array.from(vertProperties), triangles: Uint32Array.from(triVerts) };
  } finally {
    for (const solidMade of made) solidMade.delete();
  }
}

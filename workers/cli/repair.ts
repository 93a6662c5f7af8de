import { meshUnitsMm, meshWriters, readMesh, type MeshSpace, type MeshUnit } from "../../core/surface/meshFile.ts";
import { MeshFault } from "../../core/surface/meshFault.ts";
import { mendMesh } from "../../core/surface/mend.ts";
import { crossingRimAdvice } from "../../core/surface/openHoles.ts";
import { RemeshError } from "../../core/surface/remesh.ts";
import { SimplifyError } from "../../core/surface/simplify.ts";
import { factsOf } from "../surfaceNode.ts";
import { type CommandEnd, doneLine, ended, inputRefused, progress, readMeshInput, sha256, usageError } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- repair --in MESH [--unit mm|m|in] [--space lps|ras]
    [--wrapGapMm G --wrapDetailMm D] [--remeshEdgeMm L [--maxErrorMm E]] [--simplifyErrorMm S] --out MESH
  --in MESH      .stl (binary, text), .ply, .obj, .3mf
  --unit U       unit of STL, PLY and OBJ, which name none: mm (default), m, in; 3MF names its own
  --space S      lps (default) or ras: axes of the input
  --wrapGapMm G, --wrapDetailMm D
                 one closed shell around all of it instead: openings up to G mm are bridged, nothing smaller than D mm is kept
  --remeshEdgeMm L
                 triangles of about L mm a side afterwards, within E mm of the surface on both sides (default L / 10)
  --simplifyErrorMm S
                 at last as few triangles as lie within S mm of the surface on both sides
  --out MESH     .stl, .ply, .obj, .3mf, .glb; LPS mm
Welds, turns flipped triangles, drops duplicate, degenerate and loose ones, fills holes, splits what is not manifold.
Triangles that cross are taken out with their neighbours and the place is closed anew; what crosses before and after is
counted and never more after than before: a hole that cannot be closed without crossing something stays open, and the
report says where (holesLeftOpen, openHoles; RAS mm) and, where its own rim crosses, what to do (advice).
`;

/** `repair`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { in: text, unit: text, space: text, wrapGapMm: text, wrapDetailMm: text, remeshEdgeMm: text, maxErrorMm: text, simplifyErrorMm: text, out: text });
    const { in: from, unit = "mm", space = "lps", out } = values;
    if (!from || !out) throw usageError("repair needs --in and --out; see --help");
    if (!Object.hasOwn(meshUnitsMm, unit)) throw usageError("--unit is mm, m or in");
    if (space !== "lps" && space !== "ras") throw usageError("--space is lps or ras");
    const lengthOf = (name: "wrapGapMm" | "wrapDetailMm" | "remeshEdgeMm" | "maxErrorMm" | "simplifyErrorMm"): number | undefined => {
      const value = values[name] === undefined ? undefined : Number(values[name]);
      if (value !== undefined && !(value >= 0 && value <= 1000)) throw usageError(`--${name} is a length in mm from 0 to 1000`);
      return value;
    };
    const gapMm = lengthOf("wrapGapMm"), detailMm = lengthOf("wrapDetailMm"), edgeMm = lengthOf("remeshEdgeMm"), maxErrorMm = lengthOf("maxErrorMm"), simplifyErrorMm = lengthOf("simplifyErrorMm");
    if ((gapMm === undefined) !== (detailMm === undefined)) throw usageError("--wrapGapMm and --wrapDetailMm belong together");
    if (simplifyErrorMm !== undefined && !(simplifyErrorMm >= 1e-3 && simplifyErrorMm <= 100)) throw usageError("--simplifyErrorMm is a length in mm from 0.001 to 100");
    if (maxErrorMm !== undefined && edgeMm === undefined) throw usageError("--maxErrorMm belongs to --remeshEdgeMm");
    const ending = /\.([a-z0-9]+)$/i.exec(out)?.[1].toLowerCase() ?? "";
    if (!Object.hasOwn(meshWriters, ending)) throw usageError(`--out must end in .${Object.keys(meshWriters).join(", .")}`);
    await checkOutput(out);
    progress("reading");
    const bytes = await readMeshInput(from, "--in");
    let read;
    try {
      read = readMesh(bytes, from, unit as MeshUnit, space as MeshSpace);
    } catch (error) {
      if (error instanceof MeshFault) throw inputRefused(error.code, `${from}: ${error.message}`, { file: from });
      throw error;
    }
    const readAt = performance.now();
    progress("repairing");
    const before = factsOf(read.mesh);
    let mended;
    try {
      mended = await mendMesh(read.mesh, { ...gapMm !== undefined && detailMm !== undefined && { wrap: { gapMm, detailMm } }, ...edgeMm !== undefined && { remesh: { edgeMm, maxErrorMm: maxErrorMm ?? edgeMm / 10 } }, ...simplifyErrorMm !== undefined && { simplify: { maxErrorMm: simplifyErrorMm } } });
    } catch (error) {
      if (error instanceof RangeError || error instanceof RemeshError || error instanceof SimplifyError) throw inputRefused(error instanceof RemeshError ? "not-remeshed" : error instanceof SimplifyError ? "not-simplified" : "not-wrapped", `${from}: ${error.message}`, { file: from });
      throw error;
    }
    const { mesh, report: { changes, wrapped, remeshed, simplified, largestDisplacementMm } } = mended;
    if (mesh.triangles.length === 0) throw inputRefused("nothing-left", `${from}: no triangle encloses anything. Is this a surface?`, { file: from });
    const after = factsOf(mesh), repairedAt = performance.now();
    progress("writing");
    const outputs = await writeOutputs({ [out]: meshWriters[ending](mesh, "repaired") });
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    mesh.positions.forEach((x, i) => { low[i % 3] = Math.min(low[i % 3], x); high[i % 3] = Math.max(high[i % 3], x); });
    const { openEdges, nonManifoldEdges, nonManifoldVertices } = after.soundness, advice = changes && crossingRimAdvice(changes);
    const done = performance.now();
    return doneLine("repair", "repair@8", begin, { [from]: sha256(bytes) }, outputs, {
      format: read.format, unit: read.format === "3mf" ? "from the file" : unit, space, boundsMm: { low, high }, before, after, changes, ...wrapped && { wrapped }, ...remeshed && { remeshed }, ...simplified && { simplified },
      ...advice && { advice }, largestDisplacementMm, isClosed: openEdges + nonManifoldEdges + nonManifoldVertices === 0,
      timings: { readMs: Math.round(readAt - begin), repairMs: Math.round(repairedAt - readAt), writeMs: Math.round(done - repairedAt) },
    });
  });
}

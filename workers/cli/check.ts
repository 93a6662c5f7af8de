import { fitFor } from "../../core/checks/fit.ts";
import { printFor } from "../../core/checks/printability.ts";
import { boneRound } from "../../core/implant/boneRound.ts";
import { encodePly } from "../../core/surface/format/ply.ts";
import { readMesh } from "../../core/surface/meshFile.ts";
import { MeshFault } from "../../core/surface/meshFault.ts";
import { doneLine, ended, inputRefused, progress, readInput, readLabels, readMeshInput, readScan, sha256, usageError, type CommandEnd } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { checkVolume, labelBytes, parsePlan } from "./implant.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- check --plan PLAN.json --implant MESH [--space lps|ras] --labels L [--volume V] [--report R] [--only fit,print] --out DIR
  --plan PLAN.json   the plan that the implant was made from; its "buildDirection" [right, front, up] is what overhang is
                     counted for, upwards ([0, 0, 1]) without it
  --implant MESH     STL, PLY, OBJ or 3MF, mm
  --space S          lps (default) or ras: axes of the implant
  --labels L         labelmap (.nii, .nii.gz) with the host bone
  --volume V         the CT; its grid must be the labelmap's
  --report R         report.json of the import: a tilted scan, or one of a circle, ends within its volume, and bone that is
                     cut there is seen only with it
  --only LIST        fit, print (both by default); stress and feasibility are not yet available
  --out DIR          fit.json, fit.ply (gap in mm at each vertex, negative = overlap), print.json, print.ply (thickness in mm)
`;

const available = ["fit", "print"] as const, later = ["stress", "feasibility"];

function wanted(only: string | undefined): Set<string> {
  const names = only === undefined ? [...available] : only.split(",").map((name) => name.trim()).filter(Boolean);
  if (names.length === 0) throw usageError("--only names no check; known: fit, print");
  for (const name of names) {
    if (later.includes(name)) throw inputRefused("not-yet-available", `The check «${name}» is not yet available. Leave it out of --only.`, { check: name, available });
    if (!(available as readonly string[]).includes(name)) throw usageError(`--only names «${name}»; known: fit, print, stress, feasibility`);
  }
  return new Set(names);
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** `check`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { plan: text, implant: text, space: text, labels: text, volume: text, report: text, only: text, out: text });
    const { plan: planPath, implant: meshPath, space = "lps", labels: labelsPath, volume, report: reportPath, only, out } = values;
    if (!planPath || !meshPath || !labelsPath || !out) throw usageError("check needs --plan, --implant, --labels and --out; see --help");
    if (space !== "lps" && space !== "ras") throw usageError("--space is lps or ras");
    const checks = wanted(only);
    await checkOutput(out, "folder");
    progress("reading");
    const planBytes = await readInput(planPath, "--plan"), meshBytes = await readMeshInput(meshPath, "--implant"), packed = await readInput(labelsPath, "--labels");
    const inputs: Record<string, string> = { [planPath]: sha256(planBytes), [meshPath]: sha256(meshBytes), [labelsPath]: sha256(packed) };
    const plan = parsePlan(planBytes, planPath), { grid, hu } = readLabels(packed, labelsPath);
    await checkVolume(volume, grid, inputs);
    const scan = await readScan(reportPath, inputs);
    let mesh;
    try {
      ({ mesh } = readMesh(meshBytes, meshPath, "mm", space));
    } catch (error) {
      if (error instanceof MeshFault) throw inputRefused(error.code, `${meshPath}: ${error.message}`, { file: meshPath });
      throw error;
    }
    const files: Record<string, Uint8Array> = {}, verdicts: Record<string, string> = {}, nodes: string[] = [];
    if (checks.has("fit")) {
      progress("fit");
      const labels = labelBytes(hu, labelsPath), bone = boneRound(grid, labels, plan.bone, mesh.positions);
      if (bone.triangles.length === 0) throw inputRefused("bone-absent", `${labelsPath} holds no voxel of the bone's label value ${plan.bone} near the implant. Are both of the same patient and position?`, { file: labelsPath, bone: plan.bone });
      const { gapMm, report } = fitFor(plan, mesh, bone, grid, labels, scan);
      files[`${out}/fit.json`] = json({ ...report, inputs });
      files[`${out}/fit.ply`] = encodePly(mesh, { name: "gapMm", values: gapMm });
      verdicts.fit = report.verdict;
      nodes.push(report.node);
    }
    if (checks.has("print")) {
      progress("print");
      const { thicknessMm, report } = printFor(plan, mesh);
      files[`${out}/print.json`] = json({ ...report, inputs });
      files[`${out}/print.ply`] = encodePly(mesh, { name: "thicknessMm", values: thicknessMm });
      verdicts.print = report.verdict;
      nodes.push(report.node);
    }
    progress("writing");
    const outputs = await writeOutputs(files);
    return doneLine("check", nodes.join("+"), begin, inputs, outputs, { verdicts });
  });
}

import { buildCranial, cranialNode } from "../../core/implant/cranial/build.ts";
import { type CranialPlan, readPlan } from "../../core/implant/plan.ts";
import { ImplantRefused } from "../../core/implant/refusal.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encodeThreeMf } from "../../core/surface/format/threeMf.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import type { CommandEnd } from "./command.ts";
import { doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, sha256, usageError } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- implant --plan PLAN.json --labels L [--volume V] --out DIR
  --plan PLAN.json   the plan; minimal form {"family":"cranial","bone":1}; lengths in mm, angles in degrees
  --labels L         labelmap (.nii, .nii.gz) with the bone and, where the plan names one, the painted region
  --volume V         the CT (.nii, .nii.gz); its grid must be the labelmap's. The plate's shape uses the labels alone
  --out DIR          implant.stl, implant.3mf (LPS mm), report.json
`;

/** A plan file. @throws CommandRefused naming every faulty key */
export function parsePlan(bytes: Uint8Array, path: string): CranialPlan {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw inputRefused("plan", `${path} is not JSON: ${error instanceof Error ? error.message : "unreadable"}.`, { file: path });
  }
  const read = readPlan(data);
  if ("faults" in read) throw inputRefused("plan", `${path}: ${read.faults.map(({ message }) => message).join("; ")}.`, { file: path, faults: read.faults });
  return read.plan;
}

/** Label values as bytes. @throws CommandRefused above 255 */
export function labelBytes(values: Int16Array, path: string): Uint8Array {
  const labels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0 || values[i] > 255) throw inputRefused("not-a-labelmap", `${path} holds the value ${values[i]}; label values are 0 to 255.`, { file: path });
    labels[i] = values[i];
  }
  return labels;
}

/** The CT's grid must be the labelmap's. @throws CommandRefused */
export async function checkVolume(path: string | undefined, { dims, spacing, origin }: Grid, inputs: Record<string, string>): Promise<void> {
  if (path === undefined) return;
  const packed = await readInput(path, "--volume");
  inputs[path] = sha256(packed);
  const volume = readNifti(packed, path);
  const isAside = [0, 1, 2].some((i) => Math.abs(volume.grid.origin[i] - origin[i]) > 0.01 || Math.abs(volume.grid.spacing[i] - spacing[i]) * dims[i] > 0.01);
  if (isAside) throw inputRefused("grid-mismatch", `${path} lies elsewhere, or has another spacing, than the labelmap. Give the volume that the labels were drawn on.`, { file: path });
  if (volume.grid.dims.some((n, i) => n !== dims[i])) throw inputRefused("grid-mismatch", `${path} has ${volume.grid.dims.join(" × ")} voxels, the labelmap ${dims.join(" × ")}. Give the volume that the labels were drawn on.`, { file: path });
}

/** `implant`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { plan: text, labels: text, volume: text, out: text });
    const { plan: planPath, labels: labelsPath, volume, out } = values;
    if (!planPath || !labelsPath || !out) throw usageError("implant needs --plan, --labels and --out; see --help");
    await checkOutput(out, "folder");
    progress("reading");
    const planBytes = await readInput(planPath, "--plan"), packed = await readInput(labelsPath, "--labels");
    const inputs: Record<string, string> = { [planPath]: sha256(planBytes), [labelsPath]: sha256(packed) };
    const plan = parsePlan(planBytes, planPath), { grid, hu } = readLabels(packed, labelsPath);
    await checkVolume(volume, grid, inputs);
    progress("building");
    let built;
    try {
      built = await buildCranial({ plan, grid, labels: labelBytes(hu, labelsPath) });
    } catch (error) {
      if (error instanceof ImplantRefused) throw inputRefused(error.code, error.message, { file: labelsPath, ...error.details });
      throw error;
    }
    progress("writing");
    const { mesh, report } = built;
    const outputs = await writeOutputs({ [`${out}/implant.stl`]: encodeStl(mesh), [`${out}/implant.3mf`]: encodeThreeMf([{ name: "Cranial plate", mesh, material: plan.material }], "Cranial plate"), [`${out}/report.json`]: new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`) });
    const { volumeMm3, triangles, soundness, notes } = report;
    return doneLine("implant", cranialNode, begin, inputs, outputs, { volumeMm3, triangles, soundness, notes: notes.map(({ code }) => code) });
  });
}

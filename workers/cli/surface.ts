import { bitBoxOfDense } from "../../core/surface/bitBox.ts";
import { deviationOf } from "../../core/surface/deviation.ts";
import { meshWriters } from "../../core/surface/meshFile.ts";
import { defaultSmooth, surfaceOfBits } from "../../core/surface/surfaceNets.ts";
import type { Grid } from "../../core/space/grid.ts";
import { factsOf, surfaceNodeVersion } from "../surfaceNode.ts";
import { type CommandEnd, doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, sha256, usageError } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { parseOptions, text } from "./options.ts";

export const help = `npm run --silent job -- surface --labels L --segment N [--volume V --iso HU] [--smooth S] [--maxErrorMm E] [--source S] --out FILE
  --labels L       labelmap, .nii or .nii.gz
  --segment N      label value to make the surface of, 1 to 32767
  --volume V       the CT on the labelmap's grid, .nii or .nii.gz; needs --iso
  --iso HU         vertices follow this HU value wherever the mask's boundary does
  --smooth S       0 (voxel steps) to 1; no vertex moves by more than half a voxel an axis. Default ${defaultSmooth}
  --maxErrorMm E   simplify, two-sided distance to the full surface at most E mm
  --source S       source.json of the import; needed for .dcm, only there
  --out FILE       .stl (binary), .ply, .obj, .3mf: LPS mm; .glb: LPS mm under a node that turns them to metres, y up;
                   .dcm: DICOM Encapsulated STL that refers to the source series
`;

/** A number option. @throws CommandRefused */
function numberOf(text: string, option: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= low && value <= high)) throw usageError(`${option} is a number from ${low} to ${high}, not «${text}»`);
  return value;
}

const isSameGrid = (a: Grid, b: Grid): boolean => [0, 1, 2].every((i) =>
  a.dims[i] === b.dims[i] && Math.abs(a.spacing[i] - b.spacing[i]) * a.dims[i] <= 0.01 * a.spacing[i] && Math.abs(a.origin[i] - b.origin[i]) <= 0.01 * a.spacing[i]);

/** `surface`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const values = parseOptions(args, { labels: text, segment: text, volume: text, iso: text, smooth: text, maxErrorMm: text, source: text, out: text });
    const { labels, segment, out, volume, iso } = values;
    if (!labels || !segment || !out) throw usageError("surface needs --labels, --segment and --out; see --help");
    if (!/^\d{1,5}$/.test(segment) || Number(segment) < 1 || Number(segment) > 32767) throw usageError("--segment is a whole number from 1 to 32767");
    if ((volume === undefined) !== (iso === undefined)) throw usageError("--volume and --iso belong together");
    const value = Number(segment), smooth = values.smooth === undefined ? defaultSmooth : numberOf(values.smooth, "--smooth", 0, 1);
    const isoHu = iso === undefined ? 0 : numberOf(iso, "--iso", -32768, 32767);
    const maxErrorMm = values.maxErrorMm === undefined ? 0 : numberOf(values.maxErrorMm, "--maxErrorMm", 1e-4, 100);
    const ending = /\.([a-z0-9]+)$/i.exec(out)?.[1].toLowerCase() ?? "";
    const isDicom = ending === "dcm";
    if (!isDicom && !Object.hasOwn(meshWriters, ending)) throw usageError(`--out must end in .${Object.keys(meshWriters).join(", .")} or .dcm`);
    if (isDicom !== (values.source !== undefined)) throw usageError("--source and a .dcm file belong together");
    await checkOutput(out);
    progress("reading");
    const packed = await readInput(labels, "--labels"), inputs: Record<string, string> = { [labels]: sha256(packed) };
    const { grid, hu: voxels } = readLabels(packed, labels);
    const found = bitBoxOfDense(grid, voxels, value);
    if (!found) throw inputRefused("empty-segment", `${labels} holds no voxel of value ${value}. Give the value of a segment that has voxels.`, { file: labels, segment: value });
    let ct;
    if (volume !== undefined) {
      const bytes = await readInput(volume, "--volume");
      inputs[volume] = sha256(bytes);
      const read = readNifti(bytes, volume);
      if (!isSameGrid(read.grid, grid)) throw inputRefused("grid-mismatch", `${volume} has another grid than ${labels}. Give the volume that the labels were drawn on.`, { file: volume, grid: read.grid, labelsGrid: grid });
      ct = { hu: read.hu, iso: isoHu };
    }
    const readAt = performance.now();
    progress("meshing");
    const surface = surfaceOfBits(found.box, grid, { smooth, volume: ct });
    let mesh = surface, simplified: Record<string, unknown> = {};
    if (maxErrorMm > 0) {
      progress("simplifying");
      const { simplifyWithin } = await import("../../core/surface/simplify.ts");
      const done = await simplifyWithin(mesh, maxErrorMm);
      mesh = done.mesh;
      simplified = { simplified: done.report };
    }
    const meshedAt = performance.now();
    progress("checking");
    const facts = factsOf(mesh), deviation = deviationOf(surface, grid);
    const checkedAt = performance.now();
    progress("writing");
    const bytes = isDicom
      ? await import("../../server/platform/dicom/encapsulatedStl.ts").then(async ({ encapsulatedMesh }) => {
        const read = await readSourceInput(values.source ?? "", inputs);
        return encapsulatedMesh(mesh, { source: read, hashes: Object.values(inputs), role: String(value), title: `Segment ${value}`, at: null });
      })
      : meshWriters[ending](mesh, `segment ${value}`);
    const outputs = await writeOutputs({ [out]: bytes });
    const done = performance.now();
    return doneLine("surface", `surface@${surfaceNodeVersion}`, begin, inputs, outputs, {
      ...facts, smooth, deviation: { ...deviation, volumeChangePercent: 100 * (facts.volumeMm3 / deviation.maskVolumeMm3 - 1) }, ...simplified,
      timings: { readMs: Math.round(readAt - begin), meshMs: Math.round(meshedAt - readAt), checkMs: Math.round(checkedAt - meshedAt), writeMs: Math.round(done - checkedAt) },
    });
  });
}

async function readSourceInput(path: string, inputs: Record<string, string>): Promise<Uint8Array> {
  const bytes = await readInput(path, "--source");
  inputs[path] = sha256(bytes);
  return bytes;
}

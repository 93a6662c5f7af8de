import { parseArgs } from "node:util";
import { z } from "zod";
import { brickOrigin } from "../../core/mask/brick.ts";
import { applyEffect } from "../../core/mask/effects/apply.ts";
import { SeedGrowth } from "../../core/mask/effects/growFromSeeds.ts";
import { EffectError, effectIntent } from "../../core/mask/effects/intent.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { type CommandEnd, doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, sha256, usageError, writeOutputs } from "./command.ts";

/** Goes up whenever the same input would give other bytes. */
const segmentNodeVersion = 3;

export const help = `npm run --silent job -- segment --volume V [--labels L] --effects FILE.json --out LABELS.nii.gz
  --volume V       CT, .nii or .nii.gz
  --labels L       labelmap to start from, on the grid of the volume (default: empty)
  --effects FILE   JSON list of effects, applied in order, e.g.
                   [{"effect":"threshold","segment":1,"min":226,"max":3071},{"effect":"islands","segment":1,"operation":"keepLargest"}]
                   threshold {min, max | method: otsu|isodata|triangle|maximumEntropy, mode: set (default: exactly the range)|add}
                   islands {operation: keepLargest|removeSmall|keepAt|removeAt, minMm3, at} · margin {mm} · hollow {thicknessMm, shell: inside|medial|outside}
                   fillHoles {plane: axial|coronal|sagittal (holes within its slices; default: cavities in 3D), largestMm3}
                   smooth {method: median|opening|closing|gaussian, mm} · wrap {gapMm, detailMm}: openings narrower than the gap closed, all inside filled
                   regionGrow {at, min, max, channelMm} · logic {operation: copy|union|intersect|subtract|invert|clear, other, of: anatomy|proposal}
                   fillBetween {plane: axial|coronal|sagittal} · jointSmooth {segments, mm} · split {into}
                   growFromSeeds {segments, marginMm}: the voxels of segments are the seeds; other segments are left as they are
                   each with segment (1 to 127) and optionally locked, editableArea, editableRange, overwrite; points in RAS mm
  --out FILE       labelmap, .nii.gz, canonical RAS
`;

const effectList = z.array(effectIntent).min(1).max(1000);

/** `segment`: see `help`. */
export function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const { volume, labels, effects, out } = readOptions(args);
    progress("reading");
    const inputs: Record<string, string> = {};
    const packed = await readInput(volume, "--volume");
    inputs[volume] = sha256(packed);
    const { grid, hu } = readNifti(packed, volume);
    let dense = new Uint8Array(hu.length);
    if (labels !== undefined) {
      const packedLabels = await readInput(labels, "--labels");
      inputs[labels] = sha256(packedLabels);
      const read = readLabels(packedLabels, labels);
      const isSame = [0, 1, 2].every((a) => read.grid.dims[a] === grid.dims[a] && Math.abs(read.grid.spacing[a] - grid.spacing[a]) < 1e-3 && Math.abs(read.grid.origin[a] - grid.origin[a]) < 1e-2);
      if (!isSame) throw inputRefused("other-grid", `${labels} is on another grid than ${volume}.`, { file: labels });
      if (read.hu.some((value) => value > 127)) throw inputRefused("not-a-labelmap", `${labels} holds a value above 127.`, { file: labels });
      dense = Uint8Array.from(read.hu);
    }
    const list = await readEffects(effects, inputs);
    const readAt = performance.now(), growth = new SeedGrowth();
    for (const [n, intent] of list.entries()) {
      try {
        let told = -1;
        const tell = (fraction: number, what: string) => {
          // A line each tenth: a bar's worth, not a page's.
          if (Math.floor(fraction * 10) <= told) return;
          told = Math.floor(fraction * 10);
          progress(`${n + 1}/${list.length} ${intent.effect}: ${what.toLowerCase()}, ${Math.round(100 * fraction)} %`);
        };
        for (const { value, bricks } of applyEffect(intent, { grid, labels: dense, hu, growth }, tell)) {
          for (const { brick, runs } of bricks) {
            const [ox, oy, oz] = brickOrigin(grid, brick);
            for (let r = 0; r < runs.length; r += 2) {
              const start = ox + (runs[r] & 31) + (oy + ((runs[r] >> 5) & 31)) * grid.dims[0] + (oz + (runs[r] >> 10)) * grid.dims[0] * grid.dims[1];
              dense.fill(value, start, start + runs[r + 1]);
            }
          }
        }
      } catch (error) {
        if (error instanceof EffectError) throw inputRefused("effect", `${effects}: effect ${n + 1} (${intent.effect}): ${error.message}.`, { file: effects, effect: n + 1 });
        throw error;
      }
    }
    const madeAt = performance.now();
    progress("writing");
    const voxels: Record<string, number> = {};
    for (const value of dense) if (value !== 0) voxels[value] = (voxels[value] ?? 0) + 1;
    const bytes = packedNifti({ grid, data: dense });
    const outputs = await writeOutputs({ [out]: bytes });
    return doneLine("segment", `segment@${segmentNodeVersion}`, begin, inputs, outputs, {
      effects: list.length, voxels, timings: { readMs: Math.round(readAt - begin), effectsMs: Math.round(madeAt - readAt), writeMs: Math.round(performance.now() - madeAt) },
    });
  });
}

function readOptions(args: string[]): { volume: string; labels?: string; effects: string; out: string } {
  let values;
  try {
    ({ values } = parseArgs({ args, options: { volume: { type: "string" }, labels: { type: "string" }, effects: { type: "string" }, out: { type: "string" } } }));
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : "wrong options");
  }
  const { volume, labels, effects, out } = values;
  if (!volume || !effects || !out) throw usageError("segment needs --volume, --effects and --out; see --help");
  if (!/\.nii\.gz$/i.test(out)) throw usageError("--out must end in .nii.gz");
  return { volume, labels, effects, out };
}

async function readEffects(path: string, inputs: Record<string, string>): Promise<z.infer<typeof effectList>> {
  const bytes = await readInput(path, "--effects");
  inputs[path] = sha256(bytes);
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw inputRefused("not-json", `${path} is not JSON: ${error instanceof Error ? error.message : "unreadable"}.`, { file: path });
  }
  const read = effectList.safeParse(data);
  if (read.success) return read.data;
  const [issue] = read.error.issues, where = typeof issue.path[0] === "number" ? `effect ${issue.path[0] + 1}` : "the list";
  const what = issue.code === "unrecognized_keys" ? `unknown key ${issue.keys.join(", ")}` : `${issue.path.slice(1).join(".") || "effect"}: ${issue.message}`;
  throw inputRefused("effects", `${path}: ${where}: ${what}.`, { file: path, path: issue.path });
}

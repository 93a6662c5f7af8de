import { z } from "zod";
import { brickOrigin } from "../../core/mask/brick.ts";
import type { BrickRuns } from "../../core/mask/brickRuns.ts";
import { applyDrawing } from "../../core/mask/drawing/apply.ts";
import { type DrawingIntent, drawingIntent, isDrawing } from "../../core/mask/drawing/intent.ts";
import { applyEffect } from "../../core/mask/effects/apply.ts";
import { SeedGrowth } from "../../core/mask/effects/growFromSeeds.ts";
import { EffectError, effectIntent } from "../../core/mask/effects/intent.ts";
import type { Protection } from "../../core/mask/masking.ts";
import { fromDense } from "../../core/mask/labelmap.ts";
import type { Layer } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";
import { packedNifti } from "../../core/volume/packedNifti.ts";
import { type CommandEnd, doneLine, ended, inputRefused, progress, readInput, readLabels, readNifti, sha256, usageError } from "./command.ts";
import { checkOutput, writeOutputs } from "./outputFiles.ts";
import { parseOptions, text } from "./options.ts";

/** Goes up whenever the same input would give other bytes. */
const segmentNodeVersion = 5;

export const help = `npm run --silent job -- segment --volume V [--labels L] --effects FILE.json --out LABELS.nii.gz
  --volume V       CT, .nii or .nii.gz
  --labels L       labelmap to start from, on the grid of the volume (default: empty)
  --proposal P     labelmap of what is proposed, for accept, discard and logic of a proposal (default: empty)
  --effects FILE   JSON list of effects, applied in order, e.g.
                   [{"effect":"threshold","segment":1,"min":226,"max":3071},{"effect":"islands","segment":1,"operation":"keepLargest"}]
                   threshold {min, max in HU (default: 32767) | method: otsu|isodata|triangle|maximumEntropy, mode: set (default: exactly the range)|add}
                   islands {operation: keepLargest|removeSmall|keepAt|removeAt, minMm3, at} · margin {mm, below 0: inwards} · hollow {thicknessMm, shell: inside|medial|outside}
                   fillHoles {plane: axial|coronal|sagittal (holes within its slices; default: cavities in 3D), largestMm3}
                   smooth {method: median|opening|closing|gaussian, mm: radius, of gaussian the deviation} · wrap {gapMm, detailMm}: openings narrower than the gap closed, all inside filled
                   regionGrow {at, min, max in HU, channelMm} · logic {operation: copy|union|intersect|subtract|invert|clear, other, of: anatomy|proposal}
                   fillBetween {plane: axial|coronal|sagittal, joinMm: shapes that do not overlap, centroids up to so far apart (default: 20; 0: none)} · jointSmooth {segments, mm: deviation} · split {into: [values]}
                   growFromSeeds {segments, marginMm}: the voxels of segments are the seeds; other segments are left as they are
                   paint {plane, shape: disc|ball, radiusMm, points} · erase {the same, of: segment|all}
                   draw {plane, shape: {kind: polygon, points} | {kind: circle, centre, radiusMm} | {kind: rectangle, corners}} fills the shape in its slice
                   levelTrace {plane, at} fills the edge at the point's HU in its slice
                   scissors {plane, from: left|right|anterior|posterior|inferior|superior, shape, operation: eraseInside|eraseOutside|fillInside|fillOutside, of, depth: {kind: unlimited|toward|away} | {kind: symmetric, mm}}
                   scissors3d {view: {across, down}, shape in pixels (circle: {centre, radius}), at, operation, of, depth}: view rows give pixels of RAS mm; toward is to the viewer
                   accept, discard {segments, plane, shape: disc|ball, radiusMm, points}: what is proposed inside a brush
                   acceptAll, discardAll {segments}: all that is proposed
                   each with segment (1 to 127; accept and discard without), points in RAS mm, and optionally
                   locked [values] · editableArea {inside|outside: value or [values], 0: no segment} · editableRange [from, to] HU
                   overwrite all|none|{only: [values]}
  --out FILE       labelmap, .nii.gz, canonical RAS
  --proposalOut F  labelmap of what is left proposed, .nii.gz (default: not written)
`;

const effectList = z.array(z.discriminatedUnion("effect", [...effectIntent.options, ...drawingIntent.options])).min(1).max(1000);

/** `segment`: see `help`. */
export function run(args: string[]): Promise<CommandEnd> {
  return ended(async () => {
    const begin = performance.now();
    const { volume, labels, proposal, effects, out, proposalOut } = readOptions(args);
    await checkOutput(out);
    if (proposalOut) await checkOutput(proposalOut);
    progress("reading");
    const inputs: Record<string, string> = {};
    const packed = await readInput(volume, "--volume");
    inputs[volume] = sha256(packed);
    const { grid, hu } = readNifti(packed, volume);
    const layers: Record<Layer, Uint8Array> = { anatomy: await readLayer(labels, "--labels", grid, inputs, volume), proposal: await readLayer(proposal, "--proposal", grid, inputs, volume) };
    const list = await readEffects(effects, inputs);
    const readAt = performance.now(), growth = new SeedGrowth();
    for (const [n, intent] of list.entries()) {
      try {
        const tell = (fraction: number, what: string) => { progress(`${n + 1}/${list.length} ${intent.effect}: ${what.toLowerCase()}`, fraction); };
        const strokes = isDrawing(intent) ? drawn(intent, grid, layers, hu, (fraction) => tell(fraction, "drawing"))
          : applyEffect(intent, { grid, labels: layers.anatomy, proposal: layers.proposal, hu, growth }, tell).map((stroke) => ({ ...stroke, layer: "anatomy" as const }));
        for (const { value, layer, bricks } of strokes) write(grid, layers[layer], value, bricks);
      } catch (error) {
        if (error instanceof EffectError) throw inputRefused("effect", `${effects}: effect ${n + 1} (${intent.effect}): ${error.message}.`, { file: effects, effect: n + 1 });
        throw error;
      }
    }
    const madeAt = performance.now();
    progress("writing");
    const voxels: Record<string, number> = {};
    for (const value of layers.anatomy) if (value !== 0) voxels[value] = (voxels[value] ?? 0) + 1;
    const outputs = await writeOutputs({ [out]: packedNifti({ grid, data: layers.anatomy }), ...(proposalOut ? { [proposalOut]: packedNifti({ grid, data: layers.proposal }) } : {}) });
    return doneLine("segment", `segment@${segmentNodeVersion}`, begin, inputs, outputs, {
      effects: list.length, voxels, timings: { readMs: Math.round(readAt - begin), effectsMs: Math.round(madeAt - readAt), writeMs: Math.round(performance.now() - madeAt) },
    });
  });
}

/** A labelmap on the volume's grid; empty without one. */
async function readLayer(path: string | undefined, option: string, grid: Grid, inputs: Record<string, string>, volume: string): Promise<Uint8Array> {
  if (path === undefined) return new Uint8Array(grid.dims[0] * grid.dims[1] * grid.dims[2]);
  const packed = await readInput(path, option);
  inputs[path] = sha256(packed);
  const read = readLabels(packed, path);
  const isSame = [0, 1, 2].every((a) => read.grid.dims[a] === grid.dims[a] && Math.abs(read.grid.spacing[a] - grid.spacing[a]) < 1e-3 && Math.abs(read.grid.origin[a] - grid.origin[a]) < 1e-2);
  if (!isSame) throw inputRefused("other-grid", `${path} is on another grid than ${volume}.`, { file: path });
  if (read.hu.some((value) => value > 127)) throw inputRefused("not-a-labelmap", `${path} holds a value above 127.`, { file: path });
  return Uint8Array.from(read.hu);
}

/** The strokes of a drawing tool. @throws EffectError also where they are none */
function drawn(intent: DrawingIntent, grid: Grid, layers: Record<Layer, Uint8Array>, hu: Int16Array, tell: (fraction: number) => void): { value: number; layer: Layer; bricks: BrickRuns[] }[] {
  const anatomy = fromDense(grid, layers.anatomy), proposal = fromDense(grid, layers.proposal);
  const { strokes, keptOut } = applyDrawing(intent, { source: { grid, brick: (index, layer = "anatomy") => (layer === "anatomy" ? anatomy : proposal).bricks.get(index) }, hu }, tell);
  if (strokes.length > 0) return strokes;
  const of = (why: Protection) => [...keptOut.protection].filter(([, reason]) => reason === why).map(([value]) => value).sort((one, other) => one - other), many = (values: readonly number[]) => `segment${values.length === 1 ? "" : "s"} ${values.join(", ")}`;
  const reasons = [
    ...(of("locked").length > 0 ? [`${many(of("locked"))} locked`] : []), ...(of("area").length > 0 ? ["outside the editable area"] : []),
    ...(of("overwrite").length > 0 ? [`${many(of("overwrite"))} not to be overwritten`] : []),
    ...(keptOut.isOutsideHu ? [`outside the editable range of ${intent.editableRange?.join(" to ")} HU`] : []), ...(keptOut.isOtherLabel ? ["no voxel of the segment"] : []),
  ];
  throw new EffectError(reasons.length > 0 ? `nothing may be changed there: ${reasons.join("; ")}` : "there is nothing to change inside the shape");
}

/** Writes a stroke into dense labels. */
function write(grid: Grid, labels: Uint8Array, value: number, bricks: readonly BrickRuns[]): void {
  for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) {
      const start = ox + (runs[r] & 31) + (oy + ((runs[r] >> 5) & 31)) * grid.dims[0] + (oz + (runs[r] >> 10)) * grid.dims[0] * grid.dims[1];
      labels.fill(value, start, start + runs[r + 1]);
    }
  }
}

function readOptions(args: string[]): { volume: string; labels?: string; proposal?: string; effects: string; out: string; proposalOut?: string } {
  const values = parseOptions(args, { volume: text, labels: text, proposal: text, effects: text, out: text, proposalOut: text });
  const { volume, labels, proposal, effects, out, proposalOut } = values;
  if (!volume || !effects || !out) throw usageError("segment needs --volume, --effects and --out; see --help");
  for (const [option, path] of [["--out", out], ["--proposalOut", proposalOut]]) if (path !== undefined && !/\.nii\.gz$/i.test(path)) throw usageError(`${option} must end in .nii.gz`);
  if (proposalOut === out) throw usageError("--out and --proposalOut name the same file");
  return { volume, labels, proposal, effects, out, proposalOut };
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

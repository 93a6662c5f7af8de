import { BRICK, brickDims, brickIndex, brickRows } from "../brick.ts";
import type { BrickRuns } from "../brickRuns.ts";
import type { Grid } from "../../space/grid.ts";
import { type Masking, protectionOf } from "../masking.ts";
import { EffectError } from "./intent.ts";
import { type Relabelled, untouched } from "./relabel.ts";

/** What an effect writes: for each label value (0 erases) the voxels, to be drawn as one stroke each; erasing comes first. */
export interface EffectStroke { value: number; voxels: number; bricks: BrickRuns[] }

/** Why a voxel is left as it is; none: it may be written. */
const reasons = ["none", "locked", "area", "overwrite", "range"] as const, outsideRange = reasons.indexOf("range");

/**
 * The strokes that make voxels hold what they shall, as far as masking lets them be changed.
 * @param own segments whose voxels are the effect's to change whatever may be overwritten
 * @param hu needed where only a range of HU may be changed
 * @param tell told the share that is done
 * @throws EffectError where all of it is kept out, and by what
 */
export function writesOf(grid: Grid, labels: Uint8Array, { region: { low, size }, target }: Relabelled, masking: Masking, own: ReadonlySet<number>, range: readonly [number, number] | undefined, hu: Int16Array | undefined, tell?: (fraction: number) => void): EffectStroke[] {
  const protection = protectionOf(masking, own), why = Uint8Array.from({ length: 256 }, (_, label) => reasons.indexOf(protection(label) ?? "none")), [nx, ny] = grid.dims, [nbx, nby, nbz] = brickDims(grid), strokes = new Map<number, EffectStroke>();
  const refused = new Float64Array(reasons.length);
  for (let bz = Math.floor(low[2] / BRICK); bz < nbz && bz * BRICK < low[2] + size[2]; bz++) {
    tell?.(Math.max(0, bz * BRICK - low[2]) / size[2]);
    for (let by = Math.floor(low[1] / BRICK); by < nby && by * BRICK < low[1] + size[1]; by++) for (let bx = Math.floor(low[0] / BRICK); bx < nbx && bx * BRICK < low[0] + size[0]; bx++) {
      const found = new Map<number, number[]>(), x0 = Math.max(0, low[0] - bx * BRICK), x1 = Math.min(BRICK, low[0] + size[0] - bx * BRICK);
      for (let z = Math.max(0, low[2] - bz * BRICK), z1 = Math.min(BRICK, low[2] + size[2] - bz * BRICK); z < z1; z++) for (let y = Math.max(0, low[1] - by * BRICK), y1 = Math.min(BRICK, low[1] + size[1] - by * BRICK); y < y1; y++) {
        const k = bz * BRICK + z, j = by * BRICK + y, row = bx * BRICK + nx * (j + ny * k), from = bx * BRICK - low[0] + size[0] * (j - low[1] + size[1] * (k - low[2]));
        let value = untouched, start = 0;
        for (let x = x0; x <= x1; x++) {
          let next = untouched;
          if (x < x1) {
            const wanted = target[from + x], label = labels[row + x];
            if (wanted !== untouched && wanted !== label) {
              const reason = why[label] !== 0 ? why[label] : range === undefined || (hu![row + x] >= range[0] && hu![row + x] <= range[1]) ? 0 : outsideRange;
              if (reason === 0) next = wanted;
              else refused[reason]++;
            }
          }
          if (next === value) continue;
          if (value !== untouched) {
            let runs = found.get(value);
            if (!runs) found.set(value, (runs = []));
            runs.push(start + y * BRICK + z * brickRows, x - start);
          }
          [value, start] = [next, x];
        }
      }
      for (const [value, runs] of found) {
        let stroke = strokes.get(value);
        if (!stroke) strokes.set(value, (stroke = { value, voxels: 0, bricks: [] }));
        for (let r = 1; r < runs.length; r += 2) stroke.voxels += runs[r];
        stroke.bricks.push({ brick: brickIndex(grid, bx, by, bz), runs: Uint16Array.from(runs) });
      }
    }
  }
  if (strokes.size === 0) {
    const words = [
      [refused[reasons.indexOf("locked")], "in a locked segment"], [refused[reasons.indexOf("area")], "outside the editable area"],
      [refused[reasons.indexOf("overwrite")], "in another segment that is not to be overwritten"], [refused[outsideRange], `outside the editable range of ${range?.join(" to ")} HU`],
    ].filter(([voxels]) => Number(voxels) > 0).map(([voxels, where]) => `${voxels} voxel${voxels === 1 ? " lies" : "s lie"} ${where}`);
    if (words.length > 0) throw new EffectError(`nothing may be changed there: ${words.join(", ")}`);
  }
  return [...strokes.values()].sort((one, other) => one.value - other.value);
}

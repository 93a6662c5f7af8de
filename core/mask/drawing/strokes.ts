import { type Grid, rasPoint } from "../../space/grid.ts";
import { type BrickRuns, runVoxels } from "../brickRuns.ts";
import type { BrickSource, KeptOut } from "../masking.ts";
import { brickVoxels } from "../brick.ts";
import { rasterizeBrush, restrictRuns } from "../rasterize.ts";
import type { Layer } from "../stroke.ts";
import { planeAxes } from "./frame.ts";
import type { IntentOf } from "./intent.ts";

/** One stroke of a drawing tool: the value it writes (0 erases), and where. */
export interface DrawingStroke { value: number; layer: Layer; voxels: number; bricks: BrickRuns[] }
/** All strokes of one act, for one undo; `keptOut` says what the masking rules left alone. */
export interface Drawn { strokes: DrawingStroke[]; keptOut: KeptOut }
/** What drawing looks at: both layers brick by brick, and the CT where a tool or a rule needs it. */
export interface DrawingInput { source: BrickSource; hu?: Int16Array }

export const strokeOf = (value: number, bricks: BrickRuns[], layer: Layer = "anatomy"): DrawingStroke => ({ value, layer, voxels: runVoxels(bricks), bricks });

/** The voxels under a brush. */
export const brushRuns = (grid: Grid, { plane, shape, radiusMm, points }: IntentOf<"paint" | "erase" | "accept" | "discard">): BrickRuns[] =>
  rasterizeBrush(grid, { shape, radiusMm, plane: planeAxes[plane][0], points: points.map((p) => rasPoint(...p)) });

const emptyBrick = new Uint8Array(brickVoxels);

/**
 * Strokes without the voxels that hold something else than when they were computed: what was drawn meanwhile stays.
 * @param before what each layer that was looked at held then, brick by brick
 * @param changed bricks that may have changed since
 */
export function withoutChanged(strokes: readonly DrawingStroke[], before: Readonly<Partial<Record<Layer, ReadonlyMap<number, Uint8Array>>>>, now: BrickSource, changed: ReadonlySet<number>): DrawingStroke[] {
  const layers = (Object.keys(before) as Layer[]), left: DrawingStroke[] = [];
  for (const { value, layer, bricks } of strokes) {
    const kept: BrickRuns[] = [];
    for (const one of bricks) {
      if (!changed.has(one.brick)) { kept.push(one); continue; }
      const pairs = layers.map((of) => [before[of]?.get(one.brick) ?? emptyBrick, now.brick(one.brick, of) ?? emptyBrick]);
      kept.push(...restrictRuns([one], (local) => pairs.every(([then, here]) => then[local] === here[local])));
    }
    if (kept.length > 0) left.push(strokeOf(value, kept, layer));
  }
  return left;
}

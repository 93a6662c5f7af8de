import { type Grid, rasPoint } from "../../space/grid.ts";
import { type BrickRuns, runVoxels } from "../brickRuns.ts";
import type { BrickSource, KeptOut } from "../masking.ts";
import { rasterizeBrush } from "../rasterize.ts";
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

import { outlineRuns } from "../../../core/mask/polygon.ts";
import { rasPoint, type RasPoint } from "../../../core/space/grid.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import type { BrickRuns } from "../../../core/mask/stroke.ts";
import type { RoomState } from "../roomStore.ts";
import { normalAxis, type Plane } from "../view/tileGeometry.ts";
import { type KeptOut, nothingKeptOut, restricted, type Restriction } from "./brushStroke.ts";

/** What scissors do with what the outline holds. */
export const scissorsOperations = ["eraseInside", "eraseOutside", "fillInside"] as const;
export type ScissorsOperation = (typeof scissorsOperations)[number];

/** What an outline is to do: the stroke's value (0 erases) and its voxels; `keptOut` says what the restriction left alone. */
export interface OutlineStroke { value: number; bricks: BrickRuns[]; keptOut: KeptOut }

/**
 * The stroke of an outline that was drawn in a slice. Draw fills it there; scissors cut along the slice's normal, to a
 * depth on both sides or through everything, and erase the chosen segment alone.
 */
export function outlineStroke(fold: MaskFold, points: readonly RasPoint[], plane: Plane, segment: number, tool: "draw" | "scissors", { scissors }: Pick<RoomState, "scissors">, restriction: Restriction): OutlineStroke {
  const { grid } = fold, axis = normalAxis[plane], keptOut = nothingKeptOut();
  const isCut = tool === "scissors", isErasing = isCut && scissors.operation !== "fillInside";
  const depth = !isCut ? 0 : scissors.depthMm === null ? Infinity : Math.round(scissors.depthMm / grid.spacing[axis]);
  const holdsSegment = (brick: number) => fold.brick(brick)?.includes(segment) === true;
  const bricks = outlineRuns(grid, { points, plane: axis }, depth, !isCut || scissors.operation !== "eraseOutside", isErasing ? holdsSegment : undefined);
  return { value: isErasing ? 0 : segment, bricks: restricted(fold, bricks, { ...restriction, onlyLabel: isErasing ? segment : null }, keptOut), keptOut };
}

/** The corners of a freehand line without those nearer to the one before than a third of a voxel. */
export function thinned(points: readonly RasPoint[], leastMm: number): RasPoint[] {
  const kept: RasPoint[] = [];
  for (const p of points) {
    const before = kept.at(-1);
    if (!before || Math.hypot(p[0] - before[0], p[1] - before[1], p[2] - before[2]) >= leastMm / 3) kept.push(rasPoint(p[0], p[1], p[2]));
  }
  return kept;
}

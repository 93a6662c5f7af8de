import { brickOrigin } from "../brick.ts";
import type { BrickRuns } from "../brickRuns.ts";
import { EffectError } from "../effects/intent.ts";
import { type BrickSource, nothingKeptOut, restricted, type Restriction } from "../masking.ts";
import { type Frame, onVoxels, type Row, screenFrame, sliceFrame, valueAt } from "./frame.ts";
import type { CutDepth, DrawingIntent, IntentOf } from "./intent.ts";
import { levelLoop, loopRuns } from "./levelTrace.ts";
import { eachPrismBrick, type Prism, prismRuns } from "./prism.ts";
import { settled } from "./settle.ts";
import type { FlatShape } from "./shapeRows.ts";
import { brushRuns, type Drawn, type DrawingInput, strokeOf } from "./strokes.ts";


/** What of an intent's voxels may be written. */
export function restrictionOf(intent: DrawingIntent, hu?: Int16Array): Restriction {
  const isCut = "operation" in intent, isErasing = intent.effect === "erase" || (isCut && intent.operation.startsWith("erase"));
  // An eraser's tip also writes where nothing is yet, so that it holds against what somebody draws there at the same time; a cut goes through far more than anybody sees.
  const holding = !isErasing || !("of" in intent) ? undefined : intent.of === "segment" ? intent.segment : isCut ? "any" : undefined;
  return { masking: intent, segment: "segment" in intent ? intent.segment : 0, ...(holding === undefined ? {} : { holding }), ...(hu ? { hu } : {}) };
}

const between = (depth: CutDepth): readonly [number, number] =>
  depth.kind === "unlimited" ? [-Infinity, Infinity] : depth.kind === "toward" ? [0, Infinity] : depth.kind === "away" ? [-Infinity, 0] : [-depth.mm, depth.mm];

type Shape = IntentOf<"draw" | "scissors">["shape"] | IntentOf<"scissors3d">["shape"];

/** A shape in a frame. */
function flatten(frame: Frame, shape: Shape): FlatShape {
  const flat = (p: readonly number[]): [number, number] => (p.length === 2 ? [p[0], p[1]] : [valueAt(frame.across, [p[0], p[1], p[2]]), valueAt(frame.down, [p[0], p[1], p[2]])]);
  if (shape.kind === "circle") return { kind: "circle", centre: flat(shape.centre), radius: "radius" in shape ? shape.radius : shape.radiusMm };
  if (shape.kind === "polygon") return { kind: "polygon", points: shape.points.map(flat) };
  const [[a, b], [c, d]] = shape.corners.map(flat);
  return { kind: "polygon", points: [[a, b], [c, b], [c, d], [a, d]] };
}

const firstOf = (shape: IntentOf<"draw" | "scissors">["shape"]): readonly [number, number, number] => (shape.kind === "polygon" ? shape.points[0] : shape.kind === "circle" ? shape.centre : shape.corners[0]);

/** Depth of the foremost voxel in a shape: of the segment, or where there is none of any. @throws EffectError when nothing is there */
function foremost(source: BrickSource, frame: Frame, shape: FlatShape, segment: number): number {
  const { grid } = source, toward = onVoxels(grid, frame.toward);
  let own = -Infinity, any = -Infinity;
  eachPrismBrick(grid, { frame, shape, isInside: true, depth: [-Infinity, Infinity] }, (brick) => source.brick(brick) !== undefined, ({ brick, runs }) => {
    const content = source.brick(brick), [x, y, z] = brickOrigin(grid, brick);
    if (!content) return;
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) {
      const label = content[v];
      if (label === 0) continue;
      const w = valueAt(toward, [x + (v & 31), y + ((v >> 5) & 31), z + (v >> 10)]);
      if (w > any) any = w;
      if (label === segment && w > own) own = w;
    }
  });
  if (any === -Infinity) throw new EffectError("there is no surface under the shape that a depth could count from; begin on one, or cut without a limit");
  return own > -Infinity ? own : any;
}

/** A cut as what it takes: the shape, carried along the line of sight as deep as it goes. */
function prismOf(source: BrickSource, intent: IntentOf<"scissors" | "scissors3d">): Prism {
  const isInside = intent.operation.endsWith("Inside"), { grid } = source;
  if (intent.effect === "scissors") {
    const frame = framed(() => sliceFrame(grid, intent.plane, firstOf(intent.shape), intent.from));
    return { frame, shape: flatten(frame, intent.shape), isInside, depth: between(intent.depth) };
  }
  const plain = framed(() => screenFrame(intent.view)), shape = flatten(plain, intent.shape);
  const at = intent.depth.kind === "unlimited" ? 0 : intent.at ? valueAt(plain.toward, intent.at) : foremost(source, plain, shape, intent.segment);
  const toward: Row = [plain.toward[0], plain.toward[1], plain.toward[2], -at];
  return { frame: { ...plain, toward }, shape, isInside, depth: between(intent.depth) };
}

/** A frame that cannot be is the intent's fault. */
function framed(make: () => Frame): Frame {
  try { return make(); } catch (error) { throw error instanceof RangeError ? new EffectError(error.message) : error; }
}


/**
 * The strokes of a drawing tool, within the masking rules. Pure; the same in the page, in its worker and on the command line.
 * @param onProgress is told the fraction done of what takes long
 * @returns no strokes where nothing may be or is to be changed
 * @throws EffectError when the intent cannot be carried out
 */
export function applyDrawing(intent: DrawingIntent, input: DrawingInput, onProgress?: (fraction: number) => void): Drawn {
  const { source, hu } = input, { grid } = source, keptOut = nothingKeptOut();
  if (intent.editableRange && !hu) throw new EffectError("the editable range looks at the CT: the volume is needed");
  if ("segment" in intent && intent.locked?.includes(intent.segment) && !("of" in intent && intent.of === "all")) throw new EffectError(`segment ${intent.segment} is locked`);
  const restriction = restrictionOf(intent, hu), asStroke = (value: number, wanted: readonly BrickRuns[]): Drawn => {
    const bricks = restricted(source, wanted, restriction, keptOut);
    return { strokes: bricks.length === 0 ? [] : [strokeOf(value, bricks)], keptOut };
  };
  switch (intent.effect) {
    case "paint": return asStroke(intent.segment, brushRuns(grid, intent));
    case "erase": return asStroke(0, brushRuns(grid, intent));
    case "accept": case "discard": case "acceptAll": case "discardAll": return settled(input, intent, restriction, onProgress);
    case "draw": {
      const frame = sliceFrame(grid, intent.plane, firstOf(intent.shape));
      return asStroke(intent.segment, prismRuns(grid, { frame, shape: flatten(frame, intent.shape), isInside: true, depth: [0, 0] }));
    }
    case "levelTrace": {
      if (!hu) throw new EffectError("level tracing looks at the CT: the volume is needed");
      const loop = levelLoop(grid, hu, intent.plane, intent.at);
      if (!loop) throw new EffectError(`the point ${intent.at.join(", ")} lies outside the volume`);
      return asStroke(intent.segment, loopRuns(grid, intent.plane, loop));
    }
    case "scissors": case "scissors3d": {
      const isErasing = intent.operation.startsWith("erase"), bricks: BrickRuns[] = [];
      // Of a brick only what may be written is kept, so that a cut through everything never lies in memory whole.
      eachPrismBrick(grid, prismOf(source, intent), (brick) => !isErasing || source.brick(brick) !== undefined, (one) => { bricks.push(...restricted(source, [one], restriction, keptOut)); }, onProgress);
      return { strokes: bricks.length === 0 ? [] : [strokeOf(isErasing ? 0 : intent.segment, bricks)], keptOut };
    }
  }
}

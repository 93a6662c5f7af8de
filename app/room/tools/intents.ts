// What the room asks of core/mask when somebody draws: the same intents that `job segment` takes.
import { planeAxes, type Row, usualSide } from "../../../core/mask/drawing/frame.ts";
import { drawingIntent, type DrawingIntent, type IntentOf, type Side, sides } from "../../../core/mask/drawing/intent.ts";
import type { Grid, RasPoint } from "../../../core/space/grid.ts";
import { type RoomState, toolInHand } from "../roomStore.ts";
import type { RoomSegment } from "../useRoom.ts";
import type { Plane } from "../view/tileGeometry.ts";
import { maskingOf } from "./masking.ts";
import { type OutlineDraft, type OutlinePoint, thinned } from "./outlineDraft.ts";

type Point3 = [number, number, number];
const point = (p: OutlinePoint): Point3 => [p[0], p[1], p[2] ?? 0];

/** Where the viewer of a plane is: on the usual side, or in the neurological convention on the other. */
export function sideOf(plane: Plane, convention: RoomState["convention"]): Side {
  const usual = sides.indexOf(usualSide[plane]);
  return plane === "coronal" || convention === "radiological" ? sides[usual] : sides[usual ^ 1];
}

/** Brush or eraser as they are set, without points. */
export function brushIntent(state: RoomState, segments: readonly RoomSegment[], plane: Plane): IntentOf<"paint" | "erase"> {
  const rest = { segment: state.segment ?? 1, plane, shape: state.brush.shape, radiusMm: state.brush.radiusMm, points: [], ...maskingOf(state, segments) };
  return toolInHand(state) === "erase" ? { effect: "erase", of: state.isErasingAll ? "all" : "segment", ...rest } : { effect: "paint", ...rest };
}

/** The tool in hand on what was drawn; undefined where no segment is chosen. */
export function outlineIntent(draft: OutlineDraft, state: RoomState, segments: readonly RoomSegment[], grid: Grid): DrawingIntent | undefined {
  const { segment, scissors, tool, brush } = state, masking = maskingOf(state, segments), { pane, points, seen } = draft;
  if (draft.shape === "trail") {
    const visible = segments.map(({ value }) => value).filter((value) => !state.hidden.has(value));
    return pane === "surface" ? undefined : { effect: state.settling, plane: pane, shape: brush.shape, radiusMm: brush.radiusMm, points: points.map(point), segments: visible, ...masking };
  }
  if (segment === null) return undefined;
  const cut = { operation: scissors.operation, of: scissors.of, depth: scissors.depth === "symmetric" ? { kind: "symmetric" as const, mm: scissors.depthMm } : { kind: scissors.depth } };
  if (pane === "surface") {
    const flat = thinned(points, draft.shape === "freeForm" ? 1 : 0).map((p): [number, number] => [p[0], p[1]]), [a, b] = flat;
    if (!seen || flat.length < 2) return undefined;
    const shape = draft.shape === "circle" ? { kind: "circle" as const, centre: a, radius: Math.hypot(b[0] - a[0], b[1] - a[1]) } : draft.shape === "rectangle" ? { kind: "rectangle" as const, corners: [a, b] } : { kind: "polygon" as const, points: flat };
    const rows = (row: Row): [number, number, number, number] => [...row];
    const view = { across: rows(seen.view.across), down: rows(seen.view.down) };
    return parsed({ effect: "scissors3d", segment, view, shape, ...(seen.at ? { at: point(seen.at) } : {}), ...cut, ...masking });
  }
  // The slice is that of the first point, whatever the last ones say.
  const [normal, u, v] = planeAxes[pane], kept = thinned(points, draft.shape === "freeForm" ? Math.min(...grid.spacing) / 3 : 0).map(point), [a, b] = kept;
  if (kept.length < 2) return undefined;
  for (const p of kept) p[normal] = a[normal];
  const shape = draft.shape === "circle" ? { kind: "circle" as const, centre: a, radiusMm: Math.hypot(b[u] - a[u], b[v] - a[v]) } : draft.shape === "rectangle" ? { kind: "rectangle" as const, corners: [a, b] } : { kind: "polygon" as const, points: kept };
  return parsed(tool === "scissors" ? { effect: "scissors", segment, plane: pane, from: sideOf(pane, state.convention), shape, ...cut, ...masking } : { effect: "draw", segment, plane: pane, shape, ...masking });
}

/** Level tracing at a point. */
export const traceIntent = (at: RasPoint, plane: Plane, state: RoomState, segments: readonly RoomSegment[]): DrawingIntent | undefined =>
  (state.segment === null ? undefined : { effect: "levelTrace", segment: state.segment, plane, at: point(at), ...maskingOf(state, segments) });

/** Undefined for a shape that is none: two corners, no width. */
function parsed(intent: unknown): DrawingIntent | undefined {
  const read = drawingIntent.safeParse(intent);
  return read.success ? read.data : undefined;
}

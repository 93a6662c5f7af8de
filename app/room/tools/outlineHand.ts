// Drawing an outline with the pointer or a finger, on a slice or on the surfaces; what is under way lives in the store.
import type { OutlinePoint, Reach, ShapeKind, Step } from "./outlineDraft.ts";
import { begun, closed, isOpenPolygon, moved, type OutlineDraft, pressed, released, withoutLast } from "./outlineDraft.ts";
import { shownAxesOf, sliceIndex, type Plane } from "../view/tileGeometry.ts";
import { type RasPoint, rasPoint } from "../../../core/space/grid.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { toolInHand } from "../roomStore.ts";
import { busyText, carryOut } from "./carryOut.ts";
import { outlineIntent } from "./intents.ts";
import { brushRefusal } from "./refusals.ts";

/** Where somebody draws. */
export interface OutlinePlace { pane: OutlineDraft["pane"]; reach: Reach; seen?: OutlineDraft["seen"] }

/** The shape that the tool in hand draws; null for tools that draw none. */
export function shapeInHand({ store }: RoomContext): ShapeKind | null {
  const state = store.get(), tool = toolInHand(state);
  return tool === "draw" ? state.drawShape : tool === "scissors" ? state.scissors.shape : null;
}

/** Goes on, writes what is finished, or lets go of it. */
function take(room: RoomContext, segments: readonly RoomSegment[], step: Step): void {
  room.store.set({ outline: step.kind === "on" ? step.draft : null });
  if (step.kind !== "done") return;
  const intent = outlineIntent(step.draft, room.store.get(), segments, room.grid);
  if (intent) void carryOut(room, segments, intent);
}

/** The slice of a point, by number. */
const sliceAt = (room: RoomContext, pane: Plane, p: OutlinePoint): number => sliceIndex(room.grid, pane, rasPoint(p[0], p[1], p[2] ?? 0) satisfies RasPoint);

/** The pointer goes down. @returns whether something is being drawn */
export function pressOutline(room: RoomContext, segments: readonly RoomSegment[], { pane, reach, seen }: OutlinePlace, p: OutlinePoint, timeMs: number, shape: OutlineDraft["shape"] | null = shapeInHand(room)): boolean {
  const { store } = room, { outline, work } = store.get(), refusal = brushRefusal(room, segments) ?? (work ? busyText : null);
  if (shape === null) return false;
  if (refusal !== null) { store.set({ notice: refusal }); return false; }
  if (!isOpenPolygon(outline)) { store.set({ outline: begun({ pane, shape, ...(seen ? { seen } : {}) }, p, timeMs, reach) }); return true; }
  const isElsewhere = outline.pane !== pane || (pane !== "surface" && sliceAt(room, pane, outline.points[0]) !== sliceAt(room, pane, p));
  if (isElsewhere) {
    const where = outline.pane === "surface" ? "on the surfaces" : `in ${outline.pane} slice ${sliceAt(room, outline.pane, outline.points[0]) + 1}`;
    store.set({ notice: `The open outline lies ${where}. Close it with Enter or drop it with Esc first.` });
    return false;
  }
  take(room, segments, pressed(outline, p, timeMs, reach));
  return true;
}

/** The pointer moves, over these points. */
export function moveOutline({ store }: RoomContext, { pane, reach }: OutlinePlace, passed: readonly OutlinePoint[]): void {
  const { outline } = store.get();
  if (outline?.pane === pane && outline.shape !== "edge") store.set({ outline: moved(outline, passed, reach) });
}

/** The pointer is let go. */
export function releaseOutline(room: RoomContext, segments: readonly RoomSegment[], { reach }: OutlinePlace): void {
  const { outline } = room.store.get();
  if (outline?.held) take(room, segments, released(outline, reach));
}

/** Enter: the open polygon is closed. @returns false where none is open */
export function closeOutline(room: RoomContext, segments: readonly RoomSegment[]): boolean {
  const { outline } = room.store.get();
  if (!isOpenPolygon(outline)) return false;
  if (outline.points.length < 3) room.store.set({ notice: "An outline has three corners or more." });
  take(room, segments, closed(outline));
  return true;
}

/** A voxel's smallest edge is so many pixels for the keyboard, which knows no screen: a step of the crosshair is a movement. */
const keyPixels = 10;

function keyPlace({ grid }: RoomContext, plane: Plane): OutlinePlace {
  const [u, v] = shownAxesOf(plane), perMm = keyPixels / Math.min(...grid.spacing);
  return { pane: plane, reach: { px: 1, toPixels: (p) => [(p[u] ?? 0) * perMm, (p[v] ?? 0) * perMm] } };
}

/** Enter at the crosshair: see `cornerAt`. */
export function cornerByKeys(room: RoomContext, segments: readonly RoomSegment[], plane: Plane): void {
  cornerAt(room, segments, keyPlace(room, plane), room.store.get().crosshair);
}

/**
 * Enter at a point, for those who draw by keys: a polygon's next corner (a free form is one then), and on its last
 * corner, or the first, it is closed; of a circle the middle and then the edge, of a rectangle two corners.
 */
export function cornerAt(room: RoomContext, segments: readonly RoomSegment[], place: OutlinePlace, p: OutlinePoint): void {
  const { store } = room, { outline } = store.get(), inHand = shapeInHand(room);
  const isSame = outline?.pane === place.pane && outline.points.at(-1)?.every((mm, axis) => mm === p[axis]) === true;
  if (outline?.isByKeys && outline.held) return releaseOutline(room, segments, place);
  if (isOpenPolygon(outline) && isSame) return void closeOutline(room, segments);
  if (!pressOutline(room, segments, place, p, -Infinity, inHand === "freeForm" ? "polygon" : inHand)) return;
  const begunNow = store.get().outline;
  if (begunNow) store.set({ outline: { ...begunNow, isByKeys: true } });
  if (isOpenPolygon(store.get().outline)) releaseOutline(room, segments, place);
}

/** The crosshair was moved by keys: what is drawn by them follows. */
export function followByKeys(room: RoomContext, plane: Plane): void {
  moveByKeys(room, keyPlace(room, plane), room.store.get().crosshair);
}

/** The keys have come to a point: what is drawn by them follows. */
export function moveByKeys(room: RoomContext, place: OutlinePlace, p: OutlinePoint): void {
  if (room.store.get().outline?.isByKeys) moveOutline(room, place, [p]);
}

/** Backspace: its last corner goes. @returns false where none is open */
export function backOutline({ store }: RoomContext): boolean {
  const { outline } = store.get();
  if (!isOpenPolygon(outline)) return false;
  store.set({ outline: withoutLast(outline) });
  return true;
}

/** A second finger comes down: what the first one began is no outline; the corners of a polygon stay, but not one that was only just set. */
export function breakOff(room: RoomContext): void {
  const { outline } = room.store.get();
  if (!isOpenPolygon(outline)) dropOutline(room);
  else room.store.set({ outline: outline.held?.isNew ? withoutLast(outline) : { ...outline, held: null } });
}

/** Escape: what is under way is let go. @returns false where nothing was under way */
export function dropOutline({ store }: RoomContext): boolean {
  if (store.get().outline === null) return false;
  store.set({ outline: null });
  return true;
}

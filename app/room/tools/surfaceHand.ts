// Tools on the picture of the surfaces: what lies under a point of it, and a mark for the keyboard, which has no pointer.
import { screenFrame } from "../../../core/mask/drawing/frame.ts";
import { pickedPoint } from "../../../core/mask/drawing/pick.ts";
import { brickIndex } from "../../../core/mask/brick.ts";
import { rasPoint, type RasPoint, rasToIjk } from "../../../core/space/grid.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { toolInHand } from "../roomStore.ts";
import { clampToVolume } from "../view/tileGeometry.ts";
import { isOpenPolygon, type OutlineDraft } from "./outlineDraft.ts";
import { backOutline, cornerAt, dropOutline, moveByKeys, type OutlinePlace } from "./outlineHand.ts";

/** How RAS mm lie on the picture, CSS pixels across and down. */
export type Sight = NonNullable<OutlineDraft["seen"]>["view"];
type XY = [number, number];

/** A mark's step with an arrow, CSS pixels; with Shift ten times as far. */
const stepPx = 4;
/** A mark this near to a corner is on it, CSS pixels: less than a step. */
const keyReachPx = 3;
/** So far behind the face that the line of sight meets lies the voxel itself, mm: far less than any voxel's edge. */
const behindFaceMm = 0.01;

const sameRow = (a: readonly number[], b: readonly number[]): boolean => a.every((part, n) => Math.abs(part - b[n]) < 1e-6);

/** Whether the tool in hand is used at a point of the surfaces: scissors cut, of islands one is picked. */
export function isUsedOnSurfaces({ store }: Pick<RoomContext, "store">): boolean {
  const tool = toolInHand(store.get());
  return tool === "scissors" || tool === "islands";
}

/** The surface point that is seen at a point of the picture, RAS mm. */
export function seenAt({ store, session }: RoomContext, sight: Sight, xy: XY): RasPoint | undefined {
  const { hidden } = store.get();
  return pickedPoint(session.fold, sight, xy, (label) => !hidden.has(label));
}

/** Where a cut goes on; null where its outline was begun in another view and is dropped, with a word why. */
export function surfacePlace(room: RoomContext, sight: Sight, xy: XY, px: number): OutlinePlace | null {
  const { outline } = room.store.get();
  if (isOpenPolygon(outline) && outline.seen && !(sameRow(outline.seen.view.across, sight.across) && sameRow(outline.seen.view.down, sight.down))) {
    room.store.set({ outline: null, notice: "The view has moved since the outline was begun, so it was dropped." });
    return null;
  }
  return { pane: "surface", reach: { px, toPixels: (p) => [p[0], p[1]] }, seen: { view: sight, at: seenAt(room, sight, xy) } };
}

/** Within the voxel whose face is seen at a point of the picture. */
function voxelAt(room: RoomContext, sight: Sight, xy: XY): RasPoint | undefined {
  const face = seenAt(room, sight, xy);
  if (!face) return undefined;
  const [x, y, z] = screenFrame(sight).toward;
  return clampToVolume(room.grid, rasPoint(face[0] - x * behindFaceMm, face[1] - y * behindFaceMm, face[2] - z * behindFaceMm));
}

function nameAt({ session, grid }: RoomContext, segments: readonly RoomSegment[], p: RasPoint): string {
  const [i, j, k] = rasToIjk(grid, p).map(Math.round), value = session.fold.brick(brickIndex(grid, i >> 5, j >> 5, k >> 5))?.[(i & 31) + ((j & 31) << 5) + ((k & 31) << 10)];
  return segments.find((segment) => segment.value === value)?.name ?? "a surface";
}

/** Islands: the crosshair goes to the voxel that is seen at a point of the picture. @returns a sentence about it */
export function pickOnSurface(room: RoomContext, segments: readonly RoomSegment[], sight: Sight, xy: XY): string {
  const at = voxelAt(room, sight, xy);
  if (!at) return "There is no surface here.";
  room.store.set({ crosshair: at });
  return `The crosshair is on ${nameAt(room, segments, at)}.`;
}

/** The mark an arrow key on, from the middle where there was none; null for other keys. @param size of the picture, CSS pixels */
export function movedMark(mark: XY | null, key: string, isFar: boolean, size: XY): XY | null {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key], from = mark ?? middleOf(size);
  if (!way) return null;
  const [x, y] = from.map((px, n) => Math.max(0, Math.min(size[n], px + way[n] * stepPx * (isFar ? 10 : 1))));
  return [x, y];
}

/** Where the mark is first. */
export const middleOf = ([width, height]: XY): XY => [Math.round(width / 2), Math.round(height / 2)];

/** The mark was moved: what is drawn by keys follows. @returns where it is, as a sentence */
export function markMoved(room: RoomContext, segments: readonly RoomSegment[], sight: Sight, mark: XY, size: XY): string {
  const at = voxelAt(room, sight, mark), [across, down] = mark.map((px, n) => Math.round((100 * px) / size[n]));
  moveByKeys(room, { pane: "surface", reach: { px: keyReachPx, toPixels: (p) => [p[0], p[1]] } }, mark);
  return `${at ? `On ${nameAt(room, segments, at)}` : "Beside the surfaces"}, ${across} % across, ${down} % down.`;
}

/** Enter at the mark: a corner of the cut, its end, or the island there. @returns what came of it, as a sentence; empty where a notice says it */
export function toolAtMark(room: RoomContext, segments: readonly RoomSegment[], sight: Sight, mark: XY): string {
  const { store } = room;
  if (toolInHand(store.get()) === "islands") return pickOnSurface(room, segments, sight, mark);
  const before = store.get().outline, place = surfacePlace(room, sight, mark, keyReachPx);
  if (!place) return "";
  cornerAt(room, segments, place, mark);
  const { outline } = store.get();
  if (outline === before) return "";
  if (outline === null) return "The outline is closed.";
  if (isOpenPolygon(outline)) return `Corner ${outline.points.length} is set. Enter on it or on the first closes the outline.`;
  return `The ${outline.shape} is begun. Enter ends it.`;
}

/** Escape and Backspace while a cut is under way. @returns what came of it; null for other keys, and where there is none */
export function takenBack(room: RoomContext, key: string): string | null {
  const { outline, work } = room.store.get();
  if (outline?.pane !== "surface" || work) return null;
  if (key === "Escape" && dropOutline(room)) return "The outline is dropped.";
  if (key === "Backspace" && backOutline(room)) return "The last corner is taken back.";
  return null;
}

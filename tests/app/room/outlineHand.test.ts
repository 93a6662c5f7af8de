import { describe, expect, it } from "vitest";
import { RoomStore } from "../../../app/room/roomStore.ts";
import { backOutline, breakOff, closeOutline, cornerByKeys, dropOutline, followByKeys, moveOutline, type OutlinePlace, pressOutline, releaseOutline } from "../../../app/room/tools/outlineHand.ts";
import type { RoomContext, RoomSegment } from "../../../app/room/useRoom.ts";
import type { DrawingStroke } from "../../../core/mask/drawing/strokes.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { namedVoxels } from "../../support/drawing.ts";

const grid: Grid = { dims: [40, 30, 10], spacing: [1, 1, 2], origin: [0, 0, 0] };
const segments = [{ value: 1, name: "Bone", isLocked: false }, { value: 2, name: "Skin", isLocked: true }] as RoomSegment[];
/** Ten pixels a mm. */
const place: OutlinePlace = { pane: "axial", reach: { px: 9, toPixels: (p) => [10 * p[0], 10 * p[1]] } }, at = (x: number, y: number, z = 8) => rasPoint(x, y, z);

function roomWith(labels = new Uint8Array(40 * 30 * 10), canDraw = true) {
  const written: DrawingStroke[][] = [], store = new RoomStore(grid, at(20, 15)), proposal = Uint8Array.from(labels, (_, i) => (i % 40 < 20 ? 1 : 0));
  store.set({ segment: 1, tool: "draw", drawShape: "polygon" });
  const session = { fold: new MaskFold(grid, fromDense(grid, labels), fromDense(grid, proposal)), state: () => ({ refused: null, proposedVoxels: new Map([[1, 5]]) }), commitTogether: (strokes: DrawingStroke[]) => { written.push(strokes); return Promise.resolve([]); } };
  const room = { store, session, grid, volume: { hu: new Int16Array(labels.length) }, canDraw, isArchived: false } as unknown as RoomContext;
  const click = (p: ReturnType<typeof at>, timeMs: number) => { if (pressOutline(room, segments, place, p, timeMs)) releaseOutline(room, segments, place); };
  return { room, store, written, click };
}

describe("outlines of a room's tools", () => {
  it("a polygon by clicks is one act when Enter closes it, in the slice of its first corner", async () => {
    const { room, store, written, click } = roomWith();
    [at(4.5, 4.5), at(14.5, 4.5), at(14.5, 9.5), at(30, 30)].forEach((p, n) => click(p, 1000 * n));
    expect(backOutline(room)).toBe(true);
    expect(store.get().outline?.points.length).toBe(3);
    expect(closeOutline(room, segments)).toBe(true);
    await Promise.resolve();
    expect(written).toHaveLength(1);
    const named = namedVoxels(grid, written[0][0].bricks);
    expect([written[0][0].value, written[0][0].voxels]).toEqual([1, named.reduce((sum, one) => sum + one, 0)]);
    // Columns 5 to 14, of which the slope takes from none to all but the first: half of 10 × 5.
    expect(Math.abs(written[0][0].voxels - 25)).toBeLessThanOrEqual(5);
    expect(new Set([...named.keys()].filter((i) => named[i]).map((i) => Math.floor(i / 1200)))).toEqual(new Set([4]));
    expect(closeOutline(room, segments)).toBe(false);
  });
  it("a corner in another slice is not taken, and it is said where the outline lies; a new tool or Esc lets it go", () => {
    const { room, store, written, click } = roomWith();
    click(at(4, 4), 0);
    click(at(9, 9, 12), 2000);
    expect(store.get().outline?.points.length).toBe(1);
    expect(store.get().notice).toContain("axial slice 5");
    expect(dropOutline(room)).toBe(true);
    expect(dropOutline(room)).toBe(false);
    click(at(4, 4), 4000);
    store.set({ tool: "scissors" });
    expect(store.get().outline).toBeNull();
    expect(written).toEqual([]);
  });
  it("a second finger takes back the corner that the first one set, and a shape that it dragged", () => {
    const { room, store } = roomWith();
    pressOutline(room, segments, place, at(4, 4), 0);
    releaseOutline(room, segments, place);
    pressOutline(room, segments, place, at(9, 9), 2000);
    breakOff(room);
    expect(store.get().outline?.points).toEqual([at(4, 4)]);
    store.set({ outline: null, drawShape: "circle" });
    pressOutline(room, segments, place, at(4, 4), 3000);
    moveOutline(room, place, [at(8, 4)]);
    breakOff(room);
    expect(store.get().outline).toBeNull();
  });
  it("what may not be drawn is refused with the reason before anything begins, and after it where the masking leaves nothing", async () => {
    const looker = roomWith(undefined, false);
    looker.click(at(4, 4), 0);
    expect([looker.store.get().outline, looker.store.get().notice]).toEqual([null, "Your role in this case may look, not draw."]);
    const { room, store, written } = roomWith(new Uint8Array(40 * 30 * 10).fill(2));
    store.set({ drawShape: "rectangle" });
    pressOutline(room, segments, place, at(4, 4), 0);
    moveOutline(room, place, [at(9, 9)]);
    releaseOutline(room, segments, place);
    await Promise.resolve();
    expect([written, store.get().notice]).toEqual([[], "Nothing was drawn: Skin is locked here."]);
  });
  it("by keys: a corner with each Enter at the crosshair, closed on the last; a rectangle follows the crosshair; neither differs from the mouse's", async () => {
    const mouse = roomWith(), keys = roomWith(), corners = [at(4, 4), at(14, 4), at(14, 9)];
    corners.forEach((p, n) => mouse.click(p, 1000 * n));
    closeOutline(mouse.room, segments);
    const enter = () => cornerByKeys(keys.room, segments, "axial"), goTo = (p: ReturnType<typeof at>) => { keys.store.set({ crosshair: p }); followByKeys(keys.room, "axial"); };
    for (const p of corners) { goTo(p); enter(); }
    expect(keys.store.get().outline?.points).toEqual(corners);
    expect(keys.written).toEqual([]);
    // One step too many is taken back; then Enter on the last corner closes.
    goTo(at(20, 20));
    enter();
    backOutline(keys.room);
    goTo(at(14, 9));
    enter();
    await Promise.resolve();
    expect(keys.written).toEqual(mouse.written);
    keys.store.set({ drawShape: "rectangle" });
    goTo(at(4, 4));
    enter();
    goTo(at(9, 4));
    goTo(at(9, 7));
    expect(keys.store.get().outline?.points).toEqual([at(4, 4), at(9, 7)]);
    enter();
    await Promise.resolve();
    expect(keys.written[1][0].voxels).toBe(5 * 3);
    // In another slice it is said where the outline lies.
    keys.store.set({ drawShape: "freeForm" });
    enter();
    expect(keys.store.get().outline?.shape).toBe("polygon");
    goTo(at(9, 9, 12));
    enter();
    expect(keys.store.get().notice).toContain("axial slice 5");
  });
  it("the way of the accepting brush takes what is proposed under it, in both layers at once", async () => {
    const { room, store, written } = roomWith();
    store.set({ tool: "settle", brush: { shape: "disc", radiusMm: 2 } });
    pressOutline(room, segments, place, at(15, 10), 0, "trail");
    moveOutline(room, place, [at(25, 10)]);
    releaseOutline(room, segments, place);
    await Promise.resolve();
    expect(written[0].map(({ value, layer }) => [value, layer])).toEqual([[1, "anatomy"], [0, "proposal"]]);
    const named = namedVoxels(grid, written[0][0].bricks);
    expect(Math.max(...[...named.keys()].filter((i) => named[i]).map((i) => i % 40))).toBe(19);
  });
});

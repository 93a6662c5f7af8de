import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RoomStore } from "../../../app/room/roomStore.ts";
import { markMoved, movedMark, pickOnSurface, seenAt, type Sight, surfacePlace, takenBack, toolAtMark } from "../../../app/room/tools/surfaceHand.ts";
import { pressOutline, releaseOutline } from "../../../app/room/tools/outlineHand.ts";
import type { RoomContext, RoomSegment } from "../../../app/room/useRoom.ts";
import type { DrawingStroke } from "../../../core/mask/drawing/strokes.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { namedVoxels } from "../../support/drawing.ts";
import { until } from "../../support/until.ts";
import { WebWorker } from "../../support/webWorker.ts";

const grid: Grid = { dims: [40, 40, 40], spacing: [1, 1, 1], origin: [0, 0, 0] }, size: [number, number] = [400, 400];
const segments = [{ value: 1, name: "Bone", isLocked: false }, { value: 2, name: "Plate", isLocked: false }] as RoomSegment[];
/** From the front, ten pixels a mm: x to the left of the picture, z up. */
const sight: Sight = { across: [-10, 0, 0, 400], down: [0, 0, -10, 400] };
const turned: Sight = { across: [0, 10, 0, 0], down: [0, 0, -10, 400] };

function roomWith() {
  // Bone fills y 10 to 20; before it, y 25 to 27, lies a plate of 6 × 6.
  const labels = Uint8Array.from({ length: 40 ** 3 }, (_, i) => {
    const x = i % 40, y = Math.floor(i / 40) % 40, z = Math.floor(i / 1600);
    if (x >= 17 && x < 23 && z >= 17 && z < 23 && y >= 25 && y <= 27) return 2;
    return x >= 5 && x < 35 && z >= 5 && z < 35 && y >= 10 && y <= 20 ? 1 : 0;
  });
  const store = new RoomStore(grid, rasPoint(0, 0, 0)), written: DrawingStroke[][] = [];
  store.set({ segment: 1, tool: "scissors", scissors: { ...store.get().scissors, shape: "polygon" } });
  const session = { fold: new MaskFold(grid, fromDense(grid, labels)), state: () => ({ refused: null, proposedVoxels: new Map() }), followBricks: () => () => undefined, commitTogether: (strokes: DrawingStroke[]) => { written.push(strokes); return Promise.resolve([]); } };
  const room = { store, session, grid, volume: { hu: new Int16Array(labels.length) }, canDraw: true, isArchived: false } as unknown as RoomContext;
  return { room, store, written, enter: (x: number, y: number) => toolAtMark(room, segments, sight, [x, y]) };
}

beforeAll(() => { vi.stubGlobal("Worker", WebWorker); });
afterAll(() => { vi.unstubAllGlobals(); });

describe("tools on the surfaces, by keys", { timeout: 60_000 }, () => {
  it("the mark goes four pixels with an arrow, forty with Shift, begins in the middle and stays in the picture", () => {
    expect(movedMark(null, "ArrowLeft", false, size)).toEqual([196, 200]);
    expect(movedMark([196, 200], "ArrowDown", true, size)).toEqual([196, 240]);
    expect(movedMark([2, 398], "ArrowLeft", false, size)).toEqual([0, 398]);
    expect(movedMark([2, 398], "ArrowDown", true, size)).toEqual([2, 400]);
    expect(movedMark([2, 2], "Home", false, size)).toBeNull();
  });

  it("the mark says whose surface it is on, and where it stands", () => {
    const { room } = roomWith();
    expect(markMoved(room, segments, sight, [200, 200], size)).toBe("On Plate, 50 % across, 50 % down.");
    expect(markMoved(room, segments, sight, [100, 200], size)).toBe("On Bone, 25 % across, 50 % down.");
    expect(markMoved(room, segments, sight, [4, 4], size)).toBe("Beside the surfaces, 1 % across, 1 % down.");
    room.store.set({ hidden: new Set([2]) });
    expect(markMoved(room, segments, sight, [200, 200], size)).toBe("On Bone, 50 % across, 50 % down.");
  });

  it("corners by Enter make the cut that clicks make; the first corner closes, Backspace takes one back, Escape drops all", async () => {
    const keys = roomWith(), mouse = roomWith(), corners = [[100, 100], [300, 100], [300, 300]] as const;
    expect(corners.map(([x, y]) => keys.enter(x, y).slice(0, 16))).toEqual(["Corner 1 is set.", "Corner 2 is set.", "Corner 3 is set."]);
    keys.enter(50, 380);
    expect(takenBack(keys.room, "Backspace")).toBe("The last corner is taken back.");
    expect(keys.store.get().outline?.points).toEqual(corners);
    expect(keys.enter(100, 100)).toBe("The outline is closed.");
    expect(takenBack(keys.room, "Escape")).toBeNull();
    await until("it is cut", () => keys.written.length === 1);
    [...corners, corners[0]].forEach(([x, y], n) => {
      const place = surfacePlace(mouse.room, sight, [x, y], 9);
      if (place && pressOutline(mouse.room, segments, place, [x, y], 1000 * n)) releaseOutline(mouse.room, segments, place);
    });
    await until("it is cut by the mouse", () => mouse.written.length === 1);
    expect(keys.written).toEqual(mouse.written);
    // Half of 20 × 20 columns through the bone, 11 voxels deep; the diagonal may fall to either side.
    const cut = namedVoxels(grid, keys.written[0][0].bricks).reduce((sum, one) => sum + one, 0);
    expect(Math.abs(cut - 200 * 11)).toBeLessThanOrEqual(20 * 11);
    mouse.enter(10, 10);
    expect(takenBack(mouse.room, "Escape")).toBe("The outline is dropped.");
    expect(mouse.store.get().outline).toBeNull();
  });

  it("a rectangle is two Enters, and follows the mark between them; an outline that was begun in another view is dropped with a word", async () => {
    const { room, store, written, enter } = roomWith();
    store.set({ scissors: { ...store.get().scissors, shape: "rectangle" } });
    expect(enter(100, 100)).toBe("The rectangle is begun. Enter ends it.");
    markMoved(room, segments, sight, [180, 140], size);
    expect(store.get().outline?.points).toEqual([[100, 100], [180, 140]]);
    expect(enter(180, 140)).toBe("The outline is closed.");
    await until("it is cut", () => written.length === 1);
    await until("the work is over", () => store.get().work === null);
    store.set({ scissors: { ...store.get().scissors, shape: "polygon" } });
    enter(100, 100);
    expect(toolAtMark(room, segments, turned, [200, 200])).toBe("");
    expect([store.get().outline, store.get().notice]).toEqual([null, "The view has moved since the outline was begun, so it was dropped."]);
  });

  it("an island is picked where the surface is seen: the crosshair stands in its voxel", () => {
    const { room, store, enter } = roomWith();
    store.set({ tool: "islands" });
    expect(enter(200, 200)).toBe("The crosshair is on Plate.");
    expect(store.get().crosshair).toEqual([20, 27, 20]);
    expect(pickOnSurface(room, segments, sight, [2, 2])).toBe("There is no surface here.");
    expect(store.get().crosshair).toEqual([20, 27, 20]);
    // The face itself, of which others are told.
    expect(seenAt(room, sight, [100, 200])?.[1]).toBeCloseTo(20.5);
  });
});

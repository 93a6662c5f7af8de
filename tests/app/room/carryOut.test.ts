import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RoomStore } from "../../../app/room/roomStore.ts";
import { busyText, carryOut, keepDrawingWorker } from "../../../app/room/tools/carryOut.ts";
import type { RoomContext, RoomSegment } from "../../../app/room/useRoom.ts";
import { applyDrawing } from "../../../core/mask/drawing/apply.ts";
import { drawingIntent } from "../../../core/mask/drawing/intent.ts";
import type { DrawingStroke } from "../../../core/mask/drawing/strokes.ts";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { type DirtyBricks, MaskFold } from "../../../core/mask/maskFold.ts";
import { encodeStroke, type StrokeEntry } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { until } from "../../support/until.ts";
import { WebWorker } from "../../support/webWorker.ts";

const grid: Grid = { dims: [200, 200, 160], spacing: [1, 1, 1], origin: [0, 0, 0] }, count = 200 * 200 * 160;
const hu = Int16Array.from({ length: count }, (_, i) => (i * 7919) % 700), segments = [1, 2].map((value) => ({ value, name: `S${value}`, isLocked: value === 2 }) as RoomSegment);

function roomOf() {
  const written: DrawingStroke[][] = [], store = new RoomStore(grid, rasPoint(100, 100, 80));
  const fold = new MaskFold(grid, fromDense(grid, Uint8Array.from(hu, (value) => (value > 600 ? 2 : 0))), fromDense(grid, Uint8Array.from(hu, (value) => (value > 100 ? 1 : 0))));
  const followers = new Set<(dirty: DirtyBricks) => void>();
  const followBricks = (follower: (dirty: DirtyBricks) => void) => { followers.add(follower); return () => { followers.delete(follower); }; };
  /** A peer draws. */
  const draw = (stroke: Omit<StrokeEntry, "id" | "lamport" | "isFinal">) => {
    const dirty = fold.addStroke(encodeStroke({ ...stroke, id: { clientId: 9, counter: fold.maxLamport + 1 }, lamport: fold.maxLamport + 1, isFinal: true }));
    for (const follower of followers) follower(dirty);
  };
  const session = { fold, followBricks, commitTogether: (strokes: DrawingStroke[]) => { written.push(strokes); return Promise.resolve([]); } };
  return { room: { store, session, grid, volume: { hu } } as unknown as RoomContext, store, fold, written, followers, draw };
}
/** Place in the volume of a voxel of brick 5, whose first row begins at x = 160. */
const indexIn5 = (local: number): number => 160 + (local % 32) + 200 * (Math.floor(local / 32) % 32) + 200 * 200 * Math.floor(local / 1024);
beforeAll(() => { vi.stubGlobal("Worker", WebWorker); });
afterAll(() => { vi.unstubAllGlobals(); });

describe("what goes through the whole volume", { timeout: 60_000 }, () => {
  it.each(["acceptAll", "discardAll"] as const)("%s is computed beside the page, within the masking rules, as one act; by a worker that is ready before and stays for the next", async (effect) => {
    const { room, fold, written } = roomOf(), intent = drawingIntent.parse({ effect, locked: [2], editableRange: [200, 690] });
    keepDrawingWorker();
    const before = [WebWorker.started, WebWorker.ended];
    await carryOut(room, segments, intent);
    expect([WebWorker.started, WebWorker.ended]).toEqual(before);
    expect(written).toEqual([applyDrawing(intent, { source: fold, hu }).strokes]);
    expect(written[0].at(-1)).toMatchObject({ value: 0, layer: "proposal" });
  });

  it("MK9: shows how far it is, lets nothing else begin, and writes nothing once it is cancelled", async () => {
    const { room, store, written } = roomOf(), intent = drawingIntent.parse({ effect: "acceptAll", editableRange: [200, 690] }), seen: (number | null)[] = [];
    const stop = store.subscribe(() => { const { work } = store.get(); if (work) seen.push(work.fraction); });
    const asked = carryOut(room, segments, intent);
    await until("it is shown", () => store.get().work !== null);
    expect(store.get().work?.label).toBe("Accepting what is proposed…");
    await carryOut(room, segments, intent);
    expect(store.get().notice).toBe(busyText);
    const ended = WebWorker.ended;
    store.get().work?.cancel();
    await asked;
    expect(WebWorker.ended).toBe(ended + 1);
    stop();
    expect([written, store.get().work, store.get().notice]).toEqual([[], null, "Cancelled. Nothing was changed."]);
    expect(seen[0]).toBeNull();
  });

  it("cancelled while it is stored, it writes nothing: what stores it is told", async () => {
    const { room, store } = roomOf(), intent = drawingIntent.parse({ effect: "acceptAll" });
    const session = Object.assign(room.session, { commitTogether: async (_strokes: DrawingStroke[], signal: AbortSignal) => {
      await until("it can be cancelled", () => store.get().work !== null);
      store.get().work?.cancel();
      signal.throwIfAborted();
      return [];
    } });
    await carryOut({ ...room, session }, segments, intent);
    expect([store.get().work, store.get().notice]).toEqual([null, "Cancelled. Nothing was changed."]);
  });

  it.each(["acceptAll", "discardAll"] as const)("%s leaves what a peer draws or proposes while it is computed as it is", async (effect) => {
    const { room, fold, written, followers, draw } = roomOf(), intent = drawingIntent.parse({ effect }), drawn = Uint16Array.of(0, 32), proposed = Uint16Array.of(64, 32);
    const before = applyDrawing(intent, { source: fold, hu }).strokes, asked = carryOut(room, segments, intent);
    draw({ layer: "anatomy", value: 2, content: { kind: "runs", bricks: [{ brick: 5, runs: drawn }] } });
    draw({ layer: "proposal", value: 2, content: { kind: "runs", bricks: [{ brick: 5, runs: proposed }] } });
    await asked;
    expect(followers.size).toBe(0);
    const voxelsOf = (strokes: DrawingStroke[], brick: number) => strokes.flatMap(({ layer, value, bricks }) => bricks.filter((one) => one.brick === brick).flatMap(({ runs }) => Array.from({ length: runs.length / 2 }, (_, r) => Array.from({ length: runs[2 * r + 1] }, (_v, n) => `${layer} ${value} ${runs[2 * r] + n}`)).flat()));
    const isTheirs = (voxel: string) => { const local = Number(voxel.split(" ")[2]); return local < 32 || (local >= 64 && local < 96); };
    const [there] = written, expected = voxelsOf(before, 5).filter((voxel) => !isTheirs(voxel));
    expect(voxelsOf(before, 5).length).toBeGreaterThan(expected.length);
    // A voxel that held what they drew already was changed by nobody.
    const changed = voxelsOf(there, 5).filter(isTheirs).map((voxel) => Number(voxel.split(" ")[2]));
    expect(changed.every((local) => local < 32 && hu[indexIn5(local)] > 600)).toBe(true);
    expect(voxelsOf(there, 5).filter((voxel) => !isTheirs(voxel))).toEqual(expected);
    expect(voxelsOf(there, 4)).toEqual(voxelsOf(before, 4));
  });

  it("a worker whose script could not be had is not asked", async () => {
    const failing = new WebWorker(new URL("data:text/javascript,0"));
    vi.resetModules();
    const fresh = await import("../../../app/room/tools/carryOut.ts");
    vi.stubGlobal("Worker", function () { return failing; });
    fresh.keepDrawingWorker();
    vi.stubGlobal("Worker", WebWorker);
    failing.onerror?.(new Error("no such file"));
    const { room, fold, written } = roomOf(), intent = drawingIntent.parse({ effect: "discardAll" });
    await fresh.carryOut(room, segments, intent);
    expect(written).toEqual([applyDrawing(intent, { source: fold, hu }).strokes]);
    failing.terminate();
  });
});

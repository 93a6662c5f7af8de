import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { cancelledText, type EffectProgress, EffectWork } from "../../../app/room/tools/effectWork.ts";
import { applyEffect } from "../../../core/mask/effects/apply.ts";
import { automaticThreshold, histogramOf } from "../../../core/mask/effects/automaticThreshold.ts";
import { effectIntent } from "../../../core/mask/effects/intent.ts";
import { denseLabels } from "../../../core/mask/labelmap.ts";
import { type DirtyBricks, MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { encodeStroke, type Layer } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { WebWorker } from "../../support/webWorker.ts";

const grid: Grid = { dims: [160, 160, 120], spacing: [0.6, 0.6, 1], origin: [0, 0, 0] }, count = 160 * 160 * 120;
const hu = Int16Array.from({ length: count }, (_, i) => (i * 7919) % 700 - 200);

/** A fold that tells its followers, as a session's does. */
class Mask {
  fold = new MaskFold(grid);
  readonly #followers = new Set<(dirty: DirtyBricks) => void>();
  #counter = 0;
  followBricks(follower: (dirty: DirtyBricks) => void) { this.#followers.add(follower); return () => { this.#followers.delete(follower); }; }
  draw(value: number, at: [number, number, number], radiusMm: number, layer: Layer = "anatomy"): void {
    this.#counter++;
    const bricks = rasterizeBrush(grid, { shape: "ball", radiusMm, plane: 2, points: [rasPoint(...at)] });
    const dirty = this.fold.addStroke(encodeStroke({ id: { clientId: 3, counter: this.#counter }, lamport: this.#counter, layer, value, isFinal: true, content: { kind: "runs", bricks } }));
    for (const follower of this.#followers) follower(dirty);
  }
  input() { return { grid, hu, labels: denseLabels(this.fold.labelmap()), proposal: denseLabels(this.fold.labelmap("proposal")) }; }
}

let work: EffectWork | undefined;
const never = () => new AbortController().signal;
const margin = effectIntent.parse({ effect: "margin", segment: 1, mm: 2 }), slow = effectIntent.parse({ effect: "smooth", segment: 1, method: "gaussian", mm: 12 });

beforeAll(() => { vi.stubGlobal("Worker", WebWorker); });
afterEach(() => { work?.close(); vi.stubGlobal("crossOriginIsolated", undefined); });
afterAll(() => { vi.unstubAllGlobals(); });

describe.each([["with shared memory", true], ["without", false]])("effects beside the page, %s", (_what, isIsolated) => {
  it("MK9: are those of the whole mask, though a question brings only what changed since the last", { timeout: 60_000 }, async () => {
    vi.stubGlobal("crossOriginIsolated", isIsolated);
    const mask = new Mask(), before = WebWorker.started;
    mask.draw(1, [30, 30, 40], 8);
    work = new EffectWork(mask, () => ({ grid, hu }));
    // The worker is started before it is asked, and it is the one that answers.
    work.keepReady();
    work.keepReady();
    expect(WebWorker.started).toBe(before + 1);
    expect((await work.strokes(margin, never())).strokes).toEqual(applyEffect(margin, mask.input()));
    mask.draw(1, [60, 60, 60], 6);
    mask.draw(0, [30, 30, 42], 5);
    mask.draw(2, [62, 60, 60], 3);
    mask.draw(1, [70, 70, 70], 4, "proposal");
    const asked = work.strokes(margin, never()), union = effectIntent.parse({ effect: "logic", segment: 2, operation: "union", other: 1, of: "proposal" });
    expect((await asked).strokes).toEqual(applyEffect(margin, mask.input()));
    expect((await work.strokes(union, never())).strokes).toEqual(applyEffect(union, mask.input()));
    mask.draw(0, [70, 70, 70], 9, "proposal");
    await expect(work.strokes(union, never())).rejects.toThrow("Segment 1 holds no proposed voxel.");
    expect((await work.strokes(margin, never())).revision).toBe(work.revision);
    const histogram = await work.histogram();
    expect(histogram.counts).toEqual(histogramOf(hu).counts);
    expect(histogram.found.otsu).toBe(automaticThreshold(histogramOf(hu), "otsu"));
    expect(WebWorker.started).toBe(before + 1);
  });

  it("MK9: tell how far they are, stop when they are cancelled, and the next one is whole again", { timeout: 120_000 }, async () => {
    vi.stubGlobal("crossOriginIsolated", isIsolated);
    const mask = new Mask(), told: EffectProgress[] = [], ended = WebWorker.ended;
    mask.draw(1, [45, 45, 60], 30);
    // Beside much else a worker comes late to where it looks whether it is still wanted: that it stops by itself is what counts here.
    work = new EffectWork(mask, () => ({ grid, hu }), 60_000);
    await work.strokes(margin, never());
    const stop = new AbortController();
    const cancelled = work.strokes(slow, stop.signal, (progress) => {
      told.push(progress);
      if (progress.fraction > told[0].fraction) stop.abort();
    });
    // One that waits in line behind it, and is given up before its turn.
    const waiting = new AbortController(), given = work.strokes(margin, waiting.signal);
    waiting.abort();
    await expect(cancelled).rejects.toThrow(cancelledText);
    await expect(given).rejects.toThrow(cancelledText);
    // What comes first may be that it looks at the mask, where that took long.
    expect(told.at(-1)?.what).toBe("Gaussian smoothing");
    expect(told.map(({ fraction }) => fraction)).toEqual(told.map(({ fraction }) => fraction).sort((a, b) => a - b));
    expect(told.filter(({ fraction }) => fraction > told[0].fraction)).toHaveLength(1);
    // With shared memory the worker stops by itself and keeps what it holds.
    expect(WebWorker.ended - ended).toBe(isIsolated ? 0 : 1);
    mask.draw(1, [20, 20, 20], 5);
    expect((await work.strokes(margin, never())).strokes).toEqual(applyEffect(margin, mask.input()));
  });
});

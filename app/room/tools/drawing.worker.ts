import { applyDrawing } from "../../../core/mask/drawing/apply.ts";
import type { Drawn } from "../../../core/mask/drawing/strokes.ts";
import type { DrawingIntent } from "../../../core/mask/drawing/intent.ts";
import { EffectError } from "../../../core/mask/effects/intent.ts";
import type { Layer } from "../../../core/mask/stroke.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page asks: an intent, the bricks of each layer that it looks at, as far as they hold something, and the CT where a rule looks at it. */
export interface DrawingQuestion { intent: DrawingIntent; grid: Grid; bricks: Readonly<Partial<Record<Layer, ReadonlyMap<number, Uint8Array>>>>; hu?: Int16Array }
export type DrawingReply = { fraction: number } | { drawn: Drawn } | { problem: string };

const tellEveryMs = 50;

addEventListener("message", ({ data: { intent, grid, bricks, hu } }: MessageEvent<DrawingQuestion>) => {
  let told = performance.now();
  const tell = (fraction: number) => {
    if (performance.now() - told < tellEveryMs) return;
    told = performance.now();
    postMessage({ fraction } satisfies DrawingReply);
  };
  try {
    postMessage({ drawn: applyDrawing(intent, { source: { grid, brick: (index, layer = "anatomy") => bricks[layer]?.get(index) }, hu }, tell) } satisfies DrawingReply);
  } catch (error) {
    if (!(error instanceof EffectError)) throw error;
    postMessage({ problem: error.message } satisfies DrawingReply);
  }
});

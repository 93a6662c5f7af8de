import { applyEffect, type EffectStroke } from "../../../core/mask/effects/apply.ts";
import { EffectError, type EffectIntent } from "../../../core/mask/effects/intent.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page asks: an intent, and what it works on. */
export interface EffectQuestion { intent: EffectIntent; grid: Grid; labels: Uint8Array; proposal: Uint8Array; hu: Int16Array }
export type EffectReply = { strokes: EffectStroke[] } | { problem: string };

addEventListener("message", ({ data: { intent, grid, labels, proposal, hu } }: MessageEvent<EffectQuestion>) => {
  let reply: EffectReply;
  try {
    reply = { strokes: applyEffect(intent, { grid, labels, proposal, hu }) };
  } catch (error) {
    if (!(error instanceof EffectError)) throw error;
    reply = { problem: `${error.message[0].toUpperCase()}${error.message.slice(1)}.` };
  }
  postMessage(reply);
});

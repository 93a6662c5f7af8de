import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import type { EffectIntent } from "../../../core/mask/effects/intent.ts";
import { denseLabels } from "../../../core/mask/labelmap.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import type { EffectQuestion, EffectReply } from "./effect.worker.ts";

/**
 * What an effect would write, computed beside the page on the mask as it is now.
 * @throws Error for people, when it cannot be done, was cancelled, or the worker failed
 */
export function effectStrokes(fold: MaskFold, hu: Int16Array, intent: EffectIntent, signal: AbortSignal): Promise<EffectStroke[]> {
  const worker = new Worker(new URL("./effect.worker.ts", import.meta.url), { type: "module" });
  return new Promise<EffectStroke[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<EffectReply>) => { if ("strokes" in data) resolve(data.strokes); else reject(new Error(data.problem)); };
    worker.onerror = () => reject(new Error("This could not be computed. Nothing was changed."));
    signal.addEventListener("abort", () => reject(new Error("Cancelled. Nothing was changed.")), { once: true });
    worker.postMessage({ intent, grid: fold.grid, labels: denseLabels(fold.labelmap()), proposal: denseLabels(fold.labelmap("proposal")), hu } satisfies EffectQuestion);
  }).finally(() => worker.terminate());
}

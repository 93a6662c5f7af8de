import { brickCount } from "../../../core/mask/brick.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import type { BrickRuns } from "../../../core/mask/stroke.ts";
import type { ThresholdQuestion } from "./threshold.worker.ts";

/**
 * All voxels of a volume in a HU range that may be changed, computed beside the page.
 * @throws Error when it was cancelled or the worker failed
 */
export function thresholdRuns(fold: MaskFold, hu: Int16Array, range: readonly [number, number], untouchable: ReadonlySet<number>, signal: AbortSignal): Promise<BrickRuns[]> {
  const labels: [number, Uint8Array][] = [];
  if (untouchable.size > 0) {
    for (let brick = 0; brick < brickCount(fold.grid); brick++) {
      const content = fold.brick(brick);
      // Where an empty voxel is left alone, every brick that holds something is wanted.
      if (content?.some((value) => untouchable.has(0) || untouchable.has(value))) labels.push([brick, content]);
    }
  }
  const question: ThresholdQuestion = { grid: fold.grid, hu, min: range[0], max: range[1], untouchable: [...untouchable], labels };
  const worker = new Worker(new URL("./threshold.worker.ts", import.meta.url), { type: "module" });
  return new Promise<BrickRuns[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<BrickRuns[]>) => resolve(data);
    worker.onerror = () => reject(new Error("The threshold could not be computed. Nothing was changed."));
    signal.addEventListener("abort", () => reject(new Error("The threshold was cancelled. Nothing was changed.")), { once: true });
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

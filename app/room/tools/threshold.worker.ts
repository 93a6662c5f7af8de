import { threshold } from "../../../core/mask/rasterize.ts";
import { restrictRuns } from "../../../core/mask/rasterize.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page asks: all voxels in a range, but those that hold certain labels. `hu` comes with the first question. */
export interface ThresholdQuestion {
  grid: Grid;
  hu: Int16Array;
  min: number;
  max: number;
  untouchable: number[];
  /** Bricks with such a label; what is not here holds nothing of interest, or nothing at all where 0 is untouchable. */
  labels: [number, Uint8Array][];
}

addEventListener("message", ({ data }: MessageEvent<ThresholdQuestion>) => {
  const { grid, hu, min, max } = data;
  const untouchable = new Set(data.untouchable);
  const labels = new Map(data.labels);
  const bricks = threshold(grid, hu, min, max);
  const kept = labels.size === 0 && !untouchable.has(0) ? bricks : restrictRuns(bricks, (local, brick) => !untouchable.has(labels.get(brick)?.[local] ?? 0));
  postMessage(kept);
});

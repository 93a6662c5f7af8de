import { threshold } from "../../../core/mask/rasterize.ts";
import { restrictRuns } from "../../../core/mask/rasterize.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page asks: all voxels in a range, but those of locked segments. `hu` comes with the first question. */
export interface ThresholdQuestion {
  grid: Grid;
  hu: Int16Array;
  min: number;
  max: number;
  locked: number[];
  /** Bricks that hold a locked label. */
  labels: [number, Uint8Array][];
}

addEventListener("message", ({ data }: MessageEvent<ThresholdQuestion>) => {
  const { grid, hu, min, max } = data;
  const locked = new Set(data.locked);
  const labels = new Map(data.labels);
  const bricks = threshold(grid, hu, min, max);
  const kept = labels.size === 0 ? bricks : restrictRuns(bricks, (local, brick) => !locked.has(labels.get(brick)?.[local] ?? 0));
  postMessage(kept);
});

import { BRICK, brickCount, brickExtent, brickOrigin } from "../../core/mask/brick.ts";
import type { BrickRuns } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";

/** The voxels of one label value as a stroke's runs: start within the brick and length, row by row. */
export function labelRuns(grid: Grid, labels: Uint8Array, value: number): BrickRuns[] {
  const [nx, ny] = grid.dims, bricks: BrickRuns[] = [];
  for (let brick = 0; brick < brickCount(grid); brick++) {
    const [ox, oy, oz] = brickOrigin(grid, brick), [ex, ey, ez] = brickExtent(grid, brick), runs: number[] = [];
    for (let z = 0; z < ez; z++) for (let y = 0; y < ey; y++) for (let x = 0; x < ex;) {
      const row = ox + nx * (oy + y + ny * (oz + z));
      if (labels[row + x] !== value) { x++; continue; }
      let end = x + 1;
      while (end < ex && labels[row + end] === value) end++;
      runs.push(x + BRICK * (y + BRICK * z), end - x);
      x = end;
    }
    if (runs.length > 0) bricks.push({ brick, runs: Uint16Array.from(runs) });
  }
  return bricks;
}

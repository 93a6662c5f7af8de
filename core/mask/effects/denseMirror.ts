import { BRICK, brickExtent, brickOrigin, brickRows } from "../brick.ts";
import { type Grid, voxelCount } from "../../space/grid.ts";

/** A brick's labels (32,768, or null: it holds nothing). */
export type BrickContent = readonly [brick: number, content: Uint8Array | null];

/** Label values of a whole grid, a byte a voxel, kept up with bricks as they change. */
export class DenseMirror {
  readonly labels: Uint8Array;
  readonly #grid: Grid;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.labels = new Uint8Array(voxelCount(grid));
  }

  put(bricks: readonly BrickContent[]): void {
    const [nx, ny] = this.#grid.dims;
    for (const [brick, content] of bricks) {
      const [ox, oy, oz] = brickOrigin(this.#grid, brick), [ex, ey, ez] = brickExtent(this.#grid, brick);
      for (let z = 0; z < ez; z++) for (let y = 0; y < ey; y++) {
        const row = y * BRICK + z * brickRows, to = ox + (oy + y) * nx + (oz + z) * nx * ny;
        if (content === null) this.labels.fill(0, to, to + ex);
        else this.labels.set(content.subarray(row, row + ex), to);
      }
    }
  }
}

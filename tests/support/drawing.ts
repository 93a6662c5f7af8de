// What tests of the drawing tools need: voxels of strokes, and the plain way to tell what lies inside a shape.
import { brickOrigin } from "../../core/mask/brick.ts";
import type { BrickRuns } from "../../core/mask/brickRuns.ts";
import { runsProblem } from "../../core/mask/brickRuns.ts";
import { fromDense } from "../../core/mask/labelmap.ts";
import type { BrickSource } from "../../core/mask/masking.ts";
import type { DrawingStroke } from "../../core/mask/drawing/strokes.ts";
import type { Grid } from "../../core/space/grid.ts";

/** How often runs name each voxel. @throws Error where they are not canonical */
export function namedVoxels(grid: Grid, bricks: readonly BrickRuns[]): Uint8Array {
  const [nx, ny, nz] = grid.dims, out = new Uint8Array(nx * ny * nz);
  let before = -1;
  for (const { brick, runs } of bricks) {
    const problem = brick <= before ? "bricks must ascend" : runsProblem(runs), [ox, oy, oz] = brickOrigin(grid, brick);
    if (problem) throw new Error(problem);
    before = brick;
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) out[ox + (v & 31) + nx * (oy + ((v >> 5) & 31) + ny * (oz + (v >> 10)))]++;
  }
  return out;
}

/** Labels after strokes on one layer. */
export function afterStrokes(grid: Grid, labels: Uint8Array, strokes: readonly Pick<DrawingStroke, "value" | "bricks">[]): Uint8Array {
  const after = labels.slice();
  for (const { value, bricks } of strokes) namedVoxels(grid, bricks).forEach((is, i) => { if (is) after[i] = value; });
  return after;
}

/** Dense labels as bricks. */
export function sourceOf(grid: Grid, labels: Uint8Array, proposal?: Uint8Array): BrickSource {
  const anatomy = fromDense(grid, labels), other = proposal && fromDense(grid, proposal);
  return { grid, brick: (index, layer = "anatomy") => (layer === "anatomy" ? anatomy : other)?.bricks.get(index) };
}

/** Even-odd by a ray to the right, the plain way. */
export function isInPolygon(u: number, v: number, corners: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[i], [bx, by] = corners[j];
    if ((ay > v) !== (by > v) && u < (bx - ax) * (v - ay) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Voxel (i, j, k) of an index, and its centre in RAS mm. */
export function centreOf(grid: Grid, index: number): { ijk: [number, number, number]; p: [number, number, number] } {
  const [nx, ny] = grid.dims, ijk: [number, number, number] = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / nx / ny)];
  return { ijk, p: [0, 1, 2].map((a) => grid.origin[a] + grid.spacing[a] * ijk[a]) as [number, number, number] };
}

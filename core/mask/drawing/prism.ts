import type { Grid } from "../../space/grid.ts";
import { BRICK, brickDims } from "../brick.ts";
import type { BrickRuns } from "../brickRuns.ts";
import { type Frame, onVoxels } from "./frame.ts";
import { type FlatShape, rowScan } from "./shapeRows.ts";

/** mm that a voxel's centre may lie beyond a depth: rounding only. */
const slackMm = 1e-6;

/** A shape carried along the line of sight, within a range of depths. */
export interface Prism {
  frame: Frame;
  shape: FlatShape;
  /** The voxels whose centres lie in it; else, of those within the depth, the others. */
  isInside: boolean;
  /** From, to: mm towards the viewer as the frame counts them, both ends in. */
  depth: readonly [number, number];
}

/**
 * Runs of a prism's voxels, brick by brick in ascending order.
 * @param mayHold whether a brick can hold a voxel that is wanted; others are passed over
 * @param each is given every brick with its runs
 * @param onProgress is told the fraction done
 */
export function eachPrismBrick(grid: Grid, { frame, shape, isInside, depth }: Prism, mayHold: (brick: number) => boolean, each: (runs: BrickRuns) => void, onProgress?: (fraction: number) => void): void {
  const [nx, ny, nz] = grid.dims, [nbx, nby, nbz] = brickDims(grid);
  const [du, uj, uk, u0] = onVoxels(grid, frame.across), [dv, vj, vk, v0] = onVoxels(grid, frame.down), [dw, wj, wk, w0] = onVoxels(grid, frame.toward);
  const scan = rowScan(shape, du, dv, nx), spans: number[] = [], low = depth[0] - slackMm, high = depth[1] + slackMm;
  for (let slab = 0; slab < nby * nbz; slab++) {
    const by = slab % nby, bz = Math.floor(slab / nby), first = slab * nbx, wanted = Array.from({ length: nbx }, (_, bx) => mayHold(first + bx));
    onProgress?.(slab / (nby * nbz));
    if (!wanted.includes(true)) continue;
    const runs: number[][] = wanted.map(() => []);
    const put = (row: number, from: number, end: number) => {
      for (let i = from; i < end;) {
        const bx = i >> 5, to = Math.min(end, (bx + 1) * BRICK);
        if (wanted[bx]) runs[bx].push(row + (i & 31), to - i);
        i = to;
      }
    };
    for (let k = bz * BRICK; k < Math.min(nz, (bz + 1) * BRICK); k++) for (let j = by * BRICK; j < Math.min(ny, (by + 1) * BRICK); j++) {
      // The part of the row that is deep enough and not too deep.
      const w = w0 + j * wj + k * wk;
      let from = 0, end = nx;
      if (dw === 0) { if (w < low || w > high) continue; } else if (low !== -Infinity || high !== Infinity) {
        const a = (low - w) / dw, b = (high - w) / dw;
        from = Math.max(0, Math.ceil(Math.min(a, b)));
        end = Math.min(nx, Math.floor(Math.max(a, b)) + 1);
        if (end <= from) continue;
      }
      const used = scan(u0 + j * uj + k * uk, v0 + j * vj + k * vk, spans), row = ((j & 31) + (k & 31) * BRICK) * BRICK;
      let at = from;
      for (let n = 0; n < used; n += 2) {
        const a = Math.max(from, spans[n]), b = Math.min(end, spans[n + 1]);
        if (b <= a) continue;
        if (isInside) put(row, a, b);
        else if (a > at) put(row, at, a);
        at = b;
      }
      if (!isInside && end > at) put(row, at, end);
    }
    for (let bx = 0; bx < nbx; bx++) if (runs[bx].length > 0) each({ brick: first + bx, runs: Uint16Array.from(runs[bx]) });
  }
}

/** All of them in a list. */
export function prismRuns(grid: Grid, prism: Prism, mayHold: (brick: number) => boolean = () => true): BrickRuns[] {
  const bricks: BrickRuns[] = [];
  eachPrismBrick(grid, prism, mayHold, (one) => { bricks.push(one); });
  return bricks;
}

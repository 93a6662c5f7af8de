import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brickOrigin } from "../../../core/mask/brick.ts";
import { outlineRuns } from "../../../core/mask/polygon.ts";
import { type Grid, ijkPoint, ijkToRas, type RasPoint } from "../../../core/space/grid.ts";

const grid: Grid = { dims: [40, 37, 35], spacing: [0.6, 0.9, 1.7], origin: [-5, 3, 10] };
const [nx, ny, nz] = grid.dims;
function dense(bricks: ReturnType<typeof outlineRuns>): Uint8Array {
  const out = new Uint8Array(nx * ny * nz);
  for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) out[ox + (v & 31) + nx * (oy + ((v >> 5) & 31) + ny * (oz + (v >> 10)))]++;
  }
  return out;
}
/** Winding by rays, the plain way. */
function isInside(u: number, v: number, corners: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[i], [bx, by] = corners[j];
    if ((ay > v) !== (by > v) && u < (bx - ax) * (v - ay) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

describe("the inside of an outline", () => {
  it("is that of a plain even-odd test on every plane, at any depth, inside and outside", () => {
    // Off the voxels' centres, where an edge may count either way.
    const off = (max: number) => fc.integer({ min: -300, max }).map((n) => n / 100 + 0.00371);
    const corner = fc.tuple(off(4270), off(3970));
    fc.assert(fc.property(fc.constantFrom(0, 1, 2), fc.array(corner, { minLength: 3, maxLength: 9 }), fc.integer({ min: 0, max: 34 }), fc.constantFrom(0, 2, Infinity), fc.boolean(), (plane, corners, slice, depth, wanted) => {
      const axes = plane === 0 ? [1, 2] : plane === 1 ? [0, 2] : [0, 1];
      const points: RasPoint[] = corners.map(([u, v]) => { const ijk = [0, 0, 0]; ijk[plane] = slice; ijk[axes[0]] = u; ijk[axes[1]] = v; return ijkToRas(grid, ijkPoint(ijk[0], ijk[1], ijk[2])); });
      const found = dense(outlineRuns(grid, { points, plane: plane as 0 | 1 | 2 }, depth, wanted));
      for (let at = 0; at < found.length; at += 3) {
        const ijk = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)];
        expect(found[at]).toBe(Math.abs(ijk[plane] - slice) <= depth && isInside(ijk[axes[0]], ijk[axes[1]], corners) === wanted ? 1 : 0);
      }
    }), { numRuns: 30 });
  });
  it("is empty for a line, a point, nothing, and passes over bricks that cannot hold what is wanted", () => {
    const p = ijkToRas(grid, ijkPoint(4, 4, 4)), q = ijkToRas(grid, ijkPoint(20, 9, 4)), r = ijkToRas(grid, ijkPoint(8, 25, 4));
    for (const points of [[], [p], [p, q]]) expect(outlineRuns(grid, { points, plane: 2 })).toEqual([]);
    expect(outlineRuns(grid, { points: [p, q, r], plane: 2 }, Infinity, true, () => false)).toEqual([]);
  });
});

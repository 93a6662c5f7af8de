import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyDrawing } from "../../../../core/mask/drawing/apply.ts";
import { drawingIntent } from "../../../../core/mask/drawing/intent.ts";
import { levelLoop, loopRuns } from "../../../../core/mask/drawing/levelTrace.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { centreOf, isInPolygon, namedVoxels, sourceOf } from "../../../support/drawing.ts";

const grid: Grid = { dims: [17, 14, 11], spacing: [0.6, 0.9, 1.7], origin: [-5, 3, 10] }, [nx, ny, nz] = grid.dims, count = nx * ny * nz;
const axesOf = { sagittal: [0, 1, 2], coronal: [1, 0, 2], axial: [2, 0, 1] } as const, planes = ["axial", "coronal", "sagittal"] as const;
const at = (i: number, j: number, k: number): [number, number, number] => [grid.origin[0] + grid.spacing[0] * i, grid.origin[1] + grid.spacing[1] * j, grid.origin[2] + grid.spacing[2] * k];
/** Noise that is smooth over some voxels, so that lines are long. */
const noise = (seed: number) => Int16Array.from({ length: count }, (_, i) => { const { ijk: [x, y, z] } = centreOf(grid, i); return Math.round(700 * Math.sin(x * 0.7 + seed) * Math.cos(y * 0.9 - seed) + 300 * Math.sin(z + x * y * 0.13) + ((i * 2654435761 + seed * 977) >>> 0) % 97); });
const trace = (hu: Int16Array, plane: (typeof planes)[number], p: [number, number, number]) => levelLoop(grid, hu, plane, p) ?? expect.fail("no line");

describe("the edge under the pointer", () => {
  it("MK10: is a closed line at the pointer's HU through its cell, and holds the voxels that a plain test of the line finds", () => {
    const part = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(fc.property(fc.nat(1000), fc.constantFrom(...planes), fc.tuple(part, part, part), (seed, plane, parts) => {
      const hu = noise(seed), ijk = parts.map((t, a) => t * (grid.dims[a] - 1)), loop = trace(hu, plane, at(ijk[0], ijk[1], ijk[2])), [normal, u, v] = axesOf[plane];
      const inVoxels = loop.points.map((p) => p.map((mm, a) => Math.round((mm - grid.origin[a]) / grid.spacing[a] * 1e9) / 1e9));
      const huAt = (n: readonly number[]) => hu[n[0] + nx * (n[1] + ny * n[2])];
      const value = (p: readonly number[]): number => {
        let sum = 0;
        for (let c = 0; c < 4; c++) {
          const n = [0, 0, 0], low = [Math.floor(p[u]), Math.floor(p[v])], s = [p[u] - low[0], p[v] - low[1]], d = [c & 1, c >> 1];
          n[normal] = loop.slice;
          n[u] = Math.min(grid.dims[u] - 1, low[0] + d[0]);
          n[v] = Math.min(grid.dims[v] - 1, low[1] + d[1]);
          sum += huAt(n) * (d[0] ? s[0] : 1 - s[0]) * (d[1] ? s[1] : 1 - s[1]);
        }
        return sum;
      };
      const pointer = ijk.slice();
      pointer[normal] = loop.slice;
      expect(Math.abs(loop.slice - ijk[normal])).toBeLessThan(0.5 + 1e-9);
      expect(loop.level).toBeCloseTo(value(pointer), 6);
      let isNear = false;
      for (const [n, p] of inVoxels.entries()) {
        const next = inVoxels[(n + 1) % inVoxels.length];
        // Corners follow each other within a cell, the last and the first too.
        expect(Math.max(...p.map((x, a) => Math.abs(x - next[a])))).toBeLessThanOrEqual(1 + 1e-8);
        const isEdge = p[u] < 0 || p[v] < 0 || p[u] > grid.dims[u] - 1 || p[v] > grid.dims[v] - 1;
        if (!isEdge) expect(value(p)).toBeCloseTo(loop.level, 5);
        if ([u, v].every((a) => Math.floor(pointer[a]) <= Math.min(p[a], next[a]) && Math.max(p[a], next[a]) <= Math.floor(pointer[a]) + 1)) isNear = true;
      }
      expect(isNear).toBe(true);
      const named = namedVoxels(grid, loopRuns(grid, plane, loop)), flat = inVoxels.map((p): [number, number] => [p[u], p[v]]);
      for (let i = 0; i < count; i++) {
        const n = centreOf(grid, i).ijk;
        if (named[i] !== (n[normal] === loop.slice && isInPolygon(n[u], n[v], flat) ? 1 : 0)) expect.fail(`voxel ${n.join()}`);
      }
    }), { numRuns: 300 });
  });
  it("goes round a bright disc, round a dark hole in it, and round everything where all is alike", () => {
    const hu = new Int16Array(count).fill(-1000), radius = (x: number, y: number) => Math.sqrt((x - 8) * (x - 8) + (y - 7) * (y - 7));
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) if (radius(x, y) <= 5 && radius(x, y) > 1.5) hu[x + nx * (y + ny * 4)] = 1000;
    const inside = (x: number) => { const named = namedVoxels(grid, loopRuns(grid, "axial", trace(hu, "axial", at(x, 7, 4)))); return named.reduce((sum, one) => sum + one, 0); };
    const discOf = (r: number) => Array.from({ length: nx * ny }, (_, i) => radius(i % nx, Math.floor(i / nx))).filter((d) => d <= r).length;
    expect(inside(13.5)).toBe(discOf(5));
    expect(inside(9.5)).toBe(discOf(1.5));
    // In the flat air the first edge to the right is the volume's own; with the disc between, the disc's.
    expect(namedVoxels(grid, loopRuns(grid, "axial", trace(hu, "axial", at(3, 7, 9)))).reduce((sum, one) => sum + one, 0)).toBe(nx * ny);
    expect(levelLoop(grid, hu, "axial", at(-0.6, 5, 5))).toBeUndefined();
    expect(levelLoop(grid, hu, "axial", at(-0.4, 5, 5))).toBeDefined();
  });
  it("in a cell that two lines cross takes the one on the pointer's side of the saddle", () => {
    const hu = new Int16Array(count);
    const put = (x: number, y: number, value: number) => { hu[x + nx * (y + ny * 4)] = value; };
    // Two bright voxels that touch at a corner only; the saddle between them lies at 50.
    put(7, 6, 100); put(8, 7, 100);
    const corner = (x: number, y: number) => [...namedVoxels(grid, loopRuns(grid, "axial", trace(hu, "axial", at(x, y, 4)))).keys()].filter((i) => namedVoxels(grid, loopRuns(grid, "axial", trace(hu, "axial", at(x, y, 4))))[i] === 1);
    const one = 7 + nx * (6 + ny * 4), other = 8 + nx * (7 + ny * 4);
    expect(corner(7.15, 6.15)).toEqual([one]);
    expect(corner(7.85, 6.85)).toEqual([other]);
    // Below the saddle both are within one line.
    expect(corner(7.6, 6.1)).toEqual([one, other]);
  });
  it("fills within the masking rules, and writes nothing where they leave nothing", () => {
    const hu = Int16Array.from({ length: count }, (_, i) => { const [x, y] = centreOf(grid, i).ijk; return 1000 - 100 * Math.sqrt((x - 8) * (x - 8) + (y - 7) * (y - 7)); });
    const labels = new Uint8Array(count).fill(2, 0, nx * ny * 5), source = sourceOf(grid, labels), p = at(11.1, 7.2, 3.8);
    const all = applyDrawing(drawingIntent.parse({ effect: "levelTrace", segment: 1, at: p }), { source, hu }).strokes[0];
    expect(all.voxels).toBeGreaterThan(20);
    const some = applyDrawing(drawingIntent.parse({ effect: "levelTrace", segment: 1, at: p, editableRange: [850, 3000] }), { source, hu }).strokes[0];
    expect(namedVoxels(grid, some?.bricks ?? [])).toEqual(namedVoxels(grid, all.bricks).map((is, i) => (is && hu[i] >= 850 && hu[i] <= 3000 ? 1 : 0)));
    const none = applyDrawing(drawingIntent.parse({ effect: "levelTrace", segment: 1, at: p, locked: [2] }), { source, hu });
    expect(none.strokes).toEqual([]);
    expect(none.keptOut.protection.get(2)).toBe("locked");
    expect(() => applyDrawing(drawingIntent.parse({ effect: "levelTrace", segment: 1, at: p }), { source })).toThrow(/looks at the CT/);
  });
});

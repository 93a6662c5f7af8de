import { describe, expect, it } from "vitest";
import { draped, type ScreenShape, screenLine } from "../../../../core/mask/drawing/drape.ts";
import { type Row, valueAt } from "../../../../core/mask/drawing/frame.ts";
import { BRICK, brickCount, brickOrigin } from "../../../../core/mask/brick.ts";
import type { Grid } from "../../../../core/space/grid.ts";

const grid: Grid = { dims: [48, 48, 48], spacing: [1, 1, 1], origin: [0, 0, 0] } as unknown as Grid;
const middle = [24, 24, 24] as const, radiusMm = 15;
/** A ball of label 1 in the middle of the grid. */
function ballBrick(index: number): Uint8Array | undefined {
  if (index >= brickCount(grid)) return undefined;
  const [ox, oy, oz] = brickOrigin(grid, index), content = new Uint8Array(BRICK ** 3);
  for (let i = 0; i < content.length; i++) {
    const x = ox + (i & 31) - middle[0], y = oy + ((i >> 5) & 31) - middle[1], z = oz + (i >> 10) - middle[2];
    if (x * x + y * y + z * z <= radiusMm * radiusMm) content[i] = 1;
  }
  return content;
}
const ball = { grid, brick: ballBrick };
/** Looked at from the front and a little from the right and above: four pixels a millimetre. */
const view: { across: Row; down: Row } = { across: [-3.8, 1.2, 0, 200], down: [0.36, 1.14, -3.82, 150] };
const toPixels = (p: readonly [number, number, number]) => [valueAt(view.across, p), valueAt(view.down, p)] as const;
const [cx, cy] = toPixels(middle);

describe("a line drawn on the picture of the surfaces", () => {
  it("a shape's line goes through its corners and no farther than the shape; a long one is thinned to what is asked for, with the hand's last point", () => {
    const rectangle = screenLine({ kind: "rectangle", points: [[10, 20], [50, 60]] }, 100);
    for (const corner of [[10, 20], [50, 20], [50, 60], [10, 60]]) expect(rectangle).toContainEqual(corner);
    expect(rectangle.every(([x, y]) => (x === 10 || x === 50 || y === 20 || y === 60) && x >= 10 && x <= 50 && y >= 20 && y <= 60)).toBe(true);
    const circle = screenLine({ kind: "circle", points: [[10, 10], [13, 14]] }, 100);
    expect(circle[0]).toEqual([13, 14]);
    expect(circle.map(([x, y]) => Math.hypot(x - 10, y - 10)).every((radius) => Math.abs(radius - 5) < 1e-9)).toBe(true);
    expect(new Set(circle.map(([x, y]) => Math.round((Math.atan2(y - 10, x - 10) * 18) / Math.PI - 0.5))).size).toBe(36);
    const points = Array.from({ length: 2345 }, (_, n) => [n, n * n] as const);
    for (const kind of ["freeForm", "polygon"] as const) {
      for (const count of [1, 2, 12, 13, 100, 101, 2345]) {
        const line = screenLine({ kind, points: points.slice(0, count) } satisfies ScreenShape, 100);
        expect(line.length).toBeLessThanOrEqual(100);
        expect(line.length).toBeGreaterThanOrEqual(Math.min(count, 50));
        if (kind === "freeForm") expect(line.at(-1)).toEqual(points[count - 1]);
      }
    }
  });

  it("is laid over what is seen: from where it was drawn it looks as it was drawn, and it lies on the front of the surface", () => {
    const line = screenLine({ kind: "circle", points: [[cx, cy], [cx + 40, cy]] }, 100), laid = draped(ball, view, line, middle, (label) => label === 1);
    expect(laid).toHaveLength(line.length);
    for (const [n, p] of laid.entries()) {
      const [x, y] = toPixels(p);
      expect(Math.hypot(x - line[n][0], y - line[n][1])).toBeLessThan(1e-6);
      // On a voxel's face.
      expect(Math.abs(Math.hypot(...p.map((mm, a) => mm - middle[a])) - radiusMm)).toBeLessThan(1.5);
    }
    // The viewer stands in front (+y).
    expect(Math.min(...laid.map((p) => p[1]))).toBeGreaterThan(middle[1]);
  });

  it("beside everything it goes on as deep as it was, and where nothing is met at all as deep as it is told", () => {
    const line = [[cx, cy], [cx + 200, cy], [cx + 300, cy + 20]] as const, laid = draped(ball, view, line, middle, () => true);
    const depth = (p: readonly [number, number, number]) => { const [a, b] = [view.across, view.down]; return (a[2] * b[1] - a[1] * b[2]) * p[0] + (a[0] * b[2] - a[2] * b[0]) * p[1] + (a[1] * b[0] - a[0] * b[1]) * p[2]; };
    for (const p of laid) expect(depth(p)).toBeCloseTo(depth(laid[0]), 6);
    expect(Math.abs(depth(laid[0]) - depth(middle))).toBeGreaterThan(1);
    const hidden = draped(ball, view, line, middle, () => false);
    for (const [n, p] of hidden.entries()) {
      expect(depth(p)).toBeCloseTo(depth(middle), 6);
      expect(toPixels(p).map((px, i) => Math.abs(px - line[n][i]) < 1e-6)).toEqual([true, true]);
    }
  });
});

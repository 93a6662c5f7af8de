import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyDrawing } from "../../../../core/mask/drawing/apply.ts";
import { drawingIntent } from "../../../../core/mask/drawing/intent.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { afterStrokes, centreOf, namedVoxels, sourceOf } from "../../../support/drawing.ts";

const grid: Grid = { dims: [37, 20, 9], spacing: [0.7, 0.9, 2.1], origin: [-4, 2, 11] }, count = 37 * 20 * 9;
const labels = Uint8Array.from({ length: count }, (_, i) => { const [x, y, z] = centreOf(grid, i).ijk; return ((x + 2 * y + 3 * z) >> 3) % 5; });
const hu = Int16Array.from({ length: count }, (_, i) => ((i * 53) % 2000) - 500);
const at = (i: number, j: number, k: number): [number, number, number] => [grid.origin[0] + 0.7 * i, grid.origin[1] + 0.9 * j, grid.origin[2] + 2.1 * k];
const isNear = (i: number, points: [number, number, number][], radiusMm: number, slice: number | null): boolean => {
  const { ijk, p } = centreOf(grid, i);
  return (slice === null || ijk[2] === slice) && points.some((q) => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (slice === null ? (p[2] - q[2]) ** 2 : 0) <= radiusMm * radiusMm + 1e-9);
};

const some = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 });
const masking = fc.record({
  locked: some, editableArea: fc.oneof(some.map((inside) => ({ inside })), some.map((outside) => ({ outside })), fc.integer({ min: 1, max: 4 }).map((inside) => ({ inside }))),
  editableRange: fc.tuple(fc.integer({ min: -500, max: 400 }), fc.integer({ min: 401, max: 1500 })), overwrite: fc.oneof(fc.constantFrom("all", "none"), some.map((only) => ({ only }))),
}, { requiredKeys: [] });
type Rules = typeof masking extends fc.Arbitrary<infer R> ? Partial<R> : never;
/** The masking rule, the plain way: whether a tool that works on `own` may change the voxel. */
const isLeft = ({ locked, editableArea, editableRange, overwrite = "all" }: Rules, i: number, own: number): boolean => {
  const label = labels[i], areas = editableArea === undefined ? undefined : "inside" in editableArea ? [editableArea.inside].flat() : [editableArea.outside].flat();
  return !locked?.includes(label) && (areas === undefined || areas.includes(label) === ("inside" in (editableArea ?? {})))
    && (!editableRange || (hu[i] >= editableRange[0] && hu[i] <= editableRange[1]))
    && (label === 0 || label === own || overwrite === "all" || (typeof overwrite === "object" && overwrite.only.includes(label)));
};

describe("drawing within the masking rules", () => {
  it("MK11: every tool changes only voxels that the rule leaves, and all of them", () => {
    fc.assert(fc.property(masking, fc.constantFrom("paint", "erase", "eraseAll", "fill", "cut", "cutAll"), (rules, what) => {
      if (rules.locked?.includes(1) && !what.endsWith("All")) return;
      const points = [at(12.3, 8.2, 4)], shape = { kind: "circle", centre: points[0], radiusMm: 6 }, isErasing = what.startsWith("erase") || what.startsWith("cut"), isAll = what.endsWith("All");
      const tool = what === "paint" ? { effect: "paint", shape: "disc", radiusMm: 6, points } : what.startsWith("erase") ? { effect: "erase", of: isAll ? "all" : "segment", shape: "disc", radiusMm: 6, points }
        : { effect: "scissors", operation: isErasing ? "eraseInside" : "fillInside", depth: { kind: "symmetric", mm: 0 }, of: isAll ? "all" : "segment", shape };
      const { strokes } = applyDrawing(drawingIntent.parse({ ...tool, segment: 1, ...rules }), { source: sourceOf(grid, labels), hu }), after = afterStrokes(grid, labels, strokes);
      for (let i = 0; i < count; i++) {
        const label = labels[i], may = isLeft(rules, i, 1);
        const wanted = isNear(i, points, 6, 4) && may && (!isErasing || isAll || label === 1);
        if (after[i] !== (wanted ? (isErasing ? 0 : 1) : label)) expect.fail(`voxel ${i} with label ${label} holds ${after[i]}`);
      }
    }), { numRuns: 150 });
  });
  it("a range without the CT is refused, a rule that leaves nothing is told", () => {
    const intent = drawingIntent.parse({ effect: "paint", segment: 1, shape: "ball", radiusMm: 3, points: [at(5, 5, 4)], editableRange: [0, 1] });
    expect(() => applyDrawing(intent, { source: sourceOf(grid, labels) })).toThrow(/the volume is needed/);
    const { strokes, keptOut } = applyDrawing(drawingIntent.parse({ ...intent, editableRange: [4000, 5000] }), { source: sourceOf(grid, labels), hu });
    expect([strokes, keptOut.isOutsideHu]).toEqual([[], true]);
  });
});

describe("what is proposed, inside a brush", () => {
  const proposal = Uint8Array.from({ length: count }, (_, i) => { const [x, y, z] = centreOf(grid, i).ijk; return x > 6 && x < 30 && y > 3 && y < 16 ? (x < 18 ? 3 : z > 4 ? 4 : 0) : 0; });
  const points = [at(15, 9, 4), at(19, 9, 4)], brush = { shape: "ball", radiusMm: 4.5, points };
  const near = (i: number) => { const { p } = centreOf(grid, i), x = Math.min(Math.max(p[0], points[0][0]), points[1][0]); return (p[0] - x) ** 2 + (p[1] - points[0][1]) ** 2 + (p[2] - points[0][2]) ** 2 <= 4.5 * 4.5 + 1e-9; };
  const settle = (more: object) => {
    const drawn = applyDrawing(drawingIntent.parse({ ...brush, ...more }), { source: sourceOf(grid, labels, proposal), hu });
    return { drawn, anatomy: afterStrokes(grid, labels, drawn.strokes.filter(({ layer }) => layer === "anatomy")), left: afterStrokes(grid, proposal, drawn.strokes.filter(({ layer }) => layer === "proposal")) };
  };
  const whole = (more: object) => {
    const { strokes } = applyDrawing(drawingIntent.parse(more), { source: sourceOf(grid, labels, proposal), hu });
    return { anatomy: afterStrokes(grid, labels, strokes.filter(({ layer }) => layer === "anatomy")), left: afterStrokes(grid, proposal, strokes.filter(({ layer }) => layer === "proposal")) };
  };
  it("is accepted there and nowhere else, and is no proposal any more; what may not be changed stays proposed", () => {
    const { anatomy, left, drawn } = settle({ effect: "accept", locked: [2] });
    for (let i = 0; i < count; i++) {
      const isTaken = near(i) && proposal[i] !== 0 && labels[i] !== 2;
      if (anatomy[i] !== (isTaken ? proposal[i] : labels[i]) || left[i] !== (isTaken ? 0 : proposal[i])) expect.fail(`voxel ${i}`);
    }
    expect(drawn.strokes.map(({ value, layer }) => [value, layer])).toEqual([[3, "anatomy"], [4, "anatomy"], [0, "proposal"]]);
    expect(drawn.strokes[2].voxels).toBe(drawn.strokes[0].voxels + drawn.strokes[1].voxels);
    expect(drawn.keptOut.protection.get(2)).toBe("locked");
  });
  it("of some segments only, not into a locked one, and nothing of it by overwriting where that is not allowed", () => {
    expect(settle({ effect: "accept", segments: [4] }).drawn.strokes.map(({ value }) => value)).toEqual([4, 0]);
    expect(settle({ effect: "accept", locked: [3] }).drawn.strokes.map(({ value }) => value)).toEqual([4, 0]);
    const { anatomy } = settle({ effect: "accept", overwrite: "none" });
    for (let i = 0; i < count; i++) if (anatomy[i] !== labels[i]) expect(labels[i]).toBe(0);
  });
  it("is discarded there, and the anatomy stays", () => {
    const { anatomy, left } = settle({ effect: "discard", locked: [1, 2, 3, 4] });
    expect(anatomy).toEqual(labels);
    for (let i = 0; i < count; i++) if (left[i] !== (near(i) ? 0 : proposal[i])) expect.fail(`voxel ${i}`);
    expect(settle({ effect: "discard", points: [at(2, 2, 4)], radiusMm: 1 }).drawn.strokes).toEqual([]);
  });
  it("MK11: all of it, within any masking rule: what the rule leaves is the anatomy and no proposal any more, the rest stays proposed", () => {
    fc.assert(fc.property(masking, (rules) => {
      const { anatomy, left } = whole({ effect: "acceptAll", ...rules });
      for (let i = 0; i < count; i++) {
        const isTaken = proposal[i] !== 0 && !rules.locked?.includes(proposal[i]) && isLeft(rules, i, proposal[i]);
        if (anatomy[i] !== (isTaken ? proposal[i] : labels[i]) || left[i] !== (isTaken ? 0 : proposal[i])) expect.fail(`voxel ${i} with label ${labels[i]}, proposed ${proposal[i]}, holds ${anatomy[i]} and ${left[i]}`);
      }
      const dropped = whole({ effect: "discardAll", ...rules });
      expect(dropped.anatomy).toEqual(labels);
      expect(dropped.left.every((value) => value === 0)).toBe(true);
    }), { numRuns: 100 });
  });
  it("a brush that crosses a brick's edge names each voxel once", () => {
    const { drawn } = settle({ effect: "accept", points: [at(31, 9, 4), at(10, 9, 4)] });
    for (const { bricks } of drawn.strokes) expect(Math.max(...namedVoxels(grid, bricks))).toBe(1);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyDrawing } from "../../../../core/mask/drawing/apply.ts";
import type { Drawn } from "../../../../core/mask/drawing/strokes.ts";
import { screenFrame, usualSide } from "../../../../core/mask/drawing/frame.ts";
import { drawingIntent, type Side, sides } from "../../../../core/mask/drawing/intent.ts";
import { pickedPoint } from "../../../../core/mask/drawing/pick.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { afterStrokes, centreOf, isInPolygon, namedVoxels, sourceOf } from "../../../support/drawing.ts";

const grid: Grid = { dims: [40, 37, 35], spacing: [0.6, 0.9, 1.7], origin: [-5.13, 3.21, 10.07] }, count = 40 * 37 * 35;
const end = [0, 1, 2].map((a) => grid.origin[a] + grid.spacing[a] * (grid.dims[a] - 1));
/** Labels 0 to 3 in blobs, the same each time. */
const labels = Uint8Array.from({ length: count }, (_, i) => { const { ijk: [x, y, z] } = centreOf(grid, i); return ((x * 7 + y * 5 + z * 3) >> 4) % 4; });
const hu = Int16Array.from({ length: count }, (_, i) => ((i * 37) % 3000) - 1000);
const input = { source: sourceOf(grid, labels), hu };
const apply = (intent: unknown): Drawn => applyDrawing(drawingIntent.parse(intent), input);

const axesOf = { sagittal: [0, 1, 2], coronal: [1, 0, 2], axial: [2, 0, 1] } as const, planes = ["axial", "coronal", "sagittal"] as const;
const inVolume = fc.tuple(...[0, 1, 2].map((a) => fc.double({ min: grid.origin[a] - 3, max: end[a] + 3, noNaN: true }))) as fc.Arbitrary<[number, number, number]>;
type Flat = [number, number];
/** A shape in a slice and what a plain test says of a point (across, down). */
const sliceShape = (plane: (typeof planes)[number], points: [number, number, number][], radiusMm: number, kind: number): { shape: object; first: number[]; holds(u: number, v: number): boolean } => {
  const [, u, v] = axesOf[plane], flat = (p: readonly number[]): Flat => [p[u], p[v]], [a, b] = points;
  if (kind === 0) return { shape: { kind: "polygon", points }, first: a, holds: (x, y) => isInPolygon(x, y, points.map(flat)) };
  if (kind === 1) return { shape: { kind: "circle", centre: a, radiusMm }, first: a, holds: (x, y) => (x - a[u]) * (x - a[u]) + (y - a[v]) * (y - a[v]) <= radiusMm * radiusMm };
  return { shape: { kind: "rectangle", corners: [a, b] }, first: a, holds: (x, y) => x > Math.min(a[u], b[u]) && x < Math.max(a[u], b[u]) && y > Math.min(a[v], b[v]) && y < Math.max(a[v], b[v]) };
};
const depths = fc.oneof(fc.constant({ kind: "unlimited" as const }), fc.constant({ kind: "toward" as const }), fc.constant({ kind: "away" as const }), fc.record({ kind: fc.constant("symmetric" as const), mm: fc.constantFrom(0, 0.5, 1.8, 3.4, 12) }));
const isDeep = (depth: { kind: string; mm?: number }, mm: number) => depth.kind === "unlimited" || (depth.kind === "toward" ? mm >= -1e-6 : depth.kind === "away" ? mm <= 1e-6 : Math.abs(mm) <= (depth.mm ?? 0) + 1e-6);

describe("shapes in a slice", () => {
  it("MK11: draw and scissors change the voxels whose centres a plain test finds in the shape, at the depth, on every plane and from both sides", () => {
    fc.assert(fc.property(fc.constantFrom(...planes), fc.array(inVolume, { minLength: 3, maxLength: 12 }), fc.double({ min: 0.1, max: 20, noNaN: true }), fc.constantFrom(0, 1, 2), depths, fc.constantFrom("eraseInside", "eraseOutside", "fillInside", "fillOutside"), fc.constantFrom("segment", "all"), fc.boolean(), (plane, points, radiusMm, kind, depth, operation, of, isUsual) => {
      const [normal, u, v] = axesOf[plane], { shape, first, holds } = sliceShape(plane, points, radiusMm, kind);
      const from = sides[2 * normal + (isUsual === (usualSide[plane] === sides[2 * normal]) ? 0 : 1)] as Side, sign = sides.indexOf(from) % 2 === 1 ? 1 : -1;
      const slice = Math.max(0, Math.min(grid.dims[normal] - 1, Math.floor((first[normal] - grid.origin[normal]) / grid.spacing[normal] + 0.5)));
      const { strokes } = apply({ effect: "scissors", segment: 1, plane, from, shape, depth, operation, of }), isErasing = operation.startsWith("erase");
      const after = afterStrokes(grid, labels, strokes), drawn = namedVoxels(grid, apply({ effect: "draw", segment: 1, plane, shape }).strokes[0]?.bricks ?? []);
      for (let i = 0; i < count; i++) {
        const { ijk, p } = centreOf(grid, i), isIn = holds(p[u], p[v]), mm = sign * grid.spacing[normal] * (ijk[normal] - slice);
        const isTaken = isIn === operation.endsWith("Inside") && isDeep(depth, mm) && (!isErasing || of === "all" || labels[i] === 1);
        if (after[i] !== (isTaken ? (isErasing ? 0 : 1) : labels[i])) expect.fail(`voxel ${ijk.join()} holds ${after[i]}`);
        if (drawn[i] !== (isIn && ijk[normal] === slice ? 1 : 0)) expect.fail(`draw: voxel ${ijk.join()}`);
      }
    }), { numRuns: 60 });
  });
  it("a side that the plane is not seen from, a locked segment and a shape without three corners are refused", () => {
    const shape = { kind: "circle", centre: [2, 10, 30], radiusMm: 4 };
    expect(() => apply({ effect: "scissors", segment: 1, plane: "axial", from: "left", shape, operation: "eraseInside" })).toThrow(/axial slice is not seen from left/);
    expect(() => apply({ effect: "draw", segment: 1, shape, locked: [1] })).toThrow(/segment 1 is locked/);
    expect(drawingIntent.safeParse({ effect: "draw", segment: 1, shape: { kind: "polygon", points: [[0, 0, 0], [1, 1, 1]] } }).success).toBe(false);
    // A line and a point have no inside.
    expect(apply({ effect: "draw", segment: 1, shape: { kind: "polygon", points: [[0, 5, 30], [9, 5, 30], [0, 5, 30]] } }).strokes).toEqual([]);
  });
});

/** An orthographic picture: turned about two axes, so many pixels a mm; a proper one, no mirror image. */
function turned(azimuth: number, elevation: number, scale: number): { across: [number, number, number, number]; down: [number, number, number, number] } {
  const [c, s, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  return { across: [scale * c, scale * s, 0, 200], down: [scale * s * se, -scale * c * se, -scale * ce, 150] };
}
const view = fc.tuple(fc.double({ min: 0, max: 6.28, noNaN: true }), fc.double({ min: -1.5, max: 1.5, noNaN: true }), fc.double({ min: 1, max: 20, noNaN: true })).map((all) => turned(...all));
const looking = fc.oneof({ weight: 3, arbitrary: view }, fc.constantFrom(turned(0, 0, 4), turned(Math.PI / 2, 0, 4), turned(0, Math.PI / 2, 4), turned(Math.PI, 0, 7)));
const dot = (row: readonly number[], p: readonly number[]) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3];

describe("shapes on the picture of the surfaces", () => {
  it("MK11: a cut takes the voxels whose centres the camera puts into the shape, as deep as is said, whatever the camera", () => {
    fc.assert(fc.property(looking, fc.array(inVolume, { minLength: 3, maxLength: 10 }), fc.double({ min: 0.5, max: 20, noNaN: true }), fc.constantFrom(0, 1, 2), depths, inVolume, fc.constantFrom("eraseInside", "eraseOutside", "fillInside", "fillOutside"), (camera, seen, radius, kind, depth, at, operation) => {
      const flat = seen.map((p): Flat => [dot(camera.across, p) + 0.0137, dot(camera.down, p) + 0.0071]), [a, b] = flat;
      const shape = kind === 0 ? { kind: "polygon", points: flat } : kind === 1 ? { kind: "circle", centre: a, radius: radius * 4 } : { kind: "rectangle", corners: [a, b] };
      const holds = (u: number, v: number) => (kind === 0 ? isInPolygon(u, v, flat) : kind === 1 ? (u - a[0]) * (u - a[0]) + (v - a[1]) * (v - a[1]) <= 16 * radius * radius : u > Math.min(a[0], b[0]) && u < Math.max(a[0], b[0]) && v > Math.min(a[1], b[1]) && v < Math.max(a[1], b[1]));
      const after = afterStrokes(grid, labels, apply({ effect: "scissors3d", segment: 1, view: camera, shape, depth, at, operation }).strokes), isErasing = operation.startsWith("erase");
      const { toward } = screenFrame(camera);
      for (let i = 0; i < count; i++) {
        const { p } = centreOf(grid, i), u = dot(camera.across, p), v = dot(camera.down, p), mm = dot(toward, p) - dot(toward, at);
        // What lies on the line to within rounding may count either way.
        const isNear = depth.kind !== "unlimited" && Math.min(Math.abs(mm), Math.abs(Math.abs(mm) - ("mm" in depth ? depth.mm : 0))) < 1e-5;
        const isTaken = holds(u, v) === operation.endsWith("Inside") && isDeep(depth, mm) && (!isErasing || labels[i] === 1);
        if (!isNear && after[i] !== (isTaken ? (isErasing ? 0 : 1) : labels[i])) expect.fail(`voxel ${i} holds ${after[i]}`);
      }
    }), { numRuns: 60 });
  });
  it("toward is to the viewer: the right hand's side of a picture whose right is the patient's left looks from the front", () => {
    expect(screenFrame({ across: [-2, 0, 0, 100], down: [0, 0, -2, 80] }).toward).toEqual([0, 1, 0, 0]);
    expect(() => apply({ effect: "scissors3d", segment: 1, view: { across: [1, 0, 0, 0], down: [2, 0, 0, 0] }, shape: { kind: "circle", centre: [0, 0], radius: 3 }, operation: "eraseInside" })).toThrow(/no direction/);
  });
  it("a depth without a point counts from the foremost voxel of the segment in the shape; where nothing is, it is refused", () => {
    const only = new Uint8Array(count), camera = { across: [-4, 0, 0, 100], down: [0, 0, -4, 200] };
    // Segment 1 in two sheets across the line of sight, segment 2 before both.
    for (let i = 0; i < count; i++) { const { ijk: [, y] } = centreOf(grid, i); only[i] = y === 30 ? 2 : y === 25 || y === 5 ? 1 : 0; }
    const intent = drawingIntent.parse({ effect: "scissors3d", segment: 1, view: camera, shape: { kind: "circle", centre: [80, 50], radius: 30 }, depth: { kind: "symmetric", mm: 2 }, operation: "eraseInside" });
    const after = afterStrokes(grid, only, applyDrawing(intent, { source: sourceOf(grid, only) }).strokes), taken = [...after.keys()].filter((i) => after[i] !== only[i]).map((i) => centreOf(grid, i).ijk[1]);
    expect(taken.length).toBeGreaterThan(50);
    expect(new Set(taken)).toEqual(new Set([25]));
    expect(() => applyDrawing(intent, { source: sourceOf(grid, new Uint8Array(count)) })).toThrow(/no surface under the shape/);
  });
  it("a picked point is where the line of sight enters the first voxel that is seen, as stepping along it finds", () => {
    fc.assert(fc.property(looking, inVolume, fc.constantFrom(1, 2), (camera, p, shown) => {
      const at: Flat = [dot(camera.across, p), dot(camera.down, p)], found = pickedPoint(sourceOf(grid, labels), camera, at, (label) => label === shown), { toward } = screenFrame(camera);
      let plain: number[] | undefined;
      for (let mm = 120; mm > -120 && !plain; mm -= 0.01) {
        const here = [0, 1, 2].map((a) => p[a] + toward[a] * mm), ijk = here.map((x, a) => Math.floor((x - grid.origin[a]) / grid.spacing[a] + 0.5));
        if (ijk.every((n, a) => n >= 0 && n < grid.dims[a]) && labels[ijk[0] + 40 * (ijk[1] + 37 * ijk[2])] === shown) plain = here;
      }
      // A corner only just touched may be stepped over.
      if (!plain) return;
      if (!found) return expect.fail("nothing was picked");
      const ahead = dot(toward, found) - dot(toward, plain);
      expect(Math.abs(dot(camera.across, found) - at[0]) + Math.abs(dot(camera.down, found) - at[1])).toBeLessThan(1e-6);
      expect(ahead).toBeGreaterThan(-1e-6);
      // It may be in front of what the steps found, by a voxel that lies between two of them; that voxel is seen.
      if (ahead > 0.02) {
        const ijk = found.map((x, a) => Math.floor((x - toward[a] * 1e-7 - grid.origin[a]) / grid.spacing[a] + 0.5));
        expect(labels[ijk[0] + 40 * (ijk[1] + 37 * ijk[2])]).toBe(shown);
      }
    }), { numRuns: 60 });
  });
});

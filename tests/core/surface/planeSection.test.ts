import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { planeSection, type SectionPlane } from "../../../core/surface/planeSection.ts";
import { contourAreaMm2, sliceContours } from "../../../core/surface/sliceContours.ts";
import { sphereMesh } from "./shapes.ts";

type Vec = readonly [number, number, number];
const joined = (...meshes: Mesh[]): Mesh => {
  const positions: number[] = [], triangles: number[] = [];
  for (const { positions: p, triangles: t } of meshes) { for (const v of t) triangles.push(v + positions.length / 3); positions.push(...p); }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
};
const inverted = ({ positions, triangles }: Mesh): Mesh => ({ positions, triangles: triangles.toReversed() });
const moved = ({ positions, triangles }: Mesh, by: Vec): Mesh => ({ positions: positions.map((x, i) => x + by[i % 3]), triangles });
/** A box from its low corner, counter-clockwise from outside. */
function box([x, y, z]: Vec, [w, d, h]: Vec): Mesh {
  const positions = Float32Array.from(Array.from({ length: 8 }, (_, i) => [x + (i & 1) * w, y + (i >> 1 & 1) * d, z + (i >> 2) * h]).flat());
  return { positions, triangles: Uint32Array.from([0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5]) };
}
/** Every triangle with corners of its own, as a file without shared vertices has them. */
const loose = ({ positions, triangles }: Mesh): Mesh => ({ positions: Float32Array.from([...triangles].flatMap((v) => [...positions.subarray(3 * v, 3 * v + 3)])), triangles: Uint32Array.from(triangles.keys()) });
const at = (z: number): SectionPlane => ({ at: [0, 0, z], normal: [0, 0, 1] });

describe("the section of a surface by a plane", () => {
  it("is exact: of a box straight, along its diagonal and near a corner, wherever in the world it stands", () => {
    const one = box([100, -50, 700], [20, 10, 40]);
    const straight = planeSection(one, at(712.5));
    expect([straight.areaMm2, straight.lengthMm, straight.lines.map(({ isClosed }) => isClosed)]).toEqual([expect.closeTo(200, 9), expect.closeTo(60, 9), [true]]);
    // Along the diagonal of its ground: a rectangle of √500 × 40.
    const n: Vec = [10 / Math.sqrt(500), -20 / Math.sqrt(500), 0], upright = planeSection(one, { at: [100, -50, 700], normal: n });
    expect([upright.areaMm2, upright.lengthMm]).toEqual([expect.closeTo(40 * Math.sqrt(500), 6), expect.closeTo(2 * (40 + Math.sqrt(500)), 6)]);
    // Off three edges 3 mm from a corner: an equilateral triangle of side √18.
    const r = 1 / Math.sqrt(3), corner = planeSection(one, { at: [103, -50, 700], normal: [r, r, r] });
    expect([corner.areaMm2, corner.lengthMm]).toEqual([expect.closeTo((Math.sqrt(3) / 4) * 18, 5), expect.closeTo(3 * Math.sqrt(18), 5)]);
    expect(planeSection(one, at(741))).toEqual({ areaMm2: 0, lengthMm: 0, lines: [] });
  });

  it("takes holes off and adds bodies beside; every outline counts to the length; which way the normal or the surface points is all one", () => {
    const tube = joined(box([0, 0, 0], [30, 30, 10]), inverted(box([10, 10, -1], [5, 5, 12])), box([50, 0, 0], [4, 4, 10]));
    for (const mesh of [tube, inverted(tube), loose(tube)]) for (const sign of [1, -1]) {
      const { areaMm2, lengthMm, lines } = planeSection(mesh, { at: [7, 8, 4.25], normal: [0, 0, sign] });
      expect([areaMm2, lengthMm, lines.length]).toEqual([expect.closeTo(900 - 25 + 16, 6), expect.closeTo(120 + 20 + 16, 6), 3]);
    }
  });

  it("of a ball is a circle at every tilt, the same as the slices' outlines along the axes, also through its vertices", () => {
    const centre: Vec = [12, -34, 56], ball = moved(sphereMesh(10, 64), centre), r = Math.sqrt(1 / 14);
    for (const [normal, off] of [[[r, 2 * r, 3 * r], 0], [[r, 2 * r, 3 * r], 4], [[0, 1, 0], 0], [[3 * r, -r, 2 * r], -7]] as [Vec, number][]) {
      const { areaMm2, lengthMm } = planeSection(ball, { at: [0, 1, 2].map((i) => centre[i] + off * normal[i]) as unknown as Vec, normal }), circle = 100 - off * off;
      expect(Math.abs(areaMm2! / (Math.PI * circle) - 1)).toBeLessThan(0.012);
      expect(Math.abs(lengthMm / (2 * Math.PI * Math.sqrt(circle)) - 1)).toBeLessThan(0.012);
    }
    for (const z of [56, 56.3, 51]) expect(planeSection(ball, at(z)).areaMm2).toBeCloseTo(contourAreaMm2(sliceContours(ball, 2, z)), 3);
  });

  it("of a surface that is open there has a length and no area; elsewhere the opening does no harm", () => {
    const one = box([0, 0, 0], [10, 10, 10]), lid = one.triangles.slice(0, 6 + 3 * 2), open = { positions: one.positions, triangles: Uint32Array.from([...lid, ...one.triangles.slice(6 + 3 * 2 + 6)]) };
    const { areaMm2, lengthMm, lines } = planeSection(open, at(5));
    expect([areaMm2, lines.map(({ isClosed, points }) => [isClosed, points.length / 3])]).toEqual([null, [[false, expect.any(Number)]]]);
    expect(lengthMm).toBeCloseTo(30, 9);
    expect(planeSection(open, { at: [0, 5, 0], normal: [0, 1, 0] }).areaMm2).toBeCloseTo(100, 9);
    const lidless = { positions: one.positions, triangles: Uint32Array.from([...one.triangles.slice(0, 6), ...one.triangles.slice(12)]) };
    expect([planeSection(lidless, at(5)).areaMm2, planeSection(lidless, { at: [5, 0, 0], normal: [1, 0, 0] }).areaMm2]).toEqual([expect.closeTo(100, 9), null]);
  });

  it("of two bodies that touch along an edge, which is then not manifold, closes all the same", () => {
    const two = joined(box([0, 0, 0], [10, 10, 10]), box([10, 10, 0], [10, 10, 10]));
    const { areaMm2, lengthMm, lines } = planeSection(two, at(5));
    expect([areaMm2, lengthMm, lines.every(({ isClosed }) => isClosed)]).toEqual([expect.closeTo(200, 9), expect.closeTo(80, 9), true]);
  });
});

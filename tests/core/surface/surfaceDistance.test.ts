import { describe, expect, it } from "vitest";
import { distanceColors } from "../../../core/checks/mapColors.ts";
import { distanceBetween } from "../../../core/surface/measure.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { surfaceDistance } from "../../../core/surface/surfaceDistance.ts";
import { sphereMesh } from "./shapes.ts";

const moved = ({ positions, triangles }: Mesh, by: readonly number[]): Mesh => ({ positions: positions.map((mm, i) => mm + by[i % 3]), triangles });

describe("the distance between two surfaces", () => {
  it("is that of two balls round one middle everywhere, negative inside of the other, the same both ways", () => {
    const inner = sphereMesh(10, 60), outer = sphereMesh(10.4, 60), there = surfaceDistance(inner, outer), back = surfaceDistance(outer, inner);
    expect([there.isSigned, there.map.length]).toEqual([true, inner.positions.length / 3]);
    for (const mm of there.map) expect(Math.abs(mm + 0.4)).toBeLessThan(0.02);
    for (const mm of back.map) expect(Math.abs(mm - 0.4)).toBeLessThan(0.02);
    for (const { meanMm, p95Mm, maxMm } of [there.from, there.back, back.from]) for (const mm of [meanMm, p95Mm, maxMm]) expect(Math.abs(mm - 0.4)).toBeLessThan(0.03);
    expect([there.from, there.back, there.hausdorffMm]).toEqual([back.back, back.from, back.hausdorffMm]);
    expect(there.hausdorffMm).toBe(distanceBetween(inner, outer).hausdorffMm);
  });

  it("tells of a shift how far each side is, how much is done, and has no sign where the other is open", () => {
    const ball = sphereMesh(10, 100), shifted = moved(ball, [0.6, 0, 0]), said: number[] = [], gap = surfaceDistance(shifted, ball, (fraction) => said.push(fraction));
    const at = (x: number) => gap.map[[...shifted.positions.keys()].filter((i) => i % 3 === 0).sort((a, b) => Math.abs(shifted.positions[a] - x) - Math.abs(shifted.positions[b] - x))[0] / 3];
    expect([at(10.6), at(-9.4)].map((mm) => Math.round(mm * 20) / 20)).toEqual([0.6, -0.6]);
    expect(gap.from.maxMm).toBeGreaterThan(gap.from.p95Mm - 1e-9);
    expect([gap.from.meanMm > 0.15 && gap.from.meanMm < 0.35, gap.from.maxMm > 0.55 && gap.from.maxMm < 0.61]).toEqual([true, true]);
    expect([said.length > 2, said.every((fraction, i) => fraction > 0 && fraction <= 1 && (i === 0 || fraction > said[i - 1]))]).toEqual([true, true]);
    const open = surfaceDistance(shifted, { positions: ball.positions, triangles: ball.triangles.slice(3) });
    expect([open.isSigned, open.map.every((mm) => mm >= 0)]).toEqual([false, true]);
    expect(() => surfaceDistance(ball, { positions: new Float32Array(), triangles: new Uint32Array() })).toThrow(RangeError);
  });

  it("MQ5: is shown in bands of 0.25, 0.5 and 1 mm on both sides, each with its own colour in the legend", () => {
    const mm = Float32Array.of(-3, -0.75, -0.3, -0.1, 0.2, 0.4, 0.9, 2), { rgba, legend } = distanceColors(mm, true), colour = (v: number) => [...rgba.slice(4 * v, 4 * v + 3)];
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((v) => legend.findIndex(({ rgb }) => rgb.join() === colour(v).join()))).toEqual([0, 1, 2, 3, 3, 4, 5, 6]);
    expect(legend.map(({ range }) => range)).toEqual(["< −1", "< −0.5", "< −0.25", "± 0.25", "> 0.25", "> 0.5", "> 1"]);
    // The legend is the map's histogram as well.
    expect(legend.map(({ share }) => share * mm.length)).toEqual([1, 1, 1, 2, 1, 1, 1]);
    const apart = distanceColors(Float32Array.of(0.2, 0.4, 0.9, 2), false);
    expect([0, 1, 2, 3].map((v) => apart.legend.findIndex(({ rgb }) => rgb.join() === [...apart.rgba.slice(4 * v, 4 * v + 3)].join()))).toEqual([0, 1, 2, 3]);
    expect(new Set([...legend, ...apart.legend].map(({ rgb }) => rgb.join())).size).toBe(7);
  });
});

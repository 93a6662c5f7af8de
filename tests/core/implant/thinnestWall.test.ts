import { describe, expect, it } from "vitest";
import { mostWallRays, thinnestWall } from "../../../core/implant/thickness.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { sphereMesh } from "../surface/shapes.ts";

/** A ball of radius 10 with a cavity of radius r whose middle lies `off` mm along x. */
function hollow(r: number, off: number, rings: number): Mesh {
  const outer = sphereMesh(10, rings), inner = sphereMesh(r, rings), n = outer.positions.length / 3;
  return {
    positions: Float32Array.from([...outer.positions, ...inner.positions.map((x, i) => (i % 3 === 0 ? x + off : x))]),
    triangles: Uint32Array.from([...outer.triangles, ...inner.triangles.toReversed().map((v) => v + n)]),
  };
}

describe("thinnest wall", () => {
  it("is found where it is: a cavity off the middle leaves the least wall on one side", () => {
    const found = thinnestWall(hollow(8, 1.2, 96))!;
    expect(Math.abs(found.mm - 0.8)).toBeLessThan(0.02);
    expect(found.at[0]).toBeGreaterThan(8.5);
    expect(Math.max(Math.abs(found.at[1]), Math.abs(found.at[2]))).toBeLessThan(2);
  });

  it("says of how many triangles it looked under how many, and never more than it promises", () => {
    const small = thinnestWall(hollow(8, 0, 48))!, large = hollow(8, 0, 160), sampled = thinnestWall(large)!;
    expect(small.looked).toBe(small.triangles);
    expect(large.triangles.length / 3).toBeGreaterThan(2 * mostWallRays);
    expect(sampled).toMatchObject({ triangles: large.triangles.length / 3 });
    expect(sampled.looked).toBeLessThanOrEqual(mostWallRays);
    expect(sampled.looked).toBeGreaterThan(mostWallRays / 2);
    expect(Math.abs(sampled.mm - 2)).toBeLessThan(0.02);
  });

  it("is null for nothing and for an open sheet: there is no other side", () => {
    expect(thinnestWall({ positions: new Float32Array(), triangles: new Uint32Array() })).toBeNull();
    expect(thinnestWall({ positions: Float32Array.of(0, 0, 0, 9, 0, 0, 0, 9, 0), triangles: Uint32Array.of(0, 1, 2) })).toBeNull();
  });
});

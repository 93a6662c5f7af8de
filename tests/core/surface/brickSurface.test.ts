import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { type BrickMesh, BrickSurface } from "../../../core/surface/brickSurface.ts";
import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const grid: Grid = { dims: [75, 66, 70], spacing: [0.48, 0.5, 1.5], origin: [-120.3, 17.1, 4] };
const size = 75 * 66 * 70;

/** Blobs and specks that reach the volume's faces. */
function mask(seed: number): Uint8Array {
  const next = randomOf(seed), dense = new Uint8Array(size);
  const balls = Array.from({ length: 5 }, () => [next() * 75, next() * 66, next() * 70, 4 + next() * 22]);
  for (let z = 0, i = 0; z < 70; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 75; x++, i++) {
    if (balls.some(([a, b, c, r]) => (x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c) < r * r) !== next() < 0.03) dense[i] = 2;
  }
  return dense;
}
const load = (surface: BrickSurface, dense: Uint8Array, before: ReadonlySet<number> = new Set()) => {
  const { bricks } = fromDense(grid, dense);
  for (const index of new Set([...before, ...bricks.keys()])) surface.setBrick(index, bricks.get(index));
  return new Set(bricks.keys());
};

describe("a surface brick by brick", () => {
  it("SF1 JB4: is byte for byte the surface of the whole mask, with and without smoothing, at the volume's faces too", () => {
    for (const smooth of [0, 0.25, 0.5, 1]) {
      const dense = mask(7), surface = new BrickSurface(grid, 2, { smooth });
      load(surface, dense);
      const whole = surfaceOf(fromDense(grid, dense), 2, { smooth });
      expect(surface.mesh()).toEqual(whole);
      expect(soundnessOf(whole)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 });
    }
  });

  it("SF4: follows a CT brick by brick as the whole surface does, and a brick's name says which CT, at which value, where", () => {
    const dense = mask(5), next = randomOf(2), hu = Int16Array.from({ length: size }, (_, i) => (dense[i] === 2 ? 240 : 40) + Math.round(next() * 160 - 80));
    for (const smooth of [0, 0.5]) {
      const names = new Map<string, BrickMesh>(), followed = { hu, iso: 150, volume: "a".repeat(64) };
      const surface = new BrickSurface(grid, 2, { smooth, followed, cache: names });
      load(surface, dense);
      const whole = surfaceOf(fromDense(grid, dense), 2, { smooth, volume: { hu, iso: 150 } });
      expect(surface.mesh()).toEqual(whole);
      expect(whole).not.toEqual(surfaceOf(fromDense(grid, dense), 2, { smooth }));
      expect(soundnessOf(whole)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 });
      for (const other of [{ ...followed, iso: 151 }, { ...followed, volume: "b".repeat(64) }, undefined]) {
        const others = new Map<string, BrickMesh>(), one = new BrickSurface(grid, 2, { smooth, followed: other, cache: others });
        load(one, dense);
        one.refresh();
        expect([...others.keys()].filter((name) => names.has(name))).toEqual([]);
      }
    }
  });

  it("stays so after changes, which re-mesh only what they reach, from the cache where it was seen before", () => {
    const kept = new Map<string, BrickMesh>(), next = randomOf(11), dense = mask(3);
    const surface = new BrickSurface(grid, 2, { smooth: 0.25, cache: kept });
    let bricks = load(surface, dense);
    const all = surface.refresh().length;
    for (let round = 0; round < 6; round++) {
      const [cx, cy, cz] = [next() * 75, next() * 66, next() * 70], r = 2 + next() * 5, value = next() < 0.5 ? 0 : 2;
      const before = dense.slice();
      for (let z = 0, i = 0; z < 70; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 75; x++, i++) if ((x - cx) * (x - cx) + (y - cy) * (y - cy) + (z - cz) * (z - cz) < r * r) dense[i] = value;
      bricks = load(surface, dense, bricks);
      expect(surface.refresh().length).toBeLessThanOrEqual(Math.min(all, 27));
      expect(surface.mesh()).toEqual(surfaceOf(fromDense(grid, dense), 2, { smooth: 0.25 }));
      const meshes = kept.size;
      bricks = load(surface, before, bricks);
      surface.refresh();
      expect(kept.size).toBe(meshes);
      bricks = load(surface, dense, bricks);
    }
    expect(surface.refresh().length).toBeGreaterThan(0);
    expect(surface.refresh()).toEqual([]);
  });

  it("SF1 SF4: stays so after random strokes, at the volume's faces, of erased bricks, far apart at once, with and without smoothing and HU", () => {
    for (const [seed, smooth, isFollowed] of [[21, 0, false], [22, 0.5, false], [23, 0, true], [24, 0.5, true]] as const) {
      const next = randomOf(seed), dense = mask(seed), hu = Int16Array.from({ length: size }, (_, i) => (dense[i] === 2 ? 240 : 40) + Math.round(next() * 160 - 80));
      const surface = new BrickSurface(grid, 2, { smooth, ...isFollowed && { followed: { hu, iso: 150, volume: "a".repeat(64) } } });
      const ball = (value: number) => {
        // A third of the places lie on a face, an edge or a corner of the volume.
        const centre = grid.dims.map((n) => next() < 0.3 ? (next() < 0.5 ? 0 : n - 1) : Math.floor(next() * n)), r = 1 + next() * 6;
        for (let z = 0, i = 0; z < 70; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 75; x++, i++) if ((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 < r * r) dense[i] = value;
      };
      let bricks = load(surface, dense), least = Infinity;
      surface.refresh();
      for (let round = 0; round < 6; round++) {
        if (round % 3 === 2) {
          const [bx, by, bz] = [3, 3, 3].map((n) => Math.floor(next() * n)), value = round === 2 ? 0 : 2;
          for (let z = 32 * bz; z < Math.min(70, 32 * bz + 32); z++) for (let y = 32 * by; y < Math.min(66, 32 * by + 32); y++) dense.fill(value, 75 * (66 * z + y) + 32 * bx, 75 * (66 * z + y) + Math.min(75, 32 * bx + 32));
        } else for (let stroke = 0; stroke <= round % 3; stroke++) ball(next() < 0.5 ? 0 : 2);
        bricks = load(surface, dense, bricks);
        least = Math.min(least, surface.refresh().length);
        const is = surface.mesh(), whole = surfaceOf(fromDense(grid, dense), 2, { smooth, ...isFollowed && { volume: { hu, iso: 150 } } });
        expect([seed, round, sha256(encodeMesh(is))]).toEqual([seed, round, sha256(encodeMesh(whole))]);
      }
      expect(least).toBeLessThan(27);
      dense.fill(0);
      load(surface, dense, bricks);
      expect(surface.mesh().triangles.length).toBe(0);
    }
  });

  it("of nothing is nothing; of one voxel a small closed body", () => {
    const surface = new BrickSurface(grid, 2);
    expect(surface.mesh().triangles.length).toBe(0);
    const dense = new Uint8Array(size);
    dense[0] = 2;
    load(surface, dense);
    expect(surface.mesh()).toEqual(surfaceOf(fromDense(grid, dense), 2));
    expect(soundnessOf(surface.mesh())).toMatchObject({ openEdges: 0, components: 1, genus: 0 });
  });
});

import { describe, expect, it } from "vitest";
import { fromDense, type Labelmap } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { BrickCodeError, decodeBrickMesh, encodeBrickMesh } from "../../../core/surface/brickCode.ts";
import { BrickLedger, bricksOf, surfaceOfBricks } from "../../../core/surface/brickLedger.ts";
import { BrickManifestError, decodeBrickManifest, encodeBrickManifest } from "../../../core/surface/brickManifest.ts";
import { BrickSurface } from "../../../core/surface/brickSurface.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const grid: Grid = { dims: [75, 66, 70], spacing: [0.48, 0.5, 1.5], origin: [-120.3, 17.1, 4] };
const smooth = 0.5;

function balls(seed: number, count = 5): Uint8Array {
  const next = randomOf(seed), dense = new Uint8Array(75 * 66 * 70);
  const all = Array.from({ length: count }, () => [next() * 75, next() * 66, next() * 70, 4 + next() * 18]);
  for (let z = 0, i = 0; z < 70; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 75; x++, i++) {
    if (all.some(([a, b, c, r]) => (x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c) < r * r)) dense[i] = 3;
  }
  return dense;
}
/** A store of bricks as the blob store is one. */
function storeOf() {
  const parts = new Map<string, Uint8Array>();
  const make = (ledger: BrickLedger, labelmap: Labelmap, before?: Uint8Array) => {
    const { manifest, made, count } = bricksOf(ledger, labelmap, before && decodeBrickManifest(before));
    for (const { hash, bytes } of made) parts.set(hash, bytes);
    return { manifest, made: made.length, count, mesh: surfaceOfBricks(manifest, (hash) => parts.get(hash)) };
  };
  return { parts, make };
}

describe("bricks of a surface by name", () => {
  it("SF3: give byte for byte the surface of the whole mask, whatever was known before and in whatever process", () => {
    const { make } = storeOf(), dense = balls(5), warm = new BrickLedger(grid, 3, { smooth });
    const first = fromDense(grid, dense), all = make(warm, first);
    expect(all.mesh).toEqual(surfaceOf(first, 3, { smooth }));
    expect(all.made).toBe(all.count);
    const next = randomOf(2);
    let before = all.manifest;
    for (let round = 0; round < 5; round++) {
      const at = [next() * 75, next() * 66, next() * 70], value = round % 2 === 0 ? 0 : 3;
      for (let z = 0, i = 0; z < 70; z++) for (let y = 0; y < 66; y++) for (let x = 0; x < 75; x++, i++) {
        if ((x - at[0]) * (x - at[0]) + (y - at[1]) * (y - at[1]) + (z - at[2]) * (z - at[2]) < 30) dense[i] = value;
      }
      const labelmap = fromDense(grid, dense), ours = make(warm, labelmap, before);
      const cold = make(new BrickLedger(grid, 3, { smooth }), labelmap, before), alone = make(new BrickLedger(grid, 3, { smooth }), labelmap);
      expect(ours.manifest).toEqual(alone.manifest);
      expect(cold.manifest).toEqual(alone.manifest);
      expect(ours.mesh).toEqual(surfaceOf(labelmap, 3, { smooth }));
      // Only what the stroke reached is meshed, in a process that has seen the mask before and in one that has not.
      expect(ours.made).toBeLessThan(all.count);
      expect(cold.made).toBe(ours.made);
      before = ours.manifest;
    }
    const same = make(warm, fromDense(grid, dense), before);
    expect([same.made, same.manifest]).toEqual([0, before]);
  });

  it("a brick that is not known to be stored is made again, though it was made here before", () => {
    const { make } = storeOf(), ledger = new BrickLedger(grid, 3, { smooth }), labelmap = fromDense(grid, balls(8));
    const first = make(ledger, labelmap), other = make(new BrickLedger(grid, 3, { smooth }), fromDense(grid, balls(9, 1)));
    expect(make(ledger, labelmap).made).toBe(first.count);
    expect(make(ledger, labelmap, other.manifest).manifest).toEqual(first.manifest);
    expect(make(ledger, labelmap, first.manifest).made).toBe(0);
  });

  it("an empty segment has none; a mask that vanishes leaves none", () => {
    const { make } = storeOf(), ledger = new BrickLedger(grid, 3);
    const some = make(ledger, fromDense(grid, balls(8)));
    expect(some.count).toBeGreaterThan(0);
    const none = make(ledger, { grid, bricks: new Map() }, some.manifest);
    expect([none.count, none.made, none.mesh.triangles.length]).toEqual([0, 0, 0]);
  });
});

describe("how a brick is stored", () => {
  it("comes back as it was, a checkerboard of more than 65,536 vertices too", () => {
    const cube: Grid = { dims: [32, 32, 32], spacing: [1, 1, 1], origin: [0, 0, 0] }, dense = new Uint8Array(32 ** 3).map((_, i) => ((i & 31) + ((i >> 5) & 31) + (i >> 10)) & 1);
    const surface = new BrickSurface(cube, 1);
    surface.setBrick(0, dense);
    const bricks = surface.refresh();
    expect(Math.max(...bricks.map(({ mesh }) => mesh.keys.length))).toBeGreaterThan(65536);
    for (const { mesh } of bricks) expect(decodeBrickMesh(encodeBrickMesh(mesh))).toEqual(mesh);
    expect(surface.mesh()).toEqual(surfaceOf(fromDense(cube, dense), 1));
  });

  it("is refused in words when it is cut off, lies about its size, or points outside", () => {
    const surface = new BrickSurface(grid, 3, { smooth });
    for (const [index, content] of fromDense(grid, balls(5)).bricks) surface.setBrick(index, content);
    surface.refresh();
    const bytes = encodeBrickMesh(surface.bricks()[0].mesh);
    const changed = (change: (words: Uint32Array) => void) => { const copy = bytes.slice(); change(new Uint32Array(copy.buffer)); return copy; };
    for (const bad of [bytes.subarray(0, 8), bytes.subarray(0, bytes.length - 4), changed((w) => { w[2] = 0xffffffff; }), changed((w) => { w[1] = w[2] + 1; }), changed((w) => { w[4] = 0xffffffff; }), changed((w) => { w[w.length - 1] = 0xffffffff; })]) {
      expect(() => decodeBrickMesh(bad)).toThrow(BrickCodeError);
    }
    const list = encodeBrickManifest({ grid, bricks: [{ brick: [-1, 0, 2], input: "ab".repeat(32), mesh: "cd".repeat(32), byteLength: 7 }] });
    expect(decodeBrickManifest(list)).toEqual({ grid, bricks: [{ brick: [-1, 0, 2], input: "ab".repeat(32), mesh: "cd".repeat(32), byteLength: 7 }] });
    expect(() => decodeBrickManifest(list.subarray(0, list.length - 1))).toThrow(BrickManifestError);
    expect(() => surfaceOfBricks(list, () => undefined)).toThrow(BrickManifestError);
  });
});

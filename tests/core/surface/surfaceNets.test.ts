import { describe, expect, it } from "vitest";
import manifoldModule from "manifold-3d";
import { fromDense } from "../../../core/mask/labelmap.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { meshAreaMm2, meshVolumeMm3, type Mesh } from "../../../core/surface/mesh.ts";
import { decodeMesh, encodeMesh } from "../../../core/surface/meshBlob.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { surfaceOf } from "../../../core/surface/surfaceNets.ts";

/** A small seeded generator (mulberry32), so that a failure names its seed. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const gridOf = (n: number, spacing: [number, number, number] = [1, 1, 1]): Grid => ({ dims: [n, n, n], spacing, origin: [-10, 5, 2] });
function noise(n: number, share: number, seed: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length: n * n * n }, () => (next() < share ? 1 : 0));
}
const sound = { openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0 };
/** How many solids the face-connected voxels make, by flood fill: the naive reference for `components` of an unambiguous mask. */
const readBack = (mesh: Mesh) => soundnessOf(decodeStl(encodeStl(mesh)));

describe("surfaces", () => {
  it("are closed and manifold for random masks of every density, as a reader of the file finds them", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const mesh = surfaceOf(fromDense(gridOf(12, [0.48, 0.5, 1.5]), noise(12, 0.05 + (seed % 10) * 0.1, seed)), 1);
      expect({ seed, ...soundnessOf(mesh) }).toMatchObject({ seed, ...sound });
      expect({ seed, ...readBack(mesh) }).toMatchObject({ seed, ...sound });
    }
  });

  it("are closed and manifold for all 2^8 cells, alone and beside each of a sample of others", () => {
    for (let corners = 1; corners < 256; corners++) {
      for (const other of [0, corners, 255 - corners, 0b01101001, 0b10010110]) {
        const dense = new Uint8Array(64);
        for (let c = 0; c < 8; c++) {
          dense[(1 + (c & 1)) + 4 * (1 + ((c >> 1) & 1)) + 16 * (c >> 2)] = (corners >> c) & 1;
          dense[(1 + (c & 1)) + 4 * (1 + ((c >> 1) & 1)) + 16 * (2 + (c >> 2))] = (other >> c) & 1;
        }
        expect({ corners, other, ...soundnessOf(surfaceOf(fromDense({ ...gridOf(4) }, dense), 1)) }).toMatchObject({ corners, other, ...sound });
      }
    }
  });

  it("are taken by manifold-3d as they are, with the same volume and genus", async () => {
    const wasm = await manifoldModule();
    wasm.setup();
    for (let seed = 1; seed <= 10; seed++) {
      const mesh = surfaceOf(fromDense(gridOf(16), noise(16, 0.35, seed)), 1);
      const judge = new wasm.Manifold(new wasm.Mesh({ numProp: 3, vertProperties: mesh.positions, triVerts: mesh.triangles }));
      expect(judge.status()).toBe("NoError");
      expect(judge.volume()).toBeCloseTo(meshVolumeMm3(mesh), 0);
      judge.delete();
    }
  });

  it("of a ball have its volume, area and topology, outward", () => {
    const n = 64, grid: Grid = { dims: [n, n, n], spacing: [0.75, 0.75, 0.75], origin: [0, 0, 0] };
    const dense = new Uint8Array(n * n * n);
    const radius = 20, centre = 23.6;
    for (let z = 0; z < n; z++) for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) {
      const [dx, dy, dz] = [x, y, z].map((i) => i * 0.75 - centre);
      if (dx * dx + dy * dy + dz * dz <= radius * radius) dense[x + n * (y + n * z)] = 1;
    }
    const mesh = surfaceOf(fromDense(grid, dense), 1);
    // DOMAIN VS9: V 33510.3 mm³, A 5026.5 mm² for r = 20 mm.
    expect(Math.abs(meshVolumeMm3(mesh) / 33510.3 - 1)).toBeLessThan(0.01);
    expect(Math.abs(meshAreaMm2(mesh) / 5026.5 - 1)).toBeLessThan(0.1);
    expect(soundnessOf(mesh)).toEqual({ ...sound, components: 1, genus: 0 });
  });

  it("reach across bricks without a seam, and only one value's voxels count", () => {
    const n = 70;
    const dense = noise(n, 0.02, 3);
    for (let z = 20; z < 50; z++) for (let y = 20; y < 50; y++) dense.fill(1, 20 + n * (y + n * z), 50 + n * (y + n * z));
    for (let i = 0; i < dense.length; i += 7) if (dense[i] === 0) dense[i] = 2;
    const one = surfaceOf(fromDense(gridOf(n), dense), 1);
    const alone = surfaceOf(fromDense(gridOf(n), dense.map((v) => (v === 1 ? 1 : 0))), 1);
    expect(soundnessOf(one)).toMatchObject(sound);
    expect(one).toEqual(alone);
  });

  it("SP2: STL is LPS: what is on the left stays on the left", () => {
    const dense = new Uint8Array(8 * 8 * 8);
    dense[6 + 8 * (2 + 8 * 4)] = 1; // RAS (−10 + 6, 5 + 2, 2 + 4)
    const bytes = encodeStl(surfaceOf(fromDense(gridOf(8), dense), 1));
    const view = new DataView(bytes.buffer);
    const at = [0, 1, 2].map((i) => {
      let sum = 0;
      const count = view.getUint32(80, true);
      for (let t = 0; t < count; t++) for (let k = 0; k < 3; k++) sum += view.getFloat32(84 + 50 * t + 12 + 12 * k + 4 * i, true) / (3 * count);
      return sum;
    });
    [4, -7, 6].forEach((mm, i) => expect(at[i]).toBeCloseTo(mm, 4));
    expect(new TextDecoder().decode(bytes.subarray(0, 80))).toContain("LPS");
  });

  it("come back from the blob as they went in; cut-off and forged ones do not", () => {
    const mesh = surfaceOf(fromDense(gridOf(6), noise(6, 0.4, 9)), 1);
    const bytes = encodeMesh(mesh);
    expect(decodeMesh(bytes)).toEqual(mesh);
    expect(() => decodeMesh(bytes.subarray(0, bytes.length - 4))).toThrow();
    const forged = bytes.slice();
    new DataView(forged.buffer).setUint32(forged.length - 4, 0xffffffff, true);
    expect(() => decodeMesh(forged)).toThrow();
  });

  it("soundness sees an open edge, a doubled sheet and a pinched vertex", () => {
    const box = surfaceOf(fromDense(gridOf(4), Uint8Array.from({ length: 64 }, (_, i) => (i === 21 ? 1 : 0))), 1);
    expect(soundnessOf({ ...box, triangles: box.triangles.slice(3) }).openEdges).toBe(3);
    expect(soundnessOf({ ...box, triangles: Uint32Array.from([...box.triangles, ...box.triangles]) }).nonManifoldEdges).toBeGreaterThan(0);
    const shifted = box.positions.map((x, i) => x + 2 * (box.positions[i % 3] - x));
    const v = box.positions.length / 3;
    const pinched = { positions: Float32Array.from([...box.positions, ...shifted]), triangles: Uint32Array.from([...box.triangles, ...[...box.triangles].map((t) => t + v)]) };
    expect(soundnessOf(pinched).nonManifoldVertices).toBe(1);
  });
});

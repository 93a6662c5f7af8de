import { describe, expect, it } from "vitest";
import { bitBoxOfDense } from "../../../core/surface/bitBox.ts";
import { meshVolumeMm3 } from "../../../core/surface/mesh.ts";
import { countSelfIntersections } from "../../../core/surface/selfIntersections.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { defaultSmooth, surfaceOfBits } from "../../../core/surface/surfaceNets.ts";
import { randomOf } from "./shapes.ts";

const n = 128, h = 0.5, grid = { dims: [n, n, n] as const, spacing: [h, h, h] as const, origin: [0, 0, 0] as const };
const c = 31.93;
const bodies: Record<string, { distance: (x: number, y: number, z: number) => number; volume: number }> = {
  sphere: { distance: (x, y, z) => Math.hypot(x - c, y - c, z - c) - 20, volume: (4 / 3) * Math.PI * 20 ** 3 },
  torus: { distance: (x, y, z) => Math.hypot(Math.hypot(x - c, y - c) - 20, z - c) - 8, volume: 2 * Math.PI ** 2 * 20 * 64 },
};
/** Three directions of a plate that is turned about two axes. */
function axesAt(angle: number): [number[], number[], number[]] {
  const a = (angle * Math.PI) / 180, u = [Math.cos(a), Math.sin(a), 0], v = [-Math.sin(a) * Math.cos(a / 2), Math.cos(a) * Math.cos(a / 2), Math.sin(a / 2)];
  return [u, v, [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]];
}
for (const angle of [0, 7, 45]) {
  const axes = axesAt(angle);
  const half = [20, 18, 5];
  bodies[`plate at ${angle}°`] = {
    distance: (x, y, z) => {
      const q = axes.map((d, i) => Math.abs(d[0] * (x - c) + d[1] * (y - c) + d[2] * (z - c)) - half[i]), o = q.map((e) => Math.max(e, 0));
      return Math.hypot(o[0], o[1], o[2]) + Math.min(Math.max(...q), 0);
    },
    volume: 8 * 20 * 18 * 5,
  };
}

// DOMAIN VS9 asks 0.5 % of the volume.
describe("accuracy on bodies whose surface is known (partial volume: HU falls over one voxel)", () => {
  for (const [name, { distance, volume }] of Object.entries(bodies)) it(`${name}: within 0.1 / 0.5 voxel with HU, 0.25 / 1 without, volume within 0.5 %`, () => {
    const hu = new Int16Array(n * n * n);
    for (let z = 0, i = 0; z < n; z++) for (let y = 0; y < n; y++) for (let x = 0; x < n; x++, i++) {
      hu[i] = Math.round(1000 * Math.max(0, Math.min(1, 0.5 - distance(x * h, y * h, z * h) / h)));
    }
    const found = bitBoxOfDense(grid, hu, 500, 32767);
    for (const volumeOf of [{ hu, iso: 500 }, undefined]) {
      const mesh = surfaceOfBits(found!.box, grid, { smooth: defaultSmooth, volume: volumeOf });
      const distances = new Float64Array(mesh.positions.length / 3);
      for (let v = 0; v < distances.length; v++) distances[v] = Math.abs(distance(mesh.positions[3 * v], mesh.positions[3 * v + 1], mesh.positions[3 * v + 2])) / h;
      distances.sort();
      const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length, p95 = distances[Math.ceil(0.95 * distances.length) - 1];
      const off = Math.abs(meshVolumeMm3(mesh) / volume - 1);
      // A mask alone cannot tell where inside a voxel a face along the grid lies: there half a voxel is the limit.
      expect({ hasHu: !!volumeOf, mean: mean <= (volumeOf ? 0.1 : name === "plate at 0°" ? 0.5 : 0.25) ? "ok" : mean, p95: p95 <= (volumeOf ? 0.5 : 1) ? "ok" : p95, volume: off <= 0.005 ? "ok" : off })
        .toEqual({ hasHu: !!volumeOf, mean: "ok", p95: "ok", volume: "ok" });
      expect(soundnessOf(mesh)).toMatchObject({ openEdges: 0, nonManifoldEdges: 0, nonManifoldVertices: 0, components: 1 });
    }
  });

  // The mask tells no more than its voxels, so it is their volume that its surface is to enclose: edges and curved places would lack without what is given back.
  for (const thick of [4, 6]) for (const angle of [0, 7, 20, 45]) it(`plate of ${thick} voxels at ${angle}°, the mask alone: its voxels' volume within 0.5 %, wherever it lies`, () => {
    const size = 72, small = { dims: [size, size, size] as const, spacing: [h, h, h] as const, origin: [0, 0, 0] as const }, half = [13, 12, thick * h / 2], axes = axesAt(angle), next = randomOf(9);
    for (let place = 0; place < 3; place++) {
      const middle = [0, 1, 2].map(() => (size / 2) * h + h * next()), mask = new Int16Array(size ** 3);
      for (let z = 0, i = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++, i++) {
        mask[i] = axes.every((d, axis) => Math.abs(d[0] * (x * h - middle[0]) + d[1] * (y * h - middle[1]) + d[2] * (z * h - middle[2])) < half[axis]) ? 1 : 0;
      }
      const mesh = surfaceOfBits(bitBoxOfDense(small, mask, 1)!.box, small, { smooth: defaultSmooth }), voxelsMm3 = mask.reduce((sum, v) => sum + v, 0) * h ** 3;
      expect(Math.abs(meshVolumeMm3(mesh) / voxelsMm3 - 1)).toBeLessThanOrEqual(0.005);
      expect(countSelfIntersections(mesh)).toBe(0);
    }
  });
  for (const [radius, percent] of [[3, 2], [5, 0.5], [10, 0.2]] as const) it(`a ball of ${radius} voxels' radius, the mask alone: its voxels' volume within ${percent} %`, () => {
    const size = 2 * radius + 8, small = { dims: [size, size, size] as const, spacing: [h, h, h] as const, origin: [0, 0, 0] as const }, next = randomOf(4);
    let sum = 0;
    for (let place = 0; place < 8; place++) {
      const [a, b, d] = [0, 1, 2].map(() => size / 2 + next()), mask = new Int16Array(size ** 3);
      for (let z = 0, i = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++, i++) mask[i] = Math.hypot(x - a, y - b, z - d) < radius ? 1 : 0;
      sum += meshVolumeMm3(surfaceOfBits(bitBoxOfDense(small, mask, 1)!.box, small, { smooth: defaultSmooth })) / (mask.reduce((all, v) => all + v, 0) * h ** 3) - 1;
    }
    expect(Math.abs(sum / 8)).toBeLessThanOrEqual(percent / 100);
  });

  // What the means over voxels have lost of a sharp edge nothing brings back: up to a quarter voxel² of section along it where it lies along the grid, a tenth elsewhere.
  for (const thick of [3, 2]) for (const angle of [0, 7, 45]) it(`plate of ${thick} mm at ${angle}°, HU averaged over voxels: its thickness is exact to 0.01 voxel; its volume is within 0.5 %, or lacks what its edges lost to the means`, () => {
    const size = 84, middle = 20.93, half = [15, 13, thick / 2], axes = axesAt(angle), small = { dims: [size, size, size] as const, spacing: [h, h, h] as const, origin: [0, 0, 0] as const }, hu = new Int16Array(size ** 3), parts = 8;
    const along = (d: number[], x: number, y: number, z: number): number => d[0] * (x - middle) + d[1] * (y - middle) + d[2] * (z - middle);
    const depth = (x: number, y: number, z: number): number => Math.max(...axes.map((d, i) => Math.abs(along(d, x, y, z)) - half[i]));
    const steps = Array.from({ length: parts }, (_, i) => h * ((i + 0.5) / parts - 0.5));
    for (let z = 0, i = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++, i++) {
      const deep = depth(x * h, y * h, z * h);
      if (Math.abs(deep) > h) { hu[i] = deep < 0 ? 1000 : 0; continue; }
      let within = 0;
      for (const dz of steps) for (const dy of steps) for (const dx of steps) if (depth(x * h + dx, y * h + dy, z * h + dz) < 0) within++;
      hu[i] = Math.round((1000 * within) / parts ** 3);
    }
    const { positions, triangles } = surfaceOfBits(bitBoxOfDense(small, hu, 500, 32767)!.box, small, { smooth: defaultSmooth, volume: { hu, iso: 500 } });
    let sum = 0, count = 0;
    for (let v = 0; v < positions.length; v += 3) {
      const [across, up, out] = axes.map((d) => Math.abs(along(d, positions[v], positions[v + 1], positions[v + 2])));
      if (across < half[0] - 2 && up < half[1] - 2) { sum += out; count++; }
    }
    expect(count).toBeGreaterThan(3000);
    expect(Math.abs(sum / count - half[2])).toBeLessThanOrEqual(0.01 * h);
    const lacking = 8 * half[0] * half[1] * half[2] - meshVolumeMm3({ positions, triangles }), edges = 8 * (half[0] + half[1] + half[2]);
    expect(lacking / edges).toBeLessThanOrEqual((angle === 0 ? 0.25 : 0.12) * h * h);
    expect(lacking / edges).toBeGreaterThan(0);
    if (angle !== 0) expect(lacking / (8 * half[0] * half[1] * half[2])).toBeLessThanOrEqual(0.005);
  });

  it("HU that take the value at the voxels' centres bring vertices of eight cells together there: faces do not cross but here and there", () => {
    const size = 32, small = { dims: [size, size, size] as const, spacing: [1, 1, 2] as const, origin: [0, 0, 0] as const }, next = randomOf(2);
    let crossings = 0, triangles = 0;
    for (let k = 0; k < 6; k++) {
      const hu = new Int16Array(size ** 3);
      for (let z = 0, i = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++, i++) {
        hu[i] = next() < 0.1 ? Math.round(2 * next() - 1) : Math.round(100 * (Math.sin(x / 3 + k) + Math.sin(y / 2.5) + Math.cos(z / 2)) + 200 * (next() - 0.5));
      }
      const mesh = surfaceOfBits(bitBoxOfDense(small, hu, 0, 32767)!.box, small, { smooth: 1, volume: { hu, iso: 0 } });
      crossings += countSelfIntersections(mesh);
      triangles += mesh.triangles.length / 3;
    }
    expect(triangles).toBeGreaterThan(200_000);
    // Where vertices kept no room there: some 300.
    expect(crossings).toBeLessThan(25);
  });

  // HU that tell the surface exactly on every edge of the grid: what volume lacks then is lost between the crossings, by the net.
  for (const [radius, percent] of [[3, 1.5], [5, 0.25], [10, 0.1]] as const) it(`a ball of ${radius} voxels' radius has its volume within ${percent} %, wherever it lies; noise makes nothing cross`, () => {
    const size = 2 * radius + 8, small = { dims: [size, size, size] as const, spacing: [h, h, h] as const, origin: [0, 0, 0] as const }, next = randomOf(3);
    for (let place = 0; place < 8; place++) for (const noise of [0, 200]) {
      const [a, b, d] = [0, 1, 2].map(() => size / 2 + next()), hu = new Int16Array(size ** 3);
      for (let z = 0, i = 0; z < size; z++) for (let y = 0; y < size; y++) for (let x = 0; x < size; x++, i++) hu[i] = Math.round(1000 * (radius - Math.hypot(x - a, y - b, z - d)) + noise * (next() + next() - 1));
      const mesh = surfaceOfBits(bitBoxOfDense(small, hu, 0, 32767)!.box, small, { smooth: defaultSmooth, volume: { hu, iso: 0 } });
      expect(Math.abs(meshVolumeMm3(mesh) / ((4 / 3) * Math.PI * (radius * h) ** 3) - 1)).toBeLessThanOrEqual((percent + noise / 400) / 100);
      expect(countSelfIntersections(mesh)).toBe(0);
    }
  });
});

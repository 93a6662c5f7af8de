import { describe, expect, it } from "vitest";
import { applyEffect, type EffectInput } from "../../../../core/mask/effects/apply.ts";
import { gaussianShare } from "../../../../core/mask/effects/gaussian.ts";
import { effectIntent, EffectError } from "../../../../core/mask/effects/intent.ts";
import { brickOrigin } from "../../../../core/mask/brick.ts";
import { exp } from "../../../../core/space/math.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const grid: Grid = { dims: [40, 36, 18], spacing: [0.6, 0.9, 1.7], origin: [-5, 3, 10] };
const [nx, ny, nz] = grid.dims, count = nx * ny * nz;
const at = (x: number, y: number, z: number) => x + nx * (y + ny * z);
const input = (labels: Uint8Array): EffectInput => ({ grid, labels });
/** Labels from a rule of the place in mm from the volume's middle. */
const made = (rule: (x: number, y: number, z: number, k: number) => number) => Uint8Array.from({ length: count }, (_, i) => {
  const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
  return rule((x - 19.5) * 0.6, (y - 17.5) * 0.9, (z - 8.5) * 1.7, z);
});
function after(intent: unknown, labels: Uint8Array): Uint8Array {
  const out = labels.slice();
  for (const { value, bricks } of applyEffect(effectIntent.parse(intent), input(labels))) for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) out[at(ox + (v & 31), oy + ((v >> 5) & 31), oz + (v >> 10))] = value;
  }
  return out;
}
const voxels = (labels: Uint8Array, value: number) => labels.reduce((sum, label) => sum + (label === value ? 1 : 0), 0);

describe("Gaussian smoothing", () => {
  it("is the plain weighted mean, in mm on anisotropic voxels, and keeps a flat wall at the volume's edge", () => {
    const random = seededRandom(3), size = [9, 8, 7] as const, bits = Uint8Array.from({ length: 9 * 8 * 7 }, () => (random.chance(0.5) ? 1 : 0)), sigma = 0.8;
    const small: Grid = { dims: [9, 8, 7], spacing: grid.spacing, origin: grid.origin }, share = gaussianShare(small, { low: [0, 0, 0], size, bits }, sigma);
    const clamp = (n: number, most: number) => Math.max(0, Math.min(most - 1, n));
    for (const [x, y, z] of [[4, 4, 3], [0, 0, 0], [8, 7, 6], [2, 6, 1]]) {
      let sum = 0, weight = 0;
      const reach = small.spacing.map((mm) => Math.max(1, Math.ceil(3 * (sigma / mm))));
      for (let c = -reach[2]; c <= reach[2]; c++) for (let b = -reach[1]; b <= reach[1]; b++) for (let a = -reach[0]; a <= reach[0]; a++) {
        const w = Math.exp(-((a * small.spacing[0]) ** 2 + (b * small.spacing[1]) ** 2 + (c * small.spacing[2]) ** 2) / (2 * sigma * sigma));
        sum += w * bits[clamp(x + a, 9) + 9 * (clamp(y + b, 8) + 8 * clamp(z + c, 7))];
        weight += w;
      }
      expect(share[x + 9 * (y + 8 * z)]).toBeCloseTo(sum / weight, 5);
    }
    const wall = made((x) => (x < 0 ? 1 : 0));
    expect(after({ effect: "smooth", segment: 1, method: "gaussian", mm: 1.5 }, wall)).toEqual(wall);
  });
  it("is the plain one bit for bit where all is empty, full or mixed, in a region of a larger volume too", () => {
    const dims: Grid["dims"] = [150, 24, 15], wide: Grid = { dims: [170, 30, 15], spacing: grid.spacing, origin: grid.origin }, low = [12, 0, 0] as const, sigma = 0.9, random = seededRandom(2);
    const bits = Uint8Array.from({ length: 150 * 24 * 15 }, (_, i) => { const x = i % 150; return x < 70 ? 0 : x > 90 && x < 149 ? (i % 3001 === 0 ? 0 : 1) : random.below(2); });
    let plain = Float32Array.from(bits);
    const strides = [1, 150, 150 * 24];
    for (let axis = 0; axis < 3; axis++) {
      const s = sigma / wide.spacing[axis], reach = Math.max(1, Math.ceil(3 * s)), weights = Array.from({ length: 2 * reach + 1 }, (_, k) => exp(-((k - reach) * (k - reach)) / (2 * s * s))), whole = weights.reduce((a, b) => a + b, 0);
      plain = plain.map((_, i) => {
        const at = Math.floor(i / strides[axis]) % dims[axis];
        let sum = 0;
        weights.forEach((weight, k) => { const other = Math.max(-low[axis], Math.min(wide.dims[axis] - 1 - low[axis], at + k - reach)); if (other >= 0 && other < dims[axis]) sum += (weight / whole) * plain[i + (other - at) * strides[axis]]; });
        return sum;
      });
    }
    expect(gaussianShare(wide, { low, size: dims, bits }, sigma)).toEqual(plain);
  });
  it("takes single voxels away and leaves a ball about as large as it was", () => {
    const ball = made((x, y, z) => (x * x + y * y + z * z < 64 ? 1 : 0)), noisy = ball.slice();
    noisy[at(1, 1, 1)] = 1;
    const smooth = after({ effect: "smooth", segment: 1, method: "gaussian", mm: 1 }, noisy);
    expect(smooth[at(1, 1, 1)]).toBe(0);
    expect(voxels(smooth, 1) / voxels(ball, 1)).toBeGreaterThan(0.9);
    expect(voxels(smooth, 1) / voxels(ball, 1)).toBeLessThan(1.05);
  });
});

describe("fill between slices", () => {
  it("goes over from one drawn slice to the next: a cone from two discs, drawn slices as they were", () => {
    const radius = (k: number) => 4 + 0.25 * (k - 2) * 2;
    const cone = made((x, y, _z, k) => (k >= 2 && k <= 14 && x * x + y * y < radius(k) * radius(k) ? 1 : 0));
    const drawn = cone.map((value, i) => ([2, 14].includes(Math.floor(i / (nx * ny))) ? value : 0));
    const filled = after({ effect: "fillBetween", segment: 1 }, drawn);
    let differing = 0;
    for (let i = 0; i < count; i++) if (filled[i] !== cone[i]) differing++;
    expect(differing / voxels(cone, 1)).toBeLessThan(0.06);
    for (const k of [2, 14]) expect(filled.subarray(at(0, 0, k), at(0, 0, k + 1))).toEqual(drawn.subarray(at(0, 0, k), at(0, 0, k + 1)));
    expect(filled.subarray(0, at(0, 0, 2)).includes(1)).toBe(false);
  });
  it("leaves other segments as they are, and a slice that is wholly filled does not swallow its neighbours", () => {
    const full = made((x, y, _z, k) => (k === 2 ? 1 : k === 8 && Math.abs(x) < 2.8 && Math.abs(y) < 4 ? 1 : k === 4 && x > 5 ? 7 : 0));
    const filled = after({ effect: "fillBetween", segment: 1 }, full);
    expect(voxels(filled, 7)).toBe(voxels(full, 7));
    const inSlice = (k: number) => filled.subarray(at(0, 0, k), at(0, 0, k + 1)).reduce((sum, value) => sum + (value === 1 ? 1 : 0), 0);
    for (let k = 3; k < 8; k++) expect(inSlice(k)).toBeLessThan(inSlice(2));
    expect(inSlice(7)).toBeLessThan(0.6 * nx * ny);
  });
  it("works along the other planes alike, and changes nothing where no slice is missing", () => {
    const box = made((x, y, z) => (Math.abs(x) < 8 && Math.abs(y) < 9 && Math.abs(z) < 10 ? 1 : 0));
    const columns = box.map((value, i) => (i % nx % 5 === 0 ? value : 0));
    const filled = after({ effect: "fillBetween", segment: 1, plane: "sagittal" }, columns);
    const [first, last] = [0, nx - 1].map((_, n) => { const xs = [...columns.keys()].filter((i) => columns[i] === 1).map((i) => i % nx); return n === 0 ? Math.min(...xs) : Math.max(...xs); });
    for (let i = 0; i < count; i++) if (i % nx >= first && i % nx <= last) expect(filled[i]).toBe(box[i]);
    expect(after({ effect: "fillBetween", segment: 1 }, box)).toEqual(box);
  });
});

describe("several segments", () => {
  it("joint smoothing opens no gap between neighbours and takes nothing of others", () => {
    const random = seededRandom(8);
    const labels = made((x, y, z) => (x * x + y * y + z * z > 80 ? 0 : x + (random.chance(0.5) ? 1.2 : -1.2) < 0 ? 1 : 2));
    labels[at(3, 3, 3)] = 5;
    const smooth = after({ effect: "jointSmooth", segment: 1, segments: [1, 2], mm: 1.2 }, labels);
    expect(smooth[at(3, 3, 3)]).toBe(5);
    // Well inside the ball every voxel still belongs to one of the two.
    for (let i = 0; i < count; i++) {
      const [x, y, z] = [(i % nx - 19.5) * 0.6, (Math.floor(i / nx) % ny - 17.5) * 0.9, (Math.floor(i / (nx * ny)) - 8.5) * 1.7];
      if (x * x + y * y + z * z < 25) expect([1, 2]).toContain(smooth[i]);
    }
    const borders = (of: Uint8Array) => { let sum = 0; for (let i = 0; i + 1 < count; i++) if (of[i] + of[i + 1] === 3 && of[i] !== of[i + 1]) sum++; return sum; };
    expect(borders(smooth)).toBeLessThan(0.8 * borders(labels));
    expect(() => after({ effect: "jointSmooth", segment: 1, segments: [1, 2], mm: 1, locked: [2] }, labels)).toThrow("segment 2 is locked");
  });
  it("joint smoothing leaves a segment between the named ones alone, and refuses to smooth a named one away", () => {
    const layers = made((x, y) => (Math.abs(y) > 12 ? 0 : x < -1.2 ? 1 : x > 1.2 ? 2 : 5)), smooth = after({ effect: "jointSmooth", segment: 1, segments: [1, 2], mm: 1.5 }, layers);
    expect(voxels(smooth, 5)).toBe(voxels(layers, 5));
    const plate = made((x, y, z) => (Math.abs(y) > 12 || Math.abs(z) > 12 ? 0 : Math.abs(x) < 0.31 ? 3 : x < 0 && x > -6 ? 1 : 0));
    expect(voxels(plate, 3)).toBeGreaterThan(100);
    expect(() => after({ effect: "jointSmooth", segment: 1, segments: [1, 3], mm: 2 }, plate)).toThrow("too thin");
  });
  it("splits a segment's parts by size into the values given; what is left stays", () => {
    const labels = new Uint8Array(count);
    for (const [x, y, z, edge] of [[4, 4, 4, 6], [20, 4, 4, 4], [4, 22, 4, 3], [30, 30, 14, 2]]) for (let c = 0; c < edge; c++) for (let b = 0; b < edge; b++) for (let a = 0; a < edge; a++) labels[at(x + a, y + b, Math.min(nz - 1, z + c))] = 1;
    const split = after({ effect: "split", segment: 1, into: [3, 4] }, labels);
    expect([1, 3, 4].map((value) => voxels(split, value))).toEqual([6 * 6 * 6 + 2 * 2 * 2, 4 * 4 * 4, 3 * 3 * 3]);
    const one = labels.map((value, i) => (i < at(0, 0, 11) && i % nx < 15 && Math.floor(i / nx) % ny < 15 ? value : 0));
    expect(() => after({ effect: "split", segment: 1, into: [3] }, one)).toThrow(EffectError);
    expect(() => after({ effect: "split", segment: 1, into: [1] }, labels)).toThrow("«into»");
  });
});

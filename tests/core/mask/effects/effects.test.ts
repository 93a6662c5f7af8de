import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { applyEffect, type EffectInput } from "../../../../core/mask/effects/apply.ts";
import { automaticThreshold, histogramOf } from "../../../../core/mask/effects/automaticThreshold.ts";
import { componentsOf } from "../../../../core/mask/effects/components.ts";
import { squaredDistances } from "../../../../core/mask/effects/distance.ts";
import { effectIntent, EffectError, type EffectIntent } from "../../../../core/mask/effects/intent.ts";
import { brickOrigin } from "../../../../core/mask/brick.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const grid: Grid = { dims: [24, 20, 14], spacing: [0.6, 0.9, 1.7], origin: [-5, 3, 10] };
const [nx, ny, nz] = grid.dims, count = nx * ny * nz;
const place = (i: number): [number, number, number] => [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
const mm = (i: number, j: number) => { const a = place(i), b = place(j); return Math.hypot(...a.map((v, axis) => (v - b[axis]) * grid.spacing[axis])); };
const blob = (seed: number, share = 0.3) => { const random = seededRandom(seed); return Uint8Array.from({ length: count }, () => (random.chance(share) ? 1 : 0)); };
const ball = (cx: number, cy: number, cz: number, r: number, value = 1, into = new Uint8Array(count)) => { const centre = cx + cy * nx + cz * nx * ny; for (let i = 0; i < count; i++) if (mm(i, centre) <= r) into[i] = value; return into; };
function after(intent: unknown, input: EffectInput): Uint8Array {
  const labels = input.labels.slice();
  for (const { value, bricks, voxels } of applyEffect(effectIntent.parse(intent), input)) {
    let written = 0;
    for (const { brick, runs } of bricks) {
      const [ox, oy, oz] = brickOrigin(grid, brick);
      for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) { labels[ox + (v & 31) + (oy + ((v >> 5) & 31)) * nx + (oz + (v >> 10)) * nx * ny] = value; written++; }
    }
    expect(written).toBe(voxels);
  }
  return labels;
}
const as = (labels: Uint8Array, hu?: Int16Array): EffectInput => ({ grid, labels, hu });
const size: [number, number, number] = [nx, ny, nz];

describe("parts of the effects, beside plain ones", () => {
  it("distances are exact on anisotropic voxels", () => {
    for (const seed of [1, 2, 3]) {
      const bits = blob(seed, 0.004), squared = squaredDistances(bits, size, grid.spacing), set = [...bits.keys()].filter((i) => bits[i] === 1);
      for (let i = 0; i < count; i += 7) expect(Math.sqrt(squared[i])).toBeCloseTo(Math.min(...set.map((j) => mm(i, j))), 9);
    }
  });
  it.each([6, 26] as const)("components through %i neighbours are those of a flood fill", (neighbours) => {
    for (let seed = 1; seed <= 20; seed++) {
      const bits = blob(seed, neighbours === 6 ? 0.35 : 0.12), { labels, sizes } = componentsOf(bits, size, neighbours), plain = new Int32Array(count);
      let number = 0;
      for (let start = 0; start < count; start++) {
        if (bits[start] === 0 || plain[start] !== 0) continue;
        number++;
        const stack = [start];
        plain[start] = number;
        while (stack.length > 0) {
          const [x, y, z] = place(stack.pop() ?? 0);
          for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
            if (neighbours === 6 && Math.abs(dx) + Math.abs(dy) + Math.abs(dz) > 1) continue;
            const [a, b, c] = [x + dx, y + dy, z + dz];
            if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
            const i = a + b * nx + c * nx * ny;
            if (bits[i] !== 0 && plain[i] === 0) { plain[i] = number; stack.push(i); }
          }
        }
      }
      expect([...labels], `seed ${seed}`).toEqual([...plain]);
      expect(sizes.length - 1).toBe(number);
      for (let n = 1; n <= number; n++) expect(sizes[n]).toBe(plain.filter((value) => value === n).length);
    }
  });
});

describe("effects", () => {
  it("threshold, with masking: locked segments, area, HU range and overwriting rule are kept to", () => {
    const hu = Int16Array.from({ length: count }, (_, i) => (i * 37) % 500), labels = ball(6, 6, 5, 3, 2, ball(16, 12, 8, 3, 3));
    const wanted = (rule: (i: number) => boolean) => labels.map((label, i) => (hu[i] >= 200 && hu[i] <= 400 ? (label !== 1 && rule(i) ? 1 : label) : label));
    expect(after({ effect: "threshold", segment: 1, min: 200, max: 400 }, as(labels, hu))).toEqual(wanted(() => true));
    expect(after({ effect: "threshold", segment: 1, min: 200, max: 400, locked: [2] }, as(labels, hu))).toEqual(wanted((i) => labels[i] !== 2));
    expect(after({ effect: "threshold", segment: 1, min: 200, max: 400, overwrite: "none" }, as(labels, hu))).toEqual(wanted((i) => labels[i] === 0));
    expect(after({ effect: "threshold", segment: 1, min: 200, max: 400, editableArea: { inside: 3 } }, as(labels, hu))).toEqual(wanted((i) => labels[i] === 3));
    expect(after({ effect: "threshold", segment: 1, min: 200, max: 400, editableRange: [250, 300] }, as(labels, hu))).toEqual(wanted((i) => hu[i] >= 250 && hu[i] <= 300));
  });

  it("automatic thresholds part two peaks, and Otsu's is the best cut by its own measure", () => {
    const random = seededRandom(4), hu = Int16Array.from({ length: 20_000 }, () => (random.chance(0.3) ? 700 : 40) + random.below(101) - 50 + random.below(61));
    const histogram = histogramOf(hu);
    for (const method of ["otsu", "isodata", "maximumEntropy"] as const) {
      const at = automaticThreshold(histogram, method);
      expect(at, method).toBeGreaterThan(120);
      expect(at, method).toBeLessThan(680);
    }
    const variance = (cut: number) => { const a = hu.filter((v) => v < cut), b = hu.filter((v) => v >= cut), mean = (list: Int16Array) => list.reduce((x, y) => x + y, 0) / list.length; return a.length * b.length * (mean(a) - mean(b)) ** 2; };
    const best = variance(automaticThreshold(histogram, "otsu"));
    for (let cut = 0; cut < 800; cut += 25) expect(variance(cut) || 0).toBeLessThanOrEqual(best * (1 + 1e-9));
    expect(automaticThreshold(histogram, "triangle")).toBeGreaterThan(40);
  });

  it("margin grows and shrinks by millimetres", () => {
    const labels = ball(12, 10, 7, 3);
    const inside = [...labels.keys()].filter((i) => labels[i] === 1), outside = [...labels.keys()].filter((i) => labels[i] === 0);
    const grown = after({ effect: "margin", segment: 1, mm: 1.8 }, as(labels)), shrunk = after({ effect: "margin", segment: 1, mm: -1.3 }, as(labels));
    for (let i = 0; i < count; i++) {
      expect(grown[i]).toBe(Math.min(...inside.map((j) => mm(i, j))) <= 1.8 ? 1 : 0);
      expect(shrunk[i]).toBe(labels[i] === 1 && Math.min(...outside.map((j) => mm(i, j))) > 1.3 ? 1 : 0);
    }
  });

  it("islands, holes, hollow, closing and opening do what their names say", () => {
    const two = ball(5, 5, 4, 2, 1, ball(16, 12, 8, 4));
    expect(after({ effect: "islands", segment: 1, operation: "keepLargest" }, as(two))).toEqual(ball(16, 12, 8, 4));
    const point = [grid.origin[0] + 5 * 0.6, grid.origin[1] + 5 * 0.9, grid.origin[2] + 4 * 1.7];
    expect(after({ effect: "islands", segment: 1, operation: "removeAt", at: point }, as(two))).toEqual(ball(16, 12, 8, 4));
    expect(after({ effect: "islands", segment: 1, operation: "removeSmall", minMm3: 100 }, as(two))).toEqual(ball(16, 12, 8, 4));
    const shell = ball(12, 10, 7, 2.5, 0, ball(12, 10, 7, 5));
    expect(after({ effect: "fillHoles", segment: 1 }, as(shell))).toEqual(ball(12, 10, 7, 5));
    const hollow = after({ effect: "hollow", segment: 1, thicknessMm: 2, shell: "inside" }, as(ball(12, 10, 7, 5)));
    expect(hollow[12 + 10 * nx + 7 * nx * ny]).toBe(0);
    for (let i = 0; i < count; i++) if (hollow[i] === 1) expect(ball(12, 10, 7, 5)[i]).toBe(1);
    const gap = Uint8Array.from({ length: count }, (_, i) => { const [x, y, z] = place(i); return y > 4 && y < 14 && z > 3 && z < 10 && x > 4 && x < 20 && x !== 12 ? 1 : 0; });
    const closed = after({ effect: "smooth", segment: 1, method: "closing", mm: 1.5 }, as(gap));
    expect(closed[12 + 9 * nx + 6 * nx * ny]).toBe(1);
    for (let i = 0; i < count; i++) if (gap[i] === 1) expect(closed[i]).toBe(1);
    const spike = gap.slice();
    for (let x = 20; x < 23; x++) spike[x + 9 * nx + 6 * nx * ny] = 1;
    expect(after({ effect: "smooth", segment: 1, method: "opening", mm: 1 }, as(spike))[22 + 9 * nx + 6 * nx * ny]).toBe(0);
  });

  it("region grow stops at a channel narrower than asked", () => {
    const hu = new Int16Array(count).fill(-1000);
    for (const [cx, value] of [[5, 300], [18, 300]]) for (let i = 0; i < count; i++) if (mm(i, cx + 10 * nx + 7 * nx * ny) <= 3) hu[i] = value;
    for (let x = 5; x < 18; x++) hu[x + 10 * nx + 7 * nx * ny] = 300;
    const at = [grid.origin[0] + 5 * 0.6, grid.origin[1] + 10 * 0.9, grid.origin[2] + 7 * 1.7], far = 18 + 10 * nx + 7 * nx * ny;
    const empty = new Uint8Array(count);
    expect(after({ effect: "regionGrow", segment: 4, at, min: 200, max: 400 }, as(empty, hu))[far]).toBe(4);
    const guarded = after({ effect: "regionGrow", segment: 4, at, min: 200, max: 400, channelMm: 2.5 }, as(empty, hu));
    expect(guarded[far]).toBe(0);
    expect(guarded[5 + 10 * nx + 7 * nx * ny]).toBe(4);
  });

  it("median is that of the plain window cut at the volume's edge; a margin takes the voxel exactly on its limit", () => {
    const labels = ball(2, 3, 1, 4), smoothed = after({ effect: "smooth", segment: 1, method: "median", mm: 1 }, as(labels)), [rx, ry, rz] = [2, 1, 1];
    for (let i = 0; i < count; i += 3) {
      const [x, y, z] = place(i);
      let inside = 0, all = 0;
      for (let c = Math.max(0, z - rz); c <= Math.min(nz - 1, z + rz); c++) for (let b = Math.max(0, y - ry); b <= Math.min(ny - 1, y + ry); b++) for (let a = Math.max(0, x - rx); a <= Math.min(nx - 1, x + rx); a++) { all++; inside += labels[a + b * nx + c * nx * ny]; }
      expect(smoothed[i], `voxel ${place(i)}`).toBe(2 * inside > all ? 1 : 0);
    }
    const thin: Grid = { dims: [12, 3, 3], spacing: [0.1, 0.1, 0.1], origin: [0, 0, 0] }, one = new Uint8Array(108);
    one[1 + 12 + 36] = 1;
    const [{ voxels }] = applyEffect(effectIntent.parse({ effect: "margin", segment: 1, mm: 0.3, editableArea: { outside: 2 } }), { grid: thin, labels: one });
    let wanted = 0;
    for (let i = 0; i < 108; i++) { const x = (i % 12) - 1, y = (Math.floor(i / 12) % 3) - 1, z = Math.floor(i / 36) - 1, d = x * x + y * y + z * z; if (d > 0 && d <= 9) wanted++; }
    expect(voxels).toBe(wanted);
  });

  it("a seed beside the wall of a wide structure grows it as one in its middle does; one in a channel that is too narrow is told so", () => {
    const hu = new Int16Array(count).fill(-1000), wide = ball(8, 10, 7, 4.5);
    for (let i = 0; i < count; i++) if (wide[i] === 1) hu[i] = 300;
    for (let x = 8; x < nx; x++) hu[x + 10 * nx + 7 * nx * ny] = 300;
    const grown = (x: number, y: number, z: number) => after({ effect: "regionGrow", segment: 4, at: [grid.origin[0] + 0.6 * x, grid.origin[1] + 0.9 * y, grid.origin[2] + 1.7 * z], min: 200, max: 400, channelMm: 4 }, as(new Uint8Array(count), hu));
    const middle = grown(8, 10, 7);
    expect(middle.includes(4)).toBe(true);
    // The outermost voxel towards the front, of which a ball of 4 mm holds much air.
    const edge = Math.max(...[...wide.keys()].filter((i) => wide[i] === 1 && place(i)[0] === 8 && place(i)[2] === 7).map((i) => place(i)[1]));
    expect(grown(8, edge, 7)).toEqual(middle);
    expect(() => grown(nx - 2, 10, 7)).toThrow("the structure is narrower than 4 mm there; a smaller channel works");
  });

  it("a median reaches as far as its millimetres: not into the next slice where slices lie farther apart than that", () => {
    const thick: Grid = { dims: [9, 9, 3], spacing: [0.5, 0.5, 5], origin: [0, 0, 0] }, labels = new Uint8Array(243);
    for (let i = 81; i < 162; i++) labels[i] = 1;
    // A slice that is full between two empty ones stays: a window through all three would empty it.
    expect(applyEffect(effectIntent.parse({ effect: "smooth", segment: 1, method: "median", mm: 1 }), { grid: thick, labels })).toEqual([]);
    const [{ voxels }] = applyEffect(effectIntent.parse({ effect: "smooth", segment: 1, method: "median", mm: 5 }), { grid: thick, labels });
    expect(voxels).toBe(81);
    expect(() => applyEffect(effectIntent.parse({ effect: "smooth", segment: 1, method: "median", mm: 0.2 }), { grid: thick, labels })).toThrow("0.2 mm reach no neighbour: voxels are 0.5 × 0.5 × 5 mm");
  });

  it("says by which rule each voxel was kept out, where all were", () => {
    const labels = ball(6, 6, 5, 3, 2, ball(16, 12, 8, 3, 3)), hu = Int16Array.from({ length: count }, (_, i) => (i * 37) % 500), held = (value: number) => labels.filter((label) => label === value).length;
    const refusal = (more: object, min = 0) => { try { applyEffect(effectIntent.parse({ effect: "threshold", segment: 1, min, ...more }), as(labels, hu)); } catch (error) { return error instanceof EffectError ? error.message : error; } return "written"; };
    expect(refusal({ locked: [2, 3], editableArea: { inside: [2, 3] } })).toBe(`nothing may be changed there: ${held(2) + held(3)} voxels lie in a locked segment, ${held(0)} voxels lie outside the editable area`);
    expect(refusal({ editableArea: { inside: [2, 3] }, overwrite: "none" })).toBe(`nothing may be changed there: ${held(0)} voxels lie outside the editable area, ${held(2) + held(3)} voxels lie in another segment that is not to be overwritten`);
    expect(refusal({ editableRange: [600, 700] })).toBe(`nothing may be changed there: ${count} voxels lie outside the editable range of 600 to 700 HU`);
    expect(refusal({})).toBe("written");
  });

  it("never takes another segment's voxels unasked, and says why nothing was changed", () => {
    const labels = ball(6, 6, 5, 3, 2, ball(16, 12, 8, 3));
    expect(() => applyEffect(effectIntent.parse({ effect: "logic", segment: 1, operation: "union", other: 2 }), as(labels))).toThrow(/overwrite/);
    expect(after({ effect: "logic", segment: 1, operation: "union", other: 2, overwrite: "all" }, as(labels)).includes(2)).toBe(false);
    const inverted = after({ effect: "logic", segment: 1, operation: "invert" }, as(labels));
    expect(inverted).toEqual(labels.map((label) => (label === 0 ? 1 : label === 1 ? 0 : label)));
    expect(() => applyEffect(effectIntent.parse({ effect: "logic", segment: 1, operation: "clear", editableArea: { inside: 2 } }), as(labels))).toThrow(/nothing may be changed/);
    expect(effectIntent.safeParse({ effect: "margin", segment: 1, mm: 1, editableRange: [10, -10] }).success).toBe(false);
  });

  it("refuses what cannot be done, saying what to do, and unknown keys by name", () => {
    const empty = as(new Uint8Array(count));
    for (const intent of [{ effect: "margin", segment: 1, mm: 1 }, { effect: "threshold", segment: 1, min: 0 }, { effect: "logic", segment: 1, operation: "copy" }] as EffectIntent[]) expect(() => applyEffect(intent, empty)).toThrow(EffectError);
    expect(effectIntent.safeParse({ effect: "margin", segment: 1, mm: 1, milimetres: 2 }).error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: ["milimetres"] });
    expect(effectIntent.safeParse({ effect: "margin", segment: 0, mm: 1 }).success).toBe(false);
  });
});

const hasScipy = spawnSync("/usr/bin/python3", ["-c", "import scipy.ndimage"]).status === 0;
if (!hasScipy) console.log("not run: scipy as judge of components and distances is not there");
it.runIf(hasScipy)("scipy counts the same components and the same distances", () => {
  const bits = blob(9, 0.1), { sizes } = componentsOf(bits, size), squared = squaredDistances(bits, size, grid.spacing, 0);
  const said = spawnSync("/usr/bin/python3", ["-c", `
import sys, json, numpy as np
from scipy import ndimage as nd
b = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(${nz}, ${ny}, ${nx})
_, n = nd.label(b, np.ones((3,3,3)))
print(json.dumps([int(n), float((nd.distance_transform_edt(b, sampling=(${grid.spacing[2]}, ${grid.spacing[1]}, ${grid.spacing[0]}))**2).sum())]))`], { input: bits });
  const [parts, total] = JSON.parse(said.stdout.toString()) as [number, number];
  expect(sizes.length - 1).toBe(parts);
  expect(squared.reduce((all, value) => all + value, 0)).toBeCloseTo(total, 3);
});

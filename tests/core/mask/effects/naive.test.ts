// Effects on anisotropic voxels beside plain ones that look at every pair of voxels.
import { describe, expect, it } from "vitest";
import { applyEffect } from "../../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../../core/mask/effects/intent.ts";
import { brickOrigin } from "../../../../core/mask/brick.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const grid: Grid = { dims: [36, 14, 11], spacing: [0.5, 0.8, 1.7], origin: [-5, 3, 10] }, [nx, ny, nz] = grid.dims, count = nx * ny * nz, voxelMm3 = 0.5 * 0.8 * 1.7;
type Place = [number, number, number];
const place = (i: number): Place => [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))], at = ([x, y, z]: Place) => x + nx * (y + ny * z);
const isIn = ([x, y, z]: Place) => x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz;
const all = Array.from({ length: count }, (_, i) => i);

/** Balls and holes at random, clear of the volume's faces, whose edge is no surface. */
function blobs(seed: number): Uint8Array {
  const random = seededRandom(seed), bits = new Uint8Array(count);
  for (let n = 0; n < 14; n++) {
    const centre = [10 + random.below(nx - 20), 4 + random.below(ny - 8), 3 + random.below(nz - 6)], r = 0.7 + random.below(20) / 10, value = n % 4 === 3 ? 0 : 1;
    for (const i of all) if (Math.hypot(...place(i).map((v, a) => (v - centre[a]) * grid.spacing[a])) <= r) bits[i] = value;
  }
  return bits;
}
/** Offsets of all voxels within so many mm. */
function ball(mm: number): Place[] {
  const reach = grid.spacing.map((step) => Math.floor(mm / step) + 1), found: Place[] = [];
  for (let z = -reach[2]; z <= reach[2]; z++) for (let y = -reach[1]; y <= reach[1]; y++) for (let x = -reach[0]; x <= reach[0]; x++) if (Math.hypot(0.5 * x, 0.8 * y, 1.7 * z) <= mm + 1e-6) found.push([x, y, z]);
  return found;
}
const moved = (i: number, by: Place): Place => { const [x, y, z] = place(i); return [x + by[0], y + by[1], z + by[2]]; };
const grown = (bits: Uint8Array, mm: number) => { const offsets = ball(mm); return bits.map((_, i) => (offsets.some((by) => { const p = moved(i, by); return isIn(p) && bits[at(p)] === 1; }) ? 1 : 0)); };
const not = (bits: Uint8Array) => bits.map((bit) => 1 - bit);
const shrunk = (bits: Uint8Array, mm: number) => { const near = grown(not(bits), mm); return bits.map((bit, i) => (bit === 1 && near[i] === 0 ? 1 : 0)); };
const or = (a: Uint8Array, b: Uint8Array) => a.map((bit, i) => bit | b[i]);
const without = (a: Uint8Array, b: Uint8Array) => a.map((bit, i) => bit & (1 - b[i]));
/** Parts of what is set, through steps along these axes (or 26 neighbours). */
function parts(bits: Uint8Array, axes: readonly number[] | "all"): number[][] {
  const steps: Place[] = axes === "all" ? [...Array(27).keys()].map((n): Place => [(n % 3) - 1, (Math.floor(n / 3) % 3) - 1, Math.floor(n / 9) - 1]) : axes.flatMap((axis) => [-1, 1].map((by) => [0, 1, 2].map((a) => (a === axis ? by : 0)) as Place));
  const seen = new Uint8Array(count), found: number[][] = [];
  for (const start of all) {
    if (bits[start] === 0 || seen[start] === 1) continue;
    const part = [start];
    seen[start] = 1;
    for (let n = 0; n < part.length; n++) for (const step of steps) {
      const p = moved(part[n], step);
      if (isIn(p) && bits[at(p)] === 1 && seen[at(p)] === 0) { seen[at(p)] = 1; part.push(at(p)); }
    }
    found.push(part);
  }
  return found;
}
const isAtFace = (i: number, axes: readonly number[]) => axes.some((axis) => place(i)[axis] === 0 || place(i)[axis] === grid.dims[axis] - 1);
/** Filled where the outside does not come, moving along these axes. */
function filled(bits: Uint8Array, axes: readonly number[], most = Infinity): Uint8Array {
  const out = bits.slice();
  for (const part of parts(not(bits), axes)) if (!part.some((i) => isAtFace(i, axes)) && part.length * voxelMm3 <= most) for (const i of part) out[i] = 1;
  return out;
}
const closed = (bits: Uint8Array, mm: number) => or(shrunk(grown(bits, mm), mm), bits);

function after(intent: object, labels: Uint8Array): Uint8Array {
  const out = labels.slice();
  for (const { value, bricks } of applyEffect(effectIntent.parse({ segment: 1, ...intent }), { grid, labels })) for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) out[at([ox + (v & 31), oy + ((v >> 5) & 31), oz + (v >> 10)])] = value;
  }
  return out;
}

describe.each([1, 2, 3, 4])("blobs of seed %i", (seed) => {
  const bits = blobs(seed);
  it.each([0.4, 1, 1.7, 2.6])("margin and hollow of %f mm", (mm) => {
    expect(after({ effect: "margin", mm }, bits)).toEqual(grown(bits, mm));
    expect(after({ effect: "margin", mm: -mm }, bits)).toEqual(shrunk(bits, mm));
    expect(after({ effect: "hollow", thicknessMm: mm, shell: "inside" }, bits)).toEqual(without(bits, shrunk(bits, mm)));
    expect(after({ effect: "hollow", thicknessMm: mm, shell: "outside" }, bits)).toEqual(without(grown(bits, mm), bits));
    expect(after({ effect: "hollow", thicknessMm: mm, shell: "medial" }, bits)).toEqual(without(grown(bits, mm / 2), shrunk(bits, mm / 2)));
  });
  it.each([0.6, 1.2, 2])("opening and closing of %f mm", (mm) => {
    expect(after({ effect: "smooth", method: "closing", mm }, bits)).toEqual(closed(bits, mm));
    expect(after({ effect: "smooth", method: "opening", mm }, bits)).toEqual(grown(shrunk(bits, mm), mm).map((bit, i) => bit & bits[i]));
  });
  it("cavities, all or up to a size, and holes within the slices of a plane", () => {
    const spongy = bits.map((bit, i) => (bit === 1 && (i * 7919 + seed) % 5 === 0 ? 0 : bit));
    expect(after({ effect: "fillHoles" }, spongy)).toEqual(filled(spongy, [0, 1, 2]));
    expect(after({ effect: "fillHoles", largestMm3: 0.7 }, spongy)).toEqual(filled(spongy, [0, 1, 2], 0.7));
    for (const [plane, axes] of [["axial", [0, 1]], ["coronal", [0, 2]], ["sagittal", [1, 2]]] as const) {
      expect(after({ effect: "fillHoles", plane }, spongy), plane).toEqual(filled(spongy, axes));
      expect(after({ effect: "fillHoles", plane, largestMm3: 0.7 }, spongy), plane).toEqual(filled(spongy, axes, 0.7));
    }
  });
  it.each([[2, 1], [1.6, 1.6], [1, 2.4]])("wrap by a gap of %f mm and a smallest detail of %f mm", (gapMm, detailMm) => {
    const inside = without(filled(closed(bits, gapMm / 2), [0, 1, 2]), closed(bits, gapMm / 2)), covered = closed(or(bits, inside), detailMm / 2);
    expect(after({ effect: "wrap", gapMm, detailMm }, bits)).toEqual(filled(covered, [0, 1, 2]));
  });
  it("islands by mm³, largest, picked", () => {
    const dust = bits.map((bit, i) => (bit === 1 || (i * 131 + seed) % 97 === 0 ? 1 : 0)), found = parts(dust, "all");
    const of = (keeps: (part: number[]) => boolean) => { const out = new Uint8Array(count); for (const part of found) if (keeps(part)) for (const i of part) out[i] = 1; return out; };
    expect(after({ effect: "islands", operation: "removeSmall", minMm3: 2 }, dust)).toEqual(of((part) => part.length * voxelMm3 >= 2));
    const largest = Math.max(...found.map(({ length }) => length)), picked = found[found.length - 1], point = place(picked[0]).map((v, a) => grid.origin[a] + grid.spacing[a] * v);
    expect(after({ effect: "islands", operation: "keepLargest" }, dust)).toEqual(of((part) => part === found.find(({ length }) => length === largest)));
    expect(after({ effect: "islands", operation: "keepAt", at: point }, dust)).toEqual(of((part) => part === picked));
    expect(after({ effect: "islands", operation: "removeAt", at: point }, dust)).toEqual(of((part) => part !== picked));
  });
});

it("a wrap leaves no cavity, keeps the mask, and does not fill what is open wider than the gap", () => {
  // A box with walls of one voxel, open at one side by 2 mm (four voxels along x).
  const box = Uint8Array.from(all, (i) => { const [x, y, z] = place(i), isBox = x >= 8 && x <= 27 && y >= 3 && y <= 10 && z >= 2 && z <= 8, isInside = x > 8 && x < 27 && y > 3 && y < 10 && z > 2 && z < 8, isDoor = y === 3 && x >= 14 && x <= 17 && z > 2 && z < 8; return isBox && !isInside && !isDoor ? 1 : 0; });
  const inner = at([18, 7, 5]), wide = after({ effect: "wrap", gapMm: 1.5 }, box), narrow = after({ effect: "wrap", gapMm: 3, detailMm: 0.5 }, box);
  expect([wide[inner], narrow[inner]]).toEqual([0, 1]);
  expect(filled(narrow, [0, 1, 2])).toEqual(narrow);
  for (const i of all) if (box[i] === 1) expect(narrow[i]).toBe(1);
  // The door itself is followed where the detail is finer than it.
  expect(narrow[at([15, 3, 5])]).toBe(0);
  expect(after({ effect: "wrap", gapMm: 3 }, box)[at([15, 3, 5])]).toBe(1);
});

it("smoothed together, neighbours stay watertight: where only they were, nothing else is, and their border has no gap", () => {
  const random = seededRandom(5), sigma = 0.5;
  // Three neighbours with rough borders, in a rough body.
  const labels = Uint8Array.from(all, (i) => { const [x, y, z] = place(i); if (x < 4 || x > 31 || y < 3 || y > 10 || z < 2 || z > 8) return random.chance(0.02) ? 1 : 0; return x + random.below(5) < 15 ? 1 : y + random.below(3) < 8 ? 2 : 3; });
  const smooth = after({ effect: "jointSmooth", segments: [1, 2, 3], mm: sigma }, labels), reach = grid.spacing.map((step) => Math.ceil(3 * (sigma / step)));
  let judged = 0;
  for (const i of all) {
    const [x, y, z] = place(i);
    let isWithin = true;
    for (let c = -reach[2]; c <= reach[2] && isWithin; c++) for (let b = -reach[1]; b <= reach[1] && isWithin; b++) for (let a = -reach[0]; a <= reach[0] && isWithin; a++) {
      const p: Place = [x + a, y + b, z + c];
      if (isIn(p) && labels[at(p)] === 0) isWithin = false;
    }
    if (!isWithin) continue;
    judged++;
    expect([1, 2, 3]).toContain(smooth[i]);
  }
  expect(judged).toBeGreaterThan(20);
  // No pocket of nothing between them.
  const body = smooth.map((label) => (label === 0 ? 0 : 1));
  expect(filled(body, [0, 1, 2])).toEqual(body);
});

// MK13: filling between slices beside a plain reference that looks at every pair of voxels and of parts, on anisotropic voxels.
import { describe, expect, it } from "vitest";
import { brickOrigin } from "../../../../core/mask/brick.ts";
import { applyEffect } from "../../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../../core/mask/effects/intent.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

const planes = ["sagittal", "coronal", "axial"] as const;
type Plane = (typeof planes)[number];
const gridOf = (dims: Grid["dims"], spacing: Grid["spacing"]): Grid => ({ dims, spacing, origin: [-5, 3, 10] });

function filled(grid: Grid, labels: Uint8Array, plane: Plane = "axial", joinMm?: number): Uint8Array {
  const out = labels.slice(), [nx, ny] = grid.dims;
  for (const { value, bricks } of applyEffect(effectIntent.parse({ effect: "fillBetween", segment: 1, plane, joinMm }), { grid, labels })) for (const { brick, runs } of bricks) {
    const [ox, oy, oz] = brickOrigin(grid, brick);
    for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) out[ox + (v & 31) + nx * (oy + ((v >> 5) & 31) + ny * (oz + (v >> 10)))] = value;
  }
  return out;
}

type Spot = readonly [number, number];
type Distance = (u: number, v: number) => number;
/** Signed distance of a set of voxels of a slice, by looking at them all; `su`, `sv`: mm a voxel. */
function signed(spots: readonly Spot[], su: number, sv: number): Distance {
  const inside = new Set(spots.map(([u, v]) => `${u} ${v}`)), rim = new Map<string, Spot>();
  for (const [u, v] of spots) for (let dv = -1; dv <= 1; dv++) for (let du = -1; du <= 1; du++) if (!inside.has(`${u + du} ${v + dv}`)) rim.set(`${u + du} ${v + dv}`, [u + du, v + dv]);
  const known = new Map<string, number>();
  return (u, v) => {
    const key = `${u} ${v}`, isIn = inside.has(key);
    let value = known.get(key);
    if (value === undefined) {
      let least = Infinity;
      for (const [ou, ov] of isIn ? rim.values() : spots) least = Math.min(least, su * su * (u - ou) * (u - ou) + sv * sv * (v - ov) * (v - ov));
      known.set(key, (value = isIn ? -Math.sqrt(least) : Math.sqrt(least)));
    }
    return value;
  };
}
function bilinear(distance: Distance, u: number, v: number): number {
  const i = Math.floor(u), j = Math.floor(v), [a, b, c, d] = [distance(i, j), distance(i + 1, j), distance(i, j + 1), distance(i + 1, j + 1)], f = u - i, g = v - j;
  return (1 - g) * ((1 - f) * a + f * b) + g * ((1 - f) * c + f * d);
}
/** Parts of a slice through 8 neighbours, in order of their first voxel. */
function partsOf(spots: readonly Spot[]): Spot[][] {
  const left = new Map(spots.map((spot) => [`${spot[0]} ${spot[1]}`, spot])), found: Spot[][] = [];
  for (const [key, spot] of left) {
    left.delete(key);
    const part = [spot];
    for (let n = 0; n < part.length; n++) for (let dv = -1; dv <= 1; dv++) for (let du = -1; du <= 1; du++) {
      const near = `${part[n][0] + du} ${part[n][1] + dv}`, other = left.get(near);
      if (other) { left.delete(near); part.push(other); }
    }
    found.push(part);
  }
  return found;
}
const centroid = (part: readonly Spot[]): Spot => [part.reduce((sum, [u]) => sum + u, 0) / part.length, part.reduce((sum, [, v]) => sum + v, 0) / part.length];

/** The rule, step by step. `joinMm` 0: signed distances of whole slices alone, as they were before parts were joined. */
function plain({ dims, spacing }: Grid, bits: Uint8Array, plane: Plane, joinMm: number): { bits: Uint8Array; joined: number } {
  const axis = planes.indexOf(plane), [a, b] = [0, 1, 2].filter((other) => other !== axis), strides = [1, dims[0], dims[0] * dims[1]], [su, sv] = [spacing[a], spacing[b]];
  const out = bits.slice(), at = (u: number, v: number, k: number) => u * strides[a] + v * strides[b] + k * strides[axis], all: Spot[] = [];
  for (let v = 0; v < dims[b]; v++) for (let u = 0; u < dims[a]; u++) all.push([u, v]);
  const slices = Array.from({ length: dims[axis] }, (_, k) => all.filter(([u, v]) => bits[at(u, v, k)] === 1)), drawn = slices.flatMap((spots, k) => (spots.length > 0 ? [k] : []));
  let joined = 0;
  for (let n = 1; n < drawn.length; n++) {
    const [low, high] = [drawn[n - 1], drawn[n]], [lower, upper] = [slices[low], slices[high]], one = signed(lower, su, sv), two = signed(upper, su, sv);
    const lone = [partsOf(lower).filter((part) => part.every(([u, v]) => bits[at(u, v, high)] === 0)), partsOf(upper).filter((part) => part.every(([u, v]) => bits[at(u, v, low)] === 0))];
    const candidates = lone[0].flatMap((from, i) => lone[1].map((to, j) => {
      const [start, end] = [centroid(from), centroid(to)], du = (end[0] - start[0]) * su, dv = (end[1] - start[1]) * sv;
      return { i, j, from, to, squared: du * du + dv * dv, way: [end[0] - start[0], end[1] - start[1]] };
    })).filter(({ squared }) => joinMm > 0 && squared <= joinMm * joinMm).sort((p, q) => p.squared - q.squared || p.i - q.i || p.j - q.j);
    const taken = [new Set<number>(), new Set<number>()], pairs = candidates.filter(({ i, j }) => {
      if (taken[0].has(i) || taken[1].has(j)) return false;
      taken[0].add(i);
      taken[1].add(j);
      return true;
    }).map((pair) => ({ ...pair, one: signed(pair.from, su, sv), two: signed(pair.to, su, sv) }));
    if (high > low + 1) joined += pairs.length;
    for (let k = low + 1; k < high; k++) {
      const s = (k - low) / (high - low);
      for (const [u, v] of all) {
        const isMoved = () => pairs.some(({ way, ...pair }) => (1 - s) * bilinear(pair.one, u - s * way[0], v - s * way[1]) + s * bilinear(pair.two, u + (1 - s) * way[0], v + (1 - s) * way[1]) < -1e-9);
        if ((1 - s) * one(u, v) + s * two(u, v) < 0 || isMoved()) out[at(u, v, k)] = 1;
      }
    }
  }
  return { bits: out, joined };
}

/** Ellipses at random in every third to fifth slice of a plane. */
function drawn({ dims, spacing }: Grid, plane: Plane, seed: number, shapes: number): Uint8Array {
  const random = seededRandom(seed), axis = planes.indexOf(plane), [a, b] = [0, 1, 2].filter((other) => other !== axis), bits = new Uint8Array(dims[0] * dims[1] * dims[2]), strides = [1, dims[0], dims[0] * dims[1]];
  for (let k = random.below(3); k < dims[axis]; k += 3 + random.below(3)) for (let n = 0; n < shapes; n++) {
    const [cu, cv, ru, rv] = [random.below(10 * dims[a]) / 10, random.below(10 * dims[b]) / 10, 0.6 + random.below(20) / 10, 0.6 + random.below(20) / 10];
    for (let v = 0; v < dims[b]; v++) for (let u = 0; u < dims[a]; u++) if (((u - cu) * spacing[a] / ru) ** 2 + ((v - cv) * spacing[b] / rv) ** 2 <= 1) bits[u * strides[a] + v * strides[b] + k * strides[axis]] = 1;
  }
  return bits;
}

const grid = gridOf([30, 22, 17], [0.5, 0.8, 1.7]);
const isWithin = (small: Uint8Array, large: Uint8Array) => small.every((bit, i) => bit === 0 || large[i] === 1);

describe.each(planes)("%s slices", (plane) => {
  it.each([[1, 2, 20], [2, 4, 20], [3, 4, 4.3], [4, 6, 5.5], [5, 1, 200], [6, 3, 0]])("seed %i, %i shapes a slice, joined up to %f mm: what the plain reference gives, and nothing less than without joining", (seed, shapes, joinMm) => {
    const bits = drawn(grid, plane, seed, shapes), wanted = plain(grid, bits, plane, joinMm), made = filled(grid, bits, plane, joinMm), alone = plain(grid, bits, plane, 0).bits;
    expect(made).toEqual(wanted.bits);
    expect(wanted.joined > 0).toBe(joinMm > 0);
    expect(filled(grid, bits, plane, 0)).toEqual(alone);
    expect(isWithin(alone, made)).toBe(true);
  });
  it("where all parts overlap the bytes are those of distances alone", () => {
    const bits = drawn(grid, plane, 7, 3), axis = planes.indexOf(plane), strides = [1, grid.dims[0], grid.dims[0] * grid.dims[1]];
    // A rod through all drawn slices holds together what is drawn in each: parts without an overlap go.
    const drawnAt = new Set([...bits.keys()].filter((i) => bits[i] === 1).map((i) => Math.floor(i / strides[axis]) % grid.dims[axis]));
    const overlapping = Uint8Array.from(bits, (_, i) => {
      const place = [i % grid.dims[0], Math.floor(i / strides[1]) % grid.dims[1], Math.floor(i / strides[2])], k = place[axis], off = [0, 1, 2].filter((other) => other !== axis).map((other) => (place[other] - 0.5 * grid.dims[other]) * grid.spacing[other]);
      return drawnAt.has(k) && (off[0] + 0.3 * (k % 4)) ** 2 + off[1] * off[1] < (2.5 + 0.4 * (k % 3)) ** 2 ? 1 : 0;
    });
    const made = filled(grid, overlapping, plane);
    expect(made).toEqual(plain(grid, overlapping, plane, 0).bits);
    expect(made).not.toEqual(overlapping);
  });
});

describe("shapes that moved by more than their width", () => {
  const tubeGrid = gridOf([96, 64, 41], [0.45, 0.6, 1.5]), [nx, ny, nz] = tubeGrid.dims, every = 5;
  /** A tube of 4 mm whose centre goes 5 mm along x and some along y from drawn slice to drawn slice. */
  const tube = Uint8Array.from({ length: nx * ny * nz }, (_, i) => {
    const k = Math.floor(i / (nx * ny)), share = k / every, x = i % nx * 0.45 - (3 + 4.7 * share), y = Math.floor(i / nx) % ny * 0.6 - (8 + 2.1 * share);
    return x * x + y * y < 4 ? 1 : 0;
  });
  const slicesOf = Uint8Array.from(tube, (bit, i) => (Math.floor(i / (nx * ny)) % every === 0 ? bit : 0));
  const dice = (made: Uint8Array) => { let [both, sum] = [0, 0]; made.forEach((bit, i) => { both += bit & tube[i]; sum += bit + tube[i]; }); return 2 * both / sum; };
  it("a tube is whole again: Dice above 0.96, where distances alone leave pieces", () => {
    expect(dice(filled(tubeGrid, slicesOf))).toBeGreaterThan(0.96);
    expect(dice(filled(tubeGrid, slicesOf, "axial", 0))).toBeLessThan(0.6);
  });
  it("the limit is in mm of the plane: just under the way of the centroids nothing is joined, just over it all is", () => {
    const way = Math.hypot(4.7, 2.1), without = filled(tubeGrid, slicesOf, "axial", 0);
    // Centroids of voxels lie within a fifth of one of the tube's.
    expect(filled(tubeGrid, slicesOf, "axial", way - 0.2)).toEqual(without);
    expect(filled(tubeGrid, slicesOf, "axial", way + 0.2)).toEqual(filled(tubeGrid, slicesOf));
  });
  it("other segments stay, and each part has one partner: of two that are as near, the first", () => {
    const small = gridOf([41, 9, 9], [1, 1, 1]), at = (x: number, y: number, z: number) => x + 41 * (y + 9 * z), bits = new Uint8Array(41 * 81);
    // One voxel, and eight slices on one at the same distance to either side.
    bits[at(20, 4, 0)] = bits[at(14, 4, 8)] = bits[at(26, 4, 8)] = 1;
    bits[at(17, 4, 4)] = 9;
    const made = filled(small, bits);
    expect([made[at(17, 4, 4)], made[at(23, 4, 4)]]).toEqual([9, 0]);
    bits[at(17, 4, 4)] = 0;
    const again = filled(small, bits), without = filled(small, bits, "axial", 0), added = [...again.keys()].filter((i) => again[i] !== without[i]);
    expect(added).toContain(at(17, 4, 4));
    expect(added.filter((i) => i % 41 > 20)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { applyEffect } from "../../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../../core/mask/effects/intent.ts";
import { GrowFromSeeds, growBounds, SeedGrowth } from "../../../../core/mask/effects/growFromSeeds.ts";
import { brickOrigin } from "../../../../core/mask/brick.ts";
import { GrowKernel } from "../../../../core/mask/growKernel.ts";
import { distanceLimit, type GrowBox, type GrowEngine, GrowTwin } from "../../../../core/mask/growTwin.ts";
import type { Grid } from "../../../../core/space/grid.ts";
import { seededRandom } from "../../../support/denseOracle.ts";

/** Keys relaxed over all edges until nothing changes: no queue, no order. */
function plain({ size: [nx, ny, nz], hu, steps, cap }: GrowBox, seeds: Uint8Array): Uint8Array {
  const keys = Array.from(seeds, (seed) => (seed > 0 ? seed : Infinity)), strides = [1, nx, nx * ny];
  for (let changes = 1; changes > 0;) {
    changes = 0;
    for (let i = 0; i < keys.length; i++) {
      if (seeds[i] > 0) continue;
      const place = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
      for (let axis = 0; axis < 3; axis++) for (const side of [-1, 1]) {
        if (place[axis] + side < 0 || place[axis] + side >= [nx, ny, nz][axis]) continue;
        const other = i + side * strides[axis], key = keys[other] + 128 * (steps[axis] + Math.min(cap, Math.abs(hu[i] - hu[other])));
        if (key < keys[i]) { keys[i] = key; changes++; }
      }
    }
  }
  return Uint8Array.from(keys, (key) => (key === Infinity ? 0 : key % 128));
}

const boxOf = (seed: number): GrowBox => {
  const random = seededRandom(seed), size = [1 + random.below(12), 1 + random.below(11), 1 + random.below(7)] as const, spread = [1, 4, 60, 3000][seed % 4];
  return { size, hu: Int16Array.from({ length: size[0] * size[1] * size[2] }, () => random.below(spread) - spread / 2), steps: [1 + random.below(6), 1 + random.below(6), 1 + random.below(20)], cap: 1023 };
};
const everything = (seeds: Uint8Array): Int32Array => Int32Array.from(seeds.keys());

describe.each([["kernel", () => new GrowKernel()], ["twin", () => new GrowTwin()]] as [string, () => GrowEngine][])("growing from seeds by the %s", (_, engineOf) => {
  it("gives each voxel to the nearest seed, ties to the smaller label", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const box = boxOf(seed), random = seededRandom(seed + 100), engine = engineOf(), seeds = Uint8Array.from(box.hu, () => (random.chance(0.02) ? 1 + random.below(127) : 0));
      engine.begin(box);
      engine.change(everything(seeds), seeds);
      expect(engine.labels(), `seed ${seed}`).toEqual(plain(box, seeds));
    }
  });

  it("MK6: after seeds were added, erased and relabelled, gives what starting anew gives", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const box = boxOf(seed), random = seededRandom(seed + 500), engine = engineOf(), seeds = new Uint8Array(box.hu.length);
      engine.begin(box);
      for (let round = 0; round < 8; round++) {
        const changed = new Set(Array.from({ length: 1 + random.below(Math.max(1, seeds.length >> 4)) }, () => random.below(seeds.length)));
        for (const i of changed) seeds[i] = random.chance(0.4) ? 0 : 1 + random.below(3);
        const indexes = Int32Array.from(changed);
        engine.change(indexes, Uint8Array.from(indexes, (i) => seeds[i]));
        expect(engine.labels(), `seed ${seed}, round ${round}`).toEqual(plain(box, seeds));
      }
    }
  });
});

it("refuses a box whose distances do not fit", () => {
  expect(() => distanceLimit({ size: [16_000, 1000, 1000], hu: new Int16Array(), steps: [1, 1, 1], cap: 1023 })).toThrow(/too large/);
});

it("follows edges of the CT, not distance alone, within the box of the seeds and a margin", () => {
  // A bright plate, x from 5 to 30, in a dark volume; seeds of 3 at its end, of 4 outside it, nearer to its other end.
  const grid: Grid = { dims: [40, 20, 12], spacing: [0.5, 0.5, 1.2], origin: [0, 0, 0] }, [nx, ny] = grid.dims, count = nx * ny * 12;
  const hu = new Int16Array(count), labels = new Uint8Array(count), isPlate = (i: number) => { const x = i % nx, y = Math.floor(i / nx) % ny; return x >= 5 && x <= 30 && y >= 8 && y <= 11; };
  for (let i = 0; i < count; i++) hu[i] = (isPlate(i) ? 900 : 20) + (i * 7919) % 13;
  labels[6 + nx * (9 + ny * 5)] = 3;
  labels[28 + nx * (16 + ny * 5)] = 4;
  labels[0] = 9;
  const bounds = growBounds(grid, labels, Uint8Array.from({ length: 256 }, (_, value) => (value === 3 || value === 4 ? 1 : 0)), 3)!;
  expect(bounds).toEqual({ low: [0, 3, 2], high: [35, 20, 9], found: new Set([3, 4]) });
  const grow = new GrowFromSeeds(grid, hu, bounds);
  expect(grow.seed(labels, (value) => value !== 9)).toBe(2);
  const found = grow.labels();
  for (let z = 0, at = 0; z < grow.size[2]; z++) for (let y = 0; y < grow.size[1]; y++) for (let x = 0; x < grow.size[0]; x++, at++) {
    expect(found[at]).toBe(isPlate(x + nx * (y + 3 + ny * (z + 2))) ? 3 : 4);
  }
  labels[20 + nx * (9 + ny * 5)] = 4;
  expect(grow.seed(labels, (value) => value !== 9)).toBe(1);
  const anew = new GrowFromSeeds(grid, hu, bounds, new GrowTwin());
  anew.seed(labels, (value) => value !== 9);
  expect(grow.labels()).toEqual(anew.labels());
  expect(grow.labels()).not.toEqual(found);
});

describe("the effect", () => {
  const grid: Grid = { dims: [30, 12, 9], spacing: [1, 1, 2], origin: [0, 0, 0] }, [nx, ny, nz] = grid.dims, count = nx * ny * nz;
  const hu = Int16Array.from({ length: count }, (_, i) => (i % nx < 15 ? 500 : 0)), labels = new Uint8Array(count), middle = nx * (6 + ny * 4);
  labels[middle + 5] = 1;
  labels[middle + 25] = 2;
  labels[middle + 8] = 7;
  const intent = (more: object) => effectIntent.parse({ effect: "growFromSeeds", segment: 1, segments: [1, 2], marginMm: 4, ...more });

  it("writes one stroke a segment, and leaves seeds, other segments and locked ones as they are", () => {
    const strokes = applyEffect(intent({}), { grid, labels, hu }), after = labels.slice();
    expect(strokes.map(({ value }) => value)).toEqual([1, 2]);
    for (const { value, bricks } of strokes) for (const { brick, runs } of bricks) for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) {
      const [ox, oy, oz] = brickOrigin(grid, brick), i = ox + (v & 31) + nx * (oy + ((v >> 5) & 31) + ny * (oz + (v >> 10)));
      expect(labels[i]).toBe(0);
      after[i] = value;
    }
    for (let z = 0, i = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, i++) {
      const isInBox = x >= 1 && x < 30 && y >= 2 && y < 11 && z >= 2 && z < 7;
      expect(after[i], `${x},${y},${z}`).toBe(i === middle + 8 ? 7 : !isInBox ? 0 : x < 15 ? 1 : 2);
    }
    expect(() => applyEffect(intent({ locked: [2] }), { grid, labels, hu })).toThrow(/segment 2 is locked/);
  });

  it("MK6: what is kept from stroke to stroke gives what starting anew gives, and costs no second start where the box stays", () => {
    const growth = new SeedGrowth(), now = labels.slice(), random = seededRandom(6);
    for (let stroke = 0; stroke < 12; stroke++) {
      const i = random.below(count);
      if (now[i] === 0 || now[i] === 1) now[i] = random.below(3);
      expect(applyEffect(intent({}), { grid, labels: now, hu, growth })).toEqual(applyEffect(intent({}), { grid, labels: now, hu }));
    }
  });

  it("tells how far it is, and one that is stopped writes nothing and spoils nothing", () => {
    const wide: Grid = { dims: [96, 96, 96], spacing: [1, 1, 1], origin: [0, 0, 0] }, seeds = new Uint8Array(96 ** 3), even = new Int16Array(96 ** 3), growth = new SeedGrowth(), told: number[] = [];
    [seeds[0], seeds[96 ** 3 - 1]] = [1, 2];
    const ask = (tell?: (fraction: number, what: string) => void) => applyEffect(intent({}), { grid: wide, labels: seeds, hu: even, growth }, tell);
    expect(() => ask((fraction, what) => { if (fraction > 0.3) throw new Error(`stopped at ${what}`); })).toThrow("stopped at Growing from the seeds");
    const made = ask((fraction) => told.push(fraction));
    expect(told.length).toBeGreaterThan(5);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(made).toEqual(applyEffect(intent({}), { grid: wide, labels: seeds, hu: even }));
  });

  it("says what it needs", () => {
    expect(() => applyEffect(intent({ segments: [1, 3] }), { grid, labels, hu })).toThrow(/at least two segments/);
    expect(() => applyEffect(intent({}), { grid, labels })).toThrow(/the volume is needed/);
  });
});

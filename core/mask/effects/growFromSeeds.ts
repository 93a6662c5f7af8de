import type { Grid } from "../../space/grid.ts";
import { growEngine } from "../growKernel.ts";
import type { GrowEngine } from "../growTwin.ts";
import { EffectError } from "./intent.ts";
import { boundsOfLabels } from "./region.ts";
import type { Relabelled } from "./relabel.ts";

/** A millimetre costs as much as a change of so many HU: seeds compete by distance where the CT is even. */
const huOfMm = 10;
/** A larger change of HU costs no more: air to metal is one edge. */
const mostHu = 1023;

/** Voxels of the grid, half open. */
export interface GrowBounds { readonly low: readonly [number, number, number]; readonly high: readonly [number, number, number] }

/** The box of all seeds and `marginMm` around them, and which labels are seeds; null without any. `isSeed` is by value. */
export const growBounds = (grid: Grid, labels: Uint8Array, isSeed: Uint8Array, marginMm: number): (GrowBounds & { found: ReadonlySet<number> }) | null =>
  boundsOfLabels(grid, labels, isSeed, grid.spacing.map((step) => Math.ceil(marginMm / step)) as [number, number, number]);

/** Edges of the box that is grown in lie at multiples of this many voxels, or at the volume's faces, so that a seed more seldom needs another box. */
const boxStep = 16;

const snapped = (grid: Grid, { low, high }: GrowBounds): GrowBounds => {
  const out = (round: (n: number) => number, at: readonly number[]) => [0, 1, 2].map((axis) => Math.min(grid.dims[axis], boxStep * round(at[axis] / boxStep))) as [number, number, number];
  return { low: out(Math.floor, low), high: out(Math.ceil, high) };
};

/**
 * Grow from seeds in a box of a volume (GrowCut, as the shortest path from a seed: Vezhnevets and Konouchine 2005; Zhu et al.
 * 2014): each voxel goes to the seed that is nearest when a step costs its length and the change of HU along it; of two
 * equally near the smaller label. Kept between strokes: a change of seeds costs the voxels that it wins or frees, and gives
 * what starting anew would.
 */
export class GrowFromSeeds {
  readonly bounds: GrowBounds;
  readonly size: readonly [number, number, number];
  readonly #grid: Grid;
  readonly #engine: GrowEngine;
  readonly #seeds: Uint8Array;

  /** @throws RangeError for a box too large */
  constructor(grid: Grid, hu: Int16Array, bounds: GrowBounds, engine: GrowEngine = growEngine()) {
    this.bounds = bounds;
    this.size = [0, 1, 2].map((axis) => bounds.high[axis] - bounds.low[axis]) as [number, number, number];
    this.#grid = grid;
    this.#engine = engine;
    const [sx, sy, sz] = this.size, cut = new Int16Array(sx * sy * sz);
    this.#eachRow((from, at) => cut.set(hu.subarray(from, from + sx), at));
    const step = (axis: number): number => Math.max(1, Math.round(huOfMm * grid.spacing[axis]));
    engine.begin({ size: this.size, hu: cut, steps: [step(0), step(1), step(2)], cap: mostHu });
    this.#seeds = new Uint8Array(cut.length);
  }

  /**
   * Takes the seeds as they are now: label values of the whole grid, of which those in `isSeed` (by value) are seeds.
   * @param tell told the share of the box that is settled; where it throws, this is of no use any more
   * @returns how many voxels' seeds changed
   */
  seed(labels: Uint8Array, isSeed: (value: number) => boolean, tell?: (fraction: number) => void): number {
    const wanted = Uint8Array.from({ length: 256 }, (_, value) => (value > 0 && value < 128 && isSeed(value) ? value : 0)), indexes: number[] = [], values: number[] = [];
    this.#eachRow((from, at) => {
      for (let x = 0; x < this.size[0]; x++) {
        const value = wanted[labels[from + x]];
        if (value === this.#seeds[at + x]) continue;
        this.#seeds[at + x] = value;
        indexes.push(at + x);
        values.push(value);
      }
    });
    if (indexes.length > 0) this.#engine.change(Int32Array.from(indexes), Uint8Array.from(values), tell && ((settled) => tell(Math.min(1, settled / this.#seeds.length))));
    return indexes.length;
  }

  /** The label each voxel of the box goes to, x fastest; 0 without any seed. */
  labels(): Uint8Array {
    return this.#engine.labels();
  }

  #eachRow(visit: (inGrid: number, inBox: number) => void): void {
    const { low } = this.bounds, [nx, ny] = this.#grid.dims, [sx, sy, sz] = this.size;
    for (let z = 0, at = 0; z < sz; z++) for (let y = 0; y < sy; y++, at += sx) visit(low[0] + nx * (low[1] + y + ny * (low[2] + z)), at);
  }
}

/** Keeps the growing of one mask between strokes: where box and seed segments stay, a change of seeds costs what it wins or frees (MK6). */
export class SeedGrowth {
  #grow: GrowFromSeeds | undefined;
  #key = "";
  #hu: Int16Array | undefined;

  /** @throws EffectError where the box is too large, and whatever `tell` throws */
  labels(grid: Grid, hu: Int16Array, bounds: GrowBounds, labels: Uint8Array, isSeed: Uint8Array, tell?: (fraction: number) => void): { labels: Uint8Array; size: GrowFromSeeds["size"] } {
    const key = JSON.stringify([grid, bounds.low, bounds.high, [...isSeed]]);
    let grow = key === this.#key && hu === this.#hu ? this.#grow : undefined;
    // Broken off in the middle, an engine is of no use.
    this.#grow = undefined;
    try {
      grow ??= new GrowFromSeeds(grid, hu, bounds);
    } catch (error) {
      if (error instanceof RangeError) throw new EffectError("the box around the seeds is too large to grow in; a smaller margin, or seeds closer together, work");
      throw error;
    }
    grow.seed(labels, (value) => isSeed[value] === 1, tell);
    [this.#grow, this.#key, this.#hu] = [grow, key, hu];
    return { labels: grow.labels(), size: grow.size };
  }
}

/**
 * Seeds are the voxels of the segments named; what lies in the box of them all and `marginMm` around it goes to one of them.
 * Paths from a seed may leave that box a little (`boxStep`).
 * @param growth what was kept of the last time
 * @throws EffectError where fewer than two of the segments hold a voxel, or the box is too large
 */
export function grownFromSeeds(grid: Grid, labels: Uint8Array, hu: Int16Array, segments: readonly number[], marginMm: number, growth = new SeedGrowth(), tell?: (fraction: number) => void): Relabelled {
  const isSeed = new Uint8Array(256);
  for (const segment of segments) isSeed[segment] = 1;
  const bounds = growBounds(grid, labels, isSeed, marginMm);
  if (!bounds || bounds.found.size < 2) throw new EffectError("growing from seeds needs at least two segments with some voxels drawn: the structure, and what lies around it");
  const box = snapped(grid, bounds), grown = growth.labels(grid, hu, box, labels, isSeed, tell), { low, high } = bounds, size = [0, 1, 2].map((axis) => high[axis] - low[axis]) as [number, number, number];
  const target = new Uint8Array(size[0] * size[1] * size[2]), [x, y, z] = [0, 1, 2].map((axis) => low[axis] - box.low[axis]);
  for (let k = 0, at = 0; k < size[2]; k++) for (let j = 0; j < size[1]; j++, at += size[0]) {
    const from = x + grown.size[0] * (y + j + grown.size[1] * (z + k));
    target.set(grown.labels.subarray(from, from + size[0]), at);
  }
  return { region: { low, size, bits: new Uint8Array() }, target };
}

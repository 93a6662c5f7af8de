import type { Grid } from "../../space/grid.ts";
import { growEngine } from "../growKernel.ts";
import type { GrowEngine } from "../growTwin.ts";
import { EffectError } from "./intent.ts";
import { boundsOf } from "./region.ts";
import type { Relabelled } from "./relabel.ts";

/** A millimetre costs as much as a change of so many HU: seeds compete by distance where the CT is even. */
const huOfMm = 10;
/** A larger change of HU costs no more: air to metal is one edge. */
const mostHu = 1023;

/** Voxels of the grid, half open. */
export interface GrowBounds { readonly low: readonly [number, number, number]; readonly high: readonly [number, number, number] }

/** The box of all seeds and `marginMm` around them; null without any. */
export const growBounds = (grid: Grid, isSeed: (index: number) => boolean, marginMm: number): GrowBounds | null =>
  boundsOf(grid, isSeed, grid.spacing.map((step) => Math.ceil(marginMm / step)) as [number, number, number]);

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

  /** Takes the seeds as they are now: label values of the whole grid, of which those in `isSeed` (by value) are seeds. @returns how many voxels' seeds changed */
  seed(labels: Uint8Array, isSeed: (value: number) => boolean): number {
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
    if (indexes.length > 0) this.#engine.change(Int32Array.from(indexes), Uint8Array.from(values));
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

/**
 * Seeds are the voxels of the segments named; what lies in the box of them all and `marginMm` around it goes to one of them.
 * @throws EffectError where fewer than two of the segments hold a voxel, or the box is too large
 */
export function grownFromSeeds(grid: Grid, labels: Uint8Array, hu: Int16Array, segments: readonly number[], marginMm: number): Relabelled {
  const isSeed = new Uint8Array(256), isThere = new Uint8Array(256);
  for (const segment of segments) isSeed[segment] = 1;
  for (let i = 0; i < labels.length; i++) isThere[labels[i]] = 1;
  const drawn = [...new Set(segments)].filter((segment) => isThere[segment] === 1);
  if (drawn.length < 2) throw new EffectError("growing from seeds needs at least two segments with some voxels drawn: the structure, and what lies around it");
  const bounds = growBounds(grid, (i) => isSeed[labels[i]] === 1, marginMm)!;
  try {
    const grow = new GrowFromSeeds(grid, hu, bounds);
    grow.seed(labels, (value) => isSeed[value] === 1);
    return { region: { low: bounds.low, size: grow.size, bits: new Uint8Array() }, target: Int16Array.from(grow.labels()) };
  } catch (error) {
    if (error instanceof RangeError) throw new EffectError("the box around the seeds is too large to grow in; a smaller margin, or seeds closer together, work");
    throw error;
  }
}

/** A box to grow in. */
export interface GrowBox {
  readonly size: readonly [number, number, number];
  /** One a voxel, x fastest. */
  readonly hu: Int16Array;
  /** What a step along each axis costs besides the change of HU; whole, from 1. */
  readonly steps: readonly [number, number, number];
  /** A change of HU larger than this costs no more. */
  readonly cap: number;
}

/**
 * Which seed is nearest to each voxel, where a step to one of the 6 neighbours costs its length and the change of HU. A
 * voxel's key is (distance, label); that of a seed is (0, its label), every other one the least of its neighbours' keys and
 * the steps from them. All steps cost at least 1, so exactly one set of keys satisfies that, whatever order leads there:
 * bringing the keys up to date after a change of seeds gives the same bits as starting anew.
 */
export interface GrowEngine {
  /** @throws RangeError for a box so large that distances do not fit 24 bits */
  begin(box: GrowBox): void;
  /**
   * Sets the seeds of voxels: `labels[i]` (0: no seed any more) at `indexes[i]`, each voxel at most once.
   * @param tell told now and then how many voxels are settled; where it throws, the engine is of no use any more
   */
  change(indexes: Int32Array, labels: Uint8Array, tell?: (settled: number) => void): void;
  /** The label of each voxel; 0 where no seed reaches. */
  labels(): Uint8Array;
}

const unreached = 0x7fffffff;
/** So many voxels are settled between two words of how far it is. */
export const settledAtOnce = 1 << 18;

/** More than any distance between two voxels of the box. @throws RangeError where it does not fit */
export function distanceLimit({ size, steps, cap }: GrowBox): number {
  const limit = (Math.max(...steps) + cap) * (size[0] + size[1] + size[2]);
  if (limit >= 1 << 24) throw new RangeError(`a box of ${size.join(" × ")} voxels is too large to grow in`);
  return limit;
}

/** Growing in TypeScript: the reference of `kernel/grow.as.ts`, and what is used where WebAssembly is refused. */
export class GrowTwin implements GrowEngine {
  #size: GrowBox["size"] = [0, 0, 0];
  #strides: readonly [number, number, number] = [1, 0, 0];
  #steps: GrowBox["steps"] = [1, 1, 1];
  #cap = 0;
  /** Distance·128 + label; −1 in the layer of voxels round the box. */
  #keys = new Int32Array();
  #hu = new Int16Array();
  #seeds = new Uint8Array();
  /** Neighbours in the bucket; next −2: in none. */
  #next = new Int32Array();
  #before = new Int32Array();
  #buckets = new Int32Array();
  #queued = 0;
  #least = 0;

  begin(box: GrowBox): void {
    const limit = distanceLimit(box), [nx, ny, nz] = this.#size = box.size, count = (nx + 2) * (ny + 2) * (nz + 2);
    this.#strides = [1, nx + 2, (nx + 2) * (ny + 2)];
    this.#steps = box.steps;
    this.#cap = box.cap;
    this.#keys = new Int32Array(count).fill(-1);
    this.#hu = new Int16Array(count);
    this.#seeds = new Uint8Array(count);
    this.#next = new Int32Array(count).fill(-2);
    this.#before = new Int32Array(count);
    this.#buckets = new Int32Array(limit).fill(-1);
    for (let i = 0; i < box.hu.length; i++) {
      const at = this.#padded(i);
      this.#keys[at] = unreached;
      this.#hu[at] = box.hu[i];
    }
  }

  #padded(index: number): number {
    const [nx, ny] = this.#size, rest = Math.floor(index / nx);
    return 1 + (index - rest * nx) + (1 + (rest % ny)) * this.#strides[1] + (1 + Math.floor(rest / ny)) * this.#strides[2];
  }

  #put(at: number, key: number): void {
    const distance = key >> 7, head = this.#buckets[distance];
    this.#keys[at] = key;
    this.#next[at] = head;
    this.#before[at] = -1;
    if (head >= 0) this.#before[head] = at;
    this.#buckets[distance] = at;
    this.#queued++;
    if (distance < this.#least) this.#least = distance;
  }

  #take(at: number): void {
    const next = this.#next[at], before = this.#before[at];
    if (before >= 0) this.#next[before] = next;
    else this.#buckets[this.#keys[at] >> 7] = next;
    if (next >= 0) this.#before[next] = before;
    this.#next[at] = -2;
    this.#queued--;
  }

  #weight(a: number, b: number, step: number): number {
    const difference = this.#hu[a] - this.#hu[b];
    return (Math.min(difference < 0 ? -difference : difference, this.#cap) + step) * 128;
  }

  #relax(key: number, at: number, other: number, step: number): void {
    const known = this.#keys[other];
    if (known <= key) return;
    const offer = key + this.#weight(at, other, step);
    if (offer >= known) return;
    if (this.#next[other] !== -2) {
      if (offer >> 7 === known >> 7) { this.#keys[other] = offer; return; }
      this.#take(other);
    }
    this.#put(other, offer);
  }

  change(indexes: Int32Array, labels: Uint8Array, tell?: (settled: number) => void): void {
    const keys = this.#keys, seeds = this.#seeds, invalid: number[] = [], were: number[] = [];
    const invalidate = (at: number): void => { invalid.push(at); were.push(keys[at]); keys[at] = unreached; };
    this.#least = this.#buckets.length;
    const places = Int32Array.from(indexes, (index) => this.#padded(index));
    places.forEach((at, i) => {
      if (seeds[at] !== 0 && keys[at] !== unreached) invalidate(at);
      seeds[at] = labels[i];
    });
    // Whatever a seed that is gone may have led to has no key any more…
    for (let n = 0; n < invalid.length; n++) {
      for (let side = 0; side < 6; side++) {
        const other = invalid[n] + (side & 1 ? 1 : -1) * this.#strides[side >> 1];
        if (keys[other] >= 0 && seeds[other] === 0 && keys[other] === were[n] + this.#weight(invalid[n], other, this.#steps[side >> 1])) invalidate(other);
      }
    }
    // …and starts again from the neighbours that have one.
    const offers: [number, number][] = [];
    for (const at of invalid) {
      if (seeds[at] !== 0) continue;
      let best = unreached;
      for (let side = 0; side < 6; side++) {
        const other = at + (side & 1 ? 1 : -1) * this.#strides[side >> 1];
        if (keys[other] >= 0 && keys[other] !== unreached) best = Math.min(best, keys[other] + this.#weight(at, other, this.#steps[side >> 1]));
      }
      if (best !== unreached) offers.push([at, best]);
    }
    for (const [at, key] of offers) this.#put(at, key);
    places.forEach((at, i) => {
      if (labels[i] === 0) return;
      if (this.#next[at] !== -2) this.#take(at);
      this.#put(at, labels[i]);
    });
    for (let distance = this.#least, settled = 0; this.#queued > 0; distance++) {
      for (let at = this.#buckets[distance]; at >= 0; at = this.#buckets[distance]) {
        this.#take(at);
        if (++settled % settledAtOnce === 0) tell?.(settled);
        const key = keys[at];
        for (let side = 0; side < 6; side++) this.#relax(key, at, at + (side & 1 ? 1 : -1) * this.#strides[side >> 1], this.#steps[side >> 1]);
      }
    }
  }

  labels(): Uint8Array {
    const [nx, ny, nz] = this.#size, labels = new Uint8Array(nx * ny * nz);
    for (let i = 0; i < labels.length; i++) {
      const key = this.#keys[this.#padded(i)];
      labels[i] = key === unreached ? 0 : key & 127;
    }
    return labels;
  }
}

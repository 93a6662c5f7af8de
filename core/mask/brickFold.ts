import { brickVoxels } from "./brick.ts";

/** The part of a stroke's state that one brick needs; shared by all its bricks. */
export interface FoldStroke {
  readonly clientId: number;
  readonly counter: number;
  readonly lamport: number;
  readonly value: number;
  hidden: boolean;
}

/** Everything one stroke writes into one brick; `parts` are its increments, all with one value. */
interface BrickWrite {
  readonly stroke: FoldStroke;
  readonly parts: Uint16Array[];
}

/** Fold order (MK1): lamport, client id, counter; value last, so that it is total even over forged strokes. */
export function compareStrokes(a: FoldStroke, b: FoldStroke): number {
  return a.lamport - b.lamport || a.clientId - b.clientId || a.counter - b.counter || a.value - b.value;
}

/** A prefix of the writes is kept as a picture at each multiple of this many… */
const checkpointEvery = 16;
/** …and so many of the latest pictures stay. */
const checkpointsKept = 3;

/**
 * One brick of one layer: its base, the writes in fold order and the content they make, memoised. A write at
 * the end is applied on top; one in the middle, or a change of visibility, takes the content back to the last
 * checkpoint below it, and the next reader folds from there.
 */
export class BrickFold {
  readonly #base: Uint8Array | undefined;
  readonly #writes: BrickWrite[] = [];
  /** Voxel count of each label value in the whole layer, kept in step with `#content`. */
  readonly #counts: Float64Array;
  #content: Uint8Array | undefined;
  /** How many of the writes are in `#content`. */
  #folded = 0;
  #checkpoints: { folded: number; content: Uint8Array }[] = [];
  #hash: Uint8Array | undefined;

  /** @param counts voxels a label value (length 256) of the layer; the base is counted in here */
  constructor(base: Uint8Array | undefined, counts: Float64Array) {
    this.#base = base;
    this.#counts = counts;
    if (base !== undefined) {
      this.#content = base.slice();
      this.#count(1);
    }
  }

  /** Adds runs of a stroke. Order of the calls means nothing. */
  add(stroke: FoldStroke, runs: Uint16Array): void {
    const at = this.#place(stroke);
    const existing = at > 0 && compareStrokes(this.#writes[at - 1].stroke, stroke) === 0 ? at - 1 : -1;
    if (existing < 0) {
      this.#writes.splice(at, 0, { stroke, parts: [runs] });
      if (at < this.#folded) this.#back(at);
      return;
    }
    this.#writes[existing].parts.push(runs);
    if (existing === this.#folded - 1) {
      this.#checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.folded <= existing);
      if (!stroke.hidden) this.#apply(runs, stroke.value);
    } else if (existing < this.#folded) {
      this.#back(existing);
    }
  }

  /** Says that the stroke's `hidden` has changed. */
  visibilityChanged(stroke: FoldStroke): void {
    const at = this.#place(stroke) - 1;
    if (at >= 0 && at < this.#folded) this.#back(at);
  }

  /** True when the next read has to fold. */
  get isStale(): boolean {
    return this.#folded < this.#writes.length;
  }

  /** The brick's content, folded; the same array until the next `add`, owned by this object. Undefined: nothing was ever written. */
  content(): Uint8Array | undefined {
    while (this.#folded < this.#writes.length) {
      const { stroke, parts } = this.#writes[this.#folded];
      if (!stroke.hidden) for (const runs of parts) this.#apply(runs, stroke.value);
      this.#folded++;
      if (this.#folded % checkpointEvery === 0 && this.#content !== undefined) {
        this.#checkpoints.push({ folded: this.#folded, content: this.#content.slice() });
        if (this.#checkpoints.length > checkpointsKept) this.#checkpoints.shift();
      }
    }
    return this.#content;
  }

  /** `hashOf(content)`, remembered until the content changes. */
  hash(hashOf: (content: Uint8Array) => Uint8Array): Uint8Array | undefined {
    const content = this.content();
    if (content === undefined) return undefined;
    this.#hash ??= hashOf(content);
    return this.#hash;
  }

  /** The visible stroke that wrote this voxel last; undefined when the voxel is still as in the base. */
  lastWriter(local: number): FoldStroke | undefined {
    for (let w = this.#writes.length - 1; w >= 0; w--) {
      const { stroke, parts } = this.#writes[w];
      if (!stroke.hidden && parts.some((runs) => covers(runs, local))) return stroke;
    }
    return undefined;
  }

  /** Tells each visible stroke with how many of the voxels as they are now are its own (written last by it and not 0). */
  countWriters(tell: (stroke: FoldStroke, voxels: number) => void): void {
    const taken = new Uint8Array(brickVoxels);
    for (let w = this.#writes.length - 1; w >= 0; w--) {
      const { stroke, parts } = this.#writes[w];
      if (stroke.hidden) continue;
      let voxels = 0;
      for (const runs of parts) {
        for (let i = 0; i < runs.length; i += 2) {
          for (let v = runs[i]; v < runs[i] + runs[i + 1]; v++) if (taken[v] === 0) { taken[v] = 1; voxels++; }
        }
      }
      if (voxels > 0 && stroke.value !== 0) tell(stroke, voxels);
    }
  }

  /** Number of writes that sort at or before the stroke. */
  #place(stroke: FoldStroke): number {
    let low = 0;
    let high = this.#writes.length;
    if (high === 0 || compareStrokes(this.#writes[high - 1].stroke, stroke) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareStrokes(this.#writes[middle].stroke, stroke) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes the content back to a state in which at most `to` writes are folded. */
  #back(to: number): void {
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.folded <= to);
    const checkpoint = this.#checkpoints.at(-1);
    this.#count(-1);
    this.#folded = checkpoint?.folded ?? 0;
    const from = checkpoint?.content ?? this.#base;
    if (from !== undefined && this.#content !== undefined) this.#content.set(from);
    else this.#content?.fill(0);
    this.#count(1);
    this.#hash = undefined;
  }

  #count(sign: 1 | -1): void {
    if (this.#content === undefined) return;
    for (let i = 0; i < brickVoxels; i++) this.#counts[this.#content[i]] += sign;
  }

  #apply(runs: Uint16Array, value: number): void {
    if (this.#content === undefined) {
      if (value === 0) return;
      this.#content = new Uint8Array(brickVoxels);
      this.#counts[0] += brickVoxels;
    }
    const content = this.#content;
    const counts = this.#counts;
    this.#hash = undefined;
    for (let i = 0; i < runs.length; i += 2) {
      const end = runs[i] + runs[i + 1];
      for (let v = runs[i]; v < end; v++) {
        counts[content[v]]--;
        content[v] = value;
      }
      counts[value] += runs[i + 1];
    }
  }
}

function covers(runs: Uint16Array, local: number): boolean {
  for (let i = 0; i < runs.length && runs[i] <= local; i += 2) if (local < runs[i] + runs[i + 1]) return true;
  return false;
}

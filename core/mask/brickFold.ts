import { BRICK, brickRows, brickVoxels } from "./brick.ts";

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

/** Bits of `length` voxels from x on in a row of 32. */
const rowMask = (x: number, length: number): number => (length === BRICK ? -1 : ((1 << length) - 1) << x);

/** Where a fresh brick's writes have been settled so far: one for all bricks, since that is done in one go. */
const coveredRows = new Int32Array(brickRows);

/** How many bits are set. */
function bitCount(bits: number): number {
  let v = bits - ((bits >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * One brick of one layer: its base, the writes in fold order and the content they make. A new write, at the end or in
 * the middle, and a change of visibility only mark the voxels in question, as one bit each in the 1,024 rows of the
 * brick. The next reader settles them: from the last write down each visible one gives its value to what is still
 * marked, and the base gets the rest. So a stroke at the end costs its own voxels, and hiding one in the middle costs a
 * look at the runs above it until its voxels are covered; no voxel is painted twice.
 */
export class BrickFold {
  readonly #base: Uint8Array | undefined;
  readonly #writes: BrickWrite[] = [];
  /** Voxel count of each label value in the whole layer, kept in step with `#content`. */
  readonly #counts: Float64Array;
  /** The base itself until something is written. */
  #content: Uint8Array | undefined;
  /** Voxels of the content that are not 0. */
  #filled = 0;
  /** Voxels to be settled: a row of 32 bits for each y + z*32. */
  #marked: Int32Array | undefined;
  /** Rows of `#marked` that are not 0, and where the first and last may lie. */
  #markedRows = 0;
  #firstRow = brickRows;
  #lastRow = -1;
  /** The brick holds nothing yet, and a write has come or a visibility changed since it was settled: nothing is marked, all of it is settled. */
  #isWholeStale = false;
  #hash: Uint8Array | undefined;

  /** @param counts voxels a label value (length 256) of the layer; the base is counted in here */
  constructor(base: Uint8Array | undefined, counts: Float64Array) {
    this.#base = base;
    this.#counts = counts;
    if (base === undefined) return;
    this.#content = base;
    // One stretch of equal neighbours after the other: most are long.
    for (let i = 0; i < brickVoxels; ) {
      const value = base[i], from = i;
      while (i < brickVoxels && base[i] === value) i++;
      counts[value] += i - from;
      if (value !== 0) this.#filled += i - from;
    }
  }

  /** Adds runs of a stroke. Order of the calls means nothing. */
  add(stroke: FoldStroke, runs: Uint16Array): void {
    const at = this.#place(stroke);
    if (at > 0 && compareStrokes(this.#writes[at - 1].stroke, stroke) === 0) this.#writes[at - 1].parts.push(runs);
    else if (at === this.#writes.length) this.#writes.push({ stroke, parts: [runs] });
    else this.#writes.splice(at, 0, { stroke, parts: [runs] });
    // What erases changes nothing of a brick that holds nothing.
    if (!stroke.hidden && (stroke.value !== 0 || this.isStale || this.#content !== undefined)) this.#touch(runs);
  }

  /** Says that the stroke's `hidden` has changed. */
  visibilityChanged(stroke: FoldStroke): void {
    const at = this.#place(stroke) - 1;
    if (at >= 0 && compareStrokes(this.#writes[at].stroke, stroke) === 0) for (const runs of this.#writes[at].parts) this.#touch(runs);
  }

  /** True when the next read has to fold. */
  get isStale(): boolean {
    return this.#markedRows > 0 || this.#isWholeStale;
  }

  /** The brick's content, folded; owned by this object and the same array until the next `add`. Undefined: it holds nothing. */
  content(): Uint8Array | undefined {
    if (this.#isWholeStale) this.#settleFresh();
    else if (this.#markedRows > 0) this.#settle();
    return this.#filled === 0 ? undefined : this.#content;
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
    const taken = new Int32Array(brickRows);
    for (let w = this.#writes.length - 1; w >= 0; w--) {
      const { stroke, parts } = this.#writes[w];
      if (stroke.hidden) continue;
      let voxels = 0;
      for (const runs of parts) {
        for (let i = 0; i < runs.length; i += 2) {
          const row = runs[i] >> 5, mask = rowMask(runs[i] & 31, runs[i + 1]);
          voxels += bitCount(mask & ~taken[row]);
          taken[row] |= mask;
        }
      }
      if (voxels > 0 && stroke.value !== 0) tell(stroke, voxels);
    }
  }

  /** All runs that a stroke wrote here, hidden or not, covered or not. */
  runsOf(stroke: FoldStroke): readonly Uint16Array[] {
    const at = this.#place(stroke) - 1;
    return at >= 0 && compareStrokes(this.#writes[at].stroke, stroke) === 0 ? this.#writes[at].parts : [];
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

  #touch(runs: Uint16Array): void {
    if (this.#content === undefined) this.#isWholeStale = true;
    else this.#mark(runs);
  }

  #mark(runs: Uint16Array): void {
    const marked = this.#marked ??= new Int32Array(brickRows);
    for (let i = 0; i < runs.length; i += 2) {
      const row = runs[i] >> 5;
      if (marked[row] === 0) this.#markedRows++;
      marked[row] |= rowMask(runs[i] & 31, runs[i + 1]);
    }
    // Runs ascend, so the first and the last tell the rows between which they lie.
    this.#firstRow = Math.min(this.#firstRow, runs[0] >> 5);
    this.#lastRow = Math.max(this.#lastRow, runs[runs.length - 2] >> 5);
  }

  /** Gives every marked voxel the value of the last visible write that covers it, else that of the base. */
  #settle(): void {
    const marked = this.#marked!, first = this.#firstRow, last = this.#lastRow, writes = this.#writes;
    let left = this.#markedRows;
    for (let w = writes.length - 1; w >= 0 && left > 0; w--) {
      const { stroke, parts } = writes[w];
      if (stroke.hidden) continue;
      for (const runs of parts) {
        if (runs[0] >> 5 > last || runs[runs.length - 2] >> 5 < first) continue;
        for (let i = firstRunFrom(runs, first * BRICK); i < runs.length; i += 2) {
          const row = runs[i] >> 5;
          if (row > last) break;
          const here = marked[row];
          if (here === 0) continue;
          const hit = here & rowMask(runs[i] & 31, runs[i + 1]);
          if (hit === 0) continue;
          this.#write(row, hit, stroke.value);
          marked[row] = here & ~hit;
          if (here === hit) left--;
        }
      }
    }
    for (let row = first; row <= last && left > 0; row++) {
      if (marked[row] === 0) continue;
      this.#restore(row, marked[row]);
      marked[row] = 0;
      left--;
    }
    this.#markedRows = 0;
    this.#firstRow = brickRows;
    this.#lastRow = -1;
  }

  /**
   * The same for a brick that holds nothing, as each does when a log is loaded: it is settled whole, and what nobody's
   * visible write covers is 0 already. Nothing had to be marked, and no voxel is looked at twice.
   */
  #settleFresh(): void {
    const covered = coveredRows.fill(0), writes = this.#writes;
    for (let w = writes.length - 1, full = 0; w >= 0 && full < brickRows; w--) {
      const { stroke, parts } = writes[w], { value } = stroke;
      if (stroke.hidden) continue;
      const content = value === 0 ? undefined : this.#own();
      let voxels = 0;
      for (const runs of parts) {
        for (let i = 0; i < runs.length; i += 2) {
          const row = runs[i] >> 5, before = covered[row], mask = rowMask(runs[i] & 31, runs[i + 1]), hit = mask & ~before;
          if (hit === 0) continue;
          if ((covered[row] = before | mask) === -1) full++;
          if (content === undefined) continue;
          if (hit === mask) {
            for (let v = runs[i], end = v + runs[i + 1]; v < end; v++) content[v] = value;
            voxels += runs[i + 1];
          } else {
            for (let bits = hit; bits !== 0; bits &= bits - 1, voxels++) content[row * BRICK + 31 - Math.clz32(bits & -bits)] = value;
          }
        }
      }
      this.#counts[0] -= voxels;
      this.#counts[value] += voxels;
      this.#filled += voxels;
    }
    this.#isWholeStale = false;
  }

  /** The content as an array of its own, to be written to. */
  #own(): Uint8Array {
    if (this.#content === undefined) {
      this.#content = new Uint8Array(brickVoxels);
      this.#counts[0] += brickVoxels;
    } else if (this.#content === this.#base) {
      this.#content = this.#base.slice();
    }
    return this.#content;
  }

  /** Sets the voxels of a row's bits. */
  #write(row: number, bits: number, value: number): void {
    if (value === 0 && this.#content === undefined) return;
    const content = this.#own(), counts = this.#counts;
    let changed = 0, emptied = 0;
    // One stretch of bits after the other; the count of a value is told once for all neighbours that had it.
    for (let left = bits, at = row * BRICK; left !== 0;) {
      const start = 31 - Math.clz32(left & -left), gaps = ~(left >>> start), length = gaps === 0 ? BRICK : Math.min(BRICK - start, 31 - Math.clz32(gaps & -gaps));
      let before = value, alike = 0;
      for (let v = at + start, end = v + length; v < end; v++) {
        const old = content[v];
        if (old !== before) {
          if (before !== value) counts[before] -= alike;
          before = old;
          alike = 0;
        }
        if (old === value) continue;
        alike++;
        changed++;
        if (old === 0) emptied++;
        content[v] = value;
      }
      if (before !== value) counts[before] -= alike;
      left = start + length === BRICK ? 0 : left & (-1 << (start + length));
    }
    if (changed === 0) return;
    counts[value] += changed;
    this.#filled += value === 0 ? -changed : emptied;
    this.#hash = undefined;
  }

  #restore(row: number, bits: number): void {
    if (this.#base === undefined) return this.#write(row, bits, 0);
    for (let left = bits; left !== 0; left &= left - 1) this.#write(row, left & -left, this.#base[row * BRICK + 31 - Math.clz32(left & -left)]);
  }
}

/** Index of the first run that starts at or after the local index `from`; `from` starts a row. */
function firstRunFrom(runs: Uint16Array, from: number): number {
  if (runs[0] >= from) return 0;
  let low = 0, high = runs.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[2 * middle] < from) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function covers(runs: Uint16Array, local: number): boolean {
  for (let i = 0; i < runs.length && runs[i] <= local; i += 2) if (local < runs[i] + runs[i + 1]) return true;
  return false;
}

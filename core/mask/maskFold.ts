import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Grid } from "../space/grid.ts";
import { BrickFold, compareStrokes, type FoldStroke } from "./brickFold.ts";
import { outsideProblem } from "./brickRuns.ts";
import { brickHash, type Labelmap, manifestHash } from "./labelmap.ts";
import { decodeMark, MarkError } from "./mark.ts";
import {
  type BrickRuns, decodeBlobRuns, decodeStroke, type Layer, StrokeError, type StrokeEntry, type StrokeId, strokeKey, type VoxelBox,
} from "./stroke.ts";

export { labelmapHash } from "./labelmap.ts";

/** Numbers of the bricks whose content may have changed, in either layer. */
export type DirtyBricks = ReadonlySet<number>;

/** What is known of one stroke. `n` is that of the mark that counts, 0 without one. */
export interface KnownStroke {
  id: StrokeId;
  lamport: number;
  layer: Layer;
  value: number;
  hidden: boolean;
  n: number;
  isFinal: boolean;
}

/** An entry whose voxels are not here yet. */
interface BlobWait {
  stroke: LiveStroke;
  byteLength: number;
  box: VoxelBox;
}

interface LiveStroke extends FoldStroke {
  readonly layer: Layer;
  /** Those it writes to, each once; an array while one entry has told them all, since that is how nearly every stroke comes. */
  bricks: readonly number[] | Set<number>;
  isFinal: boolean;
}

interface MarkState {
  hidden: boolean;
  n: number;
}

interface LayerFold {
  bricks: Map<number, BrickFold>;
  counts: Float64Array;
}

/** More problems than this are not told. */
const maxProblems = 1000;

const nothing: DirtyBricks = new Set();

/**
 * Strokes, marks and a base, folded into a labelmap a layer (MK1–MK5). Entries may come in any order and more
 * than once; bricks are folded when they are read. A blob stroke folds to nothing until `addBlob` has brought
 * its content; `blobNeeded` names what is missing.
 */
export class MaskFold {
  readonly grid: Grid;
  /** What did not decode or does not fit the grid (MK3), for people to read; the same entry twice stands here once. */
  readonly problems: string[] = [];
  readonly #layers: Record<Layer, LayerFold>;
  /** Usually one a key; a forged entry with a known id but another lamport, layer or value makes one more. */
  readonly #strokes = new Map<string, LiveStroke[]>();
  readonly #marks = new Map<string, MarkState>();
  readonly #waiting = new Map<string, BlobWait[]>();
  readonly #blobs = new Map<string, { byteLength: number; bricks: BrickRuns[] | string }>();
  #maxLamport = 0;

  /** @param base content of the layer `anatomy` below all strokes, and `proposalBase` that of the other layer; they are not changed and must not change */
  constructor(grid: Grid, base?: Labelmap, proposalBase?: Labelmap) {
    this.grid = grid;
    this.#layers = {
      anatomy: { bricks: new Map(), counts: new Float64Array(256) },
      proposal: { bricks: new Map(), counts: new Float64Array(256) },
    };
    for (const [layer, labelmap] of [["anatomy", base], ["proposal", proposalBase]] as const) {
      for (const [index, content] of labelmap?.bricks ?? []) this.#layers[layer].bricks.set(index, new BrickFold(content, this.#layers[layer].counts));
    }
  }

  /** Greatest lamport of all strokes that decode; 0 without any. */
  get maxLamport(): number {
    return this.#maxLamport;
  }

  /**
   * Adds one entry of the log. One that does not decode or leaves the grid folds to nothing and is told in `problems`.
   * @param dirty where the bricks that may have changed are added; a set of its own when not given
   */
  addStroke(bytes: Uint8Array, dirty: Set<number> = new Set()): DirtyBricks {
    let entry: StrokeEntry;
    try {
      entry = decodeStroke(bytes);
    } catch (error) {
      if (!(error instanceof StrokeError)) throw error;
      this.#report(error.message);
      return dirty;
    }
    if (entry.lamport > this.#maxLamport) this.#maxLamport = entry.lamport;
    const stroke = this.#liveStroke(entry);
    const { content } = entry;
    if (content.kind === "runs") {
      const problem = outsideProblem(this.grid, content.bricks);
      if (problem !== undefined) {
        this.#report(`stroke ${strokeKey(entry.id)}: ${problem}`);
        return dirty;
      }
      return this.#write(stroke, content.bricks, dirty);
    }
    const wait: BlobWait = { stroke, byteLength: content.byteLength, box: content.box };
    const blob = this.#blobs.get(content.hash);
    if (blob !== undefined) return this.#resolve(wait, blob, dirty);
    const waiting = this.#waiting.get(content.hash);
    if (waiting === undefined) this.#waiting.set(content.hash, [wait]);
    else waiting.push(wait);
    return dirty;
  }

  /** Adds one mark; see `Mark` for which of several counts. */
  addMark(bytes: Uint8Array): DirtyBricks {
    let mark: ReturnType<typeof decodeMark>;
    try {
      mark = decodeMark(bytes);
    } catch (error) {
      if (!(error instanceof MarkError)) throw error;
      this.#report(error.message);
      return nothing;
    }
    const key = strokeKey(mark.stroke);
    const state = this.#marks.get(key);
    if (state !== undefined && (mark.n < state.n || (mark.n === state.n && (state.hidden || !mark.hidden)))) return nothing;
    this.#marks.set(key, { hidden: mark.hidden, n: mark.n });
    const dirty = new Set<number>();
    for (const stroke of this.#strokes.get(key) ?? []) {
      if (stroke.hidden === mark.hidden) continue;
      stroke.hidden = mark.hidden;
      for (const brick of stroke.bricks) {
        this.#layers[stroke.layer].bricks.get(brick)?.visibilityChanged(stroke);
        dirty.add(brick);
      }
    }
    return dirty;
  }

  /** Hashes (hex) of blobs that visible strokes still wait for, in byte order. */
  blobNeeded(): string[] {
    const needed: string[] = [];
    for (const [hash, waits] of this.#waiting) if (waits.some((wait) => !wait.stroke.hidden)) needed.push(hash);
    return needed.sort();
  }

  /** Brings a blob. Throws StrokeError when the bytes are not those the hash names; that is the carrier's fault, not the stroke's. */
  addBlob(hash: string, bytes: Uint8Array): DirtyBricks {
    if (bytesToHex(sha256(bytes)) !== hash) throw new StrokeError(`blob ${hash}: the bytes have another hash`);
    let bricks: BrickRuns[] | string;
    try {
      bricks = decodeBlobRuns(bytes);
    } catch (error) {
      if (!(error instanceof StrokeError)) throw error;
      bricks = error.message;
    }
    const blob = { byteLength: bytes.length, bricks };
    this.#blobs.set(hash, blob);
    const dirty = new Set<number>();
    for (const wait of this.#waiting.get(hash) ?? []) this.#resolve(wait, blob, dirty);
    this.#waiting.delete(hash);
    return dirty;
  }

  /**
   * Content of a brick, 32,768 label values; undefined when it holds nothing. It is the fold's own array: read
   * it, don't keep or change it.
   */
  brick(index: number, layer: Layer = "anatomy"): Uint8Array | undefined {
    return this.#layers[layer].bricks.get(index)?.content();
  }

  /** Numbers of the bricks that hold something or once did, ascending. */
  bricksOf(layer: Layer = "anatomy"): number[] {
    return this.#ordered(layer);
  }

  /** Voxels of each label value that has any; kept up while folding, so it costs no pass over the voxels. */
  voxelCounts(layer: Layer = "anatomy"): Map<number, number> {
    const { bricks, counts } = this.#layers[layer];
    for (const brick of bricks.values()) if (brick.isStale) brick.content();
    const voxels = new Map<number, number>();
    for (let value = 1; value < counts.length; value++) if (counts[value] > 0) voxels.set(value, counts[value]);
    return voxels;
  }

  /** A copy of the layer as it is now. */
  labelmap(layer: Layer = "anatomy"): Labelmap {
    const bricks = new Map<number, Uint8Array>();
    for (const index of this.#ordered(layer)) {
      const content = this.brick(index, layer);
      if (content !== undefined) bricks.set(index, content.slice());
    }
    return { grid: this.grid, bricks };
  }

  /** `labelmapHash(this.labelmap(layer))`, without the copy and with the hashes of unchanged bricks remembered. */
  hash(layer: Layer = "anatomy"): string {
    const hashes: [number, Uint8Array][] = [];
    for (const index of this.#ordered(layer)) {
      const hash = this.brick(index, layer) && this.#layers[layer].bricks.get(index)?.hash(brickHash);
      if (hash !== undefined) hashes.push([index, hash]);
    }
    return manifestHash(this.grid, hashes);
  }

  /** Strokes drawn under these client ids, in fold order. */
  strokesOf(clientIds: ReadonlySet<number>): KnownStroke[] {
    const own: LiveStroke[] = [];
    for (const strokes of this.#strokes.values()) if (clientIds.has(strokes[0].clientId)) own.push(strokes[0]);
    return own.sort(compareStrokes).map((stroke) => this.#known(stroke));
  }

  /** One stroke, by id. */
  stroke(id: StrokeId): KnownStroke | undefined {
    const strokes = this.#strokes.get(strokeKey(id));
    return strokes === undefined ? undefined : this.#known(strokes[0]);
  }

  /** Everything that a stroke wrote, whether it shows or not, brick by brick; runs of several increments may overlap. */
  runsOf(id: StrokeId): BrickRuns[] {
    const found: BrickRuns[] = [];
    for (const stroke of this.#strokes.get(strokeKey(id)) ?? []) {
      for (const brick of [...stroke.bricks].sort((a, b) => a - b)) for (const runs of this.#layers[stroke.layer].bricks.get(brick)?.runsOf(stroke) ?? []) found.push({ brick, runs });
    }
    return found;
  }

  /** The visible stroke that wrote a voxel (local index) last; undefined: none, it is as in the base. */
  lastWriter(brick: number, local: number, layer: Layer = "anatomy"): StrokeId | undefined {
    const stroke = this.#layers[layer].bricks.get(brick)?.lastWriter(local);
    return stroke === undefined ? undefined : { clientId: stroke.clientId, counter: stroke.counter };
  }

  /**
   * Who made what is there: for each label value, voxels by the client id that wrote them last. What lies in the
   * base has no writer any more. Costs a pass over all runs.
   * @param isCounted which bricks are looked at; left out: all
   */
  contributions(layer: Layer = "anatomy", isCounted: (brick: number) => boolean = () => true): Map<number, Map<number, number>> {
    const found = new Map<number, Map<number, number>>();
    for (const [index, brick] of this.#layers[layer].bricks) {
      if (!isCounted(index)) continue;
      brick.countWriters(({ value, clientId }, voxels) => {
        let own = found.get(value);
        if (!own) found.set(value, (own = new Map()));
        own.set(clientId, (own.get(clientId) ?? 0) + voxels);
      });
    }
    return found;
  }

  #known(stroke: LiveStroke): KnownStroke {
    const { clientId, counter, lamport, layer, value, hidden, isFinal } = stroke;
    const n = this.#marks.get(`${clientId}:${counter}`)?.n ?? 0;
    return { id: { clientId, counter }, lamport, layer, value, hidden, n, isFinal };
  }

  #ordered(layer: Layer): number[] {
    return [...this.#layers[layer].bricks.keys()].sort((a, b) => a - b);
  }

  #report(problem: string): void {
    if (this.problems.length < maxProblems && !this.problems.includes(problem)) this.problems.push(problem);
  }

  #liveStroke(entry: StrokeEntry): LiveStroke {
    const key = strokeKey(entry.id);
    const { lamport, layer, value } = entry;
    const known = this.#strokes.get(key) ?? [];
    let stroke = known.find((s) => s.lamport === lamport && s.layer === layer && s.value === value);
    if (stroke === undefined) {
      const hidden = this.#marks.get(key)?.hidden ?? false;
      stroke = { ...entry.id, lamport, layer, value, hidden, bricks: [], isFinal: false };
      // One order whatever came first, so that replicas name the same one.
      known.push(stroke);
      known.sort((a, b) => compareStrokes(a, b) || (a.layer < b.layer ? -1 : 1));
      if (known.length > 1) this.#report(`stroke ${key}: entries disagree on lamport, layer or value`);
      this.#strokes.set(key, known);
    }
    if (entry.isFinal) stroke.isFinal = true;
    return stroke;
  }

  #resolve(wait: BlobWait, blob: { byteLength: number; bricks: BrickRuns[] | string }, dirty: Set<number>): DirtyBricks {
    const { stroke, byteLength, box } = wait;
    const name = `stroke ${stroke.clientId}:${stroke.counter}`;
    if (typeof blob.bricks === "string") {
      this.#report(`${name}: ${blob.bricks}`);
      return dirty;
    }
    const problem = blob.byteLength === byteLength ? outsideProblem(this.grid, blob.bricks, box) : "the blob has another size";
    if (problem !== undefined) {
      this.#report(`${name}: ${problem}`);
      return dirty;
    }
    return this.#write(stroke, blob.bricks, dirty);
  }

  #write(stroke: LiveStroke, runs: readonly BrickRuns[], dirty: Set<number>): DirtyBricks {
    const layer = this.#layers[stroke.layer];
    // A stroke under way keeps its set: a new one with each increment would cost the square of its length.
    const known = stroke.bricks instanceof Set ? stroke.bricks : stroke.bricks.length === 0 ? undefined : new Set(stroke.bricks);
    for (const { brick, runs: brickRuns } of runs) {
      let fold = layer.bricks.get(brick);
      if (fold === undefined) {
        fold = new BrickFold(undefined, layer.counts);
        layer.bricks.set(brick, fold);
      }
      fold.add(stroke, brickRuns);
      known?.add(brick);
      if (!stroke.hidden) dirty.add(brick);
    }
    stroke.bricks = known ?? runs.map(({ brick }) => brick);
    return dirty;
  }
}

/** Numbers of the bricks of either layer that hold other label values in one fold than in the other. */
export function foldDifference(one: MaskFold, other: MaskFold): DirtyBricks {
  const found = new Set<number>();
  for (const layer of ["anatomy", "proposal"] as const) {
    for (const index of new Set([...one.bricksOf(layer), ...other.bricksOf(layer)])) {
      const a = one.brick(index, layer), b = other.brick(index, layer);
      if (a === b) continue;
      if (a === undefined || b === undefined || a.some((value, i) => value !== b[i])) found.add(index);
    }
  }
  return found;
}

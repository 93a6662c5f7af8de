import * as Y from "yjs";
import type { Labelmap } from "../mask/labelmap.ts";
import { type DirtyBricks, foldDifference, MaskFold } from "../mask/maskFold.ts";
import type { Grid } from "../space/grid.ts";
import { followMasks } from "./masksDoc.ts";
import type { MaskBase } from "./rebase.ts";

/** One committed update of the log. */
export interface ReplayEntry { seq: number; update: Uint8Array }
/** From log entry `seq` on this lies below the document's strokes. */
export interface ReplayBase extends MaskBase { seq: number }

/** So many entries lie at most between two states that are kept, to go back from. */
const checkpointEvery = 500;

/**
 * The masks of a case as they were after any entry of the log (MK8): the same updates and bases that a page lives on, in the
 * same order, so that the last instant is what everybody sees now. Changes nothing.
 */
export class MaskReplay {
  readonly #grid: Grid;
  readonly #entries: readonly ReplayEntry[];
  readonly #bases: readonly ReplayBase[];
  readonly #blobs = new Map<string, Uint8Array>();
  /** Documents after so many entries. */
  readonly #checkpoints = new Map<number, Uint8Array>();
  #doc = new Y.Doc();
  #fold: MaskFold;
  #stop: () => void;
  #position = 0;
  #dirty = new Set<number>();

  /** @param entries in order of `seq`; @param bases in any order */
  constructor(grid: Grid, entries: readonly ReplayEntry[], bases: readonly ReplayBase[]) {
    this.#grid = grid;
    this.#entries = entries;
    this.#bases = bases.toSorted((a, b) => a.seq - b.seq);
    this.#fold = new MaskFold(grid);
    this.#stop = this.#follow();
  }

  get length(): number { return this.#entries.length; }
  /** How many entries the fold holds. */
  get position(): number { return this.#position; }
  get fold(): MaskFold { return this.#fold; }

  /** Goes to the instant after so many entries. @returns the bricks that may look different; in another fold than before, too */
  to(position: number): DirtyBricks {
    const goal = Math.min(this.length, Math.max(0, Math.round(position))), before = this.#fold;
    this.#dirty = new Set();
    if (goal < this.#position) this.#back(goal);
    while (this.#position < goal) this.#step();
    // Steps before a new fold was begun have changed the old one.
    if (this.#fold !== before) for (const brick of foldDifference(before, this.#fold)) this.#dirty.add(brick);
    return this.#dirty;
  }

  /** Hashes of blobs that the fold waits for. */
  blobNeeded(): string[] { return this.#fold.blobNeeded(); }

  /** Brings a blob, once for all instants. @throws StrokeError when the bytes are not those the hash names */
  addBlob(hash: string, bytes: Uint8Array): DirtyBricks {
    const dirty = this.#fold.addBlob(hash, bytes);
    this.#blobs.set(hash, bytes);
    return dirty;
  }

  close(): void {
    this.#stop();
    this.#doc.destroy();
  }

  #follow(): () => void {
    return followMasks(this.#doc, this.#fold, (dirty) => { for (const brick of dirty) this.#dirty.add(brick); });
  }

  #bring(): void {
    for (const hash of this.#fold.blobNeeded()) {
      const bytes = this.#blobs.get(hash);
      if (bytes) for (const brick of this.#fold.addBlob(hash, bytes)) this.#dirty.add(brick);
    }
  }

  #step(): void {
    const { seq, update } = this.#entries[this.#position], base = this.#bases.find((one) => one.seq === seq);
    Y.applyUpdate(this.#doc, update);
    this.#position++;
    if (this.#position % checkpointEvery === 0 && !this.#checkpoints.has(this.#position)) this.#checkpoints.set(this.#position, Y.encodeStateAsUpdate(this.#doc));
    if (base) this.#refold(base);
    else this.#bring();
  }

  #refold(base: { anatomy?: Labelmap; proposal?: Labelmap } | undefined): void {
    this.#stop();
    this.#fold = new MaskFold(this.#grid, base?.anatomy, base?.proposal);
    this.#stop = this.#follow();
    this.#bring();
  }

  #back(goal: number): void {
    const from = Math.max(0, ...[...this.#checkpoints.keys()].filter((position) => position <= goal)), state = this.#checkpoints.get(from);
    this.#stop();
    this.#stop = () => undefined;
    this.#doc.destroy();
    this.#doc = new Y.Doc();
    if (state) Y.applyUpdate(this.#doc, state);
    this.#position = from;
    this.#refold(this.#bases.findLast(({ seq }) => from > 0 && seq <= this.#entries[from - 1].seq));
  }
}

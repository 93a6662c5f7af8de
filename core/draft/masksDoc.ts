import * as Y from "yjs";
import { boxOf } from "../mask/brickRuns.ts";
import { encodeMark } from "../mask/mark.ts";
import type { Labelmap } from "../mask/labelmap.ts";
import { type DirtyBricks, type KnownStroke, MaskFold } from "../mask/maskFold.ts";
import {
  actKey, type BrickRuns, encodeBlobRuns, encodeStroke, type Layer, splitEntry, type StrokeContent, type StrokeEntry, type StrokeId, strokeKey,
} from "../mask/stroke.ts";
import { maxStrokeEntryBytes } from "../protocol/room.ts";
import type { Grid } from "../space/grid.ts";
import { insertedBy } from "./insertedBy.ts";

/** The two roots of a `masks` document, and all there is in it. Both only ever grow; their order means nothing. */
export interface MasksRoots {
  strokes: Y.Array<Uint8Array>;
  marks: Y.Array<Uint8Array>;
}

export const strokesRoot = "strokes";
export const marksRoot = "marks";

export function masksRoots(doc: Y.Doc): MasksRoots {
  return { strokes: doc.getArray<Uint8Array>(strokesRoot), marks: doc.getArray<Uint8Array>(marksRoot) };
}

/**
 * Feeds a fold with everything the document holds now and gets later, local or remote.
 * @param onDirty called after each transaction that may have changed bricks, not for what is there at the start
 * @returns stops it
 */
export function followMasks(doc: Y.Doc, fold: MaskFold, onDirty?: (dirty: DirtyBricks) => void): () => void {
  const { strokes, marks } = masksRoots(doc);
  const addTo = (add: (bytes: Uint8Array, dirty: Set<number>) => void) => (items: readonly unknown[]) => {
    const dirty = new Set<number>();
    // Something else than bytes is no entry at all: it decodes to nothing, like every other bad one (MK3).
    for (const item of items) add(item instanceof Uint8Array ? item : new Uint8Array(), dirty);
    return dirty;
  };
  const addStrokes = addTo((bytes, dirty) => fold.addStroke(bytes, dirty));
  const addMarks = addTo((bytes, dirty) => { for (const brick of fold.addMark(bytes)) dirty.add(brick); });
  const observer = (add: (items: readonly unknown[]) => DirtyBricks) => (event: Y.YArrayEvent<Uint8Array>) => {
    const dirty = add(insertedBy(event));
    if (dirty.size > 0) onDirty?.(dirty);
  };
  const strokesObserver = observer(addStrokes);
  const marksObserver = observer(addMarks);
  addStrokes(strokes.toArray());
  addMarks(marks.toArray());
  strokes.observe(strokesObserver);
  marks.observe(marksObserver);
  return () => {
    strokes.unobserve(strokesObserver);
    marks.unobserve(marksObserver);
  };
}

/** The fold of a document as it is now, by replay. */
export function foldOfDoc(doc: Y.Doc, grid: Grid, base?: Labelmap): MaskFold {
  const fold = new MaskFold(grid, base);
  followMasks(doc, fold)();
  return fold;
}

/** A blob stroke's bytes for the blob store and its content for the log, once the store has told the hash. */
export function blobStroke(grid: Grid, bricks: readonly BrickRuns[]): { bytes: Uint8Array; content: (hash: string) => StrokeContent } {
  const bytes = encodeBlobRuns(bricks);
  const box = boxOf(grid, bricks);
  return { bytes, content: (hash) => ({ kind: "blob", hash, byteLength: bytes.length, box }) };
}

/** One stroke of an act. */
export interface ActPart { value: number; layer?: Layer; content: StrokeContent }

/** There is a stroke open already, or none where one is needed. */
export class AuthorError extends Error {
  override name = "AuthorError";
}

/**
 * Writes one person's strokes and marks into a document. The fold must follow the same document
 * (`followMasks`), before this is made.
 */
export class MaskAuthor {
  readonly #doc: Y.Doc;
  #fold: MaskFold;
  /** Greatest counter used here; a stroke that a rebase has folded away keeps its number. */
  #counter = 0;
  readonly #ownIds: Set<number>;
  #open: Omit<StrokeEntry, "isFinal" | "content"> | undefined;

  /** @param ownClientIds client ids this person had before (other tabs closed, earlier visits), so that undo reaches those strokes */
  constructor(doc: Y.Doc, fold: MaskFold, ownClientIds: Iterable<number> = []) {
    this.#doc = doc;
    this.#fold = fold;
    this.#ownIds = new Set(ownClientIds);
    this.#ownIds.add(doc.clientID);
  }

  /** More client ids this person had before; from now on undo reaches their strokes too. */
  alsoOwn(clientIds: Iterable<number>): void {
    for (const clientId of clientIds) this.#ownIds.add(clientId);
  }

  /** Goes on with another fold of the same document, after a rebase; a stroke under way stays open. */
  refold(fold: MaskFold): void {
    for (const { id } of this.#fold.strokesOf(new Set([this.#doc.clientID]))) this.#counter = Math.max(this.#counter, id.counter);
    this.#fold = fold;
  }

  /** Hides or shows one of this person's own strokes by its id, however old, and its act with it (MK7). @returns false when it is not theirs, not there, or so already */
  setHidden(id: StrokeId, hidden: boolean): boolean {
    const stroke = this.#own().find((own) => strokeKey(own.id) === strokeKey(id));
    if (stroke === undefined || stroke.hidden === hidden) return false;
    this.#markAct(stroke, hidden);
    return true;
  }

  /** Lamport of the next stroke: 1 + the greatest seen. */
  get nextLamport(): number {
    return this.#fold.maxLamport + 1;
  }

  get isDrawing(): boolean {
    return this.#open !== undefined;
  }

  /** Opens a stroke that writes one value (0 = erase) to one layer. Throws AuthorError while another is open. */
  begin(value: number, layer: Layer = "anatomy"): StrokeId {
    if (this.#open !== undefined) throw new AuthorError("a stroke is open");
    const clientId = this.#doc.clientID;
    this.#ownIds.add(clientId);
    for (const { id } of this.#fold.strokesOf(new Set([clientId]))) this.#counter = Math.max(this.#counter, id.counter);
    const id = { clientId, counter: ++this.#counter };
    this.#open = { id, lamport: this.nextLamport, layer, value };
    return id;
  }

  /** Adds voxels to the open stroke: one log entry, or several of at most 16 KiB each in a transaction of its own. */
  push(bricks: BrickRuns[]): void {
    if (bricks.length > 0) this.#write({ kind: "runs", bricks }, false);
  }

  /** Closes the open stroke, with its last voxels if there are any. */
  end(bricks: BrickRuns[] = []): void {
    const open = this.#need();
    if (bricks.length > 0 || this.#fold.stroke(open.id) !== undefined) this.#write({ kind: "runs", bricks }, true);
    this.#open = undefined;
  }

  /** A whole stroke at once. */
  draw(value: number, bricks: BrickRuns[], layer: Layer = "anatomy"): StrokeId {
    const id = this.begin(value, layer);
    this.end(bricks);
    return id;
  }

  /** A whole stroke whose voxels lie in the blob store already (`blobStroke`). */
  drawBlob(value: number, content: StrokeContent, layer: Layer = "anatomy"): StrokeId {
    return this.drawTogether([{ value, layer, content }])[0];
  }

  /**
   * Several whole strokes that are one act (MK7): they share a lamport and come as one update, so that nobody gets between
   * them and none comes without the others. Blob strokes' voxels lie in the blob store already. Throws AuthorError while a
   * stroke is open.
   */
  drawTogether(parts: readonly ActPart[]): StrokeId[] {
    const first = this.begin(0), lamport = this.nextLamport;
    this.#open = undefined;
    const entries = parts.map(({ value, layer = "anatomy", content }, i): StrokeEntry => (
      { id: { ...first, counter: i === 0 ? first.counter : ++this.#counter }, lamport, layer, value, isFinal: true, content }
    ));
    const bytes = entries.flatMap((entry) => splitEntry(entry, maxStrokeEntryBytes)).map(encodeStroke);
    this.#doc.transact(() => masksRoots(this.#doc).strokes.push(bytes), this);
    return entries.map(({ id }) => id);
  }

  get canUndo(): boolean {
    return this.#undoable() !== undefined;
  }

  get canRedo(): boolean {
    return this.#redoable() !== undefined;
  }

  /** Hides this person's newest visible stroke (MK5) and its act (MK7). @returns its id, or undefined when there was none */
  undo(): StrokeId | undefined {
    return this.#markAct(this.#undoable(), true);
  }

  /** Shows the stroke that was undone last and its act, at their old place (MK5, MK7); nothing once a newer stroke was drawn. */
  redo(): StrokeId | undefined {
    return this.#markAct(this.#redoable(), false);
  }

  #own(): KnownStroke[] {
    const openKey = this.#open && strokeKey(this.#open.id);
    return this.#fold.strokesOf(this.#ownIds).filter(({ id }) => strokeKey(id) !== openKey);
  }

  #undoable(): KnownStroke | undefined {
    return this.#own().findLast(({ hidden }) => !hidden);
  }

  /** Of the hidden strokes above the newest visible one that with the highest `n`: it was undone last. */
  #redoable(): KnownStroke | undefined {
    if (this.#open !== undefined) return undefined;
    const own = this.#own();
    let last: KnownStroke | undefined;
    for (const stroke of own.slice(own.findLastIndex(({ hidden }) => !hidden) + 1)) {
      if (last === undefined || stroke.n > last.n) last = stroke;
    }
    return last;
  }

  /** Marks a stroke and, after it, what else of its act is not so yet; one update. */
  #markAct(stroke: KnownStroke | undefined, hidden: boolean): StrokeId | undefined {
    if (stroke === undefined) return undefined;
    const act = actKey(stroke), key = strokeKey(stroke.id);
    const mates = this.#own().filter((mate) => actKey(mate) === act && mate.hidden !== hidden && strokeKey(mate.id) !== key);
    let n = this.#fold.strokesOf(this.#ownIds).reduce((most, own) => Math.max(most, own.n), 0);
    const marks = [stroke, ...mates].map(({ id }) => encodeMark({ stroke: id, hidden, n: ++n }));
    this.#doc.transact(() => masksRoots(this.#doc).marks.push(marks), this);
    return stroke.id;
  }

  #need(): Omit<StrokeEntry, "isFinal" | "content"> {
    if (this.#open === undefined) throw new AuthorError("no stroke is open");
    return this.#open;
  }

  #write(content: StrokeContent, isFinal: boolean): void {
    const entry: StrokeEntry = { ...this.#need(), isFinal, content };
    const { strokes } = masksRoots(this.#doc);
    for (const part of splitEntry(entry, maxStrokeEntryBytes)) {
      const bytes = encodeStroke(part);
      this.#doc.transact(() => strokes.push([bytes]), this);
    }
  }
}

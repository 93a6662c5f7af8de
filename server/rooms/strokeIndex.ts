import { decodeMark, MarkError, type Mark } from "../../core/mask/mark.ts";
import { decodeStroke, StrokeError, strokeKey, type StrokeEntry } from "../../core/mask/stroke.ts";
import { maxStrokeEntryBytes } from "../../core/protocol/room.ts";
import { MessageRefused } from "./refused.ts";

/** Entries that an update adds, decoded. */
export interface AddedEntries {
  strokes: StrokeEntry[];
  marks: Mark[];
}

interface KnownStroke {
  lamport: number;
  layer: string;
  value: number;
}

/** Decodes the entries of an update, refusing what does not decode or is too large. */
export function decodeEntries(strokes: readonly Uint8Array[], marks: readonly Uint8Array[]): AddedEntries {
  try {
    for (const bytes of strokes) {
      if (bytes.length > maxStrokeEntryBytes) throw new MessageRefused("entry-too-large", `A stroke entry has ${bytes.length} bytes; ${maxStrokeEntryBytes} are allowed. Split it or store it as a blob.`);
    }
    return { strokes: strokes.map(decodeStroke), marks: marks.map(decodeMark) };
  } catch (error) {
    if (error instanceof StrokeError || error instanceof MarkError) throw new MessageRefused("bad-entry", error.message);
    throw error;
  }
}

/** What a room knows of its strokes and marks: enough to judge logical time and authorship of new ones. */
export class StrokeIndex {
  readonly #strokes = new Map<string, KnownStroke>();
  #maxLamport = 0;
  /** Greatest number of a mark in the room. */
  #maxN = 0;
  /** Strokes with a lamport up to this are in the base. */
  readonly #horizon: number;

  /** @param horizon lamport up to which strokes have been folded into a base; 0: none */
  constructor(horizon = 0) {
    this.#horizon = horizon;
  }

  /** Greatest lamport in the room. */
  get maxLamport(): number {
    return this.#maxLamport;
  }

  /**
   * RM4: throws MessageRefused unless every stroke and mark is the user's own, in the room's logical time.
   * @param isOwn whether a client id is leased to the sender.
   */
  prove({ strokes, marks }: AddedEntries, isOwn: (clientId: number) => boolean): void {
    const added = new Map<string, KnownStroke>();
    let greatest = this.#maxLamport;
    // In logical time, so that the clients of one update may come in any order (Yjs writes them by id).
    for (const { id, lamport, layer, value } of strokes.toSorted((a, b) => a.lamport - b.lamport)) {
      if (!isOwn(id.clientId)) throw new MessageRefused("not-your-stroke", "A stroke names a client id of somebody else.");
      const key = strokeKey(id);
      const known = this.#strokes.get(key) ?? added.get(key);
      if (known) {
        if (known.lamport === lamport && known.layer === layer && known.value === value) continue;
        throw new MessageRefused("stroke-changed", "An increment differs from its stroke in lamport, layer or value.");
      }
      if (lamport > greatest + 1) throw new MessageRefused("lamport-ahead", `A stroke has lamport ${lamport}; the room is at ${greatest}.`);
      greatest = Math.max(greatest, lamport);
      added.set(key, { lamport, layer, value });
    }
    // An author numbers all marks in one row (the last one undone is the first to be redone), so the bound is the room's.
    let greatestN = this.#maxN;
    for (const { stroke, n } of marks.toSorted((a, b) => a.n - b.n)) {
      if (!isOwn(stroke.clientId)) throw new MessageRefused("not-your-stroke", "A mark is on somebody else's stroke.");
      const key = strokeKey(stroke);
      // A mark on a stroke that has gone into the base folds to nothing, alike everywhere; its author did not know yet.
      if (!this.#strokes.has(key) && !added.has(key) && this.#horizon === 0) throw new MessageRefused("unknown-stroke", "A mark is on a stroke that is not there.");
      if (n > greatestN + 1) throw new MessageRefused("mark-ahead", `A mark has number ${n}; the room is at ${greatestN}.`);
      greatestN = Math.max(greatestN, n);
    }
  }

  /** How many new strokes come at or under the horizon: they lie on the base, below all that is above it. */
  lateOf({ strokes }: AddedEntries): number {
    const late = strokes.filter(({ id, lamport }) => lamport <= this.#horizon && !this.#strokes.has(strokeKey(id)));
    return new Set(late.map(({ id }) => strokeKey(id))).size;
  }

  /** Takes entries in that were proven, or that were loaded from the log. */
  add({ strokes, marks }: AddedEntries): void {
    for (const { id, lamport, layer, value } of strokes) {
      this.#strokes.set(strokeKey(id), { lamport, layer, value });
      this.#maxLamport = Math.max(this.#maxLamport, lamport);
    }
    for (const { n } of marks) this.#maxN = Math.max(this.#maxN, n);
  }
}

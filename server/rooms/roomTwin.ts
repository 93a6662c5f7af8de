import * as Y from "yjs";
import { dropFolded } from "../../core/draft/rebase.ts";
import { closeCode } from "../../core/protocol/room.ts";
import { readUpdate, type ReadUpdate } from "./readUpdate.ts";
import { MessageRefused, UpdateAhead } from "./refused.ts";
import { decodeEntries, StrokeIndex, type AddedEntries } from "./strokeIndex.ts";

/** An update to prove, with what the room knows of its sender. Plain data: it crosses to the validator's thread. */
export interface CheckRequest {
  update: Uint8Array;
  /** Whether it answers our question for everything that we lack. */
  isAnswer: boolean;
  /** Client ids that are known to be leased to the sender. */
  own: readonly number[];
  /** Greatest label value that the case is known to have given out. */
  greatestValue: number;
  /** True once leases, label values, blobs and the sender's right have been asked for: no more is needed then. */
  isProven: boolean;
}

/** What came of it. `needs`: nothing was applied; the room asks for these and checks again with `isProven`. */
export type Verdict =
  | { kind: "nothing" }
  | { kind: "ahead" }
  | { kind: "accepted"; delta: Uint8Array }
  | { kind: "needs"; clientIds: number[]; entryClientIds: number[]; greatestValue: number; blobs: { hash: string; byteLength: number }[] }
  | { kind: "refused"; code: string; message: string; close: number };

/** An empty masks document with these updates in it. */
export function newMasksDoc(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.getArray("strokes");
  doc.getArray("marks");
  if (updates.length > 0) Y.applyUpdate(doc, updates.length === 1 ? updates[0] : Y.mergeUpdates([...updates]));
  return doc;
}

const bytesOf = (doc: Y.Doc, root: "strokes" | "marks"): Uint8Array[] => doc.getArray<Uint8Array>(root).toArray();

/**
 * The second copy of a room's document, on which every update is tried first (B2): what is committed and what is
 * proven and on its way to the log. It knows nothing of sockets or of the database, and an update that is not
 * accepted leaves it as it was.
 */
export class RoomTwin {
  #doc: Y.Doc;
  readonly #index: StrokeIndex;
  /** What it was made of and what it accepted since, for the rare case that Yjs was left half-changed. */
  #history: Uint8Array[];

  /**
   * @param horizon lamport up to which strokes have been folded into the base
   * @throws MessageRefused when the updates hold an entry that does not decode.
   */
  constructor(updates: readonly Uint8Array[], horizon = 0) {
    this.#index = new StrokeIndex(horizon);
    this.#doc = newMasksDoc(updates);
    this.#history = [Y.encodeStateAsUpdate(this.#doc)];
    this.#index.add(decodeEntries(bytesOf(this.#doc, "strokes"), bytesOf(this.#doc, "marks")));
  }

  /** Proves an update and applies it, or says why not. */
  check(request: CheckRequest): Verdict {
    try {
      return this.#judge(request);
    } catch (error) {
      if (error instanceof MessageRefused) return { kind: "refused", code: error.code, message: error.message, close: error.close };
      if (!(error instanceof UpdateAhead)) throw error;
      if (!request.isAnswer) return { kind: "ahead" };
      const { code, message, close } = new MessageRefused("clock-gap", "A sync answer leaves something out.");
      return { kind: "refused", code, message, close };
    }
  }

  /** Deletes what has been folded into a base, and nothing else. @returns the update for the log */
  rebase(horizon: number): Uint8Array {
    const before = Y.encodeStateVector(this.#doc);
    dropFolded(this.#doc, horizon);
    this.#index.rebase(horizon);
    this.#history = [this.state()];
    return Y.encodeStateAsUpdate(this.#doc, before);
  }

  /** Bytes of the whole document. */
  state(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  destroy(): void {
    this.#doc.destroy();
  }

  #judge({ update, own, greatestValue, isProven }: CheckRequest): Verdict {
    const read = readUpdate(this.#doc, update);
    if (read.strokes.length + read.marks.length === 0) return { kind: "nothing" };
    const entries = decodeEntries(read.strokes, read.marks);
    const isOwn = new Set(own);
    if (!isProven) {
      const needs = needsOf(read, entries, isOwn, greatestValue);
      if (needs) return needs;
    }
    if (![...read.clientIds].every((clientId) => isOwn.has(clientId))) throw new MessageRefused("not-your-client", "An update adds under a client id of somebody else.", closeCode.notAllowed);
    this.#index.prove(entries, (clientId) => isOwn.has(clientId));
    const delta = this.#apply(update, read.nextClock);
    this.#index.add(entries);
    this.#history.push(delta);
    if (this.#history.length > 4096) this.#history = [this.state()];
    return { kind: "accepted", delta };
  }

  #apply(update: Uint8Array, nextClock: ReadonlyMap<number, number>): Uint8Array {
    let delta: Uint8Array | undefined;
    const listen = (added: Uint8Array) => { delta = added; };
    this.#doc.on("update", listen);
    try {
      Y.applyUpdate(this.#doc, update);
    } catch {
      // Yjs may be half-changed now: the state below tells, and the copy is made anew.
      delta = undefined;
    } finally {
      this.#doc.off("update", listen);
    }
    const { store } = this.#doc;
    const isWhole = !store.pendingStructs && !store.pendingDs && [...nextClock].every(([client, clock]) => Y.getState(store, client) === clock);
    if (delta && isWhole) return delta;
    this.#doc.destroy();
    this.#doc = newMasksDoc(this.#history);
    throw new MessageRefused("bad-update", "The update cannot be applied.");
  }
}

/** What has to be asked before an update can be judged; null when the sender's known facts are enough. */
function needsOf(read: ReadUpdate, { strokes, marks }: AddedEntries, isOwn: ReadonlySet<number>, greatestValue: number): Verdict | null {
  const clientIds = [...read.clientIds];
  const entryClientIds = [...new Set([...strokes.map(({ id }) => id.clientId), ...marks.map(({ stroke }) => stroke.clientId)])];
  const greatest = strokes.reduce((most, { value }) => Math.max(most, value), 0);
  const blobs = strokes.flatMap(({ content }) => (content.kind === "blob" ? [{ hash: content.hash, byteLength: content.byteLength }] : []));
  const isKnown = greatest <= greatestValue && blobs.length === 0 && [...clientIds, ...entryClientIds].every((id) => isOwn.has(id));
  return isKnown ? null : { kind: "needs", clientIds, entryClientIds, greatestValue: greatest, blobs };
}

import { createHash } from "node:crypto";
import * as decoding from "lib0/decoding";
import * as Y from "yjs";
import { closeCode } from "../../core/protocol/room.ts";
import { readUpdate, type ReadUpdate } from "./readUpdate.ts";
import { strokeKey } from "../../core/mask/stroke.ts";
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
  | { kind: "accepted"; delta: Uint8Array; /** Strokes that came too late for their place: they lie on the base. */ late: number }
  | { kind: "needs"; clientIds: number[]; entryClientIds: number[]; greatestValue: number; blobs: { hash: string; byteLength: number }[] }
  | { kind: "refused"; code: string; message: string; close: number };

/** A rebase as it was worked out from an older state of the document. Plain data: it crosses to the validator's thread. */
export interface RebaseRequest {
  /** Deletes what was folded and adds what was trimmed. */
  update: Uint8Array;
  /** State vector of the document that it was worked out from. */
  state: Uint8Array;
  horizon: number;
  /** Strokes that are in the new base, by `strokeKey`. */
  folded: readonly string[];
}

/** `changed`: something came since that the new base does not hold; nothing was applied. */
export type Rebased = { kind: "changed" } | { kind: "rebased"; delta: Uint8Array; /** The whole document after it, and its SHA-256. */ document: Uint8Array; hash: string };

/** An empty masks document with these updates in it. */
export function newMasksDoc(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.getArray("strokes");
  doc.getArray("marks");
  if (updates.length > 0) Y.applyUpdate(doc, updates.length === 1 ? updates[0] : Y.mergeUpdates([...updates]));
  return doc;
}

/** Reads an update without copying its entries: each is a view of the update's memory. */
class ViewDecoder extends Y.UpdateDecoderV1 {
  override readBuf(): Uint8Array { return decoding.readVarUint8Array(this.restDecoder); }
}

/** A masks document whose entries lie in the memory of one update, so that both together cost it once. */
function docOver(updates: readonly Uint8Array[]): Y.Doc {
  const doc = newMasksDoc([]);
  for (const update of updates) Y.applyUpdateV2(doc, update, undefined, ViewDecoder);
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
  #index: StrokeIndex;
  /** What it was made of and what it accepted since, for the rare case that Yjs was left half-changed. */
  #history: Uint8Array[];

  /**
   * @param updates kept, for the document's entries lie in their memory: nobody else may change them
   * @param horizon lamport up to which strokes have been folded into the base
   * @throws MessageRefused when the updates hold an entry that does not decode.
   */
  constructor(updates: readonly Uint8Array[], horizon = 0) {
    this.#index = new StrokeIndex(horizon);
    this.#history = updates.length > 1 ? [Y.mergeUpdates([...updates])] : [...updates];
    this.#doc = docOver(this.#history);
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

  /** Takes a rebase over, unless what came since its document was read lies under its horizon or changes what it folded. */
  rebase({ update, state, horizon, folded }: RebaseRequest): Rebased {
    const since = valuesAfter(this.#doc, state), gone = new Set(folded);
    const { strokes, marks } = decodeEntries(since.strokes, since.marks);
    if (strokes.some(({ lamport }) => lamport <= horizon) || marks.some(({ stroke }) => gone.has(strokeKey(stroke)))) return { kind: "changed" };
    let delta: Uint8Array | undefined;
    this.#doc.once("update", (added: Uint8Array) => { delta = added; });
    Y.applyUpdate(this.#doc, update);
    if (!delta || this.#doc.store.pendingStructs || this.#doc.store.pendingDs) throw new Error("the rebase does not fit its document");
    this.#index = new StrokeIndex(horizon);
    this.#index.add(decodeEntries(bytesOf(this.#doc, "strokes"), bytesOf(this.#doc, "marks")));
    this.#history = [this.state()];
    // What was folded lies in memory that entries which are left would keep.
    this.#doc.destroy();
    this.#doc = docOver(this.#history);
    return { kind: "rebased", delta, document: this.#history[0], hash: createHash("sha256").update(this.#history[0]).digest("hex") };
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
    const late = this.#index.lateOf(entries);
    const delta = this.#apply(update, read.nextClock);
    this.#index.add(entries);
    this.#history.push(delta);
    if (this.#history.length > 4096) this.#history = [this.state()];
    return { kind: "accepted", delta, late };
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

/** Entries that a document has beyond a state vector. */
function valuesAfter(doc: Y.Doc, state: Uint8Array): { strokes: Uint8Array[]; marks: Uint8Array[] } {
  const known = Y.decodeStateVector(state), found = { strokes: [] as Uint8Array[], marks: [] as Uint8Array[] };
  for (const root of ["strokes", "marks"] as const) {
    for (let item = doc.getArray<Uint8Array>(root)._start; item !== null; item = item.right) {
      if (item.deleted || item.id.clock + item.length <= (known.get(item.id.client) ?? 0)) continue;
      found[root].push(...(item.content.getContent() as Uint8Array[]).slice(Math.max(0, (known.get(item.id.client) ?? 0) - item.id.clock)));
    }
  }
  return found;
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

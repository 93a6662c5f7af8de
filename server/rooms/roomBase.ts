import * as encoding from "lib0/encoding";
import { undoHorizon } from "../../core/draft/rebase.ts";
import { type BaseNotice, messageType } from "../../core/protocol/room.ts";
import type { DraftBase } from "../record/draftBase.ts";
import { gridOf } from "../record/builds.ts";
import { type LogEntry, serverAuthor } from "../record/draftLog.ts";
import type { RoomContext } from "./caseRoom.ts";
import { type RebaseInput, workRebase } from "./rebaser.ts";
import type { Rebased, RebaseRequest } from "./roomTwin.ts";

/** A rebase is worked out when the document has grown by so many entries since the last one. */
const entriesPerRebase = 3000;
/** After one that came to nothing or failed. */
const retryMs = 60_000;
/** After one that was overtaken by what people did meanwhile. */
const changedMs = 2000;

/** What a room needs to know of its base, and how the next one comes about. */
export interface RebaseParts {
  caseId: string;
  context: RoomContext;
  /** Takes a rebase over on the room's twin. */
  rebase: (request: RebaseRequest) => Promise<Rebased>;
  /** The committed document, and who is behind its client ids. */
  read: () => Pick<RebaseInput, "state" | "people" | "exempt">;
  /** Entries in the committed document. */
  size: () => number;
  /** Puts the entry that drops what was folded into the log, in order with the others. */
  commit: (entry: LogEntry) => void;
}

/** The base of a room's document: what lies below it, and the rebases that move it. */
export class RoomBase {
  /** Lamport up to which strokes are in the base, also while that base is on its way to the log. */
  horizon: number;
  #base: BaseNotice | null;
  readonly #parts: RebaseParts;
  readonly #every: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #document: Uint8Array | undefined;
  #left = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RebaseParts, base: DraftBase | null) {
    this.#parts = parts;
    this.#base = base && { seq: base.seq, horizon: base.horizon, anatomy: base.anatomyHash, proposal: base.proposalHash };
    this.horizon = base?.horizon ?? 0;
    this.#every = parts.context.rebaseEvery ?? entriesPerRebase;
  }

  /** The message that names the base; null while there is none. */
  get message(): Uint8Array | null {
    if (!this.#base) return null;
    const out = encoding.createEncoder();
    encoding.writeVarUint(out, messageType.base);
    encoding.writeVarString(out, JSON.stringify(this.#base));
    return encoding.toUint8Array(out);
  }

  /** Before a batch of entries goes to the log: stores the document that its base names. */
  async prepare(batch: readonly LogEntry[]): Promise<void> {
    const base = batch.find((entry) => entry.base)?.base;
    if (!base || !this.#document) return;
    if (await this.#parts.context.blobs.put(this.#document) !== base.documentHash) throw new Error("the document of a base was stored under another name");
  }

  /** A new base is in the log. */
  moved(seq: number, { horizon, anatomyHash, proposalHash }: NonNullable<LogEntry["base"]>): void {
    this.#base = { seq, horizon, anatomy: anatomyHash, proposal: proposalHash };
    this.#document = undefined;
  }

  /** After a commit: begins a rebase when there is enough to fold. */
  consider(): void {
    if (this.#running || this.#stop.signal.aborted || this.#parts.size() < this.#left + this.#every || performance.now() < this.#notBefore) return;
    const { log } = this.#parts.context, { caseId } = this.#parts;
    this.#running = this.#work().catch((error: unknown) => {
      this.#notBefore = performance.now() + retryMs;
      if (!this.#stop.signal.aborted) log("warn", "room.rebaseFailed", { caseId, reason: error instanceof Error ? error.message : "unknown" });
    }).finally(() => {
      this.#running = undefined;
      // What came meanwhile may be enough for the next one, and nobody need draw for that to be seen.
      this.#timer = setTimeout(() => this.consider(), Math.max(0, this.#notBefore - performance.now()) + 5);
      this.#timer.unref();
    });
  }

  /** Ends a rebase under way; nothing of it is in the log then. */
  async end(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #work(): Promise<void> {
    const { caseId, context: { database: { db }, blobs, log, undoKept = undoHorizon }, read, size, rebase, commit } = this.#parts, began = performance.now();
    const grid = await gridOf(db, caseId);
    const base = this.#base && { anatomyHash: this.#base.anatomy, proposalHash: this.#base.proposal }, entries = size();
    const worked = grid && await workRebase({ ...read(), grid, base, keep: undoKept, least: this.#every / 3 }, blobs, this.#stop.signal);
    if (!worked) {
      // Nothing is old enough: again when it has grown.
      this.#left = entries;
      return;
    }
    const { request, anatomyHash, proposalHash } = worked, told = await rebase(request);
    if (this.#stop.signal.aborted) return;
    if (told.kind === "changed") {
      this.#notBefore = performance.now() + changedMs;
      return log("info", "room.rebaseAgain", { caseId });
    }
    // In the same turn as the twin's answer: what the twin takes from now on comes after it in the log.
    this.horizon = request.horizon;
    // What came while it was worked out counts for the next one.
    this.#left = worked.left;
    this.#document = told.document;
    commit({ update: told.delta, ...serverAuthor, base: { horizon: request.horizon, anatomyHash, proposalHash, documentHash: told.hash } });
    log("info", "room.rebased", { caseId, folded: request.folded.length, left: worked.left, trimmed: worked.trimmed, ms: Math.round(performance.now() - began) });
  }
}

import type { log as writeLog } from "../platform/log.ts";
import { DraftLogMoved, type LogEnd, type LogEntry } from "../record/draftLog.ts";

/**
 * Batches begin at least so far apart, ms for each who is sent to: a send costs some 10 µs, so sending takes two fifths of a
 * processor at most. What comes while one is on its way to the disk is the next; who comes alone waits for nobody.
 */
const apartMsPerReader = 0.025;
/** However many there are, nobody waits longer for others to come along. */
const mostWindowMs = 5;
const maxBatchBytes = 4 * 1024 * 1024;
const maxQueuedBytes = 64 * 1024 * 1024;
/** A5: the server is gone ten seconds after it was told to. */
const drainMs = 4000;
const retriesMs = [100, 500, 1500, 3000];

/** Appends proven updates to the log in order, several at once (group commit), and says when they are on disk. */
export class CommitQueue<Origin> {
  readonly #appendTo: (end: LogEnd, batch: readonly LogEntry[]) => Promise<LogEnd>;
  readonly #log: typeof writeLog;
  readonly #caseId: string;
  readonly #onCommitted: (batch: readonly (LogEntry & { seq: number; origin: Origin })[]) => void;
  readonly #onFailed: (error: unknown) => void;
  readonly #readers: () => number;
  readonly #putAside: (entries: LogEntry[]) => Promise<void>;
  readonly #failed: Promise<void>;
  #tellFailed: () => void = () => undefined;
  #aside: Promise<void> | undefined;
  #end: LogEnd;
  #waiting: (LogEntry & { origin: Origin })[] = [];
  #saved: { after: number; run: () => void }[] = [];
  #queued = 0;
  #committed = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  /** When the last batch went to the log. */
  #begunAt = -Infinity;
  #isFailed = false;

  constructor(given: {
    log: typeof writeLog; caseId: string; end: LogEnd;
    /** Writes a batch after the end of the log, all of it or nothing. */
    append: (end: LogEnd, batch: readonly LogEntry[]) => Promise<LogEnd>;
    /** RM1: called with what was committed together, in order, each with its number in the log. */
    onCommitted: (batch: readonly (LogEntry & { seq: number; origin: Origin })[]) => void;
    onFailed: (error: unknown) => void;
    /** To how many a batch is sent. */
    readers: () => number;
    /** Puts what cannot be committed where the next start finds it. */
    putAside: (entries: LogEntry[]) => Promise<void>;
  }) {
    this.#putAside = given.putAside;
    this.#readers = given.readers;
    this.#failed = new Promise((resolve) => { this.#tellFailed = resolve; });
    this.#appendTo = given.append;
    this.#log = given.log;
    this.#caseId = given.caseId;
    this.#end = given.end;
    this.#onCommitted = given.onCommitted;
    this.#onFailed = given.onFailed;
  }

  /** Where the log ends, as far as it was committed here. */
  get end(): LogEnd {
    return this.#end;
  }

  get pending(): number {
    return this.#queued - this.#committed;
  }

  /** Updates that are proven but not committed yet, in order. */
  get uncommitted(): Uint8Array[] {
    return this.#waiting.map((entry) => entry.update);
  }

  push(entry: LogEntry, origin: Origin): void {
    if (this.#isFailed) return;
    this.#waiting.push({ ...entry, origin });
    this.#queued += 1;
    this.#bytes += entry.update.length;
    if (this.#bytes > maxQueuedBytes) this.#fail(new Error("too much waits for the database"));
    else this.#running ??= this.#run();
  }

  /** Runs `then` once everything pushed so far is committed; never when that fails. */
  whenSaved(then: () => void): void {
    if (this.#isFailed) return;
    if (this.pending === 0) then();
    else this.#saved.push({ after: this.#queued, run: then });
  }

  /** Resolves when nothing is under way any more: all is committed, or put aside when the database does not answer in time (A5). */
  async drain(limitMs = drainMs): Promise<void> {
    const tooLong = setTimeout(() => this.#fail(new Error("the database does not answer")), limitMs);
    while (this.#running && !this.#isFailed) await Promise.race([this.#running, this.#failed]);
    clearTimeout(tooLong);
    await this.#aside;
  }

  async #run(): Promise<void> {
    for (;;) {
      const waitMs = Math.min(mostWindowMs, this.#begunAt + apartMsPerReader * this.#readers() - performance.now());
      // Even without a wait: what comes in the same turn of the loop goes along.
      await new Promise<void>((resolve) => { if (waitMs < 1) setImmediate(resolve); else setTimeout(resolve, waitMs); });
      if (this.#waiting.length === 0 || this.#isFailed) break;
      this.#begunAt = performance.now();
      let size = 0;
      let count = 0;
      while (count < this.#waiting.length && count < 2000 && (count === 0 || size + this.#waiting[count].update.length <= maxBatchBytes)) {
        size += this.#waiting[count++].update.length;
      }
      const batch = this.#waiting.slice(0, count);
      try {
        this.#end = await this.#append(batch);
        if (this.#isFailed) break;
        this.#waiting.splice(0, count);
        this.#bytes -= size;
        const { seq } = this.#end;
        this.#onCommitted(batch.map((entry, i) => ({ ...entry, seq: seq - count + 1 + i })));
        this.#committed += count;
        while (this.#saved.length > 0 && this.#saved[0].after <= this.#committed) this.#saved.shift()?.run();
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#running = undefined;
  }

  async #append(batch: LogEntry[]): Promise<LogEnd> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#appendTo(this.#end, batch);
      } catch (error) {
        if (error instanceof DraftLogMoved || attempt >= retriesMs.length) throw error;
        this.#log("warn", "room.appendRetried", { caseId: this.#caseId, attempt, reason: error instanceof Error ? error.name : "unknown" });
        await new Promise((resolve) => setTimeout(resolve, retriesMs[attempt]));
        // Given up meanwhile: these entries are put aside, and another room may go on from the same end.
        if (this.#isFailed) throw error;
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#isFailed) return;
    this.#isFailed = true;
    // Nobody was told that these are saved. Who still has them brings them again, and finds them there: each counts once.
    const entries = error instanceof DraftLogMoved ? [] : this.#waiting.filter(({ base }) => !base).map(({ update, userId, sessionId }) => ({ update, userId, sessionId }));
    this.#aside = this.#putAside(entries).catch((reason: unknown) => this.#log("error", "room.notPutAside", { caseId: this.#caseId, reason: reason instanceof Error ? reason.message : "unknown" }));
    this.#tellFailed();
    this.#waiting = [];
    this.#saved = [];
    this.#onFailed(error);
  }
}

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { log as writeLog } from "../platform/log.ts";
import { MessageRefused } from "./refused.ts";
import type { CheckRequest, Rebased, RebaseRequest, Verdict } from "./roomTwin.ts";

/** What a room holds, committed or on its way, and the lamport up to which strokes are in its base. */
export interface RoomState {
  /** The whole committed document, encoded for this alone: its memory goes over to the thread and is empty here afterwards. */
  committed: Uint8Array;
  /** What is on its way to the log. */
  uncommitted: readonly Uint8Array[];
  horizon: number;
}

type Ask = { kind: "open"; state: RoomState } | { kind: "check"; request: CheckRequest } | { kind: "rebase"; request: RebaseRequest } | { kind: "close" };
export interface ThreadQuestion { id: number; room: string; ask: Ask }
/** What crosses to the thread and back: all that came in one turn of the loop, in order. A thread is woken once for it. */
export type ThreadQuestions = readonly ThreadQuestion[];
export type ThreadAnswers = readonly ThreadAnswer[];
export interface ThreadAnswer {
  id: number;
  told: Verdict | Rebased | { kind: "opened" } | { kind: "failed"; message: string };
  /** With its first word: what the system calls the thread; undefined where it does not say. */
  thread?: string;
}

interface Job extends ThreadQuestion {
  resolve: (told: ThreadAnswer["told"]) => void;
  reject: (error: Error) => void;
}

const tickMs = 50;
/** B3: a check that takes so much of a processor without progress ends its thread and is refused. */
const deadlineMs = 250;
/** The same by the clock, in deadlines: on a machine that is busy with other things an honest update waits its turn. */
const clockDeadlines = 20;
/** A long case takes its time to be read in. */
const openDeadlineMs = 30_000;
const memoryMb = 1024;

/** Milliseconds of a processor that a thread of this process has used, to a hundredth of a second; undefined where the system does not tell. */
function processorMs(thread: string | undefined): number | undefined {
  if (thread === undefined) return undefined;
  try {
    // proc(5): utime and stime are the 12th and 13th after the name in brackets, in hundredths of a second.
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [], used = 10 * (Number(fields[11]) + Number(fields[12]));
    return Number.isFinite(used) ? used : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Tries updates on twins in a thread of its own, so that no update, however hostile, holds up the server's loop
 * (B3). A check that takes too long, or uses up the thread's memory, is refused; the thread is started anew and
 * everything else that waited is asked again.
 */
export class Validator {
  readonly #log: typeof writeLog;
  readonly #rooms = new Map<string, () => RoomState>();
  readonly #deadlineMs: number;
  #worker: Worker | undefined;
  #progress = new Int32Array(new SharedArrayBuffer(4));
  /** Asked and not answered, in order. */
  #jobs: Job[] = [];
  /** How many of these, the last ones, have not been handed to the thread yet. */
  #unsent = 0;
  #answered = 0;
  #opened = new Set<string>();
  #nextId = 1;
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;
  #tickAt = 0;
  #seen = 0;
  #stalledMs = 0;
  /** What the thread had used of a processor when it was first seen to stand, ms; undefined while it moves. */
  #usedMs: number | undefined;
  #thread: string | undefined;
  #restarts = 0;

  /** @param limitMs the deadline of a check, for tests */
  constructor(log: typeof writeLog, limitMs = deadlineMs) {
    this.#log = log;
    this.#deadlineMs = limitMs;
    this.#start();
  }

  /** How often a thread was ended because of an update. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How many rooms have a twin here. */
  get twins(): number {
    return this.#rooms.size;
  }

  /**
   * Makes the twin of a room. `state` gives what the room has, committed or on its way, whenever a thread begins.
   * @throws Error when that does not hold what it should.
   */
  async open(room: string, state: () => RoomState): Promise<void> {
    this.#rooms.set(room, state);
    this.#opened.delete(room);
    this.#start();
    await this.#openHere(room, state);
  }

  close(room: string): void {
    this.#rooms.delete(room);
    if (this.#opened.delete(room)) this.#ask(room, { kind: "close" }).catch(() => undefined);
  }

  /** Proves an update on the room's twin; accepted ones come back in the order in which they were applied there. */
  async check(room: string, request: CheckRequest): Promise<Verdict> {
    const told = await this.#ask(room, { kind: "check", request });
    if (told.kind === "failed") throw new Error(told.message);
    if (told.kind === "opened" || told.kind === "rebased" || told.kind === "changed") throw new Error("the validator answered something else");
    return told;
  }

  /** Takes a rebase over on the room's twin, in order with the updates that are checked. */
  async rebase(room: string, request: RebaseRequest): Promise<Rebased> {
    const told = await this.#ask(room, { kind: "rebase", request });
    if (told.kind === "rebased" || told.kind === "changed") return told;
    throw new Error(told.kind === "failed" ? told.message : "the validator answered something else");
  }

  /** Ends the thread; what was asked is never answered. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#unsent = 0;
    for (const job of this.#jobs.splice(0)) job.reject(new Error("the validator was ended"));
    await worker?.terminate();
  }

  async #openHere(room: string, state: () => RoomState): Promise<void> {
    this.#opened.add(room);
    const told = await this.#ask(room, { kind: "open", state: state() });
    if (told.kind === "failed") throw new Error(told.message);
  }

  #ask(room: string, ask: Ask): Promise<ThreadAnswer["told"]> {
    return new Promise((resolve, reject) => this.#enqueue({ room, ask, resolve, reject }));
  }

  #enqueue({ room, ask, ...told }: Omit<Job, "id">): void {
    this.#start();
    const state = this.#rooms.get(room);
    if ((ask.kind === "check" || ask.kind === "rebase") && state && !this.#opened.has(room)) this.#openHere(room, state).catch((error: unknown) => this.#log("error", "room.twinFailed", { room, reason: error instanceof Error ? error.message : "unknown" }));
    this.#jobs.push({ id: this.#nextId++, room, ask, ...told });
    if (this.#unsent++ === 0) setImmediate(() => this.#send());
    this.#watch();
  }

  /** Hands over what was asked in this turn of the loop; a thread that is not ready yet gets it with its first word. */
  #send(): void {
    if (!this.#isReady || this.#unsent === 0) return;
    const questions = this.#jobs.slice(-this.#unsent).map(({ id, room, ask }) => ({ id, room, ask }));
    this.#unsent = 0;
    // A large document would else be here three times until its twin is made. What is asked again has a state of its own.
    const given = questions.flatMap(({ ask }) => (ask.kind === "open" && ask.state.committed.buffer instanceof ArrayBuffer ? [ask.state.committed.buffer] : []));
    this.#worker?.postMessage(questions satisfies ThreadQuestions, given);
  }

  #start(): void {
    if (this.#worker) return;
    this.#isReady = false;
    this.#progress = new Int32Array(new SharedArrayBuffer(4));
    this.#seen = this.#answered = this.#stalledMs = 0;
    this.#usedMs = this.#thread = undefined;
    const worker = new Worker(new URL("./validatorThread.ts", import.meta.url), {
      workerData: this.#progress.buffer, execArgv: ["--disable-warning=ExperimentalWarning"], resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.#worker = worker;
    worker.on("message", (answers: ThreadAnswers) => { for (const answer of answers) if (worker === this.#worker) this.#hear(answer); });
    worker.on("error", (error) => { if (worker === this.#worker) this.#restart(error.message); });
    worker.on("exit", () => { if (worker === this.#worker) this.#restart("the thread ended"); });
    worker.unref();
  }

  #hear({ id, told, thread }: ThreadAnswer): void {
    if (id === 0) {
      this.#thread = thread;
      this.#isReady = true;
      this.#stalledMs = 0;
      return this.#send();
    }
    this.#answered += 1;
    const job = this.#jobs.shift();
    if (job?.id !== id) return this.#restart("answers came in another order");
    job.resolve(told);
  }

  #watch(): void {
    if (this.#timer) return;
    this.#tickAt = performance.now();
    this.#stalledMs = 0;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  #tick(): void {
    const now = performance.now();
    const sinceMs = now - this.#tickAt;
    this.#tickAt = now;
    if (this.#jobs.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const seen = Atomics.load(this.#progress, 0);
    if (seen !== this.#seen || !this.#isReady) {
      this.#seen = seen;
      this.#stalledMs = 0;
      this.#usedMs = undefined;
      return;
    }
    // A late tick means that this whole process waits for a processor: that time is not the update's.
    this.#stalledMs += Math.min(sinceMs, tickMs);
    const stalled = this.#jobs[seen - this.#answered];
    if (!stalled) return;
    const used = stalled.ask.kind === "check" ? processorMs(this.#thread) : undefined;
    if (used !== undefined) this.#usedMs ??= used;
    const limitMs = stalled.ask.kind !== "check" ? openDeadlineMs : used === undefined ? this.#deadlineMs : clockDeadlines * this.#deadlineMs;
    if (this.#stalledMs >= limitMs || (used !== undefined && this.#usedMs !== undefined && used - this.#usedMs >= this.#deadlineMs)) this.#restart("an update took too long");
  }

  /** Ends the thread, refuses what it was at, and asks everything behind that again. */
  #restart(reason: string): void {
    const done = Atomics.load(this.#progress, 0) - this.#answered;
    const [culprit] = this.#jobs.splice(Math.max(0, done), 1);
    const again = this.#jobs.splice(0);
    this.#unsent = 0;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isReady = false;
    this.#opened.clear();
    this.#restarts += 1;
    void worker?.terminate();
    this.#log("warn", "room.validatorRestarted", { room: culprit?.room, reason });
    if (culprit?.ask.kind === "check") {
      const { code, message, close } = new MessageRefused("too-slow", "The update takes too long to check.");
      culprit.resolve({ kind: "refused", code, message, close });
    } else culprit?.reject(new Error(reason));
    for (const job of again) this.#askAgain(job);
  }

  #askAgain({ room, ask, resolve, reject }: Job): void {
    if (ask.kind === "close") return resolve({ kind: "opened" });
    const state = this.#rooms.get(room);
    if (!state) return reject(new Error("the room was closed"));
    if (ask.kind === "open") this.#opened.add(room);
    // What a room holds may have grown since it was asked. The same promise, not one that waits for another: answers that
    // arrive together are acted upon in their order.
    this.#enqueue({ room, ask: ask.kind === "open" ? { kind: "open", state: state() } : ask, resolve, reject });
  }
}

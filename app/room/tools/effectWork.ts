import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import type { BrickContent } from "../../../core/mask/effects/denseMirror.ts";
import type { EffectIntent } from "../../../core/mask/effects/intent.ts";
import type { Layer } from "../../../core/mask/stroke.ts";
import type { MaskSession } from "../session/maskSession.ts";
import type { LoadedVolume } from "../view/loadVolume.ts";
import type { EffectQuestion, EffectReply, EffectVolume, HistogramQuestion, VolumeHistogram } from "./effect.worker.ts";

/** How far an effect is, 0 to 1, and what it is doing. */
export interface EffectProgress { fraction: number; what: string }
/** What an effect would write, and of which state of the mask. */
export interface EffectResult { strokes: EffectStroke[]; revision: number }

interface Asked { id: number; take: (reply: EffectReply) => void; fail: (error: Error) => void }

/** A worker that does not stop by itself within this is ended, where nothing else is asked. */
const usualPatienceMs = 1000;
export const cancelledText = "Cancelled. Nothing was changed.";

/**
 * Effects of one room, computed in a worker that keeps the volume and a copy of the mask: a question brings only the bricks
 * that changed since the last. One question at a time; another one waits for it, or comes in its place once that is aborted.
 */
export class EffectWork {
  readonly #session: Pick<MaskSession, "fold" | "followBricks">;
  readonly #volume: () => Pick<LoadedVolume, "grid" | "hu">;
  readonly #patienceMs: number;
  #worker: Worker | undefined;
  /** The worker knows the volume, and of the mask all but what is unsent. */
  #knowsVolume = false;
  /** Where the worker reads which questions are not wanted any more; null where the page may not share memory. */
  #cancelled: Int32Array | null = null;
  #asked: Asked | undefined;
  #line: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  readonly #unsent = new Set<number>();
  readonly #stopFollowing: () => void;
  #revision = 0;
  #histogram: Promise<VolumeHistogram> | undefined;

  /** @param patienceMs how long a cancelled worker has to stop by itself before it is ended */
  constructor(session: Pick<MaskSession, "fold" | "followBricks">, volume: () => Pick<LoadedVolume, "grid" | "hu">, patienceMs = usualPatienceMs) {
    this.#session = session;
    this.#volume = volume;
    this.#patienceMs = patienceMs;
    this.#stopFollowing = session.followBricks((dirty) => {
      this.#revision++;
      for (const brick of dirty) this.#unsent.add(brick);
    });
  }

  /** Goes up with every change of the mask. */
  get revision(): number { return this.#revision; }

  /**
   * What an effect would write on the mask as it is when its turn comes.
   * @throws Error for people, when it cannot be done, was cancelled, or the worker failed; nothing is changed then
   */
  strokes(intent: EffectIntent, signal: AbortSignal, onProgress?: (progress: EffectProgress) => void): Promise<EffectResult> {
    return this.#inLine(signal, async (id) => {
      const worker = this.#open(), revision = this.#revision, bricks = [...this.#unsent];
      this.#unsent.clear();
      const contents = (layer: Layer) => bricks.map((brick): BrickContent => [brick, this.#session.fold.brick(brick, layer) ?? null]);
      // Bricks that never held a proposal need no word of it.
      const question: EffectQuestion = { kind: "effect", id, intent, anatomy: contents("anatomy"), proposal: contents("proposal").filter(([brick, content]) => content !== null || this.#proposed.has(brick)) };
      for (const [brick] of question.proposal) this.#proposed.add(brick);
      const reply = await this.#ask(worker, question, signal, onProgress);
      if (reply.kind !== "strokes") throw new Error(reply.kind === "problem" ? reply.problem : cancelledText);
      return { strokes: reply.strokes, revision };
    });
  }
  readonly #proposed = new Set<number>();

  /** The volume's histogram; computed once. */
  histogram(): Promise<VolumeHistogram> {
    this.#histogram ??= this.#inLine(new AbortController().signal, async (id) => {
      const reply = await this.#ask(this.#open(), { kind: "histogram", id }, new AbortController().signal);
      if (reply.kind !== "histogram") throw new Error("The histogram could not be computed.");
      return reply.histogram;
    }).catch((error: unknown) => { this.#histogram = undefined; throw error; });
    return this.#histogram;
  }

  close(): void {
    this.#stopFollowing();
    this.#end();
  }

  #inLine<T>(signal: AbortSignal, work: (id: number) => Promise<T>): Promise<T> {
    const turn = this.#line.then(() => {
      if (signal.aborted) throw new Error(cancelledText);
      return work(++this.#lastId);
    });
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  /** Has a worker's script here before it is asked: out of touch with the server there is no way to get it. Costs no copy of the volume yet. */
  keepReady(): void { this.#worker ??= this.#start(); }

  /** The worker, which knows the volume; a new one knows nothing of the mask. */
  #open(): Worker {
    const worker = this.#worker ??= this.#start();
    if (this.#knowsVolume) return worker;
    const { grid, hu } = this.#volume(), { fold } = this.#session;
    this.#cancelled = globalThis.crossOriginIsolated ? new Int32Array(new SharedArrayBuffer(4)) : null;
    worker.postMessage({ kind: "volume", grid, hu, cancelled: this.#cancelled } satisfies EffectVolume);
    for (const layer of ["anatomy", "proposal"] as const) for (const brick of fold.bricksOf(layer)) this.#unsent.add(brick);
    this.#knowsVolume = true;
    return worker;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./effect.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<EffectReply>) => { if (data.id === this.#asked?.id) this.#asked.take(data); };
    worker.onerror = () => {
      const asked = this.#asked;
      this.#end();
      asked?.fail(new Error("This could not be computed. Nothing was changed."));
    };
    return worker;
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#knowsVolume = false;
    this.#asked = undefined;
    this.#proposed.clear();
  }

  #ask(worker: Worker, question: EffectQuestion | HistogramQuestion, signal: AbortSignal, onProgress?: (progress: EffectProgress) => void): Promise<EffectReply> {
    const { id } = question;
    let patience: ReturnType<typeof setTimeout> | undefined, abort: (() => void) | undefined;
    return new Promise<EffectReply>((resolve, reject) => {
      this.#asked = {
        id, fail: reject, take: (reply) => {
          if (reply.kind !== "progress") return resolve(signal.aborted ? { kind: "cancelled", id } : reply);
          if (!signal.aborted) onProgress?.(reply);
        },
      };
      abort = () => {
        if (this.#cancelled) Atomics.store(this.#cancelled, 0, id);
        // What it holds goes with it: the next question brings the volume and the mask anew.
        patience = setTimeout(() => { this.#end(); resolve({ kind: "cancelled", id }); }, this.#cancelled ? this.#patienceMs : 0);
      };
      signal.addEventListener("abort", abort, { once: true });
      worker.postMessage(question);
      if (signal.aborted) abort();
    }).finally(() => {
      clearTimeout(patience);
      if (abort) signal.removeEventListener("abort", abort);
      if (this.#asked?.id === id) this.#asked = undefined;
    });
  }
}

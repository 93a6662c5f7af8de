import type { MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { restrictionOf } from "../../../core/mask/drawing/apply.ts";
import { brushRuns } from "../../../core/mask/drawing/strokes.ts";
import type { IntentOf } from "../../../core/mask/drawing/intent.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import { type KeptOut, nothingKeptOut, restricted } from "../../../core/mask/masking.ts";
import type { BrickRuns } from "../../../core/mask/stroke.ts";
import type { RasPoint } from "../../../core/space/grid.ts";

/** Increments are at least so far apart. */
const incrementMs = 24;

/** One stroke of brush or eraser while the pointer is down: sent in increments, so that peers see it grow. */
export class BrushStrokeInput {
  readonly #author: MaskAuthor;
  readonly #fold: MaskFold;
  readonly #intent: IntentOf<"paint" | "erase">;
  readonly #hu: Int16Array;
  #points: RasPoint[] = [];
  #last: RasPoint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tookAt = -Infinity;
  #hasWritten = false;
  readonly #keptOut = nothingKeptOut();

  /** @param intent what is drawn with, without its points */
  constructor(author: MaskAuthor, fold: MaskFold, intent: IntentOf<"paint" | "erase">, hu: Int16Array) {
    this.#author = author;
    this.#fold = fold;
    this.#intent = intent;
    this.#hu = hu;
    author.begin(intent.effect === "erase" ? 0 : intent.segment);
  }

  /** Goes on through these points. After a rest at once, in the caller's task: a calm hand waits for nothing, no frame comes between. */
  to(...points: readonly RasPoint[]): void {
    this.#points.push(...points);
    const restMs = this.#tookAt + incrementMs - performance.now(), write = () => { this.#timer = undefined; this.#author.push(this.#take()); };
    if (this.#timer !== undefined) return;
    if (restMs <= 0) write();
    else this.#timer = setTimeout(write, restMs);
  }

  /** Ends it, through these points if there are any. @returns null when something was written; else what the restriction kept out */
  end(...points: readonly RasPoint[]): KeptOut | null {
    clearTimeout(this.#timer);
    this.#points.push(...points);
    this.#author.end(this.#take());
    return this.#hasWritten ? null : this.#keptOut;
  }

  #take(): BrickRuns[] {
    if (this.#points.length === 0) return [];
    this.#tookAt = performance.now();
    const points = this.#last === undefined ? this.#points : [this.#last, ...this.#points], intent = { ...this.#intent, points: points.map((p): [number, number, number] => [p[0], p[1], p[2]]) };
    this.#last = points[points.length - 1];
    this.#points = [];
    const bricks = restricted(this.#fold, brushRuns(this.#fold.grid, intent), restrictionOf(intent, this.#hu), this.#keptOut);
    if (bricks.length > 0) this.#hasWritten = true;
    return bricks;
  }
}

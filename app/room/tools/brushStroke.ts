import { brickOrigin } from "../../../core/mask/brick.ts";
import type { BrickRuns } from "../../../core/mask/stroke.ts";
import { rasterizeBrush, restrictRuns } from "../../../core/mask/rasterize.ts";
import type { MaskAuthor } from "../../../core/draft/masksDoc.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import type { RasPoint } from "../../../core/space/grid.ts";

/** What a brush may change: never a locked segment, and only a range of HU if one is set. */
export interface Restriction {
  locked: ReadonlySet<number>;
  onlyHu: readonly [number, number] | null;
  hu: Int16Array;
}

/** The runs without voxels of locked segments and outside the HU range. */
export function restricted(fold: MaskFold, bricks: readonly BrickRuns[], { locked, onlyHu, hu }: Restriction): BrickRuns[] {
  if (locked.size === 0 && onlyHu === null) return [...bricks];
  const { dims } = fold.grid;
  const kept: BrickRuns[] = [];
  for (const one of bricks) {
    const content = fold.brick(one.brick);
    const [ox, oy, oz] = brickOrigin(fold.grid, one.brick);
    kept.push(...restrictRuns([one], (local) => {
      if (content !== undefined && locked.has(content[local])) return false;
      if (onlyHu === null) return true;
      const index = ox + (local & 31) + (oy + ((local >> 5) & 31)) * dims[0] + (oz + (local >> 10)) * dims[0] * dims[1];
      return hu[index] >= onlyHu[0] && hu[index] <= onlyHu[1];
    }));
  }
  return kept;
}

const incrementMs = 24;

/** One stroke of brush or eraser while the pointer is down: sent in increments, so that peers see it grow. */
export class BrushStrokeInput {
  readonly #author: MaskAuthor;
  readonly #fold: MaskFold;
  readonly #brush: { shape: "disc" | "ball"; radiusMm: number; plane: 0 | 1 | 2 };
  readonly #restriction: Restriction;
  readonly #onSent: () => void;
  #points: RasPoint[] = [];
  #last: RasPoint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasWritten = false;

  /** @param value label to write, 0 erases */
  constructor(author: MaskAuthor, fold: MaskFold, value: number, brush: { shape: "disc" | "ball"; radiusMm: number; plane: 0 | 1 | 2 }, restriction: Restriction, onSent: () => void) {
    this.#author = author;
    this.#fold = fold;
    this.#brush = brush;
    this.#restriction = restriction;
    this.#onSent = onSent;
    author.begin(value);
  }

  to(p: RasPoint): void {
    this.#points.push(p);
    this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#author.push(this.#take()); this.#onSent(); }, incrementMs);
  }

  /** @returns whether anything was written; if not, the restriction left nothing */
  end(): boolean {
    clearTimeout(this.#timer);
    this.#author.end(this.#take());
    this.#onSent();
    return this.#hasWritten;
  }

  #take(): BrickRuns[] {
    if (this.#points.length === 0) return [];
    const points = this.#last === undefined ? this.#points : [this.#last, ...this.#points];
    this.#last = points[points.length - 1];
    this.#points = [];
    const bricks = restricted(this.#fold, rasterizeBrush(this.#fold.grid, { ...this.#brush, points }), this.#restriction);
    if (bricks.length > 0) this.#hasWritten = true;
    return bricks;
  }
}

import { brickOrigin } from "../../../core/mask/brick.ts";
import type { BrickRuns } from "../../../core/mask/stroke.ts";
import { rasterizeBrush, restrictRuns } from "../../../core/mask/rasterize.ts";
import type { MaskAuthor } from "../../../core/draft/masksDoc.ts";
import type { MaskFold } from "../../../core/mask/maskFold.ts";
import type { RasPoint } from "../../../core/space/grid.ts";
import type { Protection } from "./masking.ts";

/** What a tool may change: by the label that a voxel holds, only a range of HU if one is set, only one label if it erases one. */
export interface Restriction {
  /** Labels whose voxels are left alone, and why. */
  protection: ReadonlyMap<number, Protection>;
  onlyHu: readonly [number, number] | null;
  /** The one label that may be changed; null: any. */
  onlyLabel: number | null;
  hu: Int16Array;
}

/** Why voxels under a stroke were left alone; for the sentence that says why nothing was drawn. */
export interface KeptOut { protection: Map<number, Protection>; isOutsideHu: boolean; isOtherLabel: boolean }
export const nothingKeptOut = (): KeptOut => ({ protection: new Map(), isOutsideHu: false, isOtherLabel: false });

/** The runs without voxels that the restriction keeps; `keptOut` is told why. */
export function restricted(fold: MaskFold, bricks: readonly BrickRuns[], { protection, onlyHu, onlyLabel, hu }: Restriction, keptOut: KeptOut): BrickRuns[] {
  if (protection.size === 0 && onlyHu === null && onlyLabel === null) return [...bricks];
  const { dims } = fold.grid;
  const kept: BrickRuns[] = [];
  for (const one of bricks) {
    const content = fold.brick(one.brick);
    const [ox, oy, oz] = brickOrigin(fold.grid, one.brick);
    kept.push(...restrictRuns([one], (local) => {
      const label = content === undefined ? 0 : content[local];
      if (onlyLabel !== null && label !== onlyLabel) { keptOut.isOtherLabel = true; return false; }
      const why = protection.get(label);
      if (why !== undefined) { keptOut.protection.set(label, why); return false; }
      if (onlyHu === null) return true;
      const index = ox + (local & 31) + (oy + ((local >> 5) & 31)) * dims[0] + (oz + (local >> 10)) * dims[0] * dims[1];
      const isInside = hu[index] >= onlyHu[0] && hu[index] <= onlyHu[1];
      if (!isInside) keptOut.isOutsideHu = true;
      return isInside;
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
  #points: RasPoint[] = [];
  #last: RasPoint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasWritten = false;
  readonly #keptOut = nothingKeptOut();

  /** @param value label to write, 0 erases */
  constructor(author: MaskAuthor, fold: MaskFold, value: number, brush: { shape: "disc" | "ball"; radiusMm: number; plane: 0 | 1 | 2 }, restriction: Restriction) {
    this.#author = author;
    this.#fold = fold;
    this.#brush = brush;
    this.#restriction = restriction;
    author.begin(value);
  }

  to(p: RasPoint): void {
    this.#points.push(p);
    this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#author.push(this.#take()); }, incrementMs);
  }

  /** @returns null when something was written; else what the restriction kept out */
  end(): KeptOut | null {
    clearTimeout(this.#timer);
    this.#author.end(this.#take());
    return this.#hasWritten ? null : this.#keptOut;
  }

  #take(): BrickRuns[] {
    if (this.#points.length === 0) return [];
    const points = this.#last === undefined ? this.#points : [this.#last, ...this.#points];
    this.#last = points[points.length - 1];
    this.#points = [];
    const bricks = restricted(this.#fold, rasterizeBrush(this.#fold.grid, { ...this.#brush, points }), this.#restriction, this.#keptOut);
    if (bricks.length > 0) this.#hasWritten = true;
    return bricks;
  }
}

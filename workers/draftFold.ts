import * as Y from "yjs";
import { followMasks } from "../core/draft/masksDoc.ts";
import { MaskFold } from "../core/mask/maskFold.ts";
import type { Grid } from "../core/space/grid.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { gridOf, updatesAfter } from "../server/record/builds.ts";

/** A draft folded up to a log entry; kept so that the next settle reads only what was added. */
export interface FoldedDraft { grid: Grid; fold: MaskFold; seq: number }

interface Kept extends FoldedDraft { doc: Y.Doc }

/** Folds case logs and keeps the most recently used few in memory. */
export class DraftFolds {
  readonly #kept = new Map<string, Kept>();
  readonly #db: Db;
  readonly #blobs: Blobs;
  readonly #limit: number;

  constructor(db: Db, blobs: Blobs, limit = 4) {
    this.#db = db;
    this.#blobs = blobs;
    this.#limit = limit;
  }

  /** The draft of a case at the end of its log; null when the case has no volume. */
  async read(caseId: string): Promise<FoldedDraft | null> {
    const grid = await gridOf(this.#db, caseId);
    if (!grid) return null;
    const kept = this.#kept.get(caseId) ?? this.#begin(grid);
    this.#kept.delete(caseId);
    for (const { seq, update } of await updatesAfter(this.#db, caseId, kept.seq)) {
      Y.applyUpdate(kept.doc, update);
      kept.seq = seq;
    }
    for (const hash of kept.fold.blobNeeded()) kept.fold.addBlob(hash, await this.#blobs.get(hash));
    this.#kept.set(caseId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break;
      this.#kept.delete(oldest);
    }
    return kept;
  }

  #begin(grid: Grid): Kept {
    const doc = new Y.Doc();
    const fold = new MaskFold(grid);
    followMasks(doc, fold);
    return { grid, fold, doc, seq: 0 };
  }
}

import type { MaskFold } from "../core/mask/maskFold.ts";
import type { Grid } from "../core/space/grid.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { log as writeLog } from "../server/platform/log.ts";
import { gridOf, updatesAfter } from "../server/record/builds.ts";
import { DraftReading, readBase } from "../server/record/draftBase.ts";

/** A draft folded up to a log entry; kept so that the next settle reads only what was added. */
export interface FoldedDraft { grid: Grid; fold: MaskFold; seq: number }

/** `told`: of which of its strokes' problems the log has heard. */
interface Kept { grid: Grid; reading: DraftReading; told: Set<string> }

/** Folds case logs and keeps the most recently used few in memory. */
export class DraftFolds {
  readonly #kept = new Map<string, Kept>();
  readonly #db: Db;
  readonly #blobs: Blobs;
  readonly #limit: number;
  readonly #log: typeof writeLog;

  constructor(db: Db, blobs: Blobs, limit = 4, log: typeof writeLog = writeLog) {
    this.#db = db;
    this.#blobs = blobs;
    this.#limit = limit;
    this.#log = log;
  }

  /** The draft of a case at the end of its log; null when the case has no volume. */
  async read(caseId: string): Promise<FoldedDraft | null> {
    const grid = await gridOf(this.#db, caseId);
    if (!grid) return null;
    const known = this.#kept.get(caseId), base = await readBase(this.#db, caseId);
    // A new base changes where late strokes lie: from there on it is read anew.
    const reading = known && (known.reading.base?.seq ?? 0) === (base?.seq ?? 0) ? known.reading : await DraftReading.begin(this.#db, this.#blobs, caseId, grid, base?.seq);
    const kept: Kept = { grid, reading, told: known?.told ?? new Set() };
    this.#kept.delete(caseId);
    await reading.add(await updatesAfter(this.#db, caseId, reading.seq), this.#blobs);
    // MK3: said once, not with each settle.
    for (const problem of reading.fold.problems) {
      if (kept.told.has(problem)) continue;
      kept.told.add(problem);
      this.#log("warn", "draft.strokeShowsNothing", { caseId, problem });
    }
    this.#kept.set(caseId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break;
      this.#kept.delete(oldest);
    }
    return { grid, fold: reading.fold, seq: reading.seq };
  }
}

import { sql } from "drizzle-orm";
import type { Db } from "../platform/db.ts";
import type { log as writeLog } from "../platform/log.ts";

const quietMs = 100;
const longestMs = 2000;
const retryMs = 2000;

/** Asks the workers to fold a case: 100 ms after its last commit, at the latest 2 s after its first. */
export class SettleTrigger {
  readonly #db: Db;
  readonly #log: typeof writeLog;
  readonly #caseId: string;
  #timer: NodeJS.Timeout | undefined;
  #firstAt: number | undefined;
  #isClosed = false;
  #hasComplained = false;

  constructor(db: Db, log: typeof writeLog, caseId: string) {
    this.#db = db;
    this.#log = log;
    this.#caseId = caseId;
  }

  touch(): void {
    const now = performance.now();
    this.#firstAt ??= now;
    this.#after(Math.max(0, Math.min(quietMs, this.#firstAt + longestMs - now)));
  }

  /** Asks now when something waits, and nothing after that. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    if (this.#firstAt !== undefined) await this.#ask();
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#ask(), ms);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    this.#firstAt = undefined;
    const id = this.#caseId;
    try {
      await this.#db.execute(sql`select graphile_worker.add_job('settle', ${JSON.stringify({ caseId: id })}::json,
        job_key := ${`settle:${id}`}, job_key_mode := 'preserve_run_at', queue_name := ${`case:${id}`})`);
      this.#hasComplained = false;
    } catch (error) {
      // The worker makes its schema at its first start, which may be after ours.
      if (!this.#hasComplained) this.#log("warn", "settle.notQueued", { caseId: id, reason: error instanceof Error ? error.message : "unknown" });
      this.#hasComplained = true;
      this.#after(retryMs);
    }
  }
}

import type { log as writeLog } from "../platform/log.ts";

const windowMs = 10_000;
const maxPeople = 10_000;

/** B1: says once in ten seconds and person that something was refused, and how often since. */
export class RefusalLog {
  readonly #log: typeof writeLog;
  readonly #people = new Map<string, { at: number; unsaid: number }>();

  constructor(log: typeof writeLog) {
    this.#log = log;
  }

  tell(caseId: string, userId: string, code: string, nowMs: number = performance.now()): void {
    const key = `${caseId} ${userId}`;
    const told = this.#people.get(key);
    if (told && nowMs - told.at < windowMs) {
      told.unsaid += 1;
      return;
    }
    if (this.#people.size >= maxPeople) this.#people.clear();
    this.#people.set(key, { at: nowMs, unsaid: 0 });
    this.#log("warn", "room.refused", { caseId, userId, code, ...(told && told.unsaid > 0 ? { unsaid: told.unsaid } : {}) });
  }
}

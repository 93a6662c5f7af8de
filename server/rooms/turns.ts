/** Work that many wait for: in each turn of the loop as much of it as fits into some milliseconds, first come, first served. */
export class Turns {
  readonly #longestMs: number;
  #waiting: (() => void)[] = [];

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** Runs `work`, which must not throw, in one of the next turns. */
  run(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    const end = performance.now() + this.#longestMs, waiting = this.#waiting;
    let done = 0;
    do waiting[done++]?.(); while (done < waiting.length && performance.now() < end);
    this.#waiting = waiting.slice(done);
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }
}

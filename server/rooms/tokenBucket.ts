/** Lets `perSecond` units a second through, and up to `burst` at once (B9). */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #at: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
    this.#at = nowMs;
  }

  /** Takes `units`, into debt if need be. @returns milliseconds until the debt is paid, 0 when there is none. */
  take(units: number, nowMs: number): number {
    this.#level = Math.min(this.#burst, this.#level + ((nowMs - this.#at) / 1000) * this.#perSecond) - units;
    this.#at = nowMs;
    return this.#level >= 0 ? 0 : (-this.#level / this.#perSecond) * 1000;
  }
}

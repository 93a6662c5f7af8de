import type { CaseEvent } from "../../../core/protocol/room.ts";

/** What is built is asked for at most so often while one draws, ms: the workers say something new several times a second then. */
const calmMs = 500;

/**
 * Passes on what the server says has changed; news of builds waits while a stroke is under way here, several as one, so
 * that a page does not ask for lists in the middle of it. Everything else, and everything at rest, goes on at once.
 */
export class CalmEvents {
  readonly #isDrawing: () => boolean;
  readonly #tell: (event: CaseEvent) => void;
  #waiting: CaseEvent | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(isDrawing: () => boolean, tell: (event: CaseEvent) => void) {
    this.#isDrawing = isDrawing;
    this.#tell = tell;
  }

  readonly hear = (event: CaseEvent): void => {
    if (event.topic !== "builds" || (this.#timer === undefined && !this.#isDrawing())) return this.#tell(event);
    this.#waiting = event;
    this.#timer ??= setTimeout(() => this.#pass(), calmMs);
  };

  close(): void { clearTimeout(this.#timer); }

  #pass(): void {
    this.#timer = undefined;
    const event = this.#waiting;
    this.#waiting = undefined;
    if (event) this.#tell(event);
  }
}

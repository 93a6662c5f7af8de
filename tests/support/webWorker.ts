import { Worker as Thread } from "node:worker_threads";

/** What a page's worker finds: `addEventListener` and `postMessage`; then the worker's own file. */
const shell = `
const { parentPort, workerData } = require("node:worker_threads");
globalThis.addEventListener = (name, take) => parentPort.on(name, (data) => take({ data }));
globalThis.postMessage = (data) => parentPort.postMessage(data);
import(workerData);
`;

/** A page's `Worker` on a Node thread, which runs the same file. */
export class WebWorker {
  /** How many were started, and how many of them were ended by `terminate`. */
  static started = 0;
  static ended = 0;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((error: unknown) => void) | null = null;
  readonly #thread: Thread;

  constructor(url: URL) {
    WebWorker.started++;
    this.#thread = new Thread(shell, { eval: true, workerData: url.href });
    this.#thread.on("message", (data) => this.onmessage?.({ data }));
    this.#thread.on("error", (error) => this.onerror?.(error));
  }

  postMessage(data: unknown): void { this.#thread.postMessage(data); }
  terminate(): void { WebWorker.ended++; void this.#thread.terminate(); }
}

import type { PickedFile } from "./pickFiles.ts";
import type { PrepareQuestion, PrepareReply } from "./prepare.worker.ts";
import type { FullSlice } from "./preview.ts";
import type { Prepared } from "./scan.ts";

type Asked = PrepareQuestion extends infer Q ? Q extends PrepareQuestion ? Omit<Q, "id"> : never : never;

/** The worker that reads and de-identifies files beside the page. Ends with `close`. */
export class Preparer {
  readonly #worker = new Worker(new URL("./prepare.worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, { resolve(reply: PrepareReply): void; reject(error: Error): void; onProgress?: (fraction: number) => void }>();
  #next = 0;
  /** Original UIDs of what was cleaned so far, and the ones written for them: for the case's encrypted map. */
  readonly uids = new Map<string, string>();
  sizes: number[] = [];
  paths: string[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<PrepareReply>) => {
      const asked = this.#waiting.get(data.id);
      if (data.kind === "progress") return asked?.onProgress?.(data.fraction);
      this.#waiting.delete(data.id);
      if (data.kind === "failed") asked?.reject(new Error(data.message));
      else asked?.resolve(data);
    };
    this.#worker.onerror = () => this.#fail(new Error("The files could not be read in this browser."));
  }
  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
  #ask(question: Asked, onProgress?: (fraction: number) => void): Promise<PrepareReply> {
    const id = ++this.#next;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ ...question, id });
    });
  }
  /** Looks through all files. @throws Error for people */
  async scan(files: readonly PickedFile[], key: Uint8Array, today: string, onProgress: (fraction: number) => void): Promise<Prepared> {
    const reply = await this.#ask({ kind: "scan", files, key, today }, onProgress);
    if (reply.kind !== "scanned") throw new Error("The files could not be read.");
    ({ sizes: this.sizes, paths: this.paths } = reply);
    return reply.prepared;
  }
  /** One file as it may leave the page: the same bytes each time. */
  async clean(member: number, asIs: boolean): Promise<Blob> {
    const reply = await this.#ask({ kind: "clean", member, asIs });
    if (reply.kind !== "cleaned") throw new Error("The file could not be read.");
    for (const [original, written] of reply.uids) this.uids.set(original, written);
    return reply.blob;
  }
  /** One slice at full resolution; null where it cannot be shown here. @throws Error for people */
  async slice(member: number, frame: number): Promise<FullSlice | null> {
    const reply = await this.#ask({ kind: "slice", member, frame });
    if (reply.kind !== "slice") throw new Error("The slice could not be read.");
    return reply.slice;
  }
  close(): void {
    this.#worker.terminate();
    this.#fail(new Error("Stopped."));
  }
}

import { decodeLabelmap, type Labelmap } from "../../../core/mask/labelmap.ts";
import type { BaseNotice } from "../../../core/protocol/room.ts";
import type { MaskBase } from "../../../core/draft/rebase.ts";
import type { Grid } from "../../../core/space/grid.ts";

const retryMs = 2000;

/** Brings what the room has folded below its strokes: both layers, by hash. Only the newest that was named counts. */
export class MaskBaseLoader {
  readonly #caseId: string;
  readonly #grid: Grid;
  readonly #onLoaded: (base: MaskBase) => void;
  #wanted: BaseNotice | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #isPending = false;

  constructor(caseId: string, grid: Grid, onLoaded: (base: MaskBase) => void) {
    this.#caseId = caseId;
    this.#grid = grid;
    this.#onLoaded = onLoaded;
  }

  /** Whether a base was named that is not here yet. */
  get isPending(): boolean { return this.#isPending; }

  /** Lamport up to which strokes are in the base that was named last; 0: none was. */
  get horizon(): number { return this.#wanted?.horizon ?? 0; }

  /** The room has named its base; the same one again costs nothing. */
  take(notice: BaseNotice): void {
    if (notice.seq === this.#wanted?.seq) return;
    this.#wanted = notice;
    this.#isPending = true;
    clearTimeout(this.#timer);
    void this.#load(notice);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #load(notice: BaseNotice): Promise<void> {
    try {
      const [anatomy, proposal] = await Promise.all([this.#layer(notice.anatomy), this.#layer(notice.proposal)]);
      if (this.#isClosed || this.#wanted !== notice) return;
      this.#isPending = false;
      this.#onLoaded({ anatomy, proposal });
    } catch {
      // Not reachable: the page goes on waiting, and says so, until a retry brings it.
      if (!this.#isClosed && this.#wanted === notice) this.#timer = setTimeout(() => void this.#load(notice), retryMs);
    }
  }

  async #layer(hash: string): Promise<Labelmap> {
    const answer = await fetch(`/api/cases/${this.#caseId}/blobs/${hash}`);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const labelmap = decodeLabelmap(new Uint8Array(await answer.arrayBuffer()));
    if (labelmap.grid.dims.some((n, axis) => n !== this.#grid.dims[axis])) throw new Error("the base has another grid");
    return labelmap;
  }
}

import { bricksOfBox, labelsInBox, type VoxelBox } from "../../../core/mask/boxLabels.ts";
import { boxRound } from "../../../core/implant/boneRound.ts";
import type { Grid } from "../../../core/space/grid.ts";
import type { FitQuestion, FitReply } from "../tools/fitPreview.worker.ts";

/** A plate whose fit is looked at: its implant, the key of its mesh, its vertices (RAS mm), the label value of its bone, and up to which distance it matters, mm. */
export interface PreviewedPlate { id: string; key: string; positions: Float32Array; bone: number; bandMm: number }

/** What of an implant was asked last: its plate, and the box of bone that the worker has. */
interface Asked { plate: PreviewedPlate; box: VoxelBox; bone: number; bricks: ReadonlySet<number>; isStale: boolean }

const isWithin = (one: VoxelBox, other: VoxelBox): boolean => [0, 1, 2].every((i) => one.first[i] >= other.first[i] && one.last[i] <= other.last[i]);

/**
 * Asks a worker for the gap between plates and the bone as it is drawn on this page, one question at a time. The bone goes
 * out again only when it was drawn on, or a plate leaves the box that was sent.
 */
export class FitPreviewer {
  /** None before the first question, and after one that a worker died of. */
  #worker: Worker | null = null;
  readonly #grid: Grid;
  readonly #brickAt: (index: number) => Uint8Array | undefined;
  readonly #asked = new Map<string, Asked>();
  readonly #waiting = new Map<string, PreviewedPlate>();
  readonly #onMap: (reply: FitReply) => void;
  #isBusy = false;

  constructor(grid: Grid, brickAt: (index: number) => Uint8Array | undefined, onMap: (reply: FitReply) => void) {
    this.#onMap = onMap;
    this.#grid = grid;
    this.#brickAt = brickAt;
  }

  #open(): Worker {
    const worker = new Worker(new URL("../tools/fitPreview.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FitReply>) => {
      this.#isBusy = false;
      this.#onMap(data);
      this.#next();
    };
    worker.onerror = () => {
      // It may be dead, or lack the bone: another one goes on with what waits. What failed is asked again when it changes.
      worker.terminate();
      for (const asked of this.#asked.values()) asked.isStale = true;
      this.#worker = null;
      this.#isBusy = false;
      this.#next();
    };
    return worker;
  }

  /** Asks for a plate's map; the newest question of an implant counts. */
  show(plate: PreviewedPlate): void {
    this.#waiting.set(plate.id, plate);
    this.#next();
  }

  /** The mask changed in these bricks: the maps of plates near them are asked for again. @returns their implants */
  boneChanged(bricks: Iterable<number>): string[] {
    const changed = [...bricks], touched: string[] = [];
    for (const [id, asked] of this.#asked) {
      if (!changed.some((brick) => asked.bricks.has(brick))) continue;
      touched.push(id);
      asked.isStale = true;
      if (!this.#waiting.has(id)) this.#waiting.set(id, asked.plate);
    }
    this.#next();
    return touched;
  }

  close(): void {
    this.#waiting.clear();
    this.#worker?.terminate();
  }

  #next(): void {
    const [plate] = this.#waiting.values();
    if (this.#isBusy || !plate) return;
    this.#waiting.delete(plate.id);
    this.#isBusy = true;
    const box = boxRound(this.#grid, plate.positions), before = this.#asked.get(plate.id);
    const isKnown = before !== undefined && !before.isStale && before.bone === plate.bone && isWithin(box, before.box);
    this.#asked.set(plate.id, isKnown ? { ...before, plate } : { plate, box, bone: plate.bone, bricks: new Set(bricksOfBox(this.#grid, box)), isStale: false });
    const question: FitQuestion = { id: plate.id, key: plate.key, bone: isKnown ? null : { ...labelsInBox(this.#grid, box, this.#brickAt), value: plate.bone }, positions: plate.positions, bandMm: plate.bandMm };
    this.#worker ??= this.#open();
    this.#worker.postMessage(question);
  }
}

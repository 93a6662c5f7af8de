import { foldOfLog } from "../../../core/draft/authorship.ts";
import { MaskReplay, type ReplayBase } from "../../../core/draft/replay.ts";
import { decodeLabelmap } from "../../../core/mask/labelmap.ts";
import type { DirtyBricks, MaskFold } from "../../../core/mask/maskFold.ts";
import { decodeMaskLog, type MaskLogEntry } from "../../../core/protocol/maskLog.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { answerSentence } from "../../sign-in/answerSentence.ts";

/** Views that show the mask, each at its own pace. */
const readers = ["slices", "surfaces"] as const;
export type PastReader = (typeof readers)[number];

/** The mask as it was at an instant, to be looked at. A new object for each instant. */
export interface PastMask {
  fold: MaskFold;
  /** Bricks that may look different since the same reader last asked. */
  takeDirty(reader: PastReader): DirtyBricks;
  /** Which instant it is: 0 is before anything was drawn, `of` is the last. */
  moment: number;
  /** Who wrote then, and when (ms since 1970); null before anything was drawn. */
  written: { name: string; at: number } | null;
}

async function bytesAt(caseId: string, path: string, signal: AbortSignal, problem = "The history could not be read."): Promise<Uint8Array> {
  const answer = await fetch(`/api/cases/${caseId}/${path}`, { signal });
  if (!answer.ok) throw new Error(await answerSentence(answer, problem));
  return new Uint8Array(await answer.arrayBuffer());
}

/** Everything that was ever drawn in a case, in one fold, with its large strokes. @throws Error for people when it cannot be read */
export async function readWholeFold(caseId: string, grid: Grid, signal: AbortSignal): Promise<MaskFold> {
  const fold = foldOfLog(grid, decodeMaskLog(await bytesAt(caseId, "maskLog", signal)).entries);
  for (const hash of fold.blobNeeded()) fold.addBlob(hash, await bytesAt(caseId, `blobs/${hash}`, signal, "A large stroke could not be read."));
  return fold;
}

/** The log of a case's masks, read once, and the mask at any instant of it; nothing is changed by looking. */
export class MaskHistory {
  readonly #caseId: string;
  readonly #replay: MaskReplay;
  readonly #entries: readonly MaskLogEntry[];
  readonly #names: Readonly<Record<string, string>>;
  /** Position in the log of each instant: what people wrote; what the server folded looks the same before and after. */
  readonly #positions: readonly number[];
  readonly #dirty: Record<PastReader, Set<number>> = { slices: new Set(), surfaces: new Set() };

  private constructor(caseId: string, grid: Grid, log: ReturnType<typeof decodeMaskLog>, bases: readonly ReplayBase[]) {
    this.#caseId = caseId;
    this.#entries = log.entries;
    this.#names = log.names;
    this.#replay = new MaskReplay(grid, log.entries, bases);
    this.#positions = [0, ...log.entries.flatMap(({ userId }, i) => (userId === null ? [] : [i + 1]))];
  }

  /** @throws Error for people when it cannot be read */
  static async read(caseId: string, grid: Grid, signal: AbortSignal): Promise<MaskHistory> {
    const bytesOf = (path: string) => bytesAt(caseId, path, signal);
    const log = decodeMaskLog(await bytesOf("maskLog")), bases: ReplayBase[] = [];
    for (const { seq, anatomy, proposal } of log.bases) bases.push({ seq, anatomy: decodeLabelmap(await bytesOf(`blobs/${anatomy}`)), proposal: decodeLabelmap(await bytesOf(`blobs/${proposal}`)) });
    return new MaskHistory(caseId, grid, log, bases);
  }

  /** The last instant. */
  get last(): number { return this.#positions.length - 1; }

  /** Goes to an instant and brings the large strokes that it needs. @throws Error for people when one cannot be read */
  async at(moment: number, signal: AbortSignal): Promise<PastMask> {
    const position = this.#positions[Math.min(this.last, Math.max(0, moment))];
    this.#add(this.#replay.to(position));
    for (const hash of this.#replay.blobNeeded()) {
      this.#add(this.#replay.addBlob(hash, await bytesAt(this.#caseId, `blobs/${hash}`, signal, "A large stroke could not be read.")));
    }
    const entry = position > 0 ? this.#entries[position - 1] : undefined;
    return {
      fold: this.#replay.fold, moment, written: entry ? { name: this.#names[entry.userId ?? ""] ?? "someone", at: entry.at } : null,
      takeDirty: (reader) => { const dirty = this.#dirty[reader]; this.#dirty[reader] = new Set(); return dirty; },
    };
  }

  close(): void { this.#replay.close(); }

  #add(dirty: DirtyBricks): void { for (const reader of readers) for (const brick of dirty) this.#dirty[reader].add(brick); }
}

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { brickVoxels } from "../mask/brick.ts";
import { outsideProblem, runVoxels } from "../mask/brickRuns.ts";
import { restrictRuns } from "../mask/rasterize.ts";
import { type BrickRuns, encodeStroke, splitEntry, type StrokeEntry } from "../mask/stroke.ts";
import { maxStrokeEntryBytes } from "../protocol/room.ts";
import type { Grid } from "../space/grid.ts";
import { blobStroke } from "./masksDoc.ts";

/** Voxels of the blob strokes by hash, with the blob's size; a blob that does not decode is absent. */
export type BlobContents = ReadonlyMap<string, { byteLength: number; bricks: BrickRuns[] }>;

/** An entry of the document that is to be written anew with fewer voxels. */
export interface TrimmedEntry {
  /** Its position in the root `strokes`. */
  at: number;
  /** What stands in its place. */
  entries: Uint8Array[];
  /** To be stored before, when the new entry names a blob. */
  blob?: { hash: string; bytes: Uint8Array };
}

/** An entry in the order in which they are given: the last in fold order first. */
export interface EntryToTrim { at: number; entry: StrokeEntry; isKept: boolean; /** Whether it hides for good what lies below it; of one that is kept it does not matter. */ covers: boolean }

/** Trimmed voxels up to this many bytes stay in the log. */
const largestInLog = 32 * 1024;

/** What an entry writes; null for one that folds to nothing (MK3). */
function voxelsOf(grid: Grid, { content }: StrokeEntry, blobs: BlobContents): BrickRuns[] | null {
  if (content.kind === "runs") return outsideProblem(grid, content.bricks) === undefined ? content.bricks : null;
  const blob = blobs.get(content.hash);
  if (blob === undefined || blob.byteLength !== content.byteLength) return null;
  return outsideProblem(grid, blob.bricks, content.box) === undefined ? blob.bricks : null;
}

function written(grid: Grid, entry: StrokeEntry, bricks: BrickRuns[]): Omit<TrimmedEntry, "at"> {
  const large = entry.content.kind === "blob" && bricks.length > 0 ? blobStroke(grid, bricks) : null;
  if (large !== null && large.bytes.length > largestInLog) {
    const hash = bytesToHex(sha256(large.bytes));
    return { entries: [encodeStroke({ ...entry, content: large.content(hash) })], blob: { hash, bytes: large.bytes } };
  }
  return { entries: splitEntry({ ...entry, content: { kind: "runs", bricks } }, maxStrokeEntryBytes).map(encodeStroke) };
}

/** Those kept entries from which voxels go, because something above covers them for good. */
export function trimEntries(grid: Grid, from: readonly EntryToTrim[], blobs: BlobContents): TrimmedEntry[] {
  const name = (layer: string, brick: number) => `${layer} ${brick}`, covered = new Map<string, Uint8Array | null>();
  // Only bricks that something kept touches are of interest.
  for (const { entry, isKept } of from) if (isKept) for (const { brick } of voxelsOf(grid, entry, blobs) ?? []) covered.set(name(entry.layer, brick), null);
  const trimmed: TrimmedEntry[] = [];
  for (const { at, entry, isKept, covers } of from) {
    const bricks = isKept || covers ? voxelsOf(grid, entry, blobs) : null;
    if (bricks === null) continue;
    if (isKept) {
      const left = restrictRuns(bricks, (local, brick) => covered.get(name(entry.layer, brick))?.[local] !== 1);
      if (runVoxels(left) < runVoxels(bricks)) trimmed.push({ at, ...written(grid, entry, left) });
      continue;
    }
    for (const { brick, runs } of bricks) {
      const key = name(entry.layer, brick);
      let there = covered.get(key);
      if (there === undefined) continue;
      if (there === null) covered.set(key, (there = new Uint8Array(brickVoxels)));
      for (let i = 0; i < runs.length; i += 2) there.fill(1, runs[i], runs[i] + runs[i + 1]);
    }
  }
  return withoutRepeats(from, trimmed);
}

/** Two increments that are left alike are one. */
function withoutRepeats(from: readonly EntryToTrim[], trimmed: TrimmedEntry[]): TrimmedEntry[] {
  const isTrimmed = new Set(trimmed.map(({ at }) => at)), there = new Set<string>();
  for (const { at, entry, isKept } of from) if (isKept && !isTrimmed.has(at)) there.add(bytesToHex(encodeStroke(entry)));
  return trimmed.map((one) => ({ ...one, entries: one.entries.filter((bytes) => {
    const text = bytesToHex(bytes), isNew = !there.has(text);
    there.add(text);
    return isNew;
  }) }));
}

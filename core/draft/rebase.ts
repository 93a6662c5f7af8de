import type * as Y from "yjs";
import { brickVoxels } from "../mask/brick.ts";
import { compareStrokes } from "../mask/brickFold.ts";
import type { Labelmap } from "../mask/labelmap.ts";
import { decodeMark, encodeMark, type Mark } from "../mask/mark.ts";
import { MaskFold } from "../mask/maskFold.ts";
import { actKey, decodeStroke, type StrokeEntry, strokeKey } from "../mask/stroke.ts";
import type { Grid } from "../space/grid.ts";
import { masksRoots } from "./masksDoc.ts";
import { type BlobContents, type TrimmedEntry, trimEntries } from "./trimEntries.ts";

/** So many of each person's youngest acts are never folded into a base: undo always reaches them. */
export const undoHorizon = 200;

/** The client id under which the server writes what it has trimmed; nobody else may use it. */
export const serverClientId = 1;

/** What lies below the strokes of a document; a layer that is absent is empty. */
export interface MaskBase {
  anatomy?: Labelmap;
  proposal?: Labelmap;
}

/** A rebase that has been worked out, and nothing changed yet. */
export interface RebasePlan {
  /** Greatest lamport that goes into the base. What arrives later at or under it lies on the base, not among its old neighbours. */
  horizon: number;
  /** Strokes that go into the base, by `strokeKey`. */
  folded: ReadonlySet<string>;
  /** Entries of these strokes, and marks on them. */
  entries: number;
  marks: number;
}

interface StrokeAt { at: number; bytes: Uint8Array; entry: StrokeEntry }
interface MarkAt { at: number; bytes: Uint8Array; mark: Mark }

function read(doc: Y.Doc): { strokes: StrokeAt[]; marks: MarkAt[] } {
  const { strokes, marks } = masksRoots(doc);
  return {
    strokes: strokes.toArray().map((bytes, at) => ({ at, bytes, entry: decodeStroke(bytes) })),
    marks: marks.toArray().map((bytes, at) => ({ at, bytes, mark: decodeMark(bytes) })),
  };
}

const placeOf = ({ id, lamport, value }: StrokeEntry) => ({ ...id, lamport, value, hidden: false });
const inFoldOrder = (a: StrokeAt, b: StrokeAt): number => compareStrokes(placeOf(a.entry), placeOf(b.entry));

/** Marks that go with folded strokes: those on strokes that do not stay. */
function marksOn(strokes: readonly StrokeAt[], marks: readonly MarkAt[], folded: ReadonlySet<string>): MarkAt[] {
  const kept = new Set<string>();
  for (const { entry } of strokes) if (!folded.has(strokeKey(entry.id))) kept.add(strokeKey(entry.id));
  return marks.filter(({ mark }) => !kept.has(strokeKey(mark.stroke)));
}

/**
 * What of a document can be folded: everything but the youngest `keep` acts (MK7) of each person, however old these are,
 * and the newest stroke of all, so that the room's logical time does not go back. What stays below something that is
 * folded is trimmed to the voxels where it can still show (`trimKept`).
 * @param personOf who holds a client id; an id that nobody holds is a person of its own
 * @param exempt people whose strokes are not kept back (they have left the case)
 * @returns null when there is nothing to fold
 */
export function planRebase(doc: Y.Doc, personOf: (clientId: number) => string | undefined, keep = undoHorizon, exempt: ReadonlySet<string> = new Set()): RebasePlan | null {
  const { strokes, marks } = read(doc);
  const kept = new Set<string>(), keptActs = new Set<string>(), left = new Map<string, number>();
  for (const { entry } of strokes.toSorted(inFoldOrder).reverse()) {
    const key = strokeKey(entry.id), act = actKey(entry), person = personOf(entry.id.clientId) ?? `client ${entry.id.clientId}`;
    if (kept.has(key)) continue;
    if (keptActs.has(act)) { kept.add(key); continue; }
    const more = left.get(person) ?? (exempt.has(person) ? 0 : keep);
    if (more > 0 || kept.size === 0) {
      kept.add(key);
      keptActs.add(act);
    }
    left.set(person, more - 1);
  }
  const folded = new Set<string>();
  let horizon = 0, entries = 0;
  for (const { entry } of strokes) {
    const key = strokeKey(entry.id);
    if (kept.has(key)) continue;
    folded.add(key);
    horizon = Math.max(horizon, entry.lamport);
    entries += 1;
  }
  return entries === 0 ? null : { horizon, folded, entries, marks: marksOn(strokes, marks, folded).length };
}

/** Fold of the strokes that a plan names on the base below them: what the next base is. Blob strokes want `addBlob`. */
export function foldUnder(doc: Y.Doc, grid: Grid, base: MaskBase, plan: RebasePlan): MaskFold {
  const fold = new MaskFold(grid, base.anatomy, base.proposal);
  const { strokes, marks } = read(doc);
  for (const { bytes, entry } of strokes) if (plan.folded.has(strokeKey(entry.id))) fold.addStroke(bytes);
  for (const { bytes } of marksOn(strokes, marks, plan.folded)) fold.addMark(bytes);
  return fold;
}

/**
 * What stays in the document but lies below something that is folded, without the voxels that are covered: those never
 * show again, because the fold is settled. So the rest above the new base is what it was, whatever of it is hidden or
 * shown later.
 * @param blobs voxels of the blob strokes, by hash
 */
export function trimKept(doc: Y.Doc, grid: Grid, plan: RebasePlan, blobs: BlobContents): TrimmedEntry[] {
  const { strokes, marks } = read(doc), newest = new Map<string, Mark>();
  for (const { mark } of marks) {
    const key = strokeKey(mark.stroke), known = newest.get(key);
    if (!known || mark.n > known.n || (mark.n === known.n && mark.hidden)) newest.set(key, mark);
  }
  const from = strokes.toSorted(inFoldOrder).reverse().map(({ at, entry }) => {
    const key = strokeKey(entry.id);
    return { at, entry, covers: newest.get(key)?.hidden !== true, isKept: !plan.folded.has(key) };
  });
  return trimEntries(grid, from, blobs);
}

/**
 * Deletes what a rebase has folded and writes what was trimmed anew. Only the server does that, under `serverClientId`
 * and after `proveRebase`. The mark with the greatest number stays, so that the numbers of marks go on from it.
 */
export function dropFolded(doc: Y.Doc, plan: RebasePlan, trimmed: readonly TrimmedEntry[], origin?: unknown): void {
  const roots = masksRoots(doc);
  const { strokes, marks } = read(doc);
  const gone = marksOn(strokes, marks, plan.folded);
  let greatest = 0;
  for (const { mark } of marks) greatest = Math.max(greatest, mark.n);
  const spare = gone.find(({ mark }) => mark.n === greatest);
  const replaced = new Set(trimmed.map(({ at }) => at));
  doc.transact(() => {
    dropAll(roots.strokes, strokes.filter(({ at, entry }) => replaced.has(at) || plan.folded.has(strokeKey(entry.id))).map(({ at }) => at));
    dropAll(roots.marks, gone.filter((mark) => mark !== spare).map(({ at }) => at));
    const written = trimmed.flatMap(({ entries }) => entries);
    if (written.length > 0) roots.strokes.push(written);
  }, origin);
}

/** Deletes ascending positions, neighbours together, from the end. */
function dropAll(array: Y.Array<Uint8Array>, positions: readonly number[]): void {
  for (let end = positions.length; end > 0; ) {
    let from = end - 1;
    while (from > 0 && positions[from - 1] === positions[from] - 1) from--;
    array.delete(positions[from], end - from);
    end = from;
  }
}

/** A rebase does not hold what the strokes held; nothing may be replaced by it. */
export class RebaseError extends Error {
  override name = "RebaseError";
}

/**
 * Proves a base that was stored and read again: with the rest of the document on top both layers are what they were, as
 * it stands now, with everything that stays shown or hidden, and with each stroke of that shown alone. Where that holds, it
 * holds whatever people hide and show later: of several shown strokes the last in fold order shows, here as there. Throws RebaseError.
 * @param rest a copy of the document after `dropFolded`
 * @param bring brings the blobs that a fold needs
 */
export async function proveRebase(
  before: Y.Doc, rest: Y.Doc, grid: Grid, old: MaskBase, next: MaskBase, plan: RebasePlan, bring: (fold: MaskFold) => Promise<void>,
): Promise<void> {
  const whole = new MaskFold(grid, old.anatomy, old.proposal);
  const rebased = new MaskFold(grid, next.anatomy, next.proposal);
  for (const [doc, fold] of [[before, whole], [rest, rebased]] as const) {
    const { strokes, marks } = read(doc);
    for (const { bytes } of strokes) fold.addStroke(bytes);
    for (const { bytes } of marks) fold.addMark(bytes);
  }
  const there = read(before), kept = new Map(there.strokes.map(({ entry }) => [strokeKey(entry.id), entry.id]));
  for (const key of plan.folded) kept.delete(key);
  const left = new Set(read(rest).strokes.map(({ entry }) => strokeKey(entry.id)));
  if (left.size !== kept.size || [...left].some((key) => !kept.has(key))) throw new RebaseError("the document does not hold the strokes that are to stay");
  const greatest = there.marks.reduce((most, { mark }) => Math.max(most, mark.n), 0), both = [whole, rebased];
  const compare = (bricks: Iterable<number>, when: string): void => {
    for (const index of bricks) for (const layer of ["anatomy", "proposal"] as const) {
      const was = whole.brick(index, layer), is = rebased.brick(index, layer);
      for (let i = 0; i < brickVoxels; i++) if ((was?.[i] ?? 0) !== (is?.[i] ?? 0)) throw new RebaseError(`the new base changes the layer ${layer} ${when}`);
    }
  };
  const all = (): Set<number> => new Set(both.flatMap((fold) => [...fold.bricksOf("anatomy"), ...fold.bricksOf("proposal")]));
  for (const fold of both) await bring(fold);
  compare(all(), "as it stands");
  for (const [turn, hidden] of [false, true].entries()) {
    for (const stroke of kept.values()) for (const fold of both) fold.addMark(encodeMark({ stroke, hidden, n: greatest + 1 + turn }));
    for (const fold of both) await bring(fold);
    compare(all(), hidden ? "with what stays hidden" : "with what stays shown");
  }
  for (const stroke of kept.values()) {
    const dirty = new Set(both.flatMap((fold) => [...fold.addMark(encodeMark({ stroke, hidden: false, n: greatest + 3 }))]));
    compare(dirty, "with one stroke shown alone");
    for (const fold of both) fold.addMark(encodeMark({ stroke, hidden: true, n: greatest + 4 }));
  }
}

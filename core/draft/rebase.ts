import type * as Y from "yjs";
import { type Labelmap, labelmapHash } from "../mask/labelmap.ts";
import { decodeMark, type Mark } from "../mask/mark.ts";
import { MaskFold } from "../mask/maskFold.ts";
import { decodeStroke, type StrokeEntry, strokeKey } from "../mask/stroke.ts";
import type { Grid } from "../space/grid.ts";
import { masksRoots } from "./masksDoc.ts";

/** So many of each person's youngest strokes are never folded into a base: undo always reaches them. */
export const undoHorizon = 200;

/** What lies below the strokes of a document; a layer that is absent is empty. */
export interface MaskBase {
  anatomy?: Labelmap;
  proposal?: Labelmap;
}

/** A rebase that has been worked out, and nothing changed yet. */
export interface RebasePlan {
  /** Strokes with a lamport up to this go into the base. */
  horizon: number;
  strokes: number;
  marks: number;
}

interface Entries {
  strokes: { at: number; bytes: Uint8Array; entry: StrokeEntry }[];
  marks: { at: number; bytes: Uint8Array; mark: Mark }[];
}

function read(doc: Y.Doc): Entries {
  const { strokes, marks } = masksRoots(doc);
  return {
    strokes: strokes.toArray().map((bytes, at) => ({ at, bytes, entry: decodeStroke(bytes) })),
    marks: marks.toArray().map((bytes, at) => ({ at, bytes, mark: decodeMark(bytes) })),
  };
}

/** Strokes at or under the horizon, and the marks that are on them. */
function under(doc: Y.Doc, horizon: number): Entries {
  const { strokes, marks } = read(doc);
  const kept = new Set(strokes.filter(({ entry }) => entry.lamport > horizon).map(({ entry }) => strokeKey(entry.id)));
  return { strokes: strokes.filter(({ entry }) => entry.lamport <= horizon), marks: marks.filter(({ mark }) => !kept.has(strokeKey(mark.stroke))) };
}

/**
 * How far a document can be folded: below the youngest `keep` strokes of every person. Only a whole beginning in
 * fold order can be, because what stays lies above the base.
 * @param personOf who holds a client id; an id that nobody holds is a person of its own
 * @param exempt people whose strokes are not kept back (they have left the case)
 * @returns null when there is nothing to fold
 */
export function planRebase(doc: Y.Doc, personOf: (clientId: number) => string | undefined, keep = undoHorizon, exempt: ReadonlySet<string> = new Set()): RebasePlan | null {
  const byPerson = new Map<string, Map<string, number>>();
  let greatest = 0;
  for (const { entry } of read(doc).strokes) {
    const person = personOf(entry.id.clientId) ?? `client ${entry.id.clientId}`;
    greatest = Math.max(greatest, entry.lamport);
    if (exempt.has(person)) continue;
    let own = byPerson.get(person);
    if (!own) byPerson.set(person, (own = new Map()));
    own.set(strokeKey(entry.id), entry.lamport);
  }
  // The greatest lamport stays in the document, so that the room's logical time does not go back.
  let horizon = greatest - 1;
  for (const own of byPerson.values()) {
    const oldestKept = [...own.values()].sort((a, b) => b - a).slice(0, keep).at(-1);
    if (oldestKept !== undefined) horizon = Math.min(horizon, oldestKept - 1);
  }
  if (horizon < 1) return null;
  const { strokes, marks } = under(doc, horizon);
  return strokes.length === 0 ? null : { horizon, strokes: strokes.length, marks: marks.length };
}

/** Fold of the strokes at or under a horizon on the base below them: what the next base is. Blob strokes want `addBlob`. */
export function foldUnder(doc: Y.Doc, grid: Grid, base: MaskBase, horizon: number): MaskFold {
  const fold = new MaskFold(grid, base.anatomy, base.proposal);
  const { strokes, marks } = under(doc, horizon);
  for (const { bytes } of strokes) fold.addStroke(bytes);
  for (const { bytes } of marks) fold.addMark(bytes);
  return fold;
}

/**
 * Deletes what a rebase has folded. Only the server does that, after `proveRebase`. The mark with the greatest
 * number stays, so that the numbers of marks go on from it.
 */
export function dropFolded(doc: Y.Doc, horizon: number, origin?: unknown): void {
  const roots = masksRoots(doc);
  const { strokes, marks } = under(doc, horizon);
  let greatest = 0;
  for (const { mark } of read(doc).marks) greatest = Math.max(greatest, mark.n);
  const spare = marks.find(({ mark }) => mark.n === greatest);
  doc.transact(() => {
    dropAll(roots.strokes, strokes.map(({ at }) => at));
    dropAll(roots.marks, marks.filter((mark) => mark !== spare).map(({ at }) => at));
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
 * Proves a base that was stored and read again: it alone equals the fold of what it replaces, and with the rest of
 * the document on top both layers are as they were. Throws RebaseError.
 * @param rest a copy of the document after `dropFolded`
 * @param bring brings the blobs that a fold needs
 */
export async function proveRebase(
  before: Y.Doc, rest: Y.Doc, grid: Grid, old: MaskBase, next: MaskBase, bring: (fold: MaskFold) => Promise<void>,
): Promise<void> {
  const whole = new MaskFold(grid, old.anatomy, old.proposal);
  const rebased = new MaskFold(grid, next.anatomy, next.proposal);
  for (const [doc, fold] of [[before, whole], [rest, rebased]] as const) {
    for (const { bytes } of read(doc).strokes) fold.addStroke(bytes);
    for (const { bytes } of read(doc).marks) fold.addMark(bytes);
    await bring(fold);
  }
  for (const layer of ["anatomy", "proposal"] as const) {
    if (labelmapHash(whole.labelmap(layer)) !== labelmapHash(rebased.labelmap(layer))) throw new RebaseError(`the new base changes the layer ${layer}`);
  }
}

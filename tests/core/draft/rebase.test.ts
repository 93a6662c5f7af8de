import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { dropFolded, foldUnder, type MaskBase, planRebase, proveRebase, RebaseError, type RebasePlan, serverClientId, trimKept, undoHorizon } from "../../../core/draft/rebase.ts";
import { decodeLabelmap, encodeLabelmap } from "../../../core/mask/labelmap.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import type { Grid } from "../../../core/space/grid.ts";

const grid: Grid = { dims: [32, 4, 2], spacing: [1, 1, 1], origin: [0, 0, 0] };
const person = (clientId: number) => (clientId < 100 ? "ana" : "ben");

function page(clientId: number, from?: Y.Doc) {
  const doc = new Y.Doc();
  if (from) Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  doc.clientID = clientId;
  const fold = new MaskFold(grid);
  followMasks(doc, fold);
  return { doc, fold, author: new MaskAuthor(doc, fold, [clientId]) };
}
const copyOf = (doc: Y.Doc) => page(serverClientId, doc).doc;
/** What a server leaves in the document. */
function restOf(doc: Y.Doc, plan: RebasePlan): Y.Doc {
  const rest = copyOf(doc);
  dropFolded(rest, plan, trimKept(doc, grid, plan, new Map()));
  return rest;
}
function planOf(doc: Y.Doc, keep?: number, exempt?: ReadonlySet<string>): RebasePlan {
  const plan = planRebase(doc, person, keep, exempt);
  if (!plan) throw new Error("nothing to fold");
  return plan;
}
const run = (at: number, length = 4) => [{ brick: 0, runs: Uint16Array.of(at, length) }];
const readAgain = (fold: MaskFold): MaskBase => ({ anatomy: decodeLabelmap(encodeLabelmap(fold.labelmap())), proposal: decodeLabelmap(encodeLabelmap(fold.labelmap("proposal"))) });
const noBlobs = () => Promise.resolve();

describe("rebase", () => {
  test("each person's youngest 200 strokes are never folded", () => {
    const { doc, author } = page(1);
    for (let i = 0; i < undoHorizon; i++) author.draw(1, run(i % 28));
    expect(planRebase(doc, person)).toBeNull();
    for (let i = 0; i < 50; i++) author.draw(1, run(i % 28));
    expect(planOf(doc)).toMatchObject({ horizon: 50, entries: 50, marks: 0 });
    // Somebody with a single old stroke keeps it within reach of undo as well, and holds up nothing.
    const other = page(101, doc);
    const theirs = other.author.draw(2, run(0));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc));
    for (let i = 0; i < 300; i++) author.draw(1, run(i % 28));
    expect(planOf(doc)).toMatchObject({ horizon: 351, entries: 350 });
    expect(planOf(doc).folded.has(`101:${theirs.counter}`)).toBe(false);
    // Whoever has left the case keeps nothing.
    expect(planOf(doc, undoHorizon, new Set(["ben"]))).toMatchObject({ horizon: 351, entries: 351 });
  });

  test("MK5: an old stroke that stays is trimmed to where it can still show, and its undo shows what it did before", async () => {
    const { doc, author } = page(1), other = page(101, doc);
    other.author.draw(2, run(0, 8));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc));
    for (let i = 0; i < 6; i++) author.draw(1, run(4, 8));
    const plan = planOf(doc, 2), next = readAgain(foldUnder(doc, grid, {}, plan)), rest = restOf(doc, plan);
    await proveRebase(doc, rest, grid, {}, next, plan, noBlobs);
    const fold = new MaskFold(grid, next.anatomy, next.proposal);
    followMasks(rest, fold);
    expect(fold.voxelCounts()).toEqual(new Map([[1, 8], [2, 4]]));
    rest.clientID = 102;
    const ben = new MaskAuthor(rest, fold, [101]);
    expect(ben.undo()).toMatchObject({ clientId: 101 });
    expect(fold.voxelCounts()).toEqual(new Map([[1, 8]]));
    // Left as it was, it would show through the base once the newer ones were hidden.
    const untrimmed = copyOf(doc);
    dropFolded(untrimmed, plan, []);
    await expect(proveRebase(doc, untrimmed, grid, {}, next, plan, noBlobs)).rejects.toThrow(RebaseError);
  });

  test("A14 P5 P6: base and rest are what the whole log was, in both layers, whatever was undone", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(100), fc.nat(3)), { minLength: 12, maxLength: 60 }), async (acts) => {
      const { doc, author } = page(1);
      for (const [kind, at, value] of acts) {
        if (kind === 8) author.undo();
        else if (kind === 9) author.redo();
        else author.draw(value, run((at % 3) * 32 + (at % 28)), kind === 7 ? "proposal" : "anatomy");
      }
      const plan = planRebase(doc, person, 5);
      if (!plan) return;
      const next = readAgain(foldUnder(doc, grid, {}, plan)), rest = restOf(doc, plan);
      await proveRebase(doc, rest, grid, {}, next, plan, noBlobs);
      expect(rest.getArray("strokes").length).toBe(doc.getArray("strokes").length - plan.entries);
    }), { numRuns: 60 });
  });

  test("A14: a base with one wrong voxel is not taken", async () => {
    const { doc, author } = page(1);
    for (let i = 0; i < 10; i++) author.draw(1, run(i));
    const plan = planOf(doc, 3);
    const next = readAgain(foldUnder(doc, grid, {}, plan));
    const content = next.anatomy?.bricks.get(0);
    if (content) content[40] = 2;
    await expect(proveRebase(doc, restOf(doc, plan), grid, {}, next, plan, noBlobs)).rejects.toThrow(RebaseError);
  });

  test("a stroke under way stays open over a rebase, and numbers of strokes go on", () => {
    const { doc, fold, author } = page(1);
    for (let i = 0; i < 5; i++) author.draw(1, run(i));
    author.begin(2);
    author.push(run(64));
    const plan = planOf(doc, 1), next = readAgain(foldUnder(doc, grid, {}, plan));
    expect(plan.horizon).toBe(5);
    dropFolded(doc, plan, []);
    const rebased = new MaskFold(grid, next.anatomy, next.proposal);
    followMasks(doc, rebased);
    author.refold(rebased);
    author.end(run(68));
    expect(author.draw(1, run(0)).counter).toBe(7);
    expect(rebased.voxelCounts()).toEqual(new Map([[1, 8], [2, 8]]));
    expect(fold.grid).toBe(grid);
  });

  test("one's own older stroke is taken out by its id, and nobody else's", () => {
    const { doc, fold, author } = page(1);
    const first = author.draw(1, run(0, 8));
    author.draw(2, run(4, 8));
    const other = page(101, doc);
    expect(other.author.setHidden(first, true)).toBe(false);
    expect(author.setHidden(first, true)).toBe(true);
    expect(author.setHidden(first, true)).toBe(false);
    expect(fold.voxelCounts()).toEqual(new Map([[2, 8]]));
    expect(author.setHidden(first, false)).toBe(true);
    expect(fold.voxelCounts()).toEqual(new Map([[1, 4], [2, 8]]));
  });
});

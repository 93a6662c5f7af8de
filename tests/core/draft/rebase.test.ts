import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { followMasks, MaskAuthor } from "../../../core/draft/masksDoc.ts";
import { dropFolded, foldUnder, type MaskBase, planRebase, proveRebase, RebaseError, undoHorizon } from "../../../core/draft/rebase.ts";
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
const copyOf = (doc: Y.Doc) => page(9, doc).doc;
const run = (at: number, length = 4) => [{ brick: 0, runs: Uint16Array.of(at, length) }];
const readAgain = (fold: MaskFold): MaskBase => ({ anatomy: decodeLabelmap(encodeLabelmap(fold.labelmap())), proposal: decodeLabelmap(encodeLabelmap(fold.labelmap("proposal"))) });
const noBlobs = () => Promise.resolve();

describe("rebase", () => {
  test("each person's youngest 200 strokes are never folded", () => {
    const { doc, author } = page(1);
    for (let i = 0; i < undoHorizon; i++) author.draw(1, run(i % 28));
    expect(planRebase(doc, person)).toBeNull();
    for (let i = 0; i < 50; i++) author.draw(1, run(i % 28));
    expect(planRebase(doc, person)).toEqual({ horizon: 50, strokes: 50, marks: 0 });
    // Somebody with a single old stroke keeps it within reach of undo as well…
    const other = page(101, doc);
    other.author.draw(2, run(0));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc));
    for (let i = 0; i < 300; i++) author.draw(1, run(i % 28));
    expect(planRebase(doc, person)?.horizon).toBe(250);
    // …unless that person has left the case.
    expect(planRebase(doc, person, undoHorizon, new Set(["ben"]))?.horizon).toBe(351);
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
      const next = readAgain(foldUnder(doc, grid, {}, plan.horizon));
      const rest = copyOf(doc);
      dropFolded(rest, plan.horizon);
      await proveRebase(doc, rest, grid, {}, next, noBlobs);
      expect(rest.getArray("strokes").length).toBe(doc.getArray("strokes").length - plan.strokes);
    }), { numRuns: 60 });
  });

  test("A14: a base with one wrong voxel is not taken", async () => {
    const { doc, author } = page(1);
    for (let i = 0; i < 10; i++) author.draw(1, run(i));
    const plan = planRebase(doc, person, 3);
    const next = readAgain(foldUnder(doc, grid, {}, plan?.horizon ?? 0));
    const content = next.anatomy?.bricks.get(0);
    if (content) content[40] = 2;
    const rest = copyOf(doc);
    dropFolded(rest, plan?.horizon ?? 0);
    await expect(proveRebase(doc, rest, grid, {}, next, noBlobs)).rejects.toThrow(RebaseError);
  });

  test("a stroke under way stays open over a rebase, and numbers of strokes go on", () => {
    const { doc, fold, author } = page(1);
    for (let i = 0; i < 5; i++) author.draw(1, run(i));
    author.begin(2);
    author.push(run(64));
    const next = readAgain(foldUnder(doc, grid, {}, 5));
    dropFolded(doc, 5);
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

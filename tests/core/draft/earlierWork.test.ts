import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { countOfWork, earlierWork, lacksWhatItHad, missingParameters, missingWork, putAgain } from "../../../core/draft/earlierWork.ts";
import { foldOfDoc, followMasks, MaskAuthor, masksRoots } from "../../../core/draft/masksDoc.ts";
import { PlanEditor } from "../../../core/draft/planDoc.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";

const grid: Grid = { dims: [40, 40, 8], spacing: [1, 1, 2], origin: [0, 0, 0] };
const dab = (x: number, y: number) => rasterizeBrush(grid, { shape: "disc", radiusMm: 2, plane: 2, points: [rasPoint(x, y, 4)] });
function person(clientId: number, from?: Uint8Array) {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  masksRoots(doc);
  if (from) Y.applyUpdate(doc, from);
  const fold = new MaskFold(grid);
  followMasks(doc, fold)();
  return { doc, fold, author: new MaskAuthor(doc, fold) };
}
const state = (doc: Y.Doc) => Y.encodeStateAsUpdate(doc);

describe("work that belongs to an earlier document", () => {
  it("RM7 A10: a server that lacks something it had is known by its state vector; one that only lacks what was never acknowledged is not", () => {
    const one = person(1);
    one.author.draw(1, dab(5, 5));
    const saved = Y.getState(one.doc.store, 1), early = Y.encodeStateVector(one.doc);
    one.author.draw(1, dab(9, 9));
    expect(lacksWhatItHad(one.doc, early, saved)).toBe(false);
    expect(lacksWhatItHad(one.doc, early, Y.getState(one.doc.store, 1))).toBe(true);
    const other = person(2, state(one.doc));
    other.author.draw(2, dab(20, 20));
    Y.applyUpdate(one.doc, state(other.doc));
    // What another drew was seen here, so it was in the log (RM1).
    expect(lacksWhatItHad(one.doc, early, saved)).toBe(true);
    expect(lacksWhatItHad(one.doc, Y.encodeStateVector(one.doc), saved)).toBe(false);
  });

  it("RM7 A10: whatever the backup held, what is put again and what was there are together what a person had drawn, each once", () => {
    const act = fc.record({ kind: fc.constantFrom("draw", "draw", "undo"), x: fc.nat(36), y: fc.nat(36), value: fc.integer({ min: 1, max: 3 }) });
    fc.assert(fc.property(fc.array(act, { minLength: 1, maxLength: 14 }), fc.nat(14), fc.nat(14), (acts, backedUp, acked) => {
      const one = person(1);
      let backup = state(one.doc), savedClock = 0;
      acts.forEach(({ kind, x, y, value }, i) => {
        if (kind === "draw") one.author.draw(value, dab(x, y));
        else one.author.undo();
        if (i < backedUp) backup = state(one.doc);
        if (i < Math.max(acked, backedUp)) savedClock = Y.getState(one.doc.store, 1);
      });
      const now = person(7, backup), left = missingWork(earlierWork(one.doc, new Set([1]), savedClock), now.doc, 0);
      now.author.alsoOwn([1]);
      const before = masksRoots(now.doc).strokes.length, count = left.strokes.reduce((sum, { entries }) => sum + entries.length, 0);
      putAgain(now.author, left);
      expect(masksRoots(now.doc).strokes.length).toBe(before + count);
      // Nothing is missing any more, so nothing can be put twice.
      const shownBefore = foldOfDoc(one.doc, grid), shown = foldOfDoc(now.doc, grid);
      const wanted = shownBefore.strokesOf(new Set([1])).filter(({ hidden }) => !hidden).length;
      const unknown = earlierWork(one.doc, new Set([1]), savedClock).strokes.length;
      expect(unknown).toBe(wanted);
      // Marks that were acknowledged after the backup are gone with it; all else shows as it did.
      if (acts.every(({ kind }) => kind === "draw")) expect(shown.hash()).toBe(shownBefore.hash());
      expect(countOfWork(left)).toBeLessThanOrEqual(wanted + left.marks.length);
    }), { numRuns: 120 });
  });

  it("A10: of a plan, the parameters that this page set last and that stand otherwise now", () => {
    const held = new Y.Doc(), present = new Y.Doc(), editor = new PlanEditor(held, () => null);
    editor.set("plate1", "marginMm", 0.5);
    Y.applyUpdate(present, Y.encodeStateAsUpdate(held));
    editor.set("plate1", "marginMm", 0.8);
    editor.set("plate1", "bevelDeg", 9);
    expect(missingParameters(held, present).sort((a, b) => a.parameter.localeCompare(b.parameter))).toEqual([{ implantId: "plate1", parameter: "bevelDeg", value: 9 }, { implantId: "plate1", parameter: "marginMm", value: 0.8 }]);
    expect(missingParameters(held, held)).toEqual([]);
  });
});

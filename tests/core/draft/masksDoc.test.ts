import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { AuthorError, blobStroke, foldOfDoc, followMasks, MaskAuthor, masksRoots } from "../../../core/draft/masksDoc.ts";
import { denseLabels } from "../../../core/mask/labelmap.ts";
import { decodeMark } from "../../../core/mask/mark.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush, runsFromPredicate } from "../../../core/mask/rasterize.ts";
import { decodeStroke } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { countDense, foldDense, seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 40, 33], spacing: [0.5, 0.7, 1.5], origin: [-17, 4, 100] };

function newPeer(clientId: number) {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  const fold = new MaskFold(grid);
  followMasks(doc, fold);
  return { doc, fold, author: new MaskAuthor(doc, fold) };
}

type Peer = ReturnType<typeof newPeer>;

function exchange(a: Peer, b: Peer): void {
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)));
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc, Y.encodeStateVector(a.doc)));
}

const line = (start: number, length: number) => [{ brick: 0, runs: Uint16Array.of(start, length) }];

describe("MaskAuthor", () => {
  test("increments share one id and lamport, each entry is at most 16 KiB, the last closes the stroke", () => {
    const { doc, fold, author } = newPeer(11);
    const id = author.begin(3);
    expect(() => author.begin(1)).toThrow(AuthorError);
    const noise = seededRandom(2);
    const chosen = Uint8Array.from({ length: 70 * 40 * 33 }, () => noise.below(2));
    author.push(line(0, 5));
    author.push(runsFromPredicate(grid, (index) => chosen[index] === 1));
    expect(author.canUndo).toBe(false);
    author.end();
    const entries = masksRoots(doc).strokes.toArray();
    expect(entries.length).toBeGreaterThan(3);
    for (const bytes of entries) {
      expect(bytes.length).toBeLessThanOrEqual(16384);
      expect(decodeStroke(bytes)).toMatchObject({ id, lamport: 1, value: 3, layer: "anatomy" });
    }
    expect(entries.map((bytes) => decodeStroke(bytes).isFinal).indexOf(true)).toBe(entries.length - 1);
    expect(fold.stroke(id)?.isFinal).toBe(true);
    expect(author.nextLamport).toBe(2);
    expect(author.begin(1)).toEqual({ clientId: 11, counter: 2 });
    author.end();
    expect(masksRoots(doc).strokes.length).toBe(entries.length);
    expect(() => author.push(line(0, 1))).toThrow(AuthorError);
  });

  test("MK5 undo hides the author's own stroke and nothing else, also after a peer drew and after a reload; redo shows it at its old place", () => {
    const a = newPeer(1);
    const b = newPeer(2);
    a.author.draw(1, line(0, 20));
    exchange(a, b);
    b.author.draw(2, line(10, 20));
    exchange(a, b);
    a.author.undo();
    exchange(a, b);
    expect(b.fold.voxelCounts()).toEqual(new Map([[2, 20]]));
    expect(b.author.canUndo).toBe(true);
    expect(b.author.canRedo).toBe(false);

    const doc = new Y.Doc();
    doc.clientID = 3;
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(a.doc));
    const fold = new MaskFold(grid);
    followMasks(doc, fold);
    const reloaded = new MaskAuthor(doc, fold, [1]);
    expect(reloaded.canUndo).toBe(false);
    expect(reloaded.redo()).toEqual({ clientId: 1, counter: 1 });
    expect(fold.voxelCounts()).toEqual(new Map([[1, 10], [2, 20]]));
    expect(reloaded.redo()).toBeUndefined();
  });

  test("undo and redo go back and forth as a person expects, a new stroke ends the redo", () => {
    const { fold, author } = newPeer(1);
    for (let value = 1; value <= 3; value++) author.draw(value, line(value * 32, 4));
    const shown = () => [...fold.voxelCounts().keys()].join("");
    author.undo();
    author.undo();
    expect(shown()).toBe("1");
    author.draw(4, line(500, 4));
    expect(author.canRedo).toBe(false);
    author.undo();
    expect(shown()).toBe("1");
    author.redo();
    expect(shown()).toBe("14");
    expect(author.canRedo).toBe(false);
    author.undo();
    author.undo();
    expect(shown()).toBe("");
    expect(author.undo()).toBeUndefined();
    author.redo();
    author.redo();
    expect(shown()).toBe("14");
    expect(author.canRedo).toBe(false);
  });

  test("a blob stroke is one small entry", () => {
    const { doc, fold, author } = newPeer(1);
    const bricks = runsFromPredicate(grid, (index) => index % 3 !== 0);
    const { bytes, content } = blobStroke(grid, bricks);
    const hash = bytesToHex(sha256(bytes));
    author.drawBlob(5, content(hash));
    expect(masksRoots(doc).strokes.get(0).length).toBeLessThan(80);
    expect(fold.blobNeeded()).toEqual([hash]);
    fold.addBlob(hash, bytes);
    expect(fold.voxelCounts()).toEqual(new Map([[5, 70 * 40 * 33 - Math.ceil(70 * 40 * 33 / 3)]]));
    author.undo();
    expect(fold.voxelCounts().size).toBe(0);
  });

  test("MK3 something that is not bytes in the array folds to nothing", () => {
    const { doc, fold, author } = newPeer(1);
    author.draw(1, line(0, 4));
    doc.getArray<unknown>("strokes").push(["hello"]);
    expect(fold.voxelCounts()).toEqual(new Map([[1, 4]]));
    expect(fold.problems).toHaveLength(1);
    expect(foldOfDoc(doc, grid).hash()).toBe(fold.hash());
  });
});

describe("strokes of one act", () => {
  const runs = (start: number, length: number) => ({ kind: "runs" as const, bricks: line(start, length) });
  test("MK7: undo, redo and taking out take them together, also after a reload, and leave what a peer wrote between them (MK5)", () => {
    const mine = newPeer(5), peer = newPeer(6);
    let { author, fold } = mine;
    const shown = () => denseLabels(fold.labelmap()).slice(0, 12);
    author.draw(1, line(0, 8));
    const before = shown();
    let updates = 0;
    mine.doc.on("update", () => { updates++; });
    const [erased, added] = author.drawTogether([{ value: 0, content: runs(0, 2) }, { value: 2, content: runs(6, 4) }, { value: 3, layer: "proposal", content: runs(0, 3) }]);
    expect(updates).toBe(1);
    const after = shown();
    exchange(mine, peer);
    peer.author.draw(7, line(9, 1));
    exchange(mine, peer);
    const seen = (labels: Uint8Array) => [...labels].map((value, i) => (i === 9 ? 7 : value));
    expect(author.undo()).toEqual({ clientId: 5, counter: added.counter + 1 });
    expect(updates).toBe(3);
    expect([...shown()]).toEqual(seen(before));
    expect(fold.voxelCounts("proposal")).toEqual(new Map());

    // A new page of the same person: nothing but the document is left.
    const doc = new Y.Doc();
    doc.clientID = 8;
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(mine.doc));
    fold = new MaskFold(grid);
    followMasks(doc, fold);
    author = new MaskAuthor(doc, fold, [5]);
    expect(author.redo()).toBeDefined();
    expect([...shown()]).toEqual(seen(after));
    expect(fold.voxelCounts("proposal")).toEqual(new Map([[3, 3]]));
    expect(author.setHidden(erased, true)).toBe(true);
    expect([...shown()]).toEqual(seen(before));
    expect(author.setHidden(added, false)).toBe(true);
    expect([...shown()]).toEqual(seen(after));
    author.undo();
    author.undo();
    expect([...shown()]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0]);
    expect(author.canUndo).toBe(false);
  });

  test("MK7: the next stroke is another act, whoever drew meanwhile and however the act was split", () => {
    const mine = newPeer(5), noise = seededRandom(4), chosen = Uint8Array.from({ length: 70 * 40 * 33 }, () => noise.below(2));
    mine.author.drawTogether([{ value: 1, content: { kind: "runs", bricks: runsFromPredicate(grid, (index) => chosen[index] === 1) } }, { value: 2, content: runs(0, 2) }]);
    expect(masksRoots(mine.doc).strokes.length).toBeGreaterThan(3);
    mine.author.draw(3, line(4, 2));
    mine.author.undo();
    expect(mine.fold.voxelCounts().get(2)).toBe(2);
    expect(mine.fold.voxelCounts().has(3)).toBe(false);
    mine.author.begin(1);
    expect(() => mine.author.drawTogether([{ value: 2, content: runs(0, 2) }])).toThrow(AuthorError);
  });
});

describe("four peers, offline spells, undo and redo", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`MK4 two replicas with the same updates fold to the same bytes; MK1 as the oracle; seed ${seed}`, () => {
      const random = seededRandom(seed);
      const peers = [21, 9, 300, 4_000_000_000].map(newPeer);
      for (let step = 0; step < 120; step++) {
        const peer = peers[random.below(4)];
        const at = (axis: number) => grid.origin[axis] + grid.spacing[axis] * random.below(grid.dims[axis]);
        const tip = () => rasterizeBrush(grid, { shape: "ball", radiusMm: 1 + random.below(7), plane: 2, points: [rasPoint(at(0), at(1), at(2))] });
        const what = random.below(10);
        if (what < 5) {
          if (!peer.author.isDrawing) peer.author.begin(random.below(5));
          peer.author.push(tip());
          if (random.chance(0.6)) peer.author.end();
        } else if (what < 7) peer.author.undo();
        else if (what < 8) peer.author.redo();
        else exchange(peer, peers[random.below(4)]);
      }
      for (const peer of peers) if (peer.author.isDrawing) peer.author.end();
      for (let round = 0; round < 2; round++) for (const a of peers) for (const b of peers) if (a !== b) exchange(a, b);
      const { strokes, marks } = masksRoots(peers[0].doc);
      const log = strokes.toArray().map((bytes) => {
        const entry = decodeStroke(bytes);
        return { entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] };
      });
      const expected = foldDense(grid, log, marks.toArray().map(decodeMark));
      for (const peer of peers) {
        expect(peer.fold.problems).toEqual([]);
        expect(Buffer.compare(denseLabels(peer.fold.labelmap()), expected)).toBe(0);
        expect(peer.fold.voxelCounts()).toEqual(countDense(expected));
        expect(foldOfDoc(peer.doc, grid).hash()).toBe(peer.fold.hash());
      }
    });
  }
});

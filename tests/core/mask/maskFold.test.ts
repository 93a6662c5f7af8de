import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { boxOf } from "../../../core/mask/brickRuns.ts";
import { denseLabels, fromDense } from "../../../core/mask/labelmap.ts";
import { encodeMark, type Mark } from "../../../core/mask/mark.ts";
import { labelmapHash, MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { encodeBlobRuns, encodeStroke, type StrokeEntry } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { countDense, foldDense, type OracleEntry, seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 40, 33], spacing: [0.5, 0.7, 1.5], origin: [-17, 4, 100] };

type Random = ReturnType<typeof seededRandom>;

function someBricks(random: Random) {
  const at = (axis: number) => grid.origin[axis] + grid.spacing[axis] * random.below(grid.dims[axis]);
  const points = Array.from({ length: 1 + random.below(3) }, () => rasPoint(at(0), at(1), at(2)));
  return rasterizeBrush(grid, { shape: random.chance(0.5) ? "ball" : "disc", radiusMm: 1 + random.below(6), plane: 2, points });
}

interface Message {
  kind: "stroke" | "mark" | "blob";
  bytes: Uint8Array;
}

/** A log as several people make it, some of them behind: equal lamports, increments, blobs, undo and redo. */
function someLog(random: Random, strokes: number): { log: OracleEntry[]; marks: Mark[]; messages: Message[] } {
  const log: OracleEntry[] = [];
  const marks: Mark[] = [];
  const messages: Message[] = [];
  for (let counter = 1; counter <= strokes; counter++) {
    const id = { clientId: 1 + random.below(4), counter };
    const lamport = Math.max(1, Math.floor(counter / 2) - random.below(6));
    const shared = { id, lamport, layer: random.chance(0.2) ? "proposal" as const : "anatomy" as const, value: random.below(4) };
    const increments = 1 + random.below(3);
    for (let i = 0; i < increments; i++) {
      const bricks = someBricks(random);
      let content: StrokeEntry["content"] = { kind: "runs", bricks };
      if (bricks.length > 0 && random.chance(0.2)) {
        const bytes = encodeBlobRuns(bricks);
        content = { kind: "blob", hash: bytesToHex(sha256(bytes)), byteLength: bytes.length, box: boxOf(grid, bricks) };
        messages.push({ kind: "blob", bytes });
      }
      const entry: StrokeEntry = { ...shared, isFinal: i === increments - 1, content };
      log.push({ entry, bricks });
      messages.push({ kind: "stroke", bytes: encodeStroke(entry) });
    }
    if (random.chance(0.3)) {
      const mark = { stroke: log[random.below(log.length)].entry.id, hidden: random.chance(0.6), n: 1 + random.below(4) };
      marks.push(mark);
      messages.push({ kind: "mark", bytes: encodeMark(mark) });
    }
  }
  return { log, marks, messages };
}

function deliver(fold: MaskFold, { kind, bytes }: Message): void {
  if (kind === "stroke") fold.addStroke(bytes);
  else if (kind === "mark") fold.addMark(bytes);
  else fold.addBlob(bytesToHex(sha256(bytes)), bytes);
}

const stroke = (clientId: number, counter: number, lamport: number, value: number, start: number, length: number): Uint8Array =>
  encodeStroke({
    id: { clientId, counter }, lamport, layer: "anatomy", value, isFinal: true,
    content: { kind: "runs", bricks: [{ brick: 0, runs: Uint16Array.of(start, length) }] },
  });

describe("MaskFold against the dense oracle", () => {
  test("MK1 a brick's content is a function of the base, the strokes in (lamport, client, counter) order, and the marks alone; MK4 the same updates fold to the same bytes", () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seededRandom(seed);
      const { log, marks, messages } = someLog(random, 40);
      const base = new Uint8Array(70 * 40 * 33).map(() => (random.chance(0.05) ? 1 + random.below(3) : 0));
      const labelmap = fromDense(grid, base);
      const expected = foldDense(grid, log, marks, base);
      const proposal = foldDense(grid, log, marks, undefined, "proposal");
      const hashes = new Set<string>();
      for (let replica = 0; replica < 3; replica++) {
        const fold = new MaskFold(grid, labelmap);
        const twice = replica === 2 ? [...messages, ...messages.filter(() => random.chance(0.3))] : messages;
        for (const message of replica === 0 ? twice : random.shuffle(twice)) {
          deliver(fold, message);
          if (random.chance(0.2)) fold.brick(random.below(12));
          if (random.chance(0.05)) fold.voxelCounts();
        }
        const where = `seed ${seed} replica ${replica}`;
        expect(fold.blobNeeded(), where).toEqual([]);
        expect(fold.problems, where).toEqual([]);
        expect(Buffer.compare(denseLabels(fold.labelmap()), expected), where).toBe(0);
        expect(Buffer.compare(denseLabels(fold.labelmap("proposal")), proposal), where).toBe(0);
        expect(fold.voxelCounts(), where).toEqual(countDense(expected));
        expect(fold.hash(), where).toBe(labelmapHash(fold.labelmap()));
        hashes.add(fold.hash());
      }
      expect(hashes.size, `seed ${seed}`).toBe(1);
    }
  });

  test("MK1 read after every message, the memoised fold is the oracle's at each step, and dirty bricks name every change", () => {
    const random = seededRandom(77);
    const { log, marks, messages } = someLog(random, 60);
    const fold = new MaskFold(grid);
    const blobs = new Set<string>();
    let before = denseLabels(fold.labelmap());
    let strokes = 0;
    let marked = 0;
    for (const message of messages) {
      if (message.kind === "blob") {
        blobs.add(bytesToHex(sha256(message.bytes)));
        deliver(fold, message);
        continue;
      }
      const dirty = message.kind === "stroke" ? fold.addStroke(message.bytes) : fold.addMark(message.bytes);
      if (message.kind === "stroke") strokes++;
      else marked++;
      const now = foldDense(grid, log.slice(0, strokes), marks.slice(0, marked));
      expect(Buffer.compare(denseLabels(fold.labelmap()), now)).toBe(0);
      expect(fold.voxelCounts()).toEqual(countDense(now));
      for (let i = 0; i < now.length; i++) {
        if (now[i] === before[i]) continue;
        const [x, y, z] = [i % 70, Math.floor(i / 70) % 40, Math.floor(i / 2800)];
        expect(dirty.has((x >> 5) + (y >> 5) * 3 + (z >> 5) * 6)).toBe(true);
      }
      before = now;
    }
  });

  test("MK1 hundreds of strokes over one brick, undone from the top and shown again, agree with a fresh fold", () => {
    const random = seededRandom(5);
    const fold = new MaskFold(grid);
    const all = Array.from({ length: 200 }, (_, i) => stroke(1, i + 1, i + 1, 1 + random.below(5), 32 * random.below(900), 1 + random.below(32)));
    for (const bytes of all) {
      fold.addStroke(bytes);
      fold.brick(0);
    }
    for (let i = 200; i > 120; i--) {
      fold.addMark(encodeMark({ stroke: { clientId: 1, counter: i }, hidden: true, n: 1 }));
      const fresh = new MaskFold(grid);
      for (const bytes of all.slice(0, i - 1)) fresh.addStroke(bytes);
      expect(fold.hash()).toBe(fresh.hash());
      expect(fold.voxelCounts()).toEqual(fresh.voxelCounts());
    }
    for (let i = 121; i <= 200; i++) fold.addMark(encodeMark({ stroke: { clientId: 1, counter: i }, hidden: false, n: 2 }));
    const fresh = new MaskFold(grid);
    for (const bytes of all) fresh.addStroke(bytes);
    expect(fold.hash()).toBe(fresh.hash());
  });
});

test("what a stroke wrote is told whole, hidden or covered", () => {
  const fold = new MaskFold(grid), random = seededRandom(12), written = new Map<string, Uint8Array>();
  for (let n = 0; n < 60; n++) {
    const counter = 1 + (n % 20), bricks = someBricks(random), key = `${counter}`, voxels = written.get(key) ?? new Uint8Array(3 * 2 * 2 * 32_768);
    fold.addStroke(encodeStroke({ id: { clientId: 2, counter }, lamport: counter, layer: counter % 5 === 0 ? "proposal" : "anatomy", value: counter % 4, isFinal: n >= 40, content: { kind: "runs", bricks } }));
    for (const { brick, runs } of bricks) for (let r = 0; r < runs.length; r += 2) voxels.fill(1, brick * 32_768 + runs[r], brick * 32_768 + runs[r] + runs[r + 1]);
    written.set(key, voxels);
    if (n % 7 === 0) fold.addMark(encodeMark({ stroke: { clientId: 2, counter }, hidden: true, n: n + 1 }));
  }
  for (const [key, voxels] of written) {
    const told = new Uint8Array(voxels.length);
    for (const { brick, runs } of fold.runsOf({ clientId: 2, counter: Number(key) })) for (let r = 0; r < runs.length; r += 2) told.fill(1, brick * 32_768 + runs[r], brick * 32_768 + runs[r] + runs[r + 1]);
    expect(Buffer.compare(told, voxels), key).toBe(0);
  }
  expect(fold.runsOf({ clientId: 9, counter: 1 })).toEqual([]);
});

describe("MaskFold", () => {
  test("contributions: each person's voxels are those that the oracle says they wrote last", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { log, marks, messages } = someLog(seededRandom(seed), 25);
      const fold = new MaskFold(grid);
      for (const message of messages) deliver(fold, message);
      const dense = foldDense(grid, log, marks), found = fold.contributions();
      // The oracle again, but each stroke writes its author's number instead of its value.
      const authors = foldDense(grid, log.map((one) => ({ ...one, entry: { ...one.entry, value: one.entry.id.clientId } })), marks);
      const wanted = new Map<string, number>();
      for (const [i, value] of dense.entries()) if (value !== 0) wanted.set(`${value} ${authors[i]}`, (wanted.get(`${value} ${authors[i]}`) ?? 0) + 1);
      const got = new Map([...found].flatMap(([value, own]) => [...own].map(([clientId, voxels]) => [`${value} ${clientId}`, voxels] as const)));
      expect(got, `seed ${seed}`).toEqual(wanted);
    }
  });

  test("MK1 an increment that comes after its stroke was folded survives the undo of a later one", () => {
    for (let count = 1; count <= 40; count++) {
      const fold = new MaskFold(grid);
      for (let counter = 1; counter <= count; counter++) {
        fold.addStroke(stroke(1, counter, counter, 1, 32 * counter, 8));
        fold.brick(0);
      }
      fold.addStroke(stroke(1, count, count, 1, 0, 5));
      fold.addStroke(stroke(1, count + 1, count + 1, 2, 0, 32));
      fold.brick(0);
      fold.addMark(encodeMark({ stroke: { clientId: 1, counter: count + 1 }, hidden: true, n: 1 }));
      expect(fold.voxelCounts(), `${count} strokes`).toEqual(new Map([[1, 8 * count + 5]]));
    }
  });

  test("MK3 a stroke that does not decode folds to nothing on every replica alike, and is reported", () => {
    const good = stroke(1, 1, 1, 3, 64, 10);
    const outside = encodeStroke({
      id: { clientId: 1, counter: 2 }, lamport: 2, layer: "anatomy", value: 1, isFinal: true,
      content: { kind: "runs", bricks: [{ brick: 2, runs: Uint16Array.of(0, 32) }] },
    });
    const bad = [new Uint8Array(), good.slice(0, -1), Uint8Array.of(...good, 0), Uint8Array.of(9, ...good.slice(1)), outside];
    const clean = new MaskFold(grid);
    clean.addStroke(good);
    for (const order of [[good, ...bad], [...bad, good]]) {
      const fold = new MaskFold(grid);
      for (const bytes of order) fold.addStroke(bytes);
      expect(fold.hash()).toBe(clean.hash());
      expect(fold.problems.length).toBeGreaterThanOrEqual(4);
    }
  });

  test("MK3 a blob that is not what its stroke says folds to nothing, one that is not what its hash says is refused", () => {
    const bricks = [{ brick: 0, runs: Uint16Array.of(40, 3) }];
    const bytes = encodeBlobRuns(bricks);
    const hash = bytesToHex(sha256(bytes));
    const shared = { lamport: 1, layer: "anatomy" as const, value: 1, isFinal: true };
    const fold = new MaskFold(grid);
    const box = boxOf(grid, bricks);
    fold.addStroke(encodeStroke({ ...shared, id: { clientId: 1, counter: 1 }, content: { kind: "blob", hash, byteLength: bytes.length + 1, box } }));
    fold.addStroke(encodeStroke({ ...shared, id: { clientId: 1, counter: 2 }, content: { kind: "blob", hash, byteLength: bytes.length, box: [0, 0, 0, 1, 1, 1] } }));
    expect(fold.blobNeeded()).toEqual([hash]);
    expect(() => fold.addBlob(hash, Uint8Array.of(1))).toThrow(/another hash/);
    fold.addBlob(hash, bytes);
    expect(fold.voxelCounts().size).toBe(0);
    expect(fold.problems).toHaveLength(2);
    const dirty = fold.addStroke(encodeStroke({ ...shared, id: { clientId: 1, counter: 3 }, content: { kind: "blob", hash, byteLength: bytes.length, box } }));
    expect([...dirty]).toEqual([0]);
    expect(fold.voxelCounts()).toEqual(new Map([[1, 3]]));
  });

  test("MK5 undo hides the author's own stroke and nothing else; redo shows it at its old place", () => {
    const fold = new MaskFold(grid);
    fold.addStroke(stroke(1, 1, 1, 1, 0, 20));
    fold.addStroke(stroke(2, 1, 2, 2, 10, 20));
    expect(fold.voxelCounts()).toEqual(new Map([[1, 10], [2, 20]]));
    fold.addMark(encodeMark({ stroke: { clientId: 1, counter: 1 }, hidden: true, n: 1 }));
    expect(fold.voxelCounts()).toEqual(new Map([[2, 20]]));
    fold.addMark(encodeMark({ stroke: { clientId: 1, counter: 1 }, hidden: false, n: 2 }));
    expect(fold.voxelCounts()).toEqual(new Map([[1, 10], [2, 20]]));
    expect(fold.lastWriter(0, 5)).toEqual({ clientId: 1, counter: 1 });
    expect(fold.lastWriter(0, 15)).toEqual({ clientId: 2, counter: 1 });
    expect(fold.lastWriter(0, 31)).toBeUndefined();
  });

  test("of two marks with one n, hidden wins; a mark that comes before its stroke counts too", () => {
    const show = encodeMark({ stroke: { clientId: 1, counter: 1 }, hidden: false, n: 3 });
    const hide = encodeMark({ stroke: { clientId: 1, counter: 1 }, hidden: true, n: 3 });
    for (const order of [[show, hide], [hide, show]]) {
      const fold = new MaskFold(grid);
      for (const mark of order) fold.addMark(mark);
      fold.addStroke(stroke(1, 1, 1, 1, 0, 20));
      expect(fold.brick(0)).toBeUndefined();
      expect(fold.strokesOf(new Set([1]))).toMatchObject([{ hidden: true, n: 3, lamport: 1 }]);
    }
  });

  test("forged entries under one id fold in one order", () => {
    const forged = [stroke(1, 1, 5, 1, 0, 20), stroke(1, 1, 5, 2, 5, 20), stroke(1, 1, 4, 3, 8, 20)];
    const hashes = new Set<string>();
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
      const fold = new MaskFold(grid);
      for (const i of order) {
        fold.addStroke(forged[i]);
        fold.brick(0);
      }
      hashes.add(fold.hash());
      expect(fold.problems).toHaveLength(1);
      expect(fold.stroke({ clientId: 1, counter: 1 })?.lamport).toBe(4);
    }
    expect(hashes.size).toBe(1);
  });
});

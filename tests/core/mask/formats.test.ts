import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxOf, type BrickRuns, portionsOf, runsSize, runVoxels } from "../../../core/mask/brickRuns.ts";
import { decodeLabelmap, denseLabels, encodeLabelmap, fromDense, labelmapHash, LabelmapError, segmentHash } from "../../../core/mask/labelmap.ts";
import { decodeMark, encodeMark, MarkError } from "../../../core/mask/mark.ts";
import { runsFromPredicate } from "../../../core/mask/rasterize.ts";
import { decodeBlobRuns, decodeStroke, encodeBlobRuns, encodeStroke, splitEntry, type StrokeEntry, StrokeError } from "../../../core/mask/stroke.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const grid: Grid = { dims: [70, 40, 33], spacing: [0.5, 0.7, 1.5], origin: [-17, 4, 100] };

function noise(seed: number, share: number): BrickRuns[] {
  const random = seededRandom(seed);
  const chosen = Uint8Array.from({ length: 70 * 40 * 33 }, () => (random.chance(share) ? 1 : 0));
  return runsFromPredicate(grid, (index) => chosen[index] === 1);
}

const entryOf = (bricks: BrickRuns[]): StrokeEntry =>
  ({ id: { clientId: 4_294_967_295, counter: 300 }, lamport: 70_000, layer: "proposal", value: 127, isFinal: true, content: { kind: "runs", bricks } });

const head = [1, 5, 1, 1, 2, 3];
/** Bytes that are nearly a stroke; each breaks one thing. */
const mustRefuse: [string, number[]][] = [
  ["empty", []],
  ["unknown version", [2, 5, 1, 1, 2, 3, 0]],
  ["lamport 0", [1, 5, 1, 0, 2, 3, 0]],
  ["overlong number", [1, 0x85, 0, 1, 1, 2, 3, 0]],
  ["unknown flag", [1, 5, 1, 1, 8, 3, 0]],
  ["label value 128", [1, 5, 1, 1, 2, 128, 0]],
  ["bytes after the end", [...head, 0, 0]],
  ["brick without runs", [...head, 1, 0, 0]],
  ["more bricks than bytes", [...head, 0x7f, 0, 1, 0]],
  ["run crosses an x-row (MK2)", [...head, 1, 0, 1, 0xff, 0x07]],
  ["two runs that are one", [...head, 1, 0, 2, 0, 0]],
  ["run outside its brick", [...head, 1, 0, 1, 0x80, 0x80, 0x40]],
  ["cut off", [...head, 1, 0, 2, 0]],
  ["empty box", [1, 5, 1, 1, 6, 3, ...Array.from({ length: 32 }, () => 7), 9, 0, 0, 0, 0, 1, 1]],
];

describe("stroke", () => {
  test("a golden entry keeps its bytes", () => {
    const bytes = encodeStroke({ ...entryOf([{ brick: 2, runs: Uint16Array.of(1, 2, 32, 32) }]), id: { clientId: 5, counter: 1 }, lamport: 1 });
    expect([...bytes]).toEqual([1, 5, 1, 1, 3, 127, 1, 2, 2, 33, 191, 7]);
  });

  test.each(mustRefuse)("refuses: %s", (_, bytes) => {
    expect(() => decodeStroke(Uint8Array.from(bytes))).toThrow(StrokeError);
  });

  test("MK2 runs come back as they went, and never cross an x-row", () => {
    for (const share of [0.01, 0.5, 0.99, 1]) {
      const bricks = noise(3, share);
      const entry = entryOf(bricks);
      expect(decodeStroke(encodeStroke(entry))).toEqual(entry);
      expect(decodeBlobRuns(encodeBlobRuns(bricks))).toEqual(bricks);
    }
    expect(() => encodeStroke(entryOf([{ brick: 0, runs: Uint16Array.of(20, 13) }]))).toThrow(/x-row/);
  });

  test("a blob stroke comes back as it went", () => {
    const entry: StrokeEntry = { ...entryOf([]), content: { kind: "blob", hash: "0f".repeat(32), byteLength: 4_000_000, box: [0, 1, 2, 512, 513, 514] } };
    expect(decodeStroke(encodeStroke(entry))).toEqual(entry);
    expect(() => encodeStroke({ ...entry, content: { ...entry.content, hash: "0F".repeat(32) } as StrokeEntry["content"] })).toThrow(StrokeError);
  });

  test("MK3 whatever bytes decode, they are the one spelling of what they say; everything else is a StrokeError", () => {
    const seedBytes = encodeStroke(entryOf(noise(9, 0.002)));
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(seedBytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(40), (changes, cut) => {
      const bytes = seedBytes.slice(0, seedBytes.length - (cut > 20 ? cut - 20 : 0));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        expect([...encodeStroke(decodeStroke(bytes))]).toEqual([...bytes]);
      } catch (error) {
        expect(error).toBeInstanceOf(StrokeError);
      }
    }), { numRuns: 300, seed: 20 });
  });

  test("an increment above the limit is split by bricks under the same id, and the pieces are the whole", () => {
    for (const [share, limit] of [[0.5, 16384], [0.5, 300], [0.02, 400], [1, 2000]] as const) {
      const bricks = noise(4, share);
      const entry = entryOf(bricks);
      const parts = splitEntry(entry, limit);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.map((part) => part.isFinal)).toEqual(parts.map((_, i) => i === parts.length - 1));
      let voxels = 0;
      for (const part of parts) {
        expect(encodeStroke(part).length).toBeLessThanOrEqual(limit);
        expect(part.id).toEqual(entry.id);
        if (part.content.kind === "runs") voxels += runVoxels(part.content.bricks);
      }
      expect(voxels).toBe(runVoxels(bricks));
    }
    expect(splitEntry(entryOf([]), 16384)).toHaveLength(1);
    expect(() => splitEntry(entryOf(noise(4, 0.5)), 20)).toThrow(StrokeError);
  });

  test("the box is the smallest around the runs", () => {
    expect(boxOf(grid, [{ brick: 1, runs: Uint16Array.of(3, 4, 2 * 1024 + 32, 1) }])).toEqual([32, 0, 0, 39, 2, 3]);
    expect(boxOf(grid, [])).toEqual([0, 0, 0, 0, 0, 0]);
    // In portions: all of them in order, none too large but where a single brick is, and no more portions than needed for two neighbours.
    const many = Array.from({ length: 40 }, (_, brick) => ({ brick, runs: Uint16Array.from({ length: 2 * (1 + (brick * 7) % 30) }, (__, n) => (n % 2 === 0 ? 32 * (n >> 1) : 3)) }));
    for (const most of [1, 40, 200, 1e6]) {
      const portions = portionsOf(many, most), sizes = portions.map((one) => one.reduce((sum, { runs }) => sum + runsSize(runs), 0));
      expect(portions.flat()).toEqual(many);
      expect(portions.every((one, n) => one.length === 1 || sizes[n] <= most)).toBe(true);
      for (let n = 1; n < portions.length; n++) expect(sizes[n - 1] + runsSize(portions[n][0].runs)).toBeGreaterThan(most);
    }
    expect(portionsOf([], 5)).toEqual([]);
  });
});

test("a mark comes back as it went; anything else is a MarkError", () => {
  const mark = { stroke: { clientId: 77, counter: 3 }, hidden: true, n: 200 };
  const bytes = encodeMark(mark);
  expect(decodeMark(bytes)).toEqual(mark);
  for (const bad of [[], [1, 77, 3, 0, 1], [1, 77, 3, 1, 2], [1, 77, 3, 1, 1, 0], [2, 77, 3, 1, 1]]) {
    expect(() => decodeMark(Uint8Array.from(bad))).toThrow(MarkError);
  }
});

describe("labelmap", () => {
  const random = seededRandom(8);
  const dense = Uint8Array.from({ length: 70 * 40 * 33 }, (_, i) => (i > 50_000 ? 0 : random.chance(0.3) ? random.below(128) : 7));
  const labelmap = fromDense(grid, dense);

  test("dense and back, bytes and back", () => {
    expect(Buffer.compare(denseLabels(labelmap), dense)).toBe(0);
    const bytes = encodeLabelmap(labelmap);
    const again = decodeLabelmap(bytes);
    expect(again.grid).toEqual(grid);
    expect(Buffer.compare(denseLabels(again), dense)).toBe(0);
    expect(Buffer.compare(encodeLabelmap(again), bytes)).toBe(0);
    expect(() => decodeLabelmap(bytes.slice(0, -1))).toThrow(LabelmapError);
    expect(() => decodeLabelmap(Uint8Array.of(...bytes, 0))).toThrow(LabelmapError);
    expect(() => fromDense(grid, new Uint8Array(3))).toThrow(LabelmapError);
  });

  test("JB4 equal labelmaps have equal bytes, whatever the order of the bricks and whether empty ones are there", () => {
    const bricks = new Map([...labelmap.bricks].reverse());
    const missing = [...Array(12).keys()].find((index) => !bricks.has(index));
    if (missing !== undefined) bricks.set(missing, new Uint8Array(32768));
    const other = { grid: { ...grid, origin: [-17, 4, 100] as const }, bricks };
    expect(missing).toBeDefined();
    expect(Buffer.compare(encodeLabelmap(other), encodeLabelmap(labelmap))).toBe(0);
    expect(labelmapHash(other)).toBe(labelmapHash(labelmap));
    expect(segmentHash(other, 7)).toBe(segmentHash(labelmap, 7));
  });

  test("JB2 a segment's hash changes with its voxels and its grid, and with nothing else", () => {
    const changed = fromDense(grid, dense.map((value) => (value === 9 ? 0 : value)));
    expect(segmentHash(changed, 7)).toBe(segmentHash(labelmap, 7));
    expect(segmentHash(changed, 9)).not.toBe(segmentHash(labelmap, 9));
    expect(labelmapHash(changed)).not.toBe(labelmapHash(labelmap));
    const moved = { ...labelmap, grid: { ...grid, origin: [-17, 4, 100.5] as const } };
    expect(segmentHash(moved, 7)).not.toBe(segmentHash(labelmap, 7));
    const renumbered = fromDense(grid, dense.map((value) => (value === 7 ? 100 : value === 100 ? 7 : value)));
    expect(segmentHash(renumbered, 100)).toBe(segmentHash(labelmap, 7));
  });

  test("JB4 golden hashes", () => {
    const small = fromDense({ dims: [3, 2, 1], spacing: [1, 1, 2], origin: [0, 0, 0] }, Uint8Array.of(0, 1, 1, 2, 0, 1));
    expect([segmentHash(small, 1), labelmapHash(small)]).toMatchInlineSnapshot(`
      [
        "29c5bf1e14a4920caba6d007ad54098ab54ba05ae8ec6b003c6090b798629af2",
        "85d0d281992a07a09b5ea5ab4297521343c004f68bd2d8970237c67907175772",
      ]
    `);
  });
});

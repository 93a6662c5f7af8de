import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { gunzipSync as fflateGunzip } from "fflate";
import { describe, expect, it } from "vitest";
import { DeflateKernel } from "../../../core/volume/deflateKernel.ts";
import { codeLengths, codesOf, distanceSymbols, distancesFrom, lengthsFrom, lengthSymbols, partBytes } from "../../../core/volume/deflateTables.ts";
import { DeflateTwin } from "../../../core/volume/deflateTwin.ts";
import { blockBytes, blockCount, joinBlocks, packBlock } from "../../../core/volume/packedBlocks.ts";

const kernel = new DeflateKernel(), twin = new DeflateTwin();
const packedBy = (engine: DeflateKernel | DeflateTwin, bytes: Uint8Array) => joinBlocks(Array.from({ length: blockCount(bytes) }, (_, index) => packBlock(bytes, index, engine)), bytes.length);

/** Bytes as files have them: noise of some width, runs, and copies from near and far, of any length. */
const pieces = fc.array(fc.oneof(
  fc.record({ kind: fc.constant("noise" as const), length: fc.integer({ min: 1, max: 9_000 }), seed: fc.integer({ min: 1 }), mask: fc.constantFrom(0, 1, 3, 15, 127, 255) }),
  fc.record({ kind: fc.constant("run" as const), length: fc.integer({ min: 1, max: 70_000 }), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("copy" as const), length: fc.integer({ min: 1, max: 1_000 }), back: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 32_700, max: 32_800 }), fc.integer({ min: 65_400, max: 65_700 })) }),
), { maxLength: 24 });
type Piece = typeof pieces extends fc.Arbitrary<(infer P)[]> ? P : never;

function bytesOf(parts: readonly Piece[]): Uint8Array {
  const out: number[] = [];
  for (const part of parts) {
    if (part.kind === "noise") for (let i = 0, noise = part.seed; i < part.length; i++) out.push(((noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0) >>> 23) & part.mask);
    else if (part.kind === "run") for (let i = 0; i < part.length; i++) out.push(part.value);
    else for (let i = 0; i < part.length; i++) out.push(out[out.length - part.back] ?? 7);
  }
  return Uint8Array.from(out);
}

describe("deflate of our own", () => {
  it("EX2: kernel and twin give the same bytes, and zlib and fflate get back what was packed", () => {
    fc.assert(fc.property(pieces, (parts) => {
      const bytes = bytesOf(parts), packed = packedBy(kernel, bytes);
      expect(Buffer.compare(packedBy(twin, bytes), packed)).toBe(0);
      expect(Buffer.compare(gunzipSync(packed), bytes)).toBe(0);
      expect(Buffer.compare(fflateGunzip(packed), bytes)).toBe(0);
    }), { numRuns: 60 });
  });

  it("takes any length round the ends of a part, of a block and of what is searched", () => {
    for (const around of [0, partBytes, 2 * partBytes, blockBytes]) {
      for (let more = -10; more <= 10; more++) {
        const length = around + more;
        if (length < 0) continue;
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 6)) & 31), packed = packedBy(kernel, bytes);
        expect([length, Buffer.compare(gunzipSync(packed), bytes)]).toEqual([length, 0]);
        if (around < blockBytes || more % 5 === 0) expect([length, Buffer.compare(packedBy(twin, bytes), packed)]).toEqual([length, 0]);
      }
    }
  });

  it("copies from 32,768 bytes back and no further, and looks on until a copy has 32 bytes", () => {
    const noise = (length: number, seed: number) => { let at = seed; return Uint8Array.from({ length }, () => (at = (Math.imul(at, 1664525) + 1013904223) >>> 0) >>> 24); };
    const word = noise(40, 99), files: Uint8Array[] = [];
    for (const back of [32_766, 32_767, 32_768, 32_769, 32_770, 65_535, 65_536, 65_537]) files.push(Uint8Array.from([...word, ...noise(back - 40, 5), ...word, ...noise(50, 6)]));
    for (let near = 26; near < 38; near++) files.push(Uint8Array.from([...word, ...noise(300, 7), ...word.subarray(0, near), 255 - word[near], ...noise(300, 8), ...word, ...noise(50, 9)]));
    for (const bytes of files) {
      const packed = packedBy(kernel, bytes);
      expect([bytes.length, Buffer.compare(gunzipSync(packed), bytes), Buffer.compare(packedBy(twin, bytes), packed)]).toEqual([bytes.length, 0, 0]);
    }
    expect(packedBy(kernel, files[3]).length - packedBy(kernel, files[2]).length).toBeGreaterThan(30);
  });

  it("a file of noise grows by less than 1 %, one of nothing is next to nothing", () => {
    let noise = 12345;
    const bytes = Uint8Array.from({ length: blockBytes + 99 }, () => (noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0) >>> 24);
    expect(packedBy(kernel, bytes).length).toBeLessThan(1.01 * bytes.length);
    expect(packedBy(kernel, new Uint8Array(blockBytes)).length).toBeLessThan(blockBytes / 400);
  });

  it("code lengths fill their code to the last bit within the limit, rarer symbols never have shorter codes, and short codes are Huffman's", () => {
    const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(20), fc.nat(100_000)), { minLength: 2, maxLength: 286 });
    const skewed = fc.integer({ min: 2, max: 40 }).map((n) => { const out = [1, 1]; while (out.length < n) out.push(Math.min(2 ** 26, out[out.length - 1] + out[out.length - 2])); return out; });
    fc.assert(fc.property(fc.oneof(counts, skewed), fc.constantFrom(9, 14), (of, limit) => {
      const lengths = codeLengths(of, limit);
      expect(lengths.reduce((sum, length) => sum + (length > 0 ? 2 ** -length : 0), 0)).toBe(1);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(limit);
      of.forEach((a, i) => of.forEach((b, j) => { if (a > b && b > 0) expect(lengths[i]).toBeLessThanOrEqual(lengths[j]); }));
      for (let i = 0; i < of.length; i++) if (of[i] > 0) expect(lengths[i]).toBeGreaterThan(0);
      // The naive reference: take the two least, again and again; its weighted length is the least there is.
      const heap = of.filter((n) => n > 0).map((n) => ({ n, deepest: 0 }));
      let cost = 0;
      while (heap.length > 1) {
        heap.sort((a, b) => a.n - b.n);
        const [a, b] = heap.splice(0, 2), n = a.n + b.n;
        cost += n;
        heap.push({ n, deepest: 1 + Math.max(a.deepest, b.deepest) });
      }
      if (of.filter((n) => n > 0).length > 1 && Math.max(...lengths) < limit) expect(lengths.reduce((sum, length, i) => sum + length * of[i], 0)).toBe(cost);
    }), { numRuns: 150 });
  });

  it("symbols are those of RFC 1951, and no code begins another", () => {
    // RFC 1951, 3.2.5: some rows of its two tables.
    const lengthRows = [[3, 257], [10, 264], [11, 265], [12, 265], [13, 266], [18, 268], [19, 269], [34, 272], [35, 273], [66, 276], [114, 279], [115, 280], [130, 280], [131, 281], [227, 284], [257, 284], [258, 285]];
    for (const [length, symbol] of lengthRows) expect([length, 257 + lengthSymbols[length]]).toEqual([length, symbol]);
    const distanceRows = [[1, 0], [4, 3], [5, 4], [6, 4], [7, 5], [256, 15], [257, 16], [384, 16], [385, 17], [1025, 20], [4097, 24], [24_576, 28], [24_577, 29], [32_768, 29]];
    for (const [distance, symbol] of distanceRows) expect([distance, distanceSymbols[distance - 1 < 256 ? distance - 1 : 256 + ((distance - 1) >> 7)]]).toEqual([distance, symbol]);
    expect([lengthsFrom[8] & 0xffff, lengthsFrom[8] >>> 24, lengthsFrom[27] & 0xffff, lengthsFrom[27] >>> 24, lengthsFrom[28] >>> 24]).toEqual([11, 1, 227, 5, 0]);
    expect([distancesFrom[29] & 0xffff, distancesFrom[29] >>> 24]).toEqual([24_576, 13]);
    const codes = [...codesOf(codeLengths([5, 9, 12, 13, 16, 45], 14))].map((code) => (code & 0xffff).toString(2).padStart(code >>> 24, "0").split("").toReversed().join(""));
    for (const a of codes) for (const b of codes) if (a !== b) expect(b.startsWith(a)).toBe(false);
  });
});

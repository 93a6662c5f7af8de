import { BRICK, brickExtent, brickOrigin } from "../mask/brick.ts";
import { type Grid } from "../space/grid.ts";
import type { Labelmap } from "../mask/labelmap.ts";

/** Voxels as bits: voxel (x, y, z) is bit x & 31 of word (z·sizeY + y)·wordsPerRow + (x >> 5). Bits beyond the size are 0. */
export interface BitBox {
  words: Uint32Array;
  wordsPerRow: number;
  size: [number, number, number];
  /** Voxel of the grid at the box's (0, 0, 0); may lie outside the grid. */
  first: [number, number, number];
}

export function emptyBitBox(size: [number, number, number], first: [number, number, number]): BitBox {
  const wordsPerRow = Math.ceil(size[0] / 32);
  return { words: new Uint32Array(wordsPerRow * size[1] * size[2]), wordsPerRow, size, first };
}

/** Four bytes at a time: bit i of row r of `bits` where voxel 32 r + i of the brick is the value. @returns whether any is */
export function brickBits(content: Uint8Array, value: number, bits: Uint32Array): boolean {
  const aligned = content.byteOffset % 4 === 0 ? content : content.slice();
  const fours = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2), wanted = Math.imul(value, 0x01010101);
  let any = 0;
  for (let row = 0, at = 0; row < bits.length; row++) {
    let word = 0;
    for (let shift = 0; shift < 32; shift += 4, at++) {
      const x = fours[at] ^ wanted;
      // The high bit of every byte of x that is 0; the product gathers the four bits at its top.
      const zero = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f);
      if (zero !== 0) word |= (Math.imul(zero >>> 7, 0x10204080) >>> 28) << shift;
    }
    bits[row] = word;
    any |= word;
  }
  return any !== 0;
}

/** ORs 32 bits into a row of the box from voxel x on; what falls outside the row is dropped. */
export function orBits(words: Uint32Array, row: number, wordsPerRow: number, x: number, bits: number): void {
  const word = x >> 5, shift = x & 31;
  if (word >= 0 && word < wordsPerRow) words[row + word] |= bits << shift;
  if (shift !== 0 && word + 1 >= 0 && word + 1 < wordsPerRow) words[row + word + 1] |= bits >>> (32 - shift);
}

/** The voxels of one value, with one empty layer on every side; null where there are none. */
export function bitBoxOf(labelmap: Labelmap, value: number): BitBox | null {
  const low = [Infinity, Infinity, Infinity], high = [-1, -1, -1];
  const rows: { x: number; y: number; z: number; bits: number }[] = [];
  const brick = new Uint32Array(BRICK * BRICK);
  for (const [index, content] of labelmap.bricks) {
    if (!brickBits(content, value, brick)) continue;
    const [ox, oy, oz] = brickOrigin(labelmap.grid, index), [, ey, ez] = brickExtent(labelmap.grid, index);
    for (let z = 0; z < ez; z++) for (let y = 0; y < ey; y++) {
      const bits = brick[z * BRICK + y];
      if (bits === 0) continue;
      rows.push({ x: ox, y: oy + y, z: oz + z, bits });
      low[0] = Math.min(low[0], ox + 31 - Math.clz32(bits & -bits));
      high[0] = Math.max(high[0], ox + 31 - Math.clz32(bits));
      low[1] = Math.min(low[1], oy + y); high[1] = Math.max(high[1], oy + y);
      low[2] = Math.min(low[2], oz + z); high[2] = Math.max(high[2], oz + z);
    }
  }
  if (rows.length === 0) return null;
  const box = emptyBitBox([high[0] - low[0] + 3, high[1] - low[1] + 3, high[2] - low[2] + 3], [low[0] - 1, low[1] - 1, low[2] - 1]);
  const { words, wordsPerRow, size, first } = box;
  for (const { x, y, z, bits } of rows) orBits(words, ((z - first[2]) * size[1] + y - first[1]) * wordsPerRow, wordsPerRow, x - first[0], bits);
  return box;
}

/** How many bits are 1. */
function onesOf(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555), fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const signBit = 0x80000000 | 0;
/** Bit i of the result, i below `count`, where value `at + i` lies from `min` to `max`. */
function bitsWithin(data: Int16Array | Uint8Array, at: number, count: number, min: number, max: number): number {
  const width = max - min;
  let bits = 0;
  for (const to = at + count; at < to; at++) {
    const over = data[at] - min;
    // The sign is 0 where neither is negative; no branch, which noise would make a guess each time.
    bits = (bits >>> 1) | (~(over | (width - over)) & signBit);
  }
  return bits >>> (32 - count);
}

/** The highest bit of each half of a word. */
const signs = 0x80008000 | 0;

/** Of sixteen words that hold two int16 each: bit i where value i is not less than `least` (an int16). */
function bitsFrom(pairs: Int32Array, at: number, least: number): number {
  // Whether the lower 15 bits of a value reach those of `least`: nothing is borrowed from the other half. Then the signs decide, or not.
  const low15 = Math.imul(least & 0x7fff, 0x10001), isFromZero = least >= 0;
  let lows = 0;
  if (isFromZero) {
    // Mostly none is: that is seen first.
    let any = 0;
    for (let i = at, end = at + 16; i < end; i += 4) {
      const a = pairs[i], b = pairs[i + 1], c = pairs[i + 2], d = pairs[i + 3];
      any |= (((a | signs) - low15) & ~a) | (((b | signs) - low15) & ~b) | (((c | signs) - low15) & ~c) | (((d | signs) - low15) & ~d);
    }
    if ((any & signs) === 0) return 0;
  }
  for (const end = at + 16; at < end; at += 4) {
    const a = pairs[at], b = pairs[at + 1], c = pairs[at + 2], d = pairs[at + 3];
    const ta = ((a | signs) - low15) | 0, tb = ((b | signs) - low15) | 0, tc = ((c | signs) - low15) | 0, td = ((d | signs) - low15) | 0;
    // First values gather in the lower half, second ones in the upper.
    const four = isFromZero
      ? ((ta & ~a & signs) >>> 3) | ((tb & ~b & signs) >>> 2) | ((tc & ~c & signs) >>> 1) | (td & ~d & signs)
      : (((ta | ~a) & signs) >>> 3) | (((tb | ~b) & signs) >>> 2) | (((tc | ~c) & signs) >>> 1) | ((td | ~d) & signs);
    lows = (lows >>> 4) | four;
  }
  if (lows === 0 || lows === -1) return lows;
  // The two halves' bits in turn (Warren, Hacker's Delight, 7-2).
  let swap = (lows ^ (lows >>> 8)) & 0x0000ff00;
  lows ^= swap ^ (swap << 8);
  swap = (lows ^ (lows >>> 4)) & 0x00f000f0;
  lows ^= swap ^ (swap << 4);
  swap = (lows ^ (lows >>> 2)) & 0x0c0c0c0c;
  lows ^= swap ^ (swap << 2);
  swap = (lows ^ (lows >>> 1)) & 0x22222222;
  return lows ^ swap ^ (swap << 1);
}

/** Two int16 at a time, where a little-endian machine has them at an even place; undefined otherwise. */
function pairsOf(data: Int16Array | Uint8Array): Int32Array | undefined {
  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  return data instanceof Int16Array && data.byteOffset % 4 === 0 && isLittle ? new Int32Array(data.buffer, data.byteOffset, data.length >> 1) : undefined;
}

/**
 * The voxels of a dense array from `min` to `max` (both included), with one empty layer on every side; null where there
 * are none. `voxels` counts them.
 */
export function bitBoxOfDense({ dims: [nx, ny, nz] }: Grid, data: Int16Array | Uint8Array, min: number, max = min): { box: BitBox; voxels: number } | null {
  const box = emptyBitBox([nx + 2, ny + 2, nz + 2], [-1, -1, -1]);
  const { words, wordsPerRow, size } = box, pairs = min >= -32768 && min <= 32767 ? pairsOf(data) : undefined;
  let voxels = 0;
  for (let z = 0, at = 0; z < nz; z++) for (let y = 0; y < ny; y++, at += nx) {
    const row = ((z + 1) * size[1] + y + 1) * wordsPerRow;
    for (let x = 0; x < nx; x += 32) {
      const from = at + x;
      let bits = 0;
      if (pairs && (from & 1) === 0 && x + 32 <= nx) {
        bits = bitsFrom(pairs, from >> 1, min);
        if (bits !== 0 && max < 32767) bits &= ~bitsFrom(pairs, from >> 1, max + 1);
      } else bits = bitsWithin(data, from, Math.min(32, nx - x), min, max);
      if (bits === 0) continue;
      voxels += onesOf(bits);
      orBits(words, row, wordsPerRow, x + 1, bits);
    }
  }
  return voxels === 0 ? null : { box, voxels };
}

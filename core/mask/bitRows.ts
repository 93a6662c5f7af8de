import type { TellShare } from "./effects/progress.ts";

/**
 * A box of voxels as bits: voxel (x, y, z) is bit x & 31 of word (z·sizeY + y)·wordsPerRow + (x >> 5). Bits beyond the
 * size are 0. A row takes a whole number of 128-bit vectors.
 */
export interface BitRows {
  readonly words: Uint32Array;
  readonly wordsPerRow: number;
  readonly size: readonly [number, number, number];
}

/**
 * Connected parts as runs along x: run r of row y + z·sizeY (`first[row]` to `first[row + 1]`) covers the voxels from
 * `edges[2r]` up to, without, `edges[2r + 1]`, and belongs to part `numbers[r]`, counted from 1 in order of first voxels.
 */
export interface RunParts {
  readonly first: Int32Array;
  readonly edges: Uint16Array;
  readonly numbers: Int32Array;
  /** sizes[n] is the number of voxels of part n; sizes[0] is 0. */
  readonly sizes: Int32Array;
}

/** A row that is ORed into another: from (y + dy, z + dz), grown by `reach` voxels to both sides. */
export interface RowOffset { readonly dy: number; readonly dz: number; readonly reach: number }

/** What is done on bit rows; the kernel and its twin give the same bits. Nothing given is changed. */
export interface BitEngine {
  /** The voxels whose byte is `value`; one byte a voxel, x fastest. */
  pack(bytes: Uint8Array, size: BitRows["size"], value?: number): BitRows;
  /** One byte a voxel, 0 or 1. */
  unpack(rows: BitRows): Uint8Array;
  /** Each row becomes the union of its neighbours named; what lies outside the box is empty. `tell`: told the share that is done; what it throws stops it. */
  union(rows: BitRows, offsets: readonly RowOffset[], tell?: TellShare): BitRows;
  /** Voxels of whose 3 × 3 × 3 window more than half are set; `widths`: how much of the window counts, a voxel of each axis (1 to 3). */
  majority(rows: BitRows, widths: readonly [Uint8Array, Uint8Array, Uint8Array]): BitRows;
  /** Parts joined through 26 or 6 neighbours. */
  parts(rows: BitRows, neighbours: 6 | 26): RunParts;
}

/** Greatest edge of a box in voxels along x, for the runs' 16 bits. */
export const maxRowLength = 65_535;

export const wordsOfRow = (nx: number): number => 4 * Math.ceil(nx / 128);

/** No voxel set. @throws RangeError for a row longer than the runs can tell */
export function emptyBits(size: BitRows["size"], words?: Uint32Array): BitRows {
  if (size[0] > maxRowLength) throw new RangeError(`a row of ${size[0]} voxels is too long; ${maxRowLength} at most`);
  const wordsPerRow = wordsOfRow(size[0]);
  return { words: words ?? new Uint32Array(wordsPerRow * size[1] * size[2]), wordsPerRow, size };
}

/** The four words that are ANDed to the last vector of a row: what lies in the box. */
export function lastMask(nx: number): Uint32Array {
  const start = (wordsOfRow(nx) - 4) * 32;
  return Uint32Array.from({ length: 4 }, (_, w) => { const left = nx - start - 32 * w; return left >= 32 ? 0xffffffff : left <= 0 ? 0 : (1 << left) - 1; });
}

/** Every voxel of the box that is not set. */
export function complement({ words, wordsPerRow, size }: BitRows): BitRows {
  const last = lastMask(size[0]), out = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i += 4) {
    const isLast = (i + 4) % wordsPerRow === 0;
    for (let w = 0; w < 4; w++) out[i + w] = ~words[i + w] & (isLast ? last[w] : -1);
  }
  return { words: out, wordsPerRow, size };
}

/** Voxels of `a` that `b` has too (or, with `isWithout`, has not). Both have one size. */
export function both(a: BitRows, b: BitRows, isWithout = false): BitRows {
  const words = new Uint32Array(a.words.length), flip = isWithout ? -1 : 0;
  for (let i = 0; i < words.length; i++) words[i] = a.words[i] & (b.words[i] ^ flip);
  return { ...a, words };
}

/** Voxels of `a` or `b`. Both have one size. */
export function either(a: BitRows, b: BitRows): BitRows {
  const words = new Uint32Array(a.words.length);
  for (let i = 0; i < words.length; i++) words[i] = a.words[i] | b.words[i];
  return { ...a, words };
}

/** The voxels of the parts that `keeps` names. */
export function bitsOfParts(size: BitRows["size"], { first, edges, numbers }: RunParts, keeps: (part: number) => boolean, partCount: number): BitRows {
  const kept = new Uint8Array(partCount + 1), rows = emptyBits(size), { words, wordsPerRow } = rows;
  for (let n = 1; n <= partCount; n++) kept[n] = keeps(n) ? 1 : 0;
  for (let row = 0; row + 1 < first.length; row++) {
    for (let r = first[row]; r < first[row + 1]; r++) {
      if (kept[numbers[r]] === 0) continue;
      const from = edges[2 * r], end = edges[2 * r + 1], at = row * wordsPerRow, one = at + (from >> 5), two = at + ((end - 1) >> 5);
      const head = -1 << (from & 31), tail = -1 >>> (31 - ((end - 1) & 31));
      if (one === two) { words[one] |= head & tail; continue; }
      words[one] |= head;
      words.fill(0xffffffff, one + 1, two);
      words[two] |= tail;
    }
  }
  return rows;
}

/** The largest reach along x of each row of a ball of `mm` round a voxel: exactly the voxels whose centres lie within it. */
export function ballOffsets(spacing: readonly [number, number, number], mm: number): RowOffset[] {
  const limit = mm * mm, [sx, sy, sz] = spacing, offsets: RowOffset[] = [];
  const ny = Math.floor(mm / sy) + 1, nz = Math.floor(mm / sz) + 1;
  for (let dz = -nz; dz <= nz; dz++) {
    for (let dy = -ny; dy <= ny; dy++) {
      // The sum in the order of the distance transform, so that both round alike.
      const within = (dx: number): boolean => sx * sx * dx * dx + sy * sy * dy * dy + sz * sz * dz * dz <= limit;
      if (!within(0)) continue;
      let reach = Math.floor(Math.sqrt(Math.max(0, limit - dy * sy * (dy * sy) - dz * sz * (dz * sz))) / sx);
      while (!within(reach)) reach--;
      while (within(reach + 1)) reach++;
      offsets.push({ dy, dz, reach });
    }
  }
  return offsets;
}

import { type BitEngine, type BitRows, emptyBits, lastMask, type RowOffset, type RunParts } from "./bitRows.ts";
import type { TellShare } from "./effects/progress.ts";

/** Three digits to a sum and a carry. */
const parity = (a: number, b: number, c: number): number => a ^ b ^ c;
const majorityOf = (a: number, b: number, c: number): number => (a & b) | (c & (a | b));

/** Digits (least first) of 32 minus the least count that is more than half of `window`. */
const limitOf = (window: number): number => 32 - (Math.floor(window / 2) + 1);

/**
 * For each product of the window's widths along y and z (0 to 9) five rows of digits of the limit: a word of each digit for
 * every 32 voxels along x, because the window is narrower at the ends.
 */
export function limitTable(widthsX: Uint8Array, wordsPerRow: number): Uint32Array {
  const table = new Uint32Array(10 * 5 * wordsPerRow);
  for (let product = 1; product < 10; product++) {
    for (let x = 0; x < widthsX.length; x++) {
      const limit = limitOf(product * widthsX[x]);
      for (let digit = 0; digit < 5; digit++) if ((limit >> digit) & 1) table[(product * 5 + digit) * wordsPerRow + (x >> 5)] |= 1 << (x & 31);
    }
  }
  return table;
}

/** Work on bit rows in TypeScript: the reference of the kernel `kernel/bits.as.ts`, and what is used where WebAssembly is refused. */
export class BitTwin implements BitEngine {
  pack(bytes: Uint8Array, size: BitRows["size"], value = 1): BitRows {
    const rows = emptyBits(size), { words, wordsPerRow } = rows, nx = size[0];
    for (let row = 0, at = 0, to = 0; row < size[1] * size[2]; row++, to += wordsPerRow) {
      for (let x = 0; x < nx; x++) if (bytes[at++] === value) words[to + (x >> 5)] |= 1 << (x & 31);
    }
    return rows;
  }

  unpack({ words, wordsPerRow, size }: BitRows): Uint8Array {
    const nx = size[0], bytes = new Uint8Array(nx * size[1] * size[2]);
    for (let row = 0, at = 0, from = 0; row < size[1] * size[2]; row++, from += wordsPerRow) {
      for (let x = 0; x < nx; x++) bytes[at++] = (words[from + (x >> 5)] >>> (x & 31)) & 1;
    }
    return bytes;
  }

  union({ words, wordsPerRow, size }: BitRows, offsets: readonly RowOffset[], tell?: TellShare): BitRows {
    const out = emptyBits(size), [nx, ny, nz] = size, last = lastMask(nx), to = out.words;
    let source = words, reach = 0;
    for (const [n, offset] of [...offsets].sort((a, b) => a.reach - b.reach).entries()) {
      tell?.(n / offsets.length);
      for (; reach < offset.reach; reach++) source = spread(source, wordsPerRow, last);
      for (let z = Math.max(0, -offset.dz); z < Math.min(nz, nz - offset.dz); z++) {
        for (let y = Math.max(0, -offset.dy); y < Math.min(ny, ny - offset.dy); y++) {
          const here = (z * ny + y) * wordsPerRow, there = ((z + offset.dz) * ny + y + offset.dy) * wordsPerRow;
          for (let w = 0; w < wordsPerRow; w++) to[here + w] |= source[there + w];
        }
      }
    }
    return out;
  }

  majority({ words, wordsPerRow, size }: BitRows, [wx, wy, wz]: readonly [Uint8Array, Uint8Array, Uint8Array]): BitRows {
    const out = emptyBits(size), [, ny, nz] = size, table = limitTable(wx, wordsPerRow), slice = ny * wordsPerRow;
    const alongX = [0, 1].map(() => new Int32Array(slice)), sums = Array.from({ length: 3 }, () => [0, 1, 2, 3].map(() => new Int32Array(slice)));
    for (let z = 0; z <= nz; z++) {
      const here = sums[z % 3];
      if (z === nz) for (const plane of here) plane.fill(0);
      else {
        for (let i = 0, w = 0; i < slice; i++, w = w + 1 === wordsPerRow ? 0 : w + 1) {
          const at = z * slice + i, mid = words[at];
          const up = (mid << 1) | (w > 0 ? words[at - 1] >>> 31 : 0), down = (mid >>> 1) | (w + 1 < wordsPerRow ? words[at + 1] << 31 : 0);
          alongX[0][i] = parity(up, mid, down);
          alongX[1][i] = majorityOf(up, mid, down);
        }
        for (let i = 0; i < slice; i++) {
          const low = i >= wordsPerRow ? i - wordsPerRow : -1, high = i + wordsPerRow < slice ? i + wordsPerRow : -1;
          const a0 = low < 0 ? 0 : alongX[0][low], a1 = low < 0 ? 0 : alongX[1][low], c0 = high < 0 ? 0 : alongX[0][high], c1 = high < 0 ? 0 : alongX[1][high];
          const b0 = alongX[0][i], b1 = alongX[1][i], carry = majorityOf(a0, b0, c0), odd = parity(a1, b1, c1), two = majorityOf(a1, b1, c1), four = odd & carry;
          here[0][i] = parity(a0, b0, c0);
          here[1][i] = odd ^ carry;
          here[2][i] = two ^ four;
          here[3][i] = two & four;
        }
      }
      if (z === 0) continue;
      const low = sums[(z + 1) % 3], mid = sums[(z + 2) % 3];
      for (let i = 0; i < slice; i++) {
        const y = Math.floor(i / wordsPerRow), limit = wz[z - 1] * wy[y] * 5 * wordsPerRow + i - y * wordsPerRow;
        let carry = 0, second = 0, over = 0;
        for (let digit = 0; digit < 5; digit++) {
          let extra = carry | second;
          if (digit < 4) {
            const p = low[digit][i], q = mid[digit][i], r = here[digit][i], sum = parity(p, q, carry);
            carry = majorityOf(p, q, carry);
            extra = parity(sum, r, second);
            second = majorityOf(sum, r, second);
          }
          over = majorityOf(extra, table[limit + digit * wordsPerRow], over);
        }
        out.words[(z - 1) * slice + i] = over;
      }
    }
    return out;
  }

  parts({ words, wordsPerRow, size }: BitRows, neighbours: 6 | 26): RunParts {
    const [nx, ny, nz] = size, rows = ny * nz, first = new Int32Array(rows + 1);
    let count = 0;
    for (let i = 0; i < words.length; i++) {
      const bits = words[i];
      for (let starts = bits & ~((bits << 1) | (i % wordsPerRow === 0 ? 0 : words[i - 1] >>> 31)); starts !== 0; starts &= starts - 1) count++;
    }
    const edges = new Uint16Array(2 * count), numbers = new Int32Array(count);
    let to = 0;
    for (let row = 0; row < rows; row++) {
      first[row] = to / 2;
      let carry = 0;
      for (let w = 0; w < wordsPerRow; w++) {
        const bits = words[row * wordsPerRow + w];
        for (let changes = bits ^ ((bits << 1) | carry); changes !== 0; changes &= changes - 1) edges[to++] = 32 * w + 31 - Math.clz32(changes & -changes);
        carry = bits >>> 31;
      }
      if (carry !== 0) edges[to++] = nx;
    }
    first[rows] = count;
    return { first, edges, numbers, sizes: numberParts(first, edges, numbers, ny, nz, neighbours === 26 ? 1 : 0) };
  }
}

/** Rows grown by one voxel to both sides along x. */
function spread(words: Uint32Array, wordsPerRow: number, last: Uint32Array): Uint32Array {
  const out = new Uint32Array(words.length);
  for (let i = 0, w = 0; i < words.length; i++, w = w + 1 === wordsPerRow ? 0 : w + 1) {
    const here = words[i], before = w > 0 ? words[i - 1] : 0, after = w + 1 < wordsPerRow ? words[i + 1] : 0;
    const grown = here | (here << 1) | (before >>> 31) | (here >>> 1) | (after << 31);
    out[i] = w < wordsPerRow - 4 ? grown : grown & last[w - wordsPerRow + 4];
  }
  return out;
}

/** Union-find over runs: two of neighbouring rows are joined where they overlap, reaching `reach` voxels further. */
function numberParts(first: Int32Array, edges: Uint16Array, roots: Int32Array, ny: number, nz: number, reach: number): Int32Array {
  const find = (run: number): number => {
    let at = run;
    while (roots[at] !== at) at = roots[at] = roots[roots[at]];
    return at;
  };
  const join = (row: number, other: number): void => {
    for (let a = first[row], b = first[other], aEnd = first[row + 1], bEnd = first[other + 1]; a < aEnd && b < bEnd;) {
      if (edges[2 * a + 1] - 1 + reach < edges[2 * b]) { a++; continue; }
      if (edges[2 * b + 1] - 1 + reach < edges[2 * a]) { b++; continue; }
      const x = find(a), y = find(b);
      if (x < y) roots[y] = x;
      else if (y < x) roots[x] = y;
      if (edges[2 * a + 1] < edges[2 * b + 1]) a++; else b++;
    }
  };
  for (let r = 0; r < roots.length; r++) roots[r] = r;
  for (let z = 0, row = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++, row++) {
      if (y > 0) join(row, row - 1);
      if (z === 0) continue;
      join(row, row - ny);
      if (reach > 0 && y > 0) join(row, row - ny - 1);
      if (reach > 0 && y < ny - 1) join(row, row - ny + 1);
    }
  }
  // A root is the first run of its part; every other one points to a run before it, which has its number by then.
  const sizes = [0];
  for (let r = 0; r < roots.length; r++) {
    const number = roots[r] === r ? sizes.push(0) - 1 : roots[roots[r]];
    roots[r] = number;
    sizes[number] += edges[2 * r + 1] - edges[2 * r];
  }
  return Int32Array.from(sizes);
}

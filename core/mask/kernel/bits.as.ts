// Morphology, majority and connected parts on bit rows: the kernel of core/mask/bitTwin.ts, equal to it bit for bit.
// Memory is the caller's: every argument that ends in «At» is a byte address. A row is a whole number of 16-byte
// vectors, «bytes» long; bits beyond the volume are 0.

/** One byte a voxel to one bit: the bit of a byte that equals `value`. Reads up to 31 bytes beyond the last row. */
export function pack(fromAt: usize, nx: i32, rows: i32, value: i32, wordsAt: usize, bytes: usize): void {
  const wanted = i8x16.splat(<i8>value);
  for (let r = 0; r < rows; r++, fromAt += nx, wordsAt += bytes) {
    let to = wordsAt;
    for (let x = 0; x < nx; x += 32, to += 4) {
      let bits = <u32>i8x16.bitmask(i8x16.eq(v128.load(fromAt + x), wanted)) | (<u32>i8x16.bitmask(i8x16.eq(v128.load(fromAt + x, 16), wanted)) << 16);
      if (nx - x < 32) bits &= (1 << (nx - x)) - 1;
      store<u32>(to, bits);
    }
    for (; to < wordsAt + bytes; to += 4) store<u32>(to, 0);
  }
}

/** One bit a voxel to one byte, 0 or 1. Writes up to 31 bytes beyond the last row. */
export function unpack(wordsAt: usize, bytes: usize, nx: i32, rows: i32, toAt: usize): void {
  const low = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), high = i8x16(2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const bit = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128), one = i8x16.splat(1);
  for (let r = 0; r < rows; r++, wordsAt += bytes, toAt += nx) {
    for (let x = 0; x < nx; x += 32) {
      const word = i32x4.splat(load<i32>(wordsAt + (x >> 3)));
      v128.store(toAt + x, v128.and(i8x16.eq(v128.and(i8x16.swizzle(word, low), bit), bit), one));
      v128.store(toAt + x, v128.and(i8x16.eq(v128.and(i8x16.swizzle(word, high), bit), bit), one), 16);
    }
  }
}

/** Rows grown by one voxel to both sides along x. `lastAt`: 16 bytes that mask what lies beyond the volume. */
export function spread(fromAt: usize, rows: i32, bytes: usize, lastAt: usize, toAt: usize): void {
  const notFirst = i32x4(0, -1, -1, -1), notLast = i32x4(-1, -1, -1, 0), last = v128.load(lastAt);
  for (let r = 0; r < rows; r++, fromAt += bytes, toAt += bytes) {
    for (let b: usize = 0; b < bytes; b += 16) {
      const here = v128.load(fromAt + b);
      let before = v128.load(fromAt + b - 4), after = v128.load(fromAt + b + 4);
      if (b == 0) before = v128.and(before, notFirst);
      if (b + 16 == bytes) after = v128.and(after, notLast);
      const up = v128.or(i32x4.shl(here, 1), i32x4.shr_u(before, 31)), down = v128.or(i32x4.shr_u(here, 1), i32x4.shl(after, 31));
      let out = v128.or(here, v128.or(up, down));
      if (b + 16 == bytes) out = v128.and(out, last);
      v128.store(toAt + b, out);
    }
  }
}

/**
 * ORs neighbouring rows: `pairsAt` holds `count` triples (dy, dz, byte offset of the volume that the row is taken from, from
 * `fromAt` on). `usedAt`: a byte a row, whether it holds anything. `listAt`: room for `count` addresses.
 */
export function gather(fromAt: usize, ny: i32, nz: i32, bytes: usize, pairsAt: usize, count: i32, usedAt: usize, listAt: usize, toAt: usize, firstZ: i32, endZ: i32): void {
  toAt += <usize>(firstZ * ny) * bytes;
  for (let z = firstZ; z < endZ; z++) {
    for (let y = 0; y < ny; y++, toAt += bytes) {
      let end = listAt;
      for (let p = 0, at = pairsAt; p < count; p++, at += 12) {
        const yy = y + load<i32>(at), zz = z + load<i32>(at, 4);
        if (yy < 0 || zz < 0 || yy >= ny || zz >= nz) continue;
        const row = <usize>(yy + zz * ny);
        if (load<u8>(usedAt + row) == 0) continue;
        store<u32>(end, <u32>(fromAt + <usize>load<u32>(at, 8) + row * bytes));
        end += 4;
      }
      let b: usize = 0;
      for (; b + 64 <= bytes; b += 64) {
        let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
        for (let at = listAt; at < end; at += 4) {
          const from = <usize>load<u32>(at) + b;
          s0 = v128.or(s0, v128.load(from));
          s1 = v128.or(s1, v128.load(from, 16));
          s2 = v128.or(s2, v128.load(from, 32));
          s3 = v128.or(s3, v128.load(from, 48));
        }
        v128.store(toAt + b, s0);
        v128.store(toAt + b, s1, 16);
        v128.store(toAt + b, s2, 32);
        v128.store(toAt + b, s3, 48);
      }
      for (; b < bytes; b += 16) {
        let sum = i32x4.splat(0);
        for (let at = listAt; at < end; at += 4) sum = v128.or(sum, v128.load(<usize>load<u32>(at) + b));
        v128.store(toAt + b, sum);
      }
    }
  }
}

/** Which rows hold anything. */
export function used(wordsAt: usize, rows: i32, bytes: usize, usedAt: usize): void {
  for (let r = 0; r < rows; r++, wordsAt += bytes) {
    let any = i32x4.splat(0);
    for (let b: usize = 0; b < bytes; b += 16) any = v128.or(any, v128.load(wordsAt + b));
    store<u8>(usedAt + r, v128.any_true(any) ? 1 : 0);
  }
}

@inline function majorityOf(a: v128, b: v128, c: v128): v128 { return v128.or(v128.and(a, b), v128.and(c, v128.or(a, b))); }
@inline function parity(a: v128, b: v128, c: v128): v128 { return v128.xor(a, v128.xor(b, c)); }

/**
 * Voxels whose 3 × 3 × 3 window holds at least as many as asked. Sums are made of whole rows, a bit plane a digit: of three
 * along x (2 planes), of three such along y (4), of three such along z (5); then 32 minus what is asked is added and the
 * carry is the answer. `tableAt`: for 1 to 9 rows in the window five rows of that number's digits (first for 0, unused);
 * `widthsAt`: rows of the window along y for each y, then along z for each z. `sumsAt`: room for 14 slices, zero at first.
 */
export function majority(wordsAt: usize, ny: i32, nz: i32, bytes: usize, tableAt: usize, widthsAt: usize, sumsAt: usize, toAt: usize): void {
  const slice = bytes * <usize>ny, notFirst = i32x4(0, -1, -1, -1), notLast = i32x4(-1, -1, -1, 0);
  const alongX = sumsAt + 12 * slice, none = i32x4.splat(0);
  for (let z = 0; z <= nz; z++) {
    const here = sumsAt + 4 * slice * <usize>(z % 3);
    if (z == nz) memory.fill(here, 0, 4 * slice);
    else {
      const from = wordsAt + slice * <usize>z;
      for (let y = 0; y < ny; y++) {
        for (let b: usize = 0; b < bytes; b += 16) {
          const at = from + bytes * <usize>y + b, mid = v128.load(at);
          let before = v128.load(at - 4), after = v128.load(at + 4);
          if (b == 0) before = v128.and(before, notFirst);
          if (b + 16 == bytes) after = v128.and(after, notLast);
          const up = v128.or(i32x4.shl(mid, 1), i32x4.shr_u(before, 31)), down = v128.or(i32x4.shr_u(mid, 1), i32x4.shl(after, 31));
          const to = alongX + bytes * <usize>y + b;
          v128.store(to, parity(up, mid, down));
          v128.store(to + slice, majorityOf(up, mid, down));
        }
      }
      for (let y = 0; y < ny; y++) {
        for (let b: usize = 0; b < bytes; b += 16) {
          const at = alongX + bytes * <usize>y + b, hasLow = y > 0, hasHigh = y < ny - 1;
          const a0 = hasLow ? v128.load(at - bytes) : none, a1 = hasLow ? v128.load(at - bytes + slice) : none;
          const b0 = v128.load(at), b1 = v128.load(at + slice);
          const c0 = hasHigh ? v128.load(at + bytes) : none, c1 = hasHigh ? v128.load(at + bytes + slice) : none;
          const carry = majorityOf(a0, b0, c0), odd = parity(a1, b1, c1), two = majorityOf(a1, b1, c1), four = v128.and(odd, carry);
          const to = here + bytes * <usize>y + b;
          v128.store(to, parity(a0, b0, c0));
          v128.store(to + slice, v128.xor(odd, carry));
          v128.store(to + 2 * slice, v128.xor(two, four));
          v128.store(to + 3 * slice, v128.and(two, four));
        }
      }
    }
    if (z == 0) continue;
    const low = sumsAt + 4 * slice * <usize>((z + 1) % 3), mid = sumsAt + 4 * slice * <usize>((z + 2) % 3), wide = <i32>load<u8>(widthsAt + ny + z - 1);
    for (let y = 0; y < ny; y++) {
      const limit = tableAt + bytes * 5 * <usize>(wide * <i32>load<u8>(widthsAt + y));
      for (let b: usize = 0; b < bytes; b += 16) {
        const row = bytes * <usize>y + b;
        let carry = none, second = none, over = none;
        for (let digit: usize = 0; digit < 5; digit++) {
          let sum = carry, extra = second;
          if (digit < 4) {
            const p = v128.load(low + row + digit * slice), q = v128.load(mid + row + digit * slice), r = v128.load(here + row + digit * slice);
            sum = parity(p, q, carry);
            carry = majorityOf(p, q, carry);
            extra = parity(sum, r, second);
            second = majorityOf(sum, r, second);
          } else extra = v128.or(carry, second);
          const k = v128.load(limit + b + digit * bytes);
          over = majorityOf(extra, k, over);
        }
        v128.store(toAt + slice * <usize>(z - 1) + row, over);
      }
    }
  }
}

/** How many runs of set bits there are. */
export function countRuns(wordsAt: usize, rows: i32, bytes: usize): i32 {
  let count: i64 = 0;
  for (let r = 0; r < rows; r++, wordsAt += bytes) {
    let carry: u64 = 0;
    for (let b: usize = 0; b < bytes; b += 8) {
      const bits = load<u64>(wordsAt + b);
      count += popcnt(bits & ~((bits << 1) | carry));
      carry = bits >> 63;
    }
  }
  return <i32>count;
}

/** Writes start and end of each run (u16 each), and for each row the number of its first run (one more at the end). */
export function runs(wordsAt: usize, nx: i32, rows: i32, bytes: usize, edgesAt: usize, firstAt: usize): void {
  let to = edgesAt;
  for (let r = 0; r < rows; r++, wordsAt += bytes, firstAt += 4) {
    store<i32>(firstAt, <i32>((to - edgesAt) >> 2));
    let carry: u64 = 0;
    for (let b: usize = 0; b < bytes; b += 8) {
      const bits = load<u64>(wordsAt + b);
      let edges = bits ^ ((bits << 1) | carry);
      carry = bits >> 63;
      for (; edges != 0; edges &= edges - 1, to += 2) store<u16>(to, <u16>((b << 3) + <usize>ctz(edges)));
    }
    if (carry != 0) { store<u16>(to, <u16>nx); to += 2; }
  }
  store<i32>(firstAt, <i32>((to - edgesAt) >> 2));
}

@inline function rootOf(rootsAt: usize, run: i32): i32 {
  let at = run, next = load<i32>(rootsAt + (<usize>at << 2));
  while (next != at) {
    const after = load<i32>(rootsAt + (<usize>next << 2));
    store<i32>(rootsAt + (<usize>at << 2), after);
    at = next;
    next = after;
  }
  return at;
}

function join(edgesAt: usize, rootsAt: usize, a: i32, aEnd: i32, b: i32, bEnd: i32, reach: i32): void {
  while (a < aEnd && b < bEnd) {
    const one = edgesAt + (<usize>a << 2), two = edgesAt + (<usize>b << 2);
    const aTo = <i32>load<u16>(one, 2), bTo = <i32>load<u16>(two, 2);
    if (aTo - 1 + reach < <i32>load<u16>(two)) { a++; continue; }
    if (bTo - 1 + reach < <i32>load<u16>(one)) { b++; continue; }
    const x = rootOf(rootsAt, a), y = rootOf(rootsAt, b);
    if (x < y) store<i32>(rootsAt + (<usize>y << 2), x);
    else if (y < x) store<i32>(rootsAt + (<usize>x << 2), y);
    if (aTo < bTo) a++; else b++;
  }
}

/** Joins runs of neighbouring rows and numbers the parts by their first run, from 1; `rootsAt` then holds each run's number. `sizesAt`: voxels of each part, room for one more than there are runs. @returns how many parts */
export function components(edgesAt: usize, firstAt: usize, ny: i32, nz: i32, reach: i32, rootsAt: usize, sizesAt: usize): i32 {
  const rows = ny * nz, count = load<i32>(firstAt + (<usize>rows << 2));
  for (let r = 0; r < count; r++) store<i32>(rootsAt + (<usize>r << 2), r);
  for (let z = 0, row = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++, row++) {
      const a = load<i32>(firstAt + (<usize>row << 2)), aEnd = load<i32>(firstAt + (<usize>row << 2), 4);
      if (a == aEnd) continue;
      if (y > 0) join(edgesAt, rootsAt, a, aEnd, load<i32>(firstAt + (<usize>(row - 1) << 2)), a, reach);
      if (z == 0) continue;
      const below = firstAt + (<usize>(row - ny) << 2);
      join(edgesAt, rootsAt, a, aEnd, load<i32>(below), load<i32>(below, 4), reach);
      if (reach == 0) continue;
      if (y > 0) join(edgesAt, rootsAt, a, aEnd, load<i32>(below - 4), load<i32>(below), reach);
      if (y < ny - 1) join(edgesAt, rootsAt, a, aEnd, load<i32>(below, 4), load<i32>(below, 8), reach);
    }
  }
  // A root is the first run of its part; every other one points, at last, to a run before it, which has its number by then.
  let parts = 0;
  store<i32>(sizesAt, 0);
  for (let r = 0; r < count; r++) {
    const at = rootsAt + (<usize>r << 2), above = load<i32>(at);
    let number = 0;
    if (above == r) { number = ++parts; store<i32>(sizesAt + (<usize>number << 2), 0); }
    else number = load<i32>(rootsAt + (<usize>above << 2));
    store<i32>(at, number);
    const edges = edgesAt + (<usize>r << 2), size = sizesAt + (<usize>number << 2);
    store<i32>(size, load<i32>(size) + <i32>load<u16>(edges, 2) - <i32>load<u16>(edges));
  }
  return parts;
}

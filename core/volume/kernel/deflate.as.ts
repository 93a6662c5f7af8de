// Deflate of one block of a volume (RFC 1951): the kernel of core/volume/deflateTwin.ts, equal to it byte for byte.
// Memory is the caller's: every argument that ends in «At» is a byte address. A copy («match») is four 16-bit words at
// least: the literals before it (two words), its length, its distance less one.

/** Buckets of earlier places, eight of 16 bits each, and what a hash of four bytes is shifted by. */
const places: i32 = 8, shift: u32 = 19;
/** No copy is looked for so near a block's end; eight bytes can be read at once before it. */
const tail: usize = 8;

@inline
function bucketOf(word: u32, tableAt: usize): usize { return tableAt + (<usize>((word * 0x9e3779b1) >> shift) << 4); }

@inline
function count(at: usize): void { store<u32>(at, load<u32>(at) + 1); }

/** How many bytes are equal from two addresses on, `most` at most. */
@inline
function equalBytes(a: usize, b: usize, most: usize): usize {
  let n: usize = 0;
  for (; n + 8 <= most; n += 8) {
    const differs = load<u64>(a + n) ^ load<u64>(b + n);
    if (differs != 0) return n + <usize>(ctz<u64>(differs) >> 3);
  }
  while (n < most && load<u8>(a + n) == load<u8>(b + n)) n++;
  return n;
}

/**
 * Finds the copies of bytes `from` to `end` of a block that lies at `at` and is `length` long, writes them to `copiesAt`
 * (8 bytes each; the last has length 0) and counts symbols at `countsAt` (288 literals and lengths, 32 distances, u32).
 * `lengthsAt`, `distancesAt`: symbols as core/volume/deflateTables.ts makes them. `tableAt`: 8,192 buckets, kept from part
 * to part of a block. A place is kept modulo 65,536: one that is long gone gives a wrong distance, and its bytes are compared.
 * @returns address after the last copy
 */
export function find(at: usize, from: usize, end: usize, length: usize, tableAt: usize, copiesAt: usize, countsAt: usize, lengthsAt: usize, distancesAt: usize): usize {
  const searched = length < tail || length - tail < from ? from : length - tail < end ? length - tail : end;
  let p = from, literal = from, copy = copiesAt;
  while (p < searched) {
    const most = end - p < 258 ? end - p : 258, here = at + p, word = load<u32>(here), bucket = bucketOf(word, tableAt);
    const near = load<u64>(bucket), far = load<u64>(bucket, 8);
    store<u64>(bucket, (near << 16) | <u64>(p & 0xffff));
    store<u64>(bucket, (far << 16) | (near >> 48), 8);
    let best: usize = 3, bestDistance: usize = 0, lanes = near;
    for (let i = 0; i < places; i++, lanes >>= 16) {
      if (i == 4) lanes = far;
      const distance = (p - <usize>(lanes & 0xffff)) & 0xffff;
      if (distance - 1 >= 32768 || distance > p) continue;
      const there = here - distance;
      if (load<u32>(there) != word || load<u8>(there + best) != load<u8>(here + best)) continue;
      const n = equalBytes(here, there, most);
      if (n <= best) continue;
      best = n;
      bestDistance = distance;
      if (n >= 32) break;
    }
    if (bestDistance == 0) {
      count(countsAt + (<usize>(word & 255) << 2));
      p++;
      continue;
    }
    const less = bestDistance - 1;
    store<u32>(copy, <u32>(p - literal));
    store<u16>(copy, <u16>best, 4);
    store<u16>(copy, <u16>less, 6);
    copy += 8;
    count(countsAt + ((257 + <usize>load<u8>(lengthsAt + best)) << 2));
    count(countsAt + ((288 + <usize>load<u8>(distancesAt + (less < 256 ? less : 256 + (less >> 7)))) << 2));
    literal = p + best;
    const kept = literal < searched ? literal : searched;
    for (p++; p < kept; p++) {
      const other = bucketOf(load<u32>(at + p), tableAt), before = load<u64>(other);
      store<u64>(other, (load<u64>(other, 8) << 16) | (before >> 48), 8);
      store<u64>(other, (before << 16) | <u64>(p & 0xffff));
    }
    p = literal;
  }
  for (; p < end; p++) count(countsAt + (<usize>load<u8>(at + p) << 2));
  store<u32>(copy, <u32>(end - literal));
  store<u32>(copy, 0, 4);
  return copy + 8;
}

let bits: u64 = 0;
let held: u64 = 0;

/** Writes the whole bytes that are held, to `outAt`; 56 bits fit after it. */
@inline
function flushed(outAt: usize): usize {
  store<u64>(outAt, bits);
  const whole = held & 56;
  bits >>= whole;
  held &= 7;
  return outAt + <usize>(whole >> 3);
}

@inline
function push(code: u32): void {
  bits |= <u64>(code & 0xffff) << held;
  held += <u64>(code >> 24);
}

/** Writes `many` values at `valuesAt` (u32: up to 16 bits, their number in the highest byte). @returns address after the last whole byte */
export function put(valuesAt: usize, many: i32, outAt: usize): usize {
  for (let i = 0; i < many; i++, valuesAt += 4) {
    push(load<u32>(valuesAt));
    outAt = flushed(outAt);
  }
  return outAt;
}

/** Fills up to a whole byte with zeros. @returns address after it */
export function align(outAt: usize): usize {
  held = (held + 7) & 56;
  return flushed(outAt);
}

/**
 * Writes literals and copies of a part as symbols, without the end of it. `codesAt`: 320 codes as `put` takes them, of the symbols
 * that `find` counts, 14 bits at most; `lengthsFromAt`, `distancesFromAt`: the first length and distance (less one) of each symbol, and
 * its number of further bits in the highest byte.
 * @returns address after the last whole byte
 */
export function write(at: usize, from: usize, copiesAt: usize, copiesEnd: usize, codesAt: usize, lengthsAt: usize, distancesAt: usize, lengthsFromAt: usize, distancesFromAt: usize, outAt: usize): usize {
  let p = at + from, out = outAt;
  for (let copy = copiesAt; copy < copiesEnd; copy += 8) {
    let literals = load<u32>(copy);
    for (; literals >= 3; literals -= 3, p += 3) {
      push(load<u32>(codesAt + (<usize>load<u8>(p) << 2)));
      push(load<u32>(codesAt + (<usize>load<u8>(p, 1) << 2)));
      push(load<u32>(codesAt + (<usize>load<u8>(p, 2) << 2)));
      out = flushed(out);
    }
    for (; literals > 0; literals--, p++) push(load<u32>(codesAt + (<usize>load<u8>(p) << 2)));
    out = flushed(out);
    const length = <u32>load<u16>(copy, 4);
    if (length == 0) continue;
    const less = <u32>load<u16>(copy, 6), l = <usize>load<u8>(lengthsAt + length), d = <usize>load<u8>(distancesAt + (less < 256 ? less : 256 + (less >> 7)));
    const lengthFrom = load<u32>(lengthsFromAt + (l << 2)), distanceFrom = load<u32>(distancesFromAt + (d << 2));
    push(load<u32>(codesAt + ((257 + l) << 2)));
    push((length - (lengthFrom & 0xffff)) | (lengthFrom & 0xff000000));
    push(load<u32>(codesAt + ((288 + d) << 2)));
    push((less - (distanceFrom & 0xffff)) | (distanceFrom & 0xff000000));
    p += length;
    out = flushed(out);
  }
  return out;
}

/** CRC-32 (ISO 3309) of `length` bytes, eight at a time. `tablesAt`: eight tables of 256 u32, each the one before moved on by a byte. */
export function crc(at: usize, length: usize, tablesAt: usize): u32 {
  let c: u32 = 0xffffffff;
  const end = at + length, whole = at + (length & ~7);
  for (; at < whole; at += 8) {
    const a = load<u32>(at) ^ c, b = load<u32>(at, 4);
    c = load<u32>(tablesAt + ((a & 255) << 2), 7168) ^ load<u32>(tablesAt + (((a >> 8) & 255) << 2), 6144) ^ load<u32>(tablesAt + (((a >> 16) & 255) << 2), 5120) ^ load<u32>(tablesAt + ((a >> 24) << 2), 4096)
      ^ load<u32>(tablesAt + ((b & 255) << 2), 3072) ^ load<u32>(tablesAt + (((b >> 8) & 255) << 2), 2048) ^ load<u32>(tablesAt + (((b >> 16) & 255) << 2), 1024) ^ load<u32>(tablesAt + ((b >> 24) << 2));
  }
  for (; at < end; at++) c = load<u32>(tablesAt + (((c ^ load<u8>(at)) & 255) << 2)) ^ (c >> 8);
  return ~c;
}

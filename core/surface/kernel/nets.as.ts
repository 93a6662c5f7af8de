// The mesher of core/surface/netsTwin.ts as a kernel: 32 cells of a row are tested at a time, smoothing is SIMD.
// Memory is the caller's: every argument that ends in «At» is a byte address. Equal to the twin bit for bit.

// Addresses of the tables (netsTable.ts), set once.
let plainAt: usize = 0, joinedAt: usize = 0, turnedAt: usize = 0, countAt: usize = 0, firstAt: usize = 0, sheetOfAt: usize = 0, sheetsAt: usize = 0;
// Of each sheet three vectors of 16 bytes: where its vertex starts in the cell, and the lowest and highest place it may have there.
let limitsAt: usize = 0;
// Where the next call writes.
let cellsAt: usize = 0, placesAt: usize = 0, quadsAt: usize = 0, baseAt: usize = 0, kindsAt: usize = 0, rowsAt: usize = 0;
/** Of each vertex room for the byte offsets of its neighbours' places, one a crossed edge of its cell, and how many there are. */
const linkBytes: usize = 48;
let linksAt: usize = 0, degreesAt: usize = 0;
// The box.
let wordsAt: usize = 0, rowBytes: usize = 0, sliceBytes: usize = 0, vx: i32 = 0, vy: i32 = 0, vz: i32 = 0;
export let vertexCount: i32 = 0;
export let quadCount: i32 = 0;

export function setTables(plain: usize, joined: usize, turned: usize, count: usize, first: usize, sheetOf: usize, sheets: usize): void {
  plainAt = plain; joinedAt = joined; turnedAt = turned; countAt = count; firstAt = first; sheetOfAt = sheetOf; sheetsAt = sheets;
}

export function setOutput(cells: usize, places: usize, quads: usize, base: usize, kinds: usize, rows: usize): void {
  cellsAt = cells; placesAt = places; quadsAt = quads; baseAt = base; kindsAt = kinds; rowsAt = rows;
}

export function setLinks(links: usize, degrees: usize): void { linksAt = links; degreesAt = degrees; }

/** Writes the limits of `count` sheets for these margins. */
export function setLimits(limits: usize, count: i32, mx: i32, my: i32, mz: i32): void {
  limitsAt = limits;
  const margins = i32x4(mx, my, mz, 0);
  for (let s: i32 = 0; s < count; s++) {
    const from = sheetsAt + (<usize>s << 5), to = limits + 48 * <usize>s, box = load<i32>(from, 16);
    const low = i32x4.add(i32x4((box & 7) << 10, ((box >> 3) & 7) << 10, ((box >> 6) & 7) << 10, 0), margins);
    const high = i32x4.sub(i32x4(((box >> 9) & 7) << 10, ((box >> 12) & 7) << 10, ((box >> 15) & 7) << 10, 0), margins);
    v128.store(to, i32x4.max_s(low, i32x4.min_s(high, v128.and(v128.load(from), i32x4(-1, -1, -1, 0)))));
    v128.store(to, low, 16);
    v128.store(to, high, 32);
  }
}

function cornersAt(x: i32, y: i32, z: i32): i32 {
  if (x < 0 || y < 0 || z < 0 || x >= vx - 1 || y >= vy - 1 || z >= vz - 1) return 0;
  let bits = 0;
  for (let c = 0; c < 8; c++) {
    const cx = x + (c & 1);
    const word = load<u32>(wordsAt + <usize>(z + (c >> 2)) * sliceBytes + <usize>(y + ((c >> 1) & 1)) * rowBytes + (<usize>(cx >> 5) << 2));
    bits |= <i32>((word >>> (cx & 31)) & 1) << c;
  }
  return bits;
}

function turnedKind(corners: i32, x: i32, y: i32, z: i32): i32 {
  let faces = 0;
  const joined = <i32>load<u8>(joinedAt + corners);
  for (let f = 0; f < 6; f++) {
    if (((joined >> f) & 1) == 0) continue;
    const step = (f & 1) == 1 ? 1 : -1;
    const across = cornersAt(x + (f < 2 ? step : 0), y + ((f >> 1) == 1 ? step : 0), z + ((f >> 1) == 2 ? step : 0));
    if (((<i32>load<u8>(joinedAt + across) >> (f ^ 1)) & 1) != 0) faces |= 1 << f;
  }
  return <i32>load<u16>(turnedAt + (<usize>(corners + 256 * faces) << 1));
}

/** The vertex of a cell's edge; a cell of one sheet, as nearly all are, is told by its first vertex alone, others by ~ that. */
@inline function vertexOf(layer: i32, at: i32, edge: i32): i32 {
  const i = <usize>(layer + at), first = load<i32>(baseAt + (i << 2));
  return first >= 0 ? first : ~first + <i32>load<u8>(sheetOfAt + 12 * <usize>load<u16>(kindsAt + (i << 1)) + edge);
}

@inline function quad(p: i32, q: i32, r: i32, s: i32, isIn: i32): void {
  const to = quadsAt + (<usize>quadCount << 4);
  store<i32>(to, p);
  store<i32>(to, isIn ? q : s, 4);
  store<i32>(to, r, 8);
  store<i32>(to, isIn ? s : q, 12);
  quadCount++;
}

/** Four words' cells that the surface passes through; reads a word beyond them, which is the row's last or counts for nothing. */
@inline function activeOf(at: usize, row: usize, slice: usize): v128 {
  const any = v128.or(v128.or(v128.load(at), v128.load(at + row)), v128.or(v128.load(at + slice), v128.load(at + slice + row)));
  const all = v128.and(v128.and(v128.load(at), v128.load(at + row)), v128.and(v128.load(at + slice), v128.load(at + slice + row)));
  const next = at + 4;
  const anyNext = v128.or(v128.or(v128.load(next), v128.load(next + row)), v128.or(v128.load(next + slice), v128.load(next + slice + row)));
  const allNext = v128.and(v128.and(v128.load(next), v128.load(next + row)), v128.and(v128.load(next + slice), v128.load(next + slice + row)));
  const some = v128.or(v128.or(any, i32x4.shr_u(any, 1)), i32x4.shl(anyNext, 31));
  return v128.andnot(some, v128.and(all, v128.or(i32x4.shr_u(all, 1), i32x4.shl(allNext, 31))));
}

/** Cells of one word that the surface passes through; of the row's last word those beyond the box count for nothing. */
@inline function activeWord(at: usize, row: usize, slice: usize, w: i32, wordsPerRow: i32, sizeX: i32): u32 {
  const a = load<u32>(at), b = load<u32>(at + row), c = load<u32>(at + slice), d = load<u32>(at + slice + row);
  let any = a | b | c | d, all = a & b & c & d, anyNext: u32 = 0, allNext: u32 = 0;
  if (w + 1 < wordsPerRow) {
    const an = load<u32>(at, 4), bn = load<u32>(at + row, 4), cn = load<u32>(at + slice, 4), dn = load<u32>(at + slice + row, 4);
    anyNext = an | bn | cn | dn; allNext = an & bn & cn & dn;
  }
  const active = (any | (any >>> 1) | (anyNext << 31)) & ~(all & ((all >>> 1) | (allNext << 31))), left = sizeX - 1 - 32 * w;
  return left < 32 ? active & ((<u32>1 << left) - 1) : active;
}

/** How many cells of the box the surface passes through: what room the output needs. */
export function countActive(words: usize, wordsPerRow: i32, sizeX: i32, sizeY: i32, sizeZ: i32): i32 {
  const row = <usize>wordsPerRow << 2, slice = row * <usize>sizeY;
  let total = 0;
  for (let z = 0; z < sizeZ - 1; z++) for (let y = 0; y < sizeY - 1; y++) {
    let at = words + <usize>z * slice + <usize>y * row, w = 0;
    // Four words at a time while none of them is the row's last.
    for (; w + 4 < wordsPerRow; w += 4, at += 16) {
      const active = activeOf(at, row, slice);
      if (!v128.any_true(active)) continue;
      const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(active)), sums = i32x4.extadd_pairwise_i16x8_u(pairs);
      total += i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
    }
    for (; w < wordsPerRow; w++, at += 4) total += popcnt(activeWord(at, row, slice, w, wordsPerRow, sizeX));
  }
  return total;
}

export function nets(words: usize, wordsPerRow: i32, sizeX: i32, sizeY: i32, sizeZ: i32): void {
  wordsAt = words; vx = sizeX; vy = sizeY; vz = sizeZ;
  const row = <usize>wordsPerRow << 2, slice = row * <usize>sizeY, layer = sizeX * sizeY;
  rowBytes = row; sliceBytes = slice;
  vertexCount = 0; quadCount = 0;
  for (let z = 0; z < sizeZ - 1; z++) {
    const here = (z & 1) * layer, below = layer - here;
    for (let y = 0; y < sizeY - 1; y++) {
      startRow(z * sizeY + y);
      let at = words + <usize>z * slice + <usize>y * row;
      for (let w = 0; w < wordsPerRow; w++, at += 4) {
        // Most of a volume is uniform: four words at a time are passed over.
        while (w + 4 < wordsPerRow && !v128.any_true(activeOf(at, row, slice))) { w += 4; at += 16; }
        const a = load<u32>(at), b = load<u32>(at + row), c = load<u32>(at + slice), d = load<u32>(at + slice + row);
        let an: u32 = 0, bn: u32 = 0, cn: u32 = 0, dn: u32 = 0;
        if (w + 1 < wordsPerRow) { an = load<u32>(at, 4); bn = load<u32>(at + row, 4); cn = load<u32>(at + slice, 4); dn = load<u32>(at + slice + row, 4); }
        const any = a | b | c | d, all = a & b & c & d;
        let active = (any | (any >>> 1) | ((an | bn | cn | dn) << 31)) & ~(all & ((all >>> 1) | ((an & bn & cn & dn) << 31)));
        const left = sizeX - 1 - 32 * w;
        if (left < 32) active &= (<u32>1 << left) - 1;
        while (active != 0) {
          const bit = <i32>ctz(active);
          active &= active - 1;
          const corners: i32 = bit < 31 ? <i32>(((a >>> bit) & 3) | (((b >>> bit) & 3) << 2) | (((c >>> bit) & 3) << 4) | (((d >>> bit) & 3) << 6))
            : <i32>((a >>> 31) | ((an & 1) << 1) | ((b >>> 31) << 2) | ((bn & 1) << 3) | ((c >>> 31) << 4) | ((cn & 1) << 5) | ((d >>> 31) << 6) | ((dn & 1) << 7));
          const x = 32 * w + bit, cell = x + vx * y;
          const kind = load<u8>(joinedAt + corners) == 0 ? <i32>load<u16>(plainAt + (<usize>corners << 1)) : turnedKind(corners, x, y, z);
          const count = <i32>load<u8>(countAt + kind), first = <i32>load<u16>(firstAt + (<usize>kind << 1)), corner = i32x4(x << 12, y << 12, z << 12, 0);
          store<i32>(baseAt + (<usize>(here + cell) << 2), count == 1 ? vertexCount : ~vertexCount);
          if (count > 1) store<u16>(kindsAt + (<usize>(here + cell) << 1), <u16>kind);
          for (let s = first; s < first + count; s++) {
            store<u64>(cellsAt + (<usize>vertexCount << 3), <u64>x | (<u64>y << 16) | (<u64>z << 32) | (<u64>s << 48));
            v128.store(placesAt + (<usize>vertexCount << 4), i32x4.add(corner, v128.load(limitsAt + 48 * <usize>s)));
            vertexCount++;
          }
          const isIn = corners & 1;
          if (((corners >> 1) & 1) != isIn && y > 0 && z > 0) quad(vertexOf(below, cell - vx, 3), vertexOf(below, cell, 2), vertexOf(here, cell, 0), vertexOf(here, cell - vx, 1), isIn);
          if (((corners >> 2) & 1) != isIn && x > 0 && z > 0) quad(vertexOf(below, cell - 1, 7), vertexOf(here, cell - 1, 5), vertexOf(here, cell, 4), vertexOf(below, cell, 6), isIn);
          if (((corners >> 4) & 1) != isIn && x > 0 && y > 0) quad(vertexOf(here, cell - 1 - vx, 11), vertexOf(here, cell - vx, 10), vertexOf(here, cell, 8), vertexOf(here, cell - 1, 9), isIn);
        }
      }
    }
    startRow(z * sizeY + sizeY - 1);
  }
}

/** Of a row of cells its first vertex and its first quad. */
@inline function startRow(row: i32): void {
  store<i32>(rowsAt + (<usize>row << 3), vertexCount);
  store<i32>(rowsAt + (<usize>row << 3), quadCount, 4);
}

/**
 * Tells of every vertex its neighbours: the next vertex on each of its quads. All quads go round counter-clockwise, so each
 * edge of a closed net is told once at either end. Unused ones of the first six name the vertex itself, which adds nothing.
 */
export function link(): void {
  const degrees = degreesAt;
  memory.fill(degrees, 0, vertexCount);
  for (let v: i32 = 0, at = linksAt; v < vertexCount; v++, at += linkBytes) {
    const self = i32x4.splat(v << 4);
    v128.store(at, self);
    v128.store_lane<i64>(at, self, 0, 16);
  }
  for (let q: i32 = 0, at = quadsAt; q < quadCount; q++, at += 16) {
    const a = load<u32>(at), b = load<u32>(at, 4), c = load<u32>(at, 8), d = load<u32>(at, 12);
    join(a, b); join(b, c); join(c, d); join(d, a);
  }
}

@inline function join(a: u32, b: u32): void {
  const degree = <usize>load<u8>(degreesAt + a);
  store<u32>(linksAt + linkBytes * <usize>a + (degree << 2), b << 4);
  store<u8>(degreesAt + a, <u8>(degree + 1));
}

/**
 * One pass of the relaxation, after `link`: reads the places at `from`, writes those at `to`, of the cells of rows yFrom to yTo of
 * layers zFrom to zTo. `told`: the step of vertices whose place HU tell, which keep `back` units more from their cell's sides.
 */
export function relax(from: usize, to: usize, yFrom: i32, yTo: i32, zFrom: i32, zTo: i32, step: i32, told: i32, back: i32): void {
  const xyz = i32x4(-1, -1, -1, 0), room = i32x4(back, back, back, 0);
  for (let z = zFrom; z <= zTo; z++) {
    const rows = rowsAt + (<usize>(z * vy) << 3), end = load<i32>(rows + (<usize>(yTo + 1) << 3));
    for (let v = load<i32>(rows + (<usize>yFrom << 3)), links = linksAt + linkBytes * <usize>v; v < end; v++, links += linkBytes) {
      const at = <usize>v << 4, place = v128.load(from + at), n = <i32>load<u8>(degreesAt + v);
      let sum = i32x4.add(i32x4.add(v128.load(from + load<u32>(links)), v128.load(from + load<u32>(links, 4))), i32x4.add(v128.load(from + load<u32>(links, 8)), v128.load(from + load<u32>(links, 12))));
      sum = i32x4.add(sum, i32x4.add(v128.load(from + load<u32>(links, 16)), v128.load(from + load<u32>(links, 20))));
      sum = i32x4.sub(sum, i32x4.mul(place, i32x4.splat(6)));
      for (let i: i32 = 6; i < n; i++) sum = i32x4.add(sum, i32x4.sub(v128.load(from + load<u32>(links + (<usize>i << 2))), place));
      const flag = i32x4.extract_lane(place, 3), own = flag == 0 ? step : flag == 1 ? told : 0;
      // A sum times a step is below 2^24, so that a float32 quotient, cut off, is the whole quotient. Without neighbours it is 0 / 0, which is cut off to 0.
      const move = i32x4.trunc_sat_f32x4_s(f32x4.div(f32x4.convert_i32x4_s(i32x4.mul(sum, i32x4.splat(own))), f32x4.convert_i32x4_s(i32x4.splat(n << 5))));
      const cell = v128.load64_zero(cellsAt + (<usize>v << 3)), limits = limitsAt + 48 * <usize>(i16x8.extract_lane_u(cell, 3));
      const corner = i32x4.shl(v128.and(i32x4.extend_low_i16x8_u(cell), xyz), 12), moved = i32x4.add(place, v128.and(move, xyz));
      let low = i32x4.add(corner, v128.load(limits, 16)), high = i32x4.add(corner, v128.load(limits, 32));
      if (flag != 0) { low = i32x4.min_s(place, i32x4.add(low, room)); high = i32x4.max_s(place, i32x4.sub(high, room)); }
      v128.store(to + at, i32x4.max_s(low, i32x4.min_s(high, moved)));
    }
  }
}

/** Bits of `count` bytes, of which 32 make a word, that are the value. @returns 0 when none is */
export function equalBits(bytes: usize, count: i32, value: i32, words: usize): u32 {
  const wanted = i8x16.splat(<i8>value);
  let any: u32 = 0;
  for (let at = bytes, end = bytes + <usize>count, to = words; at < end; at += 32, to += 4) {
    const word = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted)) | (<u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), wanted)) << 16);
    store<u32>(to, word);
    any |= word;
  }
  return any;
}

/** Bits of the int16 values from low to high (both included): one word a 32 values; the rest of a row's last word is 0. */
export function threshold(values: usize, nx: i32, rows: i32, low: i32, high: i32, words: usize, wordsPerRow: i32): void {
  const lowest = i16x8.splat(<i16>low), highest = i16x8.splat(<i16>high);
  for (let r = 0; r < rows; r++) {
    let from = values + (<usize>r * <usize>nx << 1), to = words + (<usize>r * <usize>wordsPerRow << 2), x = 0;
    for (; x + 32 <= nx; x += 32, from += 64, to += 4) {
      const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
      const first = i8x16.narrow_i16x8_s(v128.and(i16x8.ge_s(a, lowest), i16x8.le_s(a, highest)), v128.and(i16x8.ge_s(b, lowest), i16x8.le_s(b, highest)));
      const second = i8x16.narrow_i16x8_s(v128.and(i16x8.ge_s(c, lowest), i16x8.le_s(c, highest)), v128.and(i16x8.ge_s(d, lowest), i16x8.le_s(d, highest)));
      store<u32>(to, <u32>i8x16.bitmask(first) | (<u32>i8x16.bitmask(second) << 16));
    }
    if (x < nx) {
      let bits: u32 = 0;
      for (let i = 0; x < nx; x++, i++, from += 2) {
        const value = <i32>load<i16>(from);
        if (value >= low && value <= high) bits |= <u32>1 << i;
      }
      store<u32>(to, bits);
    }
  }
}

/** Float32 RAS positions and triangles of the net that was made last. */
export function emit(positions: usize, triangles: usize, ox: f64, oy: f64, oz: f64, sx: f64, sy: f64, sz: f64, fx: f64, fy: f64, fz: f64): void {
  for (let v: i32 = 0, from = placesAt, to = positions; v < vertexCount; v++, from += 16, to += 12) {
    store<f32>(to, <f32>(ox + sx * (fx + <f64>load<i32>(from) / 4096)));
    store<f32>(to, <f32>(oy + sy * (fy + <f64>load<i32>(from, 4) / 4096)), 4);
    store<f32>(to, <f32>(oz + sz * (fz + <f64>load<i32>(from, 8) / 4096)), 8);
  }
  for (let q: i32 = 0, from = quadsAt, to = triangles; q < quadCount; q++, from += 16, to += 24) {
    const a = load<u32>(from), c = load<u32>(from, 8);
    store<u32>(to, a); store<u32>(to, load<u32>(from, 4), 4); store<u32>(to, c, 8);
    store<u32>(to, a, 12); store<u32>(to, c, 16); store<u32>(to, load<u32>(from, 12), 20);
  }
}

// The mesher of core/surface/netsTwin.ts as a kernel: 32 cells of a row are tested at a time, smoothing is SIMD.
// Memory is the caller's: every argument that ends in «At» is a byte address. Equal to the twin bit for bit.

// Addresses of the tables (netsTable.ts), set once.
let plainAt: usize = 0, joinedAt: usize = 0, turnedAt: usize = 0, countAt: usize = 0, firstAt: usize = 0, sheetOfAt: usize = 0, sheetsAt: usize = 0;
// Where the next call writes.
let cellsAt: usize = 0, placesAt: usize = 0, quadsAt: usize = 0, baseAt: usize = 0, kindsAt: usize = 0;
let mx: i32 = 0, my: i32 = 0, mz: i32 = 0;
// The box.
let wordsAt: usize = 0, rowBytes: usize = 0, sliceBytes: usize = 0, vx: i32 = 0, vy: i32 = 0, vz: i32 = 0;
export let vertexCount: i32 = 0;
export let quadCount: i32 = 0;

export function setTables(plain: usize, joined: usize, turned: usize, count: usize, first: usize, sheetOf: usize, sheets: usize): void {
  plainAt = plain; joinedAt = joined; turnedAt = turned; countAt = count; firstAt = first; sheetOfAt = sheetOf; sheetsAt = sheets;
}

export function setOutput(cells: usize, places: usize, quads: usize, base: usize, kinds: usize, x: i32, y: i32, z: i32): void {
  cellsAt = cells; placesAt = places; quadsAt = quads; baseAt = base; kindsAt = kinds; mx = x; my = y; mz = z;
}

@inline function kept(place: i32, cell: i32, low: i32, high: i32, margin: i32): i32 {
  return max(cell * 4096 + low * 1024 + margin, min(cell * 4096 + high * 1024 - margin, place));
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

@inline function vertexOf(layer: i32, at: i32, edge: i32): i32 {
  const i = <usize>(layer + at);
  return load<i32>(baseAt + (i << 2)) + <i32>load<u8>(sheetOfAt + 12 * <usize>load<u16>(kindsAt + (i << 1)) + edge);
}

@inline function quad(p: i32, q: i32, r: i32, s: i32, isIn: i32): void {
  const to = quadsAt + (<usize>quadCount << 4);
  store<i32>(to, p);
  store<i32>(to, isIn ? q : s, 4);
  store<i32>(to, r, 8);
  store<i32>(to, isIn ? s : q, 12);
  quadCount++;
}

/** How many cells of the box the surface passes through: what room the output needs. */
export function countActive(words: usize, wordsPerRow: i32, sizeX: i32, sizeY: i32, sizeZ: i32): i32 {
  const row = <usize>wordsPerRow << 2, slice = row * <usize>sizeY;
  let total = 0;
  for (let z = 0; z < sizeZ - 1; z++) for (let y = 0; y < sizeY - 1; y++) {
    let at = words + <usize>z * slice + <usize>y * row;
    for (let w = 0; w < wordsPerRow; w++, at += 4) {
      const a = load<u32>(at), b = load<u32>(at + row), c = load<u32>(at + slice), d = load<u32>(at + slice + row);
      const any = a | b | c | d, all = a & b & c & d;
      let anyNext: u32 = 0, allNext: u32 = 0;
      if (w + 1 < wordsPerRow) {
        const an = load<u32>(at, 4), bn = load<u32>(at + row, 4), cn = load<u32>(at + slice, 4), dn = load<u32>(at + slice + row, 4);
        anyNext = an | bn | cn | dn; allNext = an & bn & cn & dn;
      }
      let active = (any | (any >>> 1) | (anyNext << 31)) & ~(all & ((all >>> 1) | (allNext << 31)));
      const left = sizeX - 1 - 32 * w;
      if (left < 32) active &= (<u32>1 << left) - 1;
      total += popcnt(active);
    }
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
      let at = words + <usize>z * slice + <usize>y * row;
      for (let w = 0; w < wordsPerRow; w++, at += 4) {
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
          store<i32>(baseAt + (<usize>(here + cell) << 2), vertexCount);
          store<u16>(kindsAt + (<usize>(here + cell) << 1), <u16>kind);
          const count = <i32>load<u8>(countAt + kind), first = <i32>load<u16>(firstAt + (<usize>kind << 1));
          for (let s = 0; s < count; s++) {
            const from = sheetsAt + (<usize>(first + s) << 5), box = load<i32>(from, 16);
            const to = cellsAt + (<usize>vertexCount << 3), place = placesAt + (<usize>vertexCount << 4);
            vertexCount++;
            store<u16>(to, <u16>x); store<u16>(to, <u16>y, 2); store<u16>(to, <u16>z, 4); store<u16>(to, <u16>(first + s), 6);
            store<i32>(place, kept(x * 4096 + load<i32>(from), x, box & 7, (box >> 9) & 7, mx));
            store<i32>(place, kept(y * 4096 + load<i32>(from, 4), y, (box >> 3) & 7, (box >> 12) & 7, my), 4);
            store<i32>(place, kept(z * 4096 + load<i32>(from, 8), z, (box >> 6) & 7, (box >> 15) & 7, mz), 8);
            store<i32>(place, 0, 12);
          }
          const isIn = corners & 1;
          if (((corners >> 1) & 1) != isIn && y > 0 && z > 0) quad(vertexOf(below, cell - vx, 3), vertexOf(below, cell, 2), vertexOf(here, cell, 0), vertexOf(here, cell - vx, 1), isIn);
          if (((corners >> 2) & 1) != isIn && x > 0 && z > 0) quad(vertexOf(below, cell - 1, 7), vertexOf(here, cell - 1, 5), vertexOf(here, cell, 4), vertexOf(below, cell, 6), isIn);
          if (((corners >> 4) & 1) != isIn && x > 0 && y > 0) quad(vertexOf(here, cell - 1 - vx, 11), vertexOf(here, cell - vx, 10), vertexOf(here, cell, 8), vertexOf(here, cell - 1, 9), isIn);
        }
      }
    }
  }
}

/** One pass of the relaxation; `sums` has room for 16 bytes a vertex. */
export function relax(cells: usize, places: usize, quads: usize, sums: usize, vertices: i32, count: i32, step: i32): void {
  memory.fill(sums, 0, <usize>vertices << 4);
  const two = i32x4(0, 0, 0, 2), xyz = i32x4(-1, -1, -1, 0);
  for (let q = quads, end = quads + (<usize>count << 4); q < end; q += 16) {
    const a = <usize>load<u32>(q) << 4, b = <usize>load<u32>(q, 4) << 4, c = <usize>load<u32>(q, 8) << 4, d = <usize>load<u32>(q, 12) << 4;
    const pa = v128.and(v128.load(places + a), xyz), pb = v128.and(v128.load(places + b), xyz), pc = v128.and(v128.load(places + c), xyz), pd = v128.and(v128.load(places + d), xyz);
    // The fourth lane counts neighbours.
    const ac = i32x4.add(i32x4.add(pa, pc), two), bd = i32x4.add(i32x4.add(pb, pd), two);
    v128.store(sums + a, i32x4.add(v128.load(sums + a), i32x4.sub(bd, i32x4.shl(pa, 1))));
    v128.store(sums + b, i32x4.add(v128.load(sums + b), i32x4.sub(ac, i32x4.shl(pb, 1))));
    v128.store(sums + c, i32x4.add(v128.load(sums + c), i32x4.sub(bd, i32x4.shl(pc, 1))));
    v128.store(sums + d, i32x4.add(v128.load(sums + d), i32x4.sub(ac, i32x4.shl(pd, 1))));
  }
  for (let v: i32 = 0; v < vertices; v++) {
    const place = places + (<usize>v << 4), sum = sums + (<usize>v << 4), n = load<i32>(sum, 12);
    if (n == 0 || load<i32>(place, 12) != 0) continue;
    const cell = cells + (<usize>v << 3), box = load<i32>(sheetsAt + (<usize>load<u16>(cell, 6) << 5), 16), share = 32 * n;
    store<i32>(place, kept(load<i32>(place) + load<i32>(sum) * step / share, <i32>load<u16>(cell), box & 7, (box >> 9) & 7, mx));
    store<i32>(place, kept(load<i32>(place, 4) + load<i32>(sum, 4) * step / share, <i32>load<u16>(cell, 2), (box >> 3) & 7, (box >> 12) & 7, my), 4);
    store<i32>(place, kept(load<i32>(place, 8) + load<i32>(sum, 8) * step / share, <i32>load<u16>(cell, 4), (box >> 6) & 7, (box >> 15) & 7, mz), 8);
  }
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

// Pixels that letters may be of: the kernel of core/deidentify/inkTwin.ts, equal to it. Memory is the caller's: arguments that
// end in «At» are byte addresses. The picture is int16 with a rim of at least 13 pixels of −32768 on every side, rows
// `stride` bytes apart; at least 8 pixels more may be read behind a row.

/** The lowest value; a row's last vector may hold the rim, which counts as none. */
export function lowest(pixelsAt: usize, width: i32, height: i32, stride: usize): i32 {
  let low = i16x8.splat(32767);
  const rim = i16x8.splat(-32768), most = i16x8.splat(32767);
  let hasRim = false;
  for (let y = 0; y < height; y++, pixelsAt += stride) {
    let x = 0;
    for (; x + 8 <= width; x += 8) low = i16x8.min_s(low, v128.load(pixelsAt + 2 * x));
    if (x < width) {
      const last = v128.load(pixelsAt + 2 * x);
      low = i16x8.min_s(low, v128.bitselect(most, last, i16x8.eq(last, rim)));
      for (; x < width; x++) if (load<i16>(pixelsAt + 2 * x) == -32768) hasRim = true;
    }
  }
  if (hasRim) return -32768;
  low = i16x8.min_s(low, i8x16.shuffle(low, low, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  low = i16x8.min_s(low, i8x16.shuffle(low, low, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15));
  low = i16x8.min_s(low, i8x16.shuffle(low, low, 2, 3, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  return <i32>i16x8.extract_lane_s(low, 0);
}

/** For each address of `bytes`: the lowest of the four pixels from there on, along the row and along the column. Reads three rows beyond. */
export function fours(at: usize, bytes: usize, stride: usize, acrossAt: usize, downAt: usize): void {
  for (const end = at + bytes; at < end; at += 16, acrossAt += 16, downAt += 16) {
    const here = v128.load(at);
    v128.store(acrossAt, i16x8.min_s(i16x8.min_s(here, v128.load(at, 2)), i16x8.min_s(v128.load(at, 4), v128.load(at, 6))));
    v128.store(downAt, i16x8.min_s(i16x8.min_s(here, v128.load(at + stride)), i16x8.min_s(v128.load(at + 2 * stride), v128.load(at + 3 * stride))));
  }
}

/** The lowest of the twelve pixels from an address on, by the fours of `fours`. */
// @ts-ignore: decorator
@inline
function twelve(at: usize, step: usize): v128 {
  return i16x8.min_s(v128.load(at), i16x8.min_s(v128.load(at + 4 * step), v128.load(at + 8 * step)));
}

/**
 * Writes the index (x + y · width) of each pixel that is at least `least`, has a neighbour of its own value but not eight, and
 * something darker by `contrast` within twelve pixels on both sides, along the row or along the column. The fours of a pixel
 * lie `toAcross` and `toDown` bytes behind it. @returns how many; at most `most` are written
 */
export function ink(pixelsAt: usize, width: i32, height: i32, stride: usize, least: i32, contrast: i32, toAcross: usize, toDown: usize, listAt: usize, most: i32): i32 {
  const floor = i16x8.splat(<i16>least), less = i16x8.splat(<i16>contrast);
  let count = 0;
  for (let y = 0; y < height; y++, pixelsAt += stride) {
    for (let x = 0; x < width; x += 8) {
      const at = pixelsAt + 2 * x, here = v128.load(at), bright = i16x8.ge_s(here, floor);
      if (!v128.any_true(bright)) continue;
      const a = i16x8.eq(here, v128.load(at - 2)), b = i16x8.eq(here, v128.load(at + 2)), c = i16x8.eq(here, v128.load(at - stride)), d = i16x8.eq(here, v128.load(at + stride));
      const e = i16x8.eq(here, v128.load(at - stride - 2)), f = i16x8.eq(here, v128.load(at - stride + 2)), g = i16x8.eq(here, v128.load(at + stride - 2)), h = i16x8.eq(here, v128.load(at + stride + 2));
      const some = v128.or(v128.or(v128.or(a, b), v128.or(c, d)), v128.or(v128.or(e, f), v128.or(g, h)));
      const all = v128.and(v128.and(v128.and(a, b), v128.and(c, d)), v128.and(v128.and(e, f), v128.and(g, h)));
      const may = v128.andnot(v128.and(bright, some), all);
      if (!v128.any_true(may)) continue;
      const limit = i16x8.sub(here, less);
      const across = at + toAcross, down = at + toDown;
      const isAcross = i16x8.le_s(i16x8.max_s(twelve(across - 24, 2), twelve(across + 2, 2)), limit);
      const isDown = i16x8.le_s(i16x8.max_s(twelve(down - 12 * stride, stride), twelve(down + stride, stride)), limit);
      let bits = i16x8.bitmask(v128.and(may, v128.or(isAcross, isDown)));
      for (; bits != 0; bits &= bits - 1) {
        const i = x + ctz(bits);
        if (i >= width) break;
        if (count < most) store<u32>(listAt + 4 * count, i + y * width);
        count++;
      }
    }
  }
  return count;
}

/** One frame of 16-bit values as lossless JPEG, process 14 with selection value 1 (ITU-T T.81 annex H): each value's difference from its left neighbour. */
export function losslessJpeg(stored: ArrayLike<number>, width: number, height: number): Uint8Array {
  const bytes = [0xff, 0xd8, 0xff, 0xc3, 0, 11, 16, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  // Seventeen categories of differences, each with a code of five bits that is its own number.
  bytes.push(0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, ...Array<number>(11).fill(0), ...Array.from({ length: 17 }, (_, n) => n), 0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0);
  let held = 0, bits = 0;
  const put = (value: number, count: number): void => {
    for (let n = count - 1; n >= 0; n--) {
      held = held << 1 | value >> n & 1;
      if (++bits < 8) continue;
      bytes.push(held, ...held === 255 ? [0] : []);
      held = bits = 0;
    }
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = x + y * width, before = x > 0 ? stored[at - 1] : y > 0 ? stored[at - width] : 32_768, difference = (stored[at] - before) << 16 >> 16, size = 32 - Math.clz32(Math.abs(difference));
    put(size, 5);
    if (size < 16) put(difference > 0 ? difference : difference + (1 << size) - 1, size);
  }
  if (bits > 0) put(0x7f, 8 - bits);
  return Uint8Array.from([...bytes, 0xff, 0xd9]);
}

/** What a writer of lossless JPEG is free to choose: the predictor (T.81 table H.1), and how many rows stand between restart markers (0: there are none). */
export interface LosslessChoices { selection: number; restartRows: number }

/** One frame of 16-bit values as lossless JPEG, process 14 with selection value 1 (ITU-T T.81 annex H): each value's difference from its left neighbour. */
export const losslessJpeg = (stored: ArrayLike<number>, width: number, height: number): Uint8Array => losslessJpegBy({ selection: 1, restartRows: 0 }, stored, width, height).bytes;

/** The same by choice; `spareBits`: how many bits of the data's last byte are left. */
export function losslessJpegBy({ selection, restartRows }: LosslessChoices, stored: ArrayLike<number>, width: number, height: number): { bytes: Uint8Array; spareBits: number } {
  const bytes = [0xff, 0xd8, 0xff, 0xc3, 0, 11, 16, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  if (restartRows > 0) bytes.push(0xff, 0xdd, 0, 4, restartRows * width >> 8, restartRows * width & 255);
  // Seventeen categories of differences, each with a code of five bits that is its own number.
  bytes.push(0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, ...Array<number>(11).fill(0), ...Array.from({ length: 17 }, (_, n) => n), 0xff, 0xda, 0, 8, 1, 1, 0, selection, 0, 0);
  let held = 0, bits = 0, spareBits = 0;
  const put = (value: number, count: number): void => {
    for (let n = count - 1; n >= 0; n--) {
      held = held << 1 | value >> n & 1;
      if (++bits < 8) continue;
      bytes.push(held, ...held === 255 ? [0] : []);
      held = bits = 0;
    }
  };
  const endByte = (): void => {
    spareBits = bits > 0 ? 8 - bits : 0;
    if (bits > 0) put(0x7f, spareBits);
  };
  const value = (x: number, y: number): number => stored[x + y * width] & 0xffff;
  const before = (x: number, y: number): number => {
    const isFirstRow = y === 0 || restartRows > 0 && y % restartRows === 0;
    if (x === 0) return isFirstRow ? 32_768 : value(0, y - 1);
    const a = value(x - 1, y);
    if (isFirstRow) return a;
    const b = value(x, y - 1), c = value(x - 1, y - 1);
    return [a, b, c, a + b - c, a + Math.floor((b - c) / 2), b + Math.floor((a - c) / 2), Math.floor((a + b) / 2)][selection - 1];
  };
  for (let y = 0; y < height; y++) {
    if (restartRows > 0 && y > 0 && y % restartRows === 0) {
      endByte();
      bytes.push(0xff, 0xd0 + (y / restartRows - 1) % 8);
    }
    for (let x = 0; x < width; x++) {
      const difference = value(x, y) - before(x, y) << 16 >> 16, size = 32 - Math.clz32(Math.abs(difference));
      put(size, 5);
      if (size < 16) put(difference > 0 ? difference : difference + (1 << size) - 1, size);
    }
  }
  endByte();
  return { bytes: Uint8Array.from([...bytes, 0xff, 0xd9]), spareBits };
}

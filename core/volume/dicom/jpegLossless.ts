import type { Stored } from "./wasmFrame.ts";

// Lossless JPEG with Huffman codes of one component, 2 to 16 bits (ITU-T T.81 annex H, process 14, SOF3): what DICOM's
// 1.2.840.10008.1.2.4.57 and, with selection value 1, .70 hold. Our own, since the packaged decoder leaves zeros where a
// stream ends too early, and for the last pixel where its code ends with the data's last bit.

/** By the next 16 bits of a stream: length of the code they begin with, times 256, plus its category; 0 for no code. */
type CodeTable = Uint16Array;
/** In place of a difference where no code stands: further than two values can be from each other. */
const noCode = 1 << 17;

/** @returns null where the counts are of more codes than there can be (T.81 annex C) */
function codeTable(counts: Uint8Array, categories: Uint8Array): CodeTable | null {
  const table = new Uint16Array(65_536);
  for (let length = 1, at = 0, next = 0; length <= 16; length++) {
    const span = 1 << (16 - length);
    for (let n = counts[length - 1]; n > 0; n--, next += span) {
      if (next + span > 65_536) return null;
      table.fill(length << 8 | categories[at++], next, next + span);
    }
  }
  return table;
}

/** A scan's bits; past its end (a marker, or the end of all bytes) stand zeros, of which `isSpent` tells. */
class ScanBits {
  private held = 0;
  private count = 0;
  /** How many bits, the last ones of those held, are not the stream's. */
  private lent = 0;
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) { this.bytes = bytes; this.at = at; }

  private fill(): void {
    const { bytes } = this;
    while (this.count <= 24) {
      let byte = 0;
      if (this.at >= bytes.length) this.lent += 8;
      else if (bytes[this.at] !== 0xff) byte = bytes[this.at++];
      else if (bytes[this.at + 1] === 0) { byte = 0xff; this.at += 2; }
      else this.lent += 8;
      this.held = this.held << 8 | byte;
      this.count += 8;
    }
  }
  /** The next difference (T.81 H.1.2.2, F.2.2.1); `noCode` where no code of the table stands. */
  difference(table: CodeTable): number {
    if (this.count < 16) this.fill();
    const entry = table[this.held >>> (this.count - 16) & 0xffff], size = entry & 0xff;
    if (entry === 0 || size > 16) return noCode;
    this.count -= entry >> 8;
    if (size === 0) return 0;
    if (size === 16) return 32_768;
    if (this.count < size) this.fill();
    this.count -= size;
    const value = this.held >>> this.count & (1 << size) - 1;
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }
  /** Whether bits were taken that the stream does not have. */
  isSpent(): boolean { return this.count < this.lent; }
  /** Whether a whole byte of the scan, other than zeros that fill it up, was left. */
  hasMore(): boolean {
    // What is left of the byte under way fills it up.
    const whole = this.count - this.lent & ~7;
    if (whole > 0 && (whole === 32 ? this.held : this.held >>> this.lent & (1 << whole) - 1) !== 0) return true;
    for (let at = this.at; at < this.bytes.length; at++) if (this.bytes[at] !== 0) return this.bytes[at] !== 0xff || this.bytes[at + 1] === 0;
    return false;
  }
  /** Steps over restart marker `n`; false where it does not stand here. */
  restart(n: number): boolean {
    if (this.count - this.lent >= 8) return false;
    while (this.bytes[this.at] === 0xff && this.bytes[this.at + 1] === 0xff) this.at++;
    if (this.bytes[this.at] !== 0xff || this.bytes[this.at + 1] !== (0xd0 | n & 7)) return false;
    this.at += 2;
    this.held = this.count = this.lent = 0;
    return true;
  }
}

/**
 * Decodes a grey image.
 * @returns `columns * rows` values, rows from the top; bytes up to 8 bits of precision
 * @throws RangeError naming the byte where the stream is broken, ends too early, goes on too long or is of a kind not taken
 */
export function decodeLosslessJpeg(bytes: Uint8Array, columns: number, rows: number): Stored {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), tables: CodeTable[] = [];
  let precision = 0, restart = 0, at = 2;
  const broken = (what: string) => new RangeError(`at byte ${at} of the lossless JPEG ${what}`);
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 4 > bytes.length) throw broken("the header is cut off");
    const marker = view.getUint16(at), length = view.getUint16(at + 2), end = at + 2 + length;
    if (marker < 0xffc0) throw broken("a marker is expected");
    if (end > bytes.length || length < 2) throw broken("a segment is cut off");
    let p = at + 4;
    if (marker === 0xffc4) {
      while (p < end) {
        const info = bytes[p++], counts = bytes.subarray(p, p + 16), total = counts.reduce((sum, n) => sum + n, 0);
        if (p + 16 + total > end) throw broken("a Huffman table is cut off");
        const table = codeTable(counts, bytes.subarray(p + 16, p + 16 + total));
        if (!table) throw broken("a Huffman table has more codes than there can be");
        if (info >> 4 === 0) tables[info & 3] = table;
        p += 16 + total;
      }
    } else if (marker === 0xffc3) {
      if (length < 11) throw broken("a segment is cut off");
      precision = bytes[p];
      if (view.getUint16(p + 1) !== rows || view.getUint16(p + 3) !== columns || bytes[p + 5] !== 1) throw broken("the size differs from the header's");
      if (precision < 2 || precision > 16) throw broken(`the precision is ${precision} bits; it can be 2 to 16`);
    } else if (marker <= 0xffcf) throw broken("the image is not coded by lossless Huffman codes");
    else if (marker === 0xffdd) {
      if (length < 4) throw broken("a segment is cut off");
      restart = view.getUint16(p);
      // T.81 H.1.1
      if (restart % columns !== 0) throw broken(`a restart interval of ${restart} pixels is not of whole rows`);
    } else if (marker === 0xffda) {
      if (length < 8 || bytes[p] !== 1) throw broken("the scan is not of one component");
      const table = tables[bytes[p + 2] >> 4 & 3], selection = bytes[p + 3], shift = bytes[p + 5] & 15;
      if (!precision || !table) throw broken("the image's size or Huffman table is missing");
      if (selection < 1 || selection > 7 || shift >= precision) throw broken(`predictor ${selection} with a point transform of ${shift} is none of a single image's`);
      return scan(new ScanBits(bytes, end), table, columns, rows, precision, selection, shift, restart / columns);
    }
    at = end;
  }
}

/** T.81 table H.1; `a` to the left, `b` above, `c` above to the left. */
function predicted(selection: number, a: number, b: number, c: number): number {
  switch (selection) {
    case 1: return a;
    case 2: return b;
    case 3: return c;
    case 4: return a + b - c;
    case 5: return a + (b - c >> 1);
    case 6: return b + (a - c >> 1);
    default: return a + b >> 1;
  }
}

function scan(bits: ScanBits, table: CodeTable, columns: number, rows: number, precision: number, selection: number, shift: number, restartRows: number): Stored {
  const count = columns * rows, most = 8 * (bits.bytes.length - bits.at);
  // A pixel takes a bit at least: no memory is taken by a size that the data cannot have.
  if (count > most) throw new RangeError(`the lossless JPEG's data from byte ${bits.at} on are of at most ${most} pixels, not ${count}`);
  const out = precision <= 8 ? new Uint8Array(count) : new Uint16Array(count);
  for (let y = 0, p = 0; y < rows; y++) {
    const sinceRestart = restartRows > 0 ? y % restartRows : y;
    if (sinceRestart === 0 && y > 0 && !bits.restart(y / restartRows - 1)) throw new RangeError(`at byte ${bits.at} of the lossless JPEG, after ${p} of ${count} pixels, a restart marker is missing`);
    // The first row knows its left neighbours only, the first pixel of another row the one above.
    const isFirst = sinceRestart === 0, kind = isFirst ? 1 : selection;
    let left = isFirst ? 1 << (precision - shift - 1) : out[p - columns];
    for (let x = 0; x < columns; x++, p++) {
      const base = x === 0 || kind === 1 ? left : predicted(kind, left, out[p - columns], out[p - columns - 1]), difference = bits.difference(table);
      // Past the end there may be no code either.
      if (bits.isSpent()) throw new RangeError(`the lossless JPEG's data end at byte ${bits.at}, after ${p} of ${count} pixels`);
      if (difference === noCode) throw new RangeError(`before byte ${bits.at} of the lossless JPEG, after ${p} of ${count} pixels, stands no known code`);
      out[p] = left = base + difference & 0xffff;
    }
  }
  if (bits.hasMore()) throw new RangeError(`at byte ${bits.at} the lossless JPEG's data go on after its ${count} pixels`);
  if (shift > 0) for (let p = 0; p < count; p++) out[p] <<= shift;
  return out;
}

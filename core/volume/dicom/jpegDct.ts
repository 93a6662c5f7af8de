import { cos } from "../../space/math.ts";

// Baseline and extended sequential JPEG (ITU-T T.81, SOF0 and SOF1) of one component, 8 or 12 bits: what DICOM's
// 1.2.840.10008.1.2.4.50 and .51 hold for a CT. The packaged decoders stop at 8 bits.

const zigzag = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
  57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63];
/** basis[8 u + x] = C(u)/2 · cos((2x+1)uπ/16). */
const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const u = Math.floor(i / 8), x = i % 8;
  return (u === 0 ? Math.SQRT1_2 : 1) / 2 * cos((2 * x + 1) * u * Math.PI / 16);
});

/** A Huffman table as canonical code ranges by length. */
interface Huffman { least: Int32Array; most: Int32Array; first: Int32Array; values: Uint8Array }

function huffmanOf(counts: Uint8Array, values: Uint8Array): Huffman {
  const least = new Int32Array(17), most = new Int32Array(17).fill(-1), first = new Int32Array(17);
  let code = 0, at = 0;
  for (let length = 1; length <= 16; length++) {
    least[length] = code;
    first[length] = at;
    code += counts[length - 1];
    at += counts[length - 1];
    if (counts[length - 1] > 0) most[length] = code - 1;
    code *= 2;
  }
  return { least, most, first, values };
}

/** Decodes a grey image. @throws RangeError naming the byte where the stream is broken or of a kind not taken */
export function decodeGreyJpeg(bytes: Uint8Array, columns: number, rows: number): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quantisers: Float64Array[] = [], dc: Huffman[] = [], ac: Huffman[] = [];
  let precision = 0, quantiser = 0, restart = 0, at = 2;
  const broken = (what: string) => new RangeError(`at byte ${at} of the JPEG ${what}`);
  for (;;) {
    if (at + 4 > bytes.length) throw broken("the header is cut off");
    const marker = view.getUint16(at), length = view.getUint16(at + 2), end = at + 2 + length;
    if (end > bytes.length || length < 2) throw broken("a segment is cut off");
    let p = at + 4;
    if (marker === 0xffdb) {
      while (p < end) {
        const info = bytes[p++], size = info >> 4 ? 2 : 1;
        if (p + 64 * size > end) throw broken("a quantisation table is cut off");
        quantisers[info & 3] = Float64Array.from({ length: 64 }, (_, i) => size === 2 ? view.getUint16(p + 2 * i) : bytes[p + i]);
        p += 64 * size;
      }
    } else if (marker === 0xffc4) {
      while (p < end) {
        const info = bytes[p++], counts = bytes.subarray(p, p + 16), total = counts.reduce((sum, n) => sum + n, 0);
        if (p + 16 + total > end || total > 256) throw broken("a Huffman table is cut off");
        (info >> 4 ? ac : dc)[info & 3] = huffmanOf(counts, bytes.subarray(p + 16, p + 16 + total));
        p += 16 + total;
      }
    } else if (marker === 0xffc0 || marker === 0xffc1) {
      precision = bytes[p];
      if (view.getUint16(p + 1) !== rows || view.getUint16(p + 3) !== columns || bytes[p + 5] !== 1) throw broken("the size differs from the header's");
      quantiser = bytes[p + 8] & 3;
    } else if (marker >= 0xffc2 && marker <= 0xffcf) throw broken("is neither baseline nor extended sequential");
    else if (marker === 0xffdd) restart = view.getUint16(p);
    else if (marker === 0xffda) {
      if (!precision || !quantisers[quantiser]) throw broken("a table is missing");
      const tables = bytes[p + 2], d = dc[tables >> 4 & 3], a = ac[tables & 3];
      if (!d || !a) throw broken("a Huffman table is missing");
      return scan(bytes, end, columns, rows, precision, quantisers[quantiser], d, a, restart);
    }
    at = end;
  }
}

function scan(bytes: Uint8Array, start: number, columns: number, rows: number, precision: number, quantiser: Float64Array, dc: Huffman, ac: Huffman, restart: number): Uint16Array {
  let at = start, bits = 0, bitCount = 0, predictor = 0;
  const bit = (): number => {
    if (bitCount === 0) {
      if (at >= bytes.length) throw new RangeError(`at byte ${at} the JPEG's data end too early`);
      bits = bytes[at++];
      if (bits === 0xff) {
        if (bytes[at] === 0) at++;
        else throw new RangeError(`at byte ${at} a marker stands inside the JPEG's data`);
      }
      bitCount = 8;
    }
    return bits >> --bitCount & 1;
  };
  const symbol = (table: Huffman): number => {
    for (let length = 1, code = 0; length <= 16; length++) {
      code = code * 2 + bit();
      if (code <= table.most[length]) return table.values[table.first[length] + code - table.least[length]];
    }
    throw new RangeError(`at byte ${at} of the JPEG stands no known code`);
  };
  const signed = (size: number): number => {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 2 + bit();
    return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  };
  const out = new Uint16Array(columns * rows), block = new Float64Array(64), half = new Float64Array(64);
  const across = Math.ceil(columns / 8), blocks = across * Math.ceil(rows / 8), top = (1 << precision) - 1, middle = 1 << (precision - 1);
  for (let b = 0; b < blocks; b++) {
    if (restart > 0 && b > 0 && b % restart === 0) {
      bitCount = 0;
      if (bytes[at] !== 0xff || (bytes[at + 1] & 0xf8) !== 0xd0) throw new RangeError(`at byte ${at} of the JPEG a restart marker is missing`);
      at += 2;
      predictor = 0;
    }
    block.fill(0);
    predictor += signed(symbol(dc) & 15);
    block[0] = predictor * quantiser[0];
    for (let k = 1; k < 64;) {
      const run = symbol(ac), size = run & 15;
      if (size === 0) {
        if (run !== 0xf0) break;
        k += 16;
        continue;
      }
      k += run >> 4;
      if (k > 63) throw new RangeError(`at byte ${at} of the JPEG a block is too long`);
      block[zigzag[k]] = signed(size) * quantiser[k];
      k++;
    }
    for (let v = 0; v < 8; v++) for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += block[8 * v + u] * basis[8 * u + x];
      half[8 * v + x] = sum;
    }
    const x0 = b % across * 8, y0 = Math.floor(b / across) * 8;
    for (let y = 0; y < 8 && y0 + y < rows; y++) for (let x = 0; x < 8 && x0 + x < columns; x++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += half[8 * v + x] * basis[8 * v + y];
      out[(y0 + y) * columns + x0 + x] = Math.max(0, Math.min(top, Math.round(sum) + middle));
    }
  }
  return out;
}

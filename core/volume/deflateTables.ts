/** Bytes of a block that share one pair of Huffman codes: about a row of slices' worth, so that codes follow air and body. */
export const partBytes = 32_768;
/** Where a part's distances are counted, after its 286 literals and lengths. */
export const distancesAt = 288;
/** Symbols that a part counts and has codes for: literals, the part's end, lengths, and distances from `distancesAt`. */
export const symbolCount = 320;

/** First value of each symbol, and how many further bits tell which of its values (RFC 1951, 3.2.5). */
function valuesOf(first: number, bits: readonly number[]): { from: Uint32Array; bits: readonly number[] } {
  const from = new Uint32Array(bits.length);
  for (let i = 0, at = first; i < bits.length; at += 1 << bits[i++]) from[i] = at;
  return { from, bits };
}
const lengthValues = valuesOf(3, Array.from({ length: 29 }, (_, i) => i < 8 || i === 28 ? 0 : (i >> 2) - 1));
// 258 has a symbol of its own, though that of 227 reaches so far.
lengthValues.from[28] = 258;
const distanceValues = valuesOf(0, Array.from({ length: 30 }, (_, i) => i < 4 ? 0 : (i >> 1) - 1));
const symbolOf = (from: Uint32Array, value: number): number => { let symbol = from.length - 1; while (from[symbol] > value) symbol--; return symbol; };

/** Symbol, less 257, of each length from 3 to 258. */
export const lengthSymbols = Uint8Array.from({ length: 259 }, (_, length) => symbolOf(lengthValues.from, Math.max(3, length)));
/** Symbol of each distance less one: below 256 by itself, from there on at 256 + itself / 128. */
export const distanceSymbols = Uint8Array.from({ length: 512 }, (_, i) => symbolOf(distanceValues.from, i < 256 ? i : (i - 256) << 7));
const packedValues = ({ from, bits }: { from: Uint32Array; bits: readonly number[] }): Uint32Array => from.map((value, symbol) => (value | (bits[symbol] << 24)) >>> 0);
/** First length of each symbol, its number of further bits in the highest byte. */
export const lengthsFrom = packedValues(lengthValues);
/** First distance less one of each symbol, its number of further bits in the highest byte. */
export const distancesFrom = packedValues(distanceValues);

/**
 * Lengths of a complete Huffman code of `counts`, `limit` at most, 0 for what does not occur; two symbols at least get one, which is what
 * every reader takes. Equal counts are told apart by their symbol. Too long codes are shortened at the cost of the next shorter, as zlib does.
 */
export function codeLengths(counts: ArrayLike<number>, limit: number): Uint8Array {
  const keys = new Float64Array(counts.length), lengths = new Uint8Array(counts.length);
  let used = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) if (counts[symbol] > 0) keys[used++] = counts[symbol] * 512 + symbol;
  for (let symbol = 0; used < 2; symbol++) if (!(counts[symbol] > 0)) keys[used++] = 512 + symbol;
  const order = keys.subarray(0, used).sort(), weights = new Float64Array(2 * used), parents = new Int32Array(2 * used), depths = new Int32Array(2 * used), root = 2 * used - 2;
  for (let i = 0; i < used; i++) weights[i] = Math.floor(order[i] / 512);
  for (let node = used, leaf = 0, inner = used; node <= root; node++) {
    for (let child = 0; child < 2; child++) {
      const taken = leaf < used && (inner >= node || weights[leaf] <= weights[inner]) ? leaf++ : inner++;
      parents[taken] = node;
      weights[node] += weights[taken];
    }
  }
  const many = new Int32Array(limit + 1);
  let room = 1 << limit;
  for (let node = root - 1; node >= 0; node--) {
    depths[node] = depths[parents[node]] + 1;
    if (node >= used) continue;
    const length = Math.min(limit, depths[node]);
    many[length]++;
    room -= 1 << (limit - length);
  }
  for (; room < 0; room++) {
    let shorter = limit - 1;
    while (many[shorter] === 0) shorter--;
    many[shorter]--;
    many[shorter + 1] += 2;
    many[limit]--;
  }
  for (let length = limit, i = 0; length > 0; length--) for (let left = many[length]; left > 0; left--) lengths[order[i++] % 512] = length;
  return lengths;
}

/** The codes of `lengths` (RFC 1951, 3.2.2), lowest bit first, each with its length in the highest byte; 0 for what has none. */
export function codesOf(lengths: Uint8Array): Uint32Array {
  const next = new Int32Array(17), codes = new Uint32Array(lengths.length);
  for (const length of lengths) if (length > 0) next[length + 1]++;
  for (let length = 2; length < 17; length++) next[length] = (next[length] + next[length - 1]) << 1;
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    let code = next[length]++, turned = 0;
    for (let bit = 0; bit < length; bit++, code >>= 1) turned = (turned << 1) | (code & 1);
    codes[symbol] = (turned | (length << 24)) >>> 0;
  }
  return codes;
}

/** The order in which the lengths of the code of the lengths stand (RFC 1951, 3.2.7). */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const bitsOf = (value: number, length: number): number => (value | (length << 24)) >>> 0;

/** Codes of a part, and what stands before it: values of up to 16 bits, their number in the highest byte. */
export interface PartCodes { codes: Uint32Array; head: Uint32Array }

/** The codes that suit what a part counts, and its head with them (RFC 1951, 3.2.7). `isLast`: nothing comes after it. */
export function partCodes(counts: Uint32Array, isLast: boolean): PartCodes {
  const literals = counts.slice(0, 286), distances = counts.subarray(distancesAt, distancesAt + 30);
  literals[256] = 1;
  // Three codes and a length's further bits are written between two stores of 64 bits.
  const literalLengths = codeLengths(literals, 14), distanceLengths = codeLengths(distances, 14);
  let literalCount = 286, distanceCount = 30;
  while (literalLengths[literalCount - 1] === 0) literalCount--;
  while (distanceLengths[distanceCount - 1] === 0) distanceCount--;
  const lengths = new Uint8Array(literalCount + distanceCount), told: number[] = [], told2: number[] = [], toldCounts = new Uint32Array(19);
  lengths.set(literalLengths.subarray(0, literalCount));
  lengths.set(distanceLengths.subarray(0, distanceCount), literalCount);
  const tell = (symbol: number, further: number) => { told.push(symbol); told2.push(further); toldCounts[symbol]++; };
  for (let i = 0; i < lengths.length;) {
    const length = lengths[i];
    let run = 1;
    while (i + run < lengths.length && lengths[i + run] === length) run++;
    i += run;
    if (length !== 0) { tell(length, 0); run--; }
    while (run >= 3) {
      const taken = Math.min(run, length === 0 ? 138 : 6);
      if (length !== 0) tell(16, bitsOf(taken - 3, 2));
      else if (taken < 11) tell(17, bitsOf(taken - 3, 3));
      else tell(18, bitsOf(taken - 11, 7));
      run -= taken;
    }
    for (; run > 0; run--) tell(length, 0);
  }
  const toldLengths = codeLengths(toldCounts, 7), toldCodes = codesOf(toldLengths), head: number[] = [];
  let toldCount = 19;
  while (toldCount > 4 && toldLengths[lengthOrder[toldCount - 1]] === 0) toldCount--;
  head.push(bitsOf(isLast ? 1 : 0, 1), bitsOf(2, 2), bitsOf(literalCount - 257, 5), bitsOf(distanceCount - 1, 5), bitsOf(toldCount - 4, 4));
  for (let i = 0; i < toldCount; i++) head.push(bitsOf(toldLengths[lengthOrder[i]], 3));
  for (let i = 0; i < told.length; i++) {
    head.push(toldCodes[told[i]]);
    if (told2[i] !== 0) head.push(told2[i]);
  }
  const codes = new Uint32Array(symbolCount);
  codes.set(codesOf(literalLengths));
  codes.set(codesOf(distanceLengths), distancesAt);
  return { codes, head: Uint32Array.from(head) };
}

/** What a byte does to a CRC-32. */
export const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 of ISO 3309, as PNG and gzip use it. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = crcTable[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** A 32 × 32 matrix over GF(2), a column a number, times a vector. */
function times(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let i = 0, rest = vector; rest !== 0; i++, rest >>>= 1) if (rest & 1) sum ^= matrix[i];
  return sum >>> 0;
}

/**
 * The CRC-32 of two pieces one after the other, from the CRC of each and the second's length: the first is moved on by as many
 * zero bytes (the way of zlib's crc32_combine, Mark Adler).
 */
export function joinedCrc32(first: number, second: number, secondLength: number): number {
  // One zero bit, then squared: two, four, eight bits; from there on each squaring doubles a number of whole bytes.
  let shift: Uint32Array = Uint32Array.from({ length: 32 }, (_, i) => i === 0 ? 0xedb88320 : 1 << (i - 1)), crc = first;
  const squared = (matrix: Uint32Array) => matrix.map((column) => times(matrix, column));
  for (let i = 0; i < 3; i++) shift = squared(shift);
  for (let bytes = secondLength; bytes > 0; bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) crc = times(shift, crc);
    shift = squared(shift);
  }
  return (crc ^ second) >>> 0;
}

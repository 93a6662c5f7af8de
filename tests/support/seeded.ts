/** A seeded generator (xorshift) of numbers from 0 to below 1, so that a failure names its seed. */
export function seeded(seed: number): () => number {
  let s = Math.imul(seed, 0x9e3779b1) | 1;
  return () => { s ^= s << 13; s ^= s >>> 17; s ^= s << 5; return (s >>> 0) / 2 ** 32; };
}

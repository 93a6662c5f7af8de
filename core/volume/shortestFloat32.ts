/**
 * The shortest decimal that rounds to the same float32, so that a spacing of 0.7 written as float32 is read as
 * 0.7 and not as 0.699999988. Any value within the float's own rounding is as true as another.
 */
export function shortestFloat32(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

/** Three numbers: RAS mm, or a direction of length 1. */
export type Vec = readonly [number, number, number];

export const plus = (a: Vec, b: Vec, scale = 1): Vec => [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]];
export const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec, b: Vec): Vec => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const length = (a: Vec): number => Math.sqrt(dot(a, a));
/** Length 1; the zero vector stays. */
export const unit = (a: Vec): Vec => {
  const l = length(a) || 1;
  return [a[0] / l, a[1] / l, a[2] / l];
};
/** Two directions that with `w` make a right-handed frame (e1 × e2 = w); a fixed choice for each w. */
export function frameOf(w: Vec): [Vec, Vec] {
  const aside: Vec = Math.abs(w[2]) < 0.9 ? [0, 0, 1] : [0, 1, 0];
  const e1 = unit(cross(aside, w));
  return [e1, cross(w, e1)];
}

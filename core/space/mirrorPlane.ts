type Point = readonly [number, number, number];

/** A plane of symmetry: points p (RAS mm) with normal·p = offset. The normal has length 1 and points to the right (+x). */
export interface MirrorPlane { normal: Point; offset: number }
const inner = (a: Point, b: Point) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The mirrored point. */
export function mirrored(p: Point, { normal: n, offset }: MirrorPlane): Point {
  const twice = 2 * (offset - inner(n, p));
  return [p[0] + twice * n[0], p[1] + twice * n[1], p[2] + twice * n[2]];
}

/** Numbers of a plane near a centre: y and z of the normal over its x, and how far right of the centre it runs, mm. */
export type PlaneNumbers = readonly [number, number, number];
export function planeAt(centre: Point, [ty, tz, shift]: PlaneNumbers): MirrorPlane {
  const l = Math.sqrt(1 + ty * ty + tz * tz), normal: Point = [1 / l, ty / l, tz / l];
  return { normal, offset: inner(normal, centre) + shift };
}

/** Steps of the search: tilts as tangents, halved until below `least`; moves in mm are halved along with them. */
export interface SearchSteps { tilt: number; moveMm: number; least: number; rounds: number }

/**
 * The plane of least error, by a pattern search over two tilts and the offset from the best of `starts` (the first wins
 * where none is better).
 */
export function mostSymmetric(errorOf: (x: PlaneNumbers) => number, starts: readonly PlaneNumbers[], steps: SearchSteps): { at: PlaneNumbers; error: number } {
  let best = starts[0], error = errorOf(best);
  for (const start of starts.slice(1)) {
    const e = errorOf(start);
    if (e < error) { error = e; best = start; }
  }
  for (let tilt = steps.tilt, move = steps.moveMm; tilt > steps.least; tilt /= 2, move /= 2) {
    for (let again = true, rounds = 0; again && rounds < steps.rounds; rounds++) {
      again = false;
      for (let axis = 0; axis < 3; axis++) for (const sign of [-1, 1]) {
        const x: [number, number, number] = [best[0], best[1], best[2]];
        x[axis] += sign * (axis === 2 ? move : tilt);
        const e = errorOf(x);
        if (e < error - 1e-9) { error = e; best = x; again = true; }
      }
    }
  }
  return { at: best, error };
}

// Shapes of two drawn slices that do not overlap, one seen through the other: which of them are one structure that moved, and
// what it is between (MK13). The alignment by centroids is that of morphological contour interpolation (Zukić et al. 2016,
// The Insight Journal, ITK module MorphologicalContourInterpolation).
import { componentsOf } from "./components.ts";
import { signedSlice } from "./signedSlice.ts";

type Flat = readonly [number, number, number];

/** mm. Voxels exactly on the border between inside and outside stay out, however the sums were rounded. */
const tie = 1e-9;

/** A part of a slice; voxels. `high` is the last one an axis. */
interface Shape { number: number; voxels: number; low: [number, number]; high: [number, number]; centre: [number, number] }
interface Parts { labels: Int32Array; lone: Shape[] }

/** One shape of the lower slice and one of the upper that are taken as one that moved. */
export interface MovedShape { lower: Shape; upper: Shape }

/** A slice's parts, joined through 8 neighbours, of which no voxel lies over one of the other slice, in order of their first voxel. */
function loneParts(bits: Uint8Array, other: Uint8Array, flat: Flat): Parts {
  const { labels, sizes } = componentsOf(bits, flat), overlaps = new Uint8Array(sizes.length);
  const shapes = sizes.map((voxels, number): Shape => ({ number, voxels, low: [Infinity, Infinity], high: [-1, -1], centre: [0, 0] }));
  for (let v = 0, at = 0; v < flat[1]; v++) for (let u = 0; u < flat[0]; u++, at++) {
    const number = labels[at];
    if (number === 0) continue;
    if (other[at] !== 0) overlaps[number] = 1;
    const { low, high, centre } = shapes[number];
    if (u < low[0]) low[0] = u;
    if (u > high[0]) high[0] = u;
    if (high[1] < 0) low[1] = v;
    high[1] = v;
    centre[0] += u;
    centre[1] += v;
  }
  const lone = shapes.filter(({ number }) => number > 0 && overlaps[number] === 0);
  for (const { centre, voxels } of lone) { centre[0] /= voxels; centre[1] /= voxels; }
  return { labels, lone };
}

/**
 * Pairs of lone shapes, the nearest centroids first (of equally near ones those whose first voxels come first), each shape
 * once: two are a pair when, of all that are left, each is the other's nearest, so a chain from any shape to its nearest, on
 * to that one's nearest and so on ends at a pair.
 */
function pairs(lower: readonly Shape[], upper: readonly Shape[], step: Flat, limitMm: number, tell?: () => void): MovedShape[] {
  const left = [new Set(lower), new Set(upper)] as const, found: MovedShape[] = [], chain: Shape[] = [], limit = limitMm * limitMm;
  const nearest = (shape: Shape, among: ReadonlySet<Shape>): Shape | null => {
    let best: Shape | null = null, least = limit;
    for (const other of among) {
      const du = (other.centre[0] - shape.centre[0]) * step[0], dv = (other.centre[1] - shape.centre[1]) * step[1], squared = du * du + dv * dv;
      // A set keeps the order of numbers.
      if (squared < least || (squared === least && best === null)) [best, least] = [other, squared];
    }
    return best;
  };
  for (;;) {
    tell?.();
    if (chain.length === 0) {
      const [first] = left[0];
      if (first === undefined || left[1].size === 0) break;
      chain.push(first);
    }
    // Shapes of the lower slice stand at even places.
    const side = (chain.length - 1) % 2, shape = chain[chain.length - 1], next = nearest(shape, left[1 - side]);
    if (next === null) {
      left[side].delete(shape);
      chain.pop();
    } else if (next === chain[chain.length - 2]) {
      const pair = side === 0 ? { lower: shape, upper: next } : { lower: next, upper: shape };
      found.push(pair);
      left[0].delete(pair.lower);
      left[1].delete(pair.upper);
      chain.length -= 2;
    } else chain.push(next);
  }
  return found;
}

/** A shape's signed distances in a box of its slice that may reach beyond it. */
interface Field { low: [number, number]; width: number; distance: Float64Array }

function fieldOf(labels: Int32Array, flat: Flat, step: Flat, { number, centre }: Shape, from: readonly number[], to: readonly number[]): Field {
  const low = [0, 1].map((a) => Math.floor(centre[a] + from[a])) as [number, number], size = [0, 1].map((a) => Math.ceil(centre[a] + to[a]) - low[a] + 1);
  const bits = new Uint8Array(size[0] * size[1]);
  for (let v = Math.max(0, low[1]); v < Math.min(flat[1], low[1] + size[1]); v++) for (let u = Math.max(0, low[0]); u < Math.min(flat[0], low[0] + size[0]); u++) {
    if (labels[u + v * flat[0]] === number) bits[u - low[0] + (v - low[1]) * size[0]] = 1;
  }
  return { low, width: size[0], distance: signedSlice(bits, [size[0], size[1], 1], step) };
}

/** What reads a field, moved by a part of a voxel, bilinear between voxel centres. */
function movedField({ low, width, distance }: Field, by: readonly number[]): (u: number, v: number) => number {
  const [wu, wv] = by.map(Math.floor), f = by[0] - wu, g = by[1] - wv;
  return (u, v) => {
    const n = u + wu - low[0] + (v + wv - low[1]) * width, near = distance[n] + f * (distance[n + 1] - distance[n]), far = distance[n + width] + f * (distance[n + width + 1] - distance[n + width]);
    return near + g * (far - near);
  };
}

/**
 * Fills, between two drawn slices, the shapes that moved from one to the other without an overlap: laid over each other by
 * their centroids, one goes over into the other by their signed distances, while its centroid goes straight from place to place.
 * @param lower the slice's bytes, `flat` voxels (first axis fastest) of `step` mm; `upper` likewise
 * @param limitMm centroids farther from each other, in the slice's plane, are not joined; 0: none are
 * @param shares for each slice between, how far it is from the lower (0) to the upper (1)
 * @param fill called with the number of a share and the voxel, as u + v·flat[0]
 * @param tell called now and then; what it throws stops it
 */
export function fillMoved(lower: Uint8Array, upper: Uint8Array, flat: Flat, step: Flat, limitMm: number, shares: readonly number[], fill: (n: number, at: number) => void, tell?: () => void): void {
  if (limitMm <= 0) return;
  const [from, to] = [loneParts(lower, upper, flat), loneParts(upper, lower, flat)];
  for (const pair of pairs(from.lone, to.lone, step, limitMm, tell)) {
    tell?.();
    const { centre: start } = pair.lower, { centre: end } = pair.upper, way = [end[0] - start[0], end[1] - start[1]];
    // How far the two reach from their centroids, and two voxels more: one for the distances' sign, one to read between.
    const low = [0, 1].map((a) => Math.min(pair.lower.low[a] - start[a], pair.upper.low[a] - end[a]) - 2);
    const high = [0, 1].map((a) => Math.max(pair.lower.high[a] - start[a], pair.upper.high[a] - end[a]) + 2);
    const lowerField = fieldOf(from.labels, flat, step, pair.lower, low, high), upperField = fieldOf(to.labels, flat, step, pair.upper, low, high);
    shares.forEach((share, n) => {
      const one = movedField(lowerField, way.map((w) => -share * w)), two = movedField(upperField, way.map((w) => (1 - share) * w));
      const [first, last] = [[0, 1].map((a) => Math.max(0, Math.ceil(start[a] + share * way[a] + low[a] + 1))), [0, 1].map((a) => Math.min(flat[a] - 1, Math.floor(start[a] + share * way[a] + high[a] - 1)))];
      for (let v = first[1]; v <= last[1]; v++) for (let u = first[0]; u <= last[0]; u++) {
        if ((1 - share) * one(u, v) + share * two(u, v) < -tie) fill(n, u + v * flat[0]);
      }
    });
  }
}

/** Rings up to this many corners are filled with least area first; longer ones by a fan round a new middle first. */
const exactRing = 120;
/** No longer ring is filled with least area at all: n³ / 6 triangles are looked at. */
const longestExact = 400;
/** So many triangles are weighed over all tries of one ring; at least 3 and at most 40 tries. */
const mostWeighed = 6e6;
/** Where else a fan's middle is tried: off the ring's mean along its normal, in shares of the root of its area. */
const middleShares = [0, 0.1, -0.1, 0.25, -0.25, 0.5, -0.5];

const areaOf = (P: ArrayLike<number>, a: number, b: number, c: number): number => {
  const ux = P[3 * b] - P[3 * a], uy = P[3 * b + 1] - P[3 * a + 1], uz = P[3 * b + 2] - P[3 * a + 2];
  const vx = P[3 * c] - P[3 * a], vy = P[3 * c + 1] - P[3 * a + 1], vz = P[3 * c + 2] - P[3 * a + 2];
  const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
  return Math.sqrt(x * x + y * y + z * z);
};

type Places = [number, number, number];

/** Places in the ring of the triangles of least total area (Barequet and Sharir 1995, O(n³)), without the forbidden; null where there are none. */
function leastArea(P: ArrayLike<number>, ring: readonly number[], isEdge: (a: number, b: number) => boolean, forbidden: ReadonlySet<number>): Places[] | null {
  const n = ring.length, cost = new Float64Array(n * n), split = new Int16Array(n * n);
  for (let span = 2; span < n; span++) for (let i = 0; i + span < n; i++) {
    const k = i + span;
    let best = Infinity, at = i + 1;
    for (let j = i + 1; j < k; j++) {
      const isBarred = ring[i] === ring[j] || ring[j] === ring[k] || ring[i] === ring[k] || (forbidden.size > 0 && forbidden.has((i * n + j) * n + k));
      const total = cost[i * n + j] + cost[j * n + k] + (isBarred ? 1e12 : areaOf(P, ring[i], ring[j], ring[k]));
      if (total < best) { best = total; at = j; }
    }
    if (span < n - 1 && isEdge(ring[i], ring[k])) best += 1e12;
    cost[i * n + k] = best;
    split[i * n + k] = at;
  }
  if (cost[n - 1] >= 1e12) return null;
  const open: [number, number][] = [[0, n - 1]], places: Places[] = [];
  for (let range = open.pop(); range; range = open.pop()) {
    const [i, k] = range;
    if (k - i < 2) continue;
    const j = split[i * n + k];
    places.push([i, j, k]);
    open.push([i, j], [j, k]);
  }
  return places;
}

/** The ring's mean, and its normal times the root of its area (Newell). */
function middleOf(P: ArrayLike<number>, ring: readonly number[]): { mean: number[]; across: number[] } {
  const n = ring.length, mean = [0, 1, 2].map((i) => ring.reduce((sum, v) => sum + P[3 * v + i], 0) / n);
  const normal = [0, 1, 2].map((i) => ring.reduce((sum, v, at) => {
    const w = ring[(at + 1) % n], [j, k] = [(i + 1) % 3, (i + 2) % 3];
    return sum + ((P[3 * v + j] - mean[j]) * (P[3 * w + k] - mean[k]) - (P[3 * v + k] - mean[k]) * (P[3 * w + j] - mean[j])) / 2;
  }, 0));
  const size = Math.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
  return { mean, across: normal.map((x) => (size > 0 ? x / Math.sqrt(size) : 0)) };
}

/**
 * Triangles that close a ring of vertices, running along it, of which `crossing` names none (it is given triangles and
 * gives the numbers of those that cross); null where none were found. Tried in turn: least total area, again without the
 * triangles that crossed; fans round a new middle, at the ring's mean and off it on both sides, which is added to `P`. No
 * triangle lays a new edge where one `isEdge` is.
 */
export function fillRing(P: number[], ring: readonly number[], isEdge: (a: number, b: number) => boolean, crossing: (triangles: readonly number[]) => ReadonlySet<number>): number[] | null {
  const n = ring.length;
  if (n < 3) return null;
  const exact = (): number[] | null => {
    const forbidden = new Set<number>(), tries = Math.min(40, Math.max(3, Math.floor(mostWeighed / ((n * n * n) / 6))));
    for (let tried = 0; tried < tries; tried++) {
      const places = leastArea(P, ring, isEdge, forbidden);
      if (places === null) return null;
      const triangles = places.flatMap((three) => three.map((at) => ring[at])), bad = crossing(triangles);
      if (bad.size === 0) return triangles;
      for (const t of bad) forbidden.add((places[t][0] * n + places[t][1]) * n + places[t][2]);
    }
    return null;
  };
  const fan = (): number[] | null => {
    const { mean, across } = middleOf(P, ring), middle = P.length / 3;
    for (const share of middleShares) {
      P.push(...mean.map((x, i) => x + share * across[i]));
      const triangles = ring.flatMap((v, i) => [v, ring[(i + 1) % n], middle]);
      if (crossing(triangles).size === 0) return triangles;
      P.length = 3 * middle;
    }
    return null;
  };
  if (n <= exactRing) return exact() ?? fan();
  return fan() ?? (n <= longestExact ? exact() : null);
}

/** What closes an open ring (its vertices along the triangles there) with least area, whatever it crosses; a new middle is added to `P`. Empty where there is none. */
export const leastFill = (P: number[], ring: readonly number[]): number[] => fillRing(P, ring.toReversed(), () => false, () => new Set()) ?? [];

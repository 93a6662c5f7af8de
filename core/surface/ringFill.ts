/** Rings up to this many corners are filled with least area; longer ones by a fan round a new middle. */
const exactRing = 120;

const areaOf = (P: ArrayLike<number>, a: number, b: number, c: number): number => {
  const ux = P[3 * b] - P[3 * a], uy = P[3 * b + 1] - P[3 * a + 1], uz = P[3 * b + 2] - P[3 * a + 2];
  const vx = P[3 * c] - P[3 * a], vy = P[3 * c + 1] - P[3 * a + 1], vz = P[3 * c + 2] - P[3 * a + 2];
  const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
  return Math.sqrt(x * x + y * y + z * z);
};

/**
 * Triangles that close a ring of vertices, running along it: least total area (Barequet and Sharir 1995, O(n³)) up to 120
 * corners, else a fan round the ring's mean, which is added to `P`. No triangle lays a new edge where one `isEdge` is.
 */
export function triangulateRing(P: number[], ring: readonly number[], isEdge: (a: number, b: number) => boolean = () => false): number[] {
  const n = ring.length, triangles: number[] = [];
  if (n < 3) return triangles;
  const fan = (): number[] => {
    const middle = P.length / 3;
    for (let i = 0; i < 3; i++) P.push(ring.reduce((sum, v) => sum + P[3 * v + i], 0) / n);
    ring.forEach((v, i) => triangles.push(v, ring[(i + 1) % n], middle));
    return triangles;
  };
  if (n > exactRing) return fan();
  const cost = new Float64Array(n * n), split = new Int16Array(n * n);
  for (let span = 2; span < n; span++) for (let i = 0; i + span < n; i++) {
    const k = i + span;
    let best = Infinity, at = i + 1;
    for (let j = i + 1; j < k; j++) {
      const isFlat = ring[i] === ring[j] || ring[j] === ring[k] || ring[i] === ring[k];
      const total = cost[i * n + j] + cost[j * n + k] + (isFlat ? 1e12 : areaOf(P, ring[i], ring[j], ring[k]));
      if (total < best) { best = total; at = j; }
    }
    if (span < n - 1 && isEdge(ring[i], ring[k])) best += 1e12;
    cost[i * n + k] = best;
    split[i * n + k] = at;
  }
  if (cost[n - 1] >= 1e12) return fan();
  const open: [number, number][] = [[0, n - 1]];
  for (let range = open.pop(); range; range = open.pop()) {
    const [i, k] = range;
    if (k - i < 2) continue;
    const j = split[i * n + k];
    triangles.push(ring[i], ring[j], ring[k]);
    open.push([i, j], [j, k]);
  }
  return triangles;
}

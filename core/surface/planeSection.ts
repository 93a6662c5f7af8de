import type { Mesh } from "./mesh.ts";

type Vec = readonly [number, number, number];

/** A plane: a point of it, RAS mm, and its unit normal. */
export interface SectionPlane { at: Vec; normal: Vec }

/** One line of a section: x, y, z of its points, RAS mm. A closed one does not repeat its first point. */
export interface SectionLine { points: Float64Array; isClosed: boolean }

/** What a plane cuts out of a surface. */
export interface PlaneSection {
  /** Area within the lines, holes taken off, mm²; null where a line does not close: nothing is enclosed then. */
  areaMm2: number | null;
  /** Length of all lines, round holes too, mm. */
  lengthMm: number;
  /** Empty where the plane misses the surface. */
  lines: SectionLine[];
}

/**
 * The section of a surface by a plane, exactly: every triangle gives the piece of line in which it meets the plane, and the area
 * is the sum of these pieces' cross products (Green's theorem), solid on one side throughout. Vertices in the plane count as on
 * the normal's side. Corners at the very same place are one, so a mesh that gives each triangle vertices of its own closes too.
 * Bodies that overlap count twice.
 */
export function planeSection({ positions: P, triangles: T }: Mesh, { at, normal: n }: SectionPlane): PlaneSection {
  const heights = new Float64Array(P.length / 3), nodes = new Map<string, number>(), xyz: number[] = [], from: number[] = [], to: number[] = [];
  for (let v = 0; v < heights.length; v++) heights[v] = n[0] * (P[3 * v] - at[0]) + n[1] * (P[3 * v + 1] - at[1]) + n[2] * (P[3 * v + 2] - at[2]);
  const isBefore = (a: number, b: number): boolean => {
    for (let i = 0; i < 3; i++) if (P[3 * a + i] !== P[3 * b + i]) return P[3 * a + i] < P[3 * b + i];
    return a < b;
  };
  /** Where an edge crosses the plane, worked out from the same end whichever triangle asks. */
  const crossing = (a: number, b: number): number => {
    const [p, q] = isBefore(a, b) ? [a, b] : [b, a], t = heights[p] / (heights[p] - heights[q]);
    const [x, y, z] = [0, 1, 2].map((i) => P[3 * p + i] + t * (P[3 * q + i] - P[3 * p + i])), key = `${x} ${y} ${z}`, known = nodes.get(key);
    if (known !== undefined) return known;
    const node = nodes.size;
    nodes.set(key, node);
    xyz.push(x, y, z);
    return node;
  };
  for (let t = 0; t < T.length; t += 3) {
    const above = [heights[T[t]] >= 0, heights[T[t + 1]] >= 0, heights[T[t + 2]] >= 0];
    if (above[0] === above[1] && above[1] === above[2]) continue;
    let start = -1, end = -1;
    for (let i = 0; i < 3; i++) {
      const j = (i + 1) % 3;
      if (above[i] === above[j]) continue;
      if (above[j]) start = crossing(T[t + i], T[t + j]);
      else end = crossing(T[t + i], T[t + j]);
    }
    if (start !== end) { from.push(start); to.push(end); }
  }
  // More pieces that leave a place than that come to it: a line begins there, and ends elsewhere.
  const excess = new Int32Array(nodes.size), next = new Int32Array(from.length).fill(-1), first = new Int32Array(nodes.size).fill(-1);
  let double = 0, lengthMm = 0;
  for (let s = 0; s < from.length; s++) {
    const a = 3 * from[s], b = 3 * to[s], r = xyz;
    excess[from[s]]++;
    excess[to[s]]--;
    next[s] = first[from[s]];
    first[from[s]] = s;
    const ax = r[a] - r[0], ay = r[a + 1] - r[1], az = r[a + 2] - r[2], bx = r[b] - r[0], by = r[b + 1] - r[1], bz = r[b + 2] - r[2];
    double += n[0] * (ay * bz - az * by) + n[1] * (az * bx - ax * bz) + n[2] * (ax * by - ay * bx);
    lengthMm += Math.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay) + (bz - az) * (bz - az));
  }
  const lines: SectionLine[] = [];
  const walk = (start: number): void => {
    const points: number[] = [];
    let node = start;
    for (let s = first[node]; s >= 0; s = first[node]) {
      points.push(xyz[3 * node], xyz[3 * node + 1], xyz[3 * node + 2]);
      first[node] = next[s];
      node = to[s];
    }
    const isClosed = node === start;
    if (!isClosed) points.push(xyz[3 * node], xyz[3 * node + 1], xyz[3 * node + 2]);
    lines.push({ points: Float64Array.from(points), isClosed });
  };
  const isOpen = excess.some((more) => more !== 0);
  for (let node = 0; node < first.length; node++) for (let more = excess[node]; more > 0; more--) walk(node);
  for (let node = 0; node < first.length; node++) while (first[node] >= 0) walk(node);
  return { areaMm2: isOpen ? null : Math.abs(double) / 2, lengthMm, lines };
}

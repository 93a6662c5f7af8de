import type { Mesh } from "./mesh.ts";

/** One line of a surface in a plane: points as pairs along the plane's two axes, mm RAS, in ascending axis order. */
export interface Contour {
  points: Float64Array;
  /** For each point the surface's vertex next to it on the edge that was cut: what is known of vertices is shown with it. */
  vertices: Uint32Array;
  /** Closed lines do not repeat their first point; the solid lies on one side throughout, holes run the other way.  */
  isClosed: boolean;
}

/**
 * The outlines of a surface in the plane where the RAS coordinate `axis` (0 x, 1 y, 2 z) is `at` mm. Points are (y, z), (x, z)
 * or (x, y). A vertex exactly in the plane counts as above it, so lines of a closed surface always close.
 */
export function sliceContours({ positions: P, triangles: T }: Mesh, axis: 0 | 1 | 2, at: number): Contour[] {
  const u = axis === 0 ? 1 : 0, v = axis === 2 ? 1 : 2, isAbove = (i: number): boolean => P[3 * i + axis] >= at;
  const nodes = new Map<string, number>(), points: number[] = [], nearest: number[] = [];
  /** The crossing of the edge between two vertices, worked out from the lower number on so that both triangles agree. */
  const crossing = (a: number, b: number): number => {
    const p = Math.min(a, b), q = Math.max(a, b), key = `${p},${q}`, known = nodes.get(key);
    if (known !== undefined) return known;
    const t = (at - P[3 * p + axis]) / (P[3 * q + axis] - P[3 * p + axis]), node = points.length / 2;
    points.push(P[3 * p + u] + t * (P[3 * q + u] - P[3 * p + u]), P[3 * p + v] + t * (P[3 * q + v] - P[3 * p + v]));
    nearest.push(t < 0.5 ? p : q);
    nodes.set(key, node);
    return node;
  };
  const after: number[] = [], before: number[] = [];
  for (let t = 0; t < T.length; t += 3) {
    const a = T[t], b = T[t + 1], c = T[t + 2], above = [isAbove(a), isAbove(b), isAbove(c)];
    if (above[0] === above[1] && above[1] === above[2]) continue;
    const corners = [a, b, c];
    let from = -1, to = -1;
    for (let i = 0; i < 3; i++) {
      const j = (i + 1) % 3;
      if (!above[i] && above[j]) from = crossing(corners[i], corners[j]);
      if (above[i] && !above[j]) to = crossing(corners[i], corners[j]);
    }
    after[from] = to;
    before[to] = from;
  }
  const contours: Contour[] = [], seen = new Uint8Array(points.length / 2);
  const walk = (start: number, isClosed: boolean): void => {
    const line: number[] = [], vertices: number[] = [];
    for (let node: number | undefined = start; node !== undefined && seen[node] === 0; node = after[node]) {
      seen[node] = 1;
      line.push(points[2 * node], points[2 * node + 1]);
      vertices.push(nearest[node]);
    }
    contours.push({ points: Float64Array.from(line), vertices: Uint32Array.from(vertices), isClosed });
  };
  for (let node = 0; node < seen.length; node++) if (before[node] === undefined && seen[node] === 0) walk(node, false);
  for (let node = 0; node < seen.length; node++) if (seen[node] === 0) walk(node, true);
  return contours;
}

/** Area enclosed by closed contours of one slice, mm²; holes count negative. */
export function contourAreaMm2(contours: readonly Contour[]): number {
  let total = 0;
  for (const { points: p, isClosed } of contours) {
    if (!isClosed) continue;
    let area = 0;
    for (let i = 0, n = p.length; i < n; i += 2) area += p[i] * p[(i + 3) % n] - p[(i + 2) % n] * p[i + 1];
    total += area / 2;
  }
  return Math.abs(total);
}

// Where rows of voxels lie inside a shape: crossings along the row, so that a row costs a few edges and not a test a voxel.

/** A closed shape in a frame's across and down; a polygon counts by the even-odd rule. */
export type FlatShape =
  | { kind: "polygon"; points: readonly (readonly [number, number])[] }
  | { kind: "circle"; centre: readonly [number, number]; radius: number };

/**
 * Intervals [from, end) of voxels inside a shape, for rows that all run in one direction: voxel i lies at
 * (u + i·du, v + i·dv), i from 0 to count − 1. Pairs are written to `out`.
 * @returns how many numbers were written
 */
export type RowScan = (u: number, v: number, out: number[]) => number;

/** Edges are sorted into this many bands across the rows' direction. */
const bands = 1024;

/** @param count voxels of a row */
export function rowScan(shape: FlatShape, du: number, dv: number, count: number): RowScan {
  // Seen end on, a row is one point.
  const isPoint = Math.sqrt(du * du + dv * dv) * count < 1e-9;
  if (shape.kind === "circle") return circleScan(shape, isPoint ? 0 : du, isPoint ? 0 : dv, count);
  const crossings = isPoint ? polygonCrossings(shape.points, 1, 0) : polygonCrossings(shape.points, du, dv), found: number[] = [];
  return (u, v, out) => {
    const many = crossings(u, v, found);
    if (isPoint) {
      let before = 0;
      for (let n = 0; n < many; n++) if (found[n] <= 0) before++;
      if (before % 2 === 0) return 0;
      out[0] = 0;
      out[1] = count;
      return 2;
    }
    let used = 0;
    for (let n = 0; n + 1 < many; n += 2) {
      const from = Math.max(0, Math.ceil(found[n])), end = Math.min(count, Math.ceil(found[n + 1]));
      if (end <= from) continue;
      // Two that touch are one.
      if (used > 0 && out[used - 1] === from) out[used - 1] = end;
      else { out[used++] = from; out[used++] = end; }
    }
    return used;
  };
}

/** Where the line through (u, v) in a direction meets a polygon's edges, in steps of the direction, ascending. An edge counts at one of its ends, so that no corner counts twice. */
function polygonCrossings(points: readonly (readonly [number, number])[], du: number, dv: number): (u: number, v: number, out: number[]) => number {
  const n = points.length, square = du * du + dv * dv;
  // A corner's place across the direction, and along it.
  const across = Float64Array.from(points, ([u, v]) => du * v - dv * u), along = Float64Array.from(points, ([u, v]) => (du * u + dv * v) / square);
  let low = Infinity, high = -Infinity;
  for (const q of across) { low = Math.min(low, q); high = Math.max(high, q); }
  const scale = high > low ? bands / (high - low) : 0, bandOf = (q: number) => Math.min(bands - 1, Math.max(0, Math.floor((q - low) * scale)));
  const starts = new Uint32Array(bands + 1), eachBand = (each: (band: number, edge: number) => void) => {
    for (let a = 0; a < n; a++) {
      const b = a + 1 === n ? 0 : a + 1, last = bandOf(Math.max(across[a], across[b]));
      for (let band = bandOf(Math.min(across[a], across[b])); band <= last; band++) each(band, a);
    }
  };
  eachBand((band) => { starts[band + 1]++; });
  for (let band = 0; band < bands; band++) starts[band + 1] += starts[band];
  const edges = new Uint32Array(starts[bands]), next = starts.slice();
  eachBand((band, edge) => { edges[next[band]++] = edge; });
  return (u, v, out) => {
    const q = du * v - dv * u;
    if (!(q >= low && q <= high)) return 0;
    const band = bandOf(q), from = (du * u + dv * v) / square;
    let used = 0;
    for (let e = starts[band]; e < starts[band + 1]; e++) {
      const a = edges[e], b = a + 1 === n ? 0 : a + 1, qa = across[a], qb = across[b];
      if ((qa <= q) === (qb <= q)) continue;
      const t = along[a] + (q - qa) / (qb - qa) * (along[b] - along[a]) - from;
      let at = used++;
      for (; at > 0 && out[at - 1] > t; at--) out[at] = out[at - 1];
      out[at] = t;
    }
    return used;
  };
}

/** A circle holds its edge. */
function circleScan({ centre, radius }: Extract<FlatShape, { kind: "circle" }>, du: number, dv: number, count: number): RowScan {
  const square = du * du + dv * dv, holds = (u: number, v: number) => u * u + v * v <= radius * radius;
  return (u, v, out) => {
    const x = u - centre[0], y = v - centre[1];
    let from = 0, end = count;
    if (square === 0) { if (!holds(x, y)) return 0; } else {
      const half = x * du + y * dv, root = half * half - square * (x * x + y * y - radius * radius);
      if (root < 0) return 0;
      const reach = Math.sqrt(root), isIn = (i: number) => holds(x + i * du, y + i * dv);
      from = Math.max(0, Math.ceil((-half - reach) / square));
      end = Math.min(count, Math.floor((-half + reach) / square) + 1);
      // Roots are rounded; the voxels at either end are judged by the distance itself.
      while (from > 0 && from <= count && isIn(from - 1)) from--;
      while (from < end && !isIn(from)) from++;
      while (end < count && end >= 0 && isIn(end)) end++;
      while (end > from && !isIn(end - 1)) end--;
    }
    if (end <= from) return 0;
    out[0] = from;
    out[1] = end;
    return 2;
  };
}

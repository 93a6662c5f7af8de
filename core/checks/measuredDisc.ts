/** A slice's matrix: its pixels, and millimetres between columns and between rows. */
export interface Matrix { columns: number; rows: number; columnMm: number; rowMm: number }

/** So much of a matrix has to be unmeasured before a circle is looked for, and so far, in pixels, its edge may lie beside one. */
const leastShare = 0.01, edgePx = 1.5;
/** Within so many pixels of the circle's edge the measured pixels themselves say where it runs: scanners round it in their own ways. */
const ownPx = 3;
/** Values above this, HU, are measured air however constant; below the second no scanner measures. */
const airHu = -900, impossibleHu = -1100;

/** The circle that comes nearest to points (Kåsa's, by least squares); null where they lie on a line. */
function circleThrough(points: readonly (readonly [number, number])[]): { x: number; y: number; radius: number } | null {
  const n = points.length, mx = points.reduce((sum, [x]) => sum + x, 0) / n, my = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let uu = 0, uv = 0, vv = 0, uz = 0, vz = 0, z = 0;
  for (const [x, y] of points) {
    const u = x - mx, v = y - my, w = u * u + v * v;
    uu += u * u; uv += u * v; vv += v * v; uz += u * w; vz += v * w; z += w;
  }
  const det = uu * vv - uv * uv;
  if (!(Math.abs(det) > 1e-9 * (uu + vv) * (uu + vv))) return null;
  const a = (uz * vv - vz * uv) / det / 2, b = (vz * uu - uz * uv) / det / 2;
  return { x: mx + a, y: my + b, radius: Math.sqrt(z / n + a * a + b * b) };
}

/** What a scanner measured of a matrix: its pixels (1 within), and the circle that they are; its middle from the first pixel, mm. */
export interface MeasuredDisc { pixels: Uint8Array; circle: { x: number; y: number; radius: number } }

/**
 * The circle that a scanner measured of its square matrix, from the pixels that no slice measured (0 in `seen`): round
 * the matrix's middle, as wide as it or as `diameterMm` (0018,1100), or any whose edge the measured pixels follow and that
 * reaches the matrix's. Null where the unmeasured pixels are no outside of a circle: a body cut out by hand, air at one value.
 */
export function measuredDisc(seen: Uint8Array, { columns, rows, columnMm, rowMm }: Matrix, diameterMm: number | null): MeasuredDisc | null {
  let unseen = 0, farthest = 0;
  const cx = (columns - 1) / 2 * columnMm, cy = (rows - 1) / 2 * rowMm, pixelMm = Math.max(columnMm, rowMm);
  for (let j = 0, p = 0; j < rows; j++) for (let i = 0; i < columns; i++, p++) {
    if (seen[p] === 0) { unseen++; continue; }
    const x = i * columnMm - cx, y = j * rowMm - cy, squared = x * x + y * y;
    if (squared > farthest) farthest = squared;
  }
  if (unseen < leastShare * seen.length || unseen === seen.length) return null;
  const reach = Math.sqrt(farthest), half = Math.min(columns * columnMm, rows * rowMm) / 2;
  const disc = (x0: number, y0: number, radius: number): MeasuredDisc => {
    const made = new Uint8Array(columns * rows), most = radius * radius, sure = Math.max(0, radius - ownPx * pixelMm);
    for (let j = 0, p = 0; j < rows; j++) for (let i = 0; i < columns; i++, p++) {
      const x = i * columnMm - x0, y = j * rowMm - y0, squared = x * x + y * y;
      if (squared <= sure * sure || (squared <= most && seen[p] === 1)) made[p] = 1;
    }
    return { pixels: made, circle: { x: x0, y: y0, radius } };
  };
  const edge: [number, number][] = [];
  for (let j = 0; j < rows; j++) {
    let first = 0, last = columns - 1;
    while (first < columns && seen[first + j * columns] === 0) first++;
    if (first === columns) continue;
    while (seen[last + j * columns] === 0) last--;
    if (first > 0) edge.push([first * columnMm, j * rowMm]);
    if (last < columns - 1) edge.push([last * columnMm, j * rowMm]);
  }
  const found = edge.length >= 16 ? circleThrough(edge) : null;
  const isOn = found !== null && edge.every(([x, y]) => Math.abs(Math.sqrt((x - found.x) * (x - found.x) + (y - found.y) * (y - found.y)) - found.radius) <= edgePx * pixelMm);
  const reaches = found !== null && Math.min(found.x, found.y, (columns - 1) * columnMm - found.x, (rows - 1) * rowMm - found.y) - found.radius <= edgePx * pixelMm;
  // Before the one round the middle: a smaller circle at the matrix's edge reaches as far.
  if (found && isOn && reaches) return disc(found.x, found.y, found.radius + edgePx * pixelMm);
  return [half, ...diameterMm ? [diameterMm / 2] : []].some((radius) => Math.abs(reach - radius) <= pixelMm) ? disc(cx, cy, reach + 1e-6 * pixelMm) : null;
}

/**
 * Pixels that hold something else than the one value that scanners write where nothing was measured (1 where any slice does),
 * looked for in the slices' corners: null where there is none. At most 24 slices are looked through.
 * @param at the value of pixel p (columns fastest) of slice k
 */
export function unlikeFill({ columns, rows }: Matrix, slices: number, at: (k: number, p: number) => number): Uint8Array | null {
  const corners = [0, columns - 1, columns * (rows - 1), columns * rows - 1], values = corners.map((p) => at(0, p)), fill = Math.min(...values), looked = Math.min(24, slices);
  if (fill > airHu || (fill > impossibleHu && values.some((value) => value !== fill))) return null;
  const chosen = Array.from({ length: looked }, (_, n) => Math.floor(n * (slices - 1) / Math.max(1, looked - 1)));
  const filled = corners.filter((_, n) => values[n] === fill);
  if (chosen.some((k) => filled.some((p) => at(k, p) !== fill))) return null;
  const seen = new Uint8Array(columns * rows);
  for (const k of chosen) for (let p = 0; p < seen.length; p++) if (seen[p] === 0 && at(k, p) !== fill) seen[p] = 1;
  return seen;
}

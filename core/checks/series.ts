/** What the geometry of one DICOM slice says. Positions and directions are LPS, as in the file. */
export interface SliceGeometry {
  /** Columns × rows of the pixel matrix. */
  readonly columns: number;
  readonly rows: number;
  /** LPS mm of the centre of the first pixel. */
  readonly position: readonly [number, number, number];
  /** Direction of a row (towards higher column), then of a column (towards higher row); unit LPS vectors. */
  readonly orientation: readonly number[];
  /** Millimetres between rows, then between columns (DICOM's order). */
  readonly pixelSpacing: readonly [number, number];
}

export interface SeriesRefusal { code: SeriesRefusalCode; message: string; details: Record<string, unknown>; slices: number[] }
export type SeriesRefusalCode =
  | "not-a-volume" | "duplicate-positions" | "mixed-geometry" | "oblique" | "tilted" | "uneven-spacing" | "uneven-end-slice" | "too-large";

/**
 * How the pixels of a series go into the canonical grid: pixel (column i, row j) of the k-th slice of
 * `order` lies at index `base + i*strides[0] + j*strides[1] + k*strides[2]`.
 */
export interface SeriesPlan {
  /** Indices into the slices given, along increasing position on the slice normal. */
  order: number[];
  /** Slices that are not used (the uneven end slice, when the regular part was asked for). */
  leftOut: number[];
  grid: { dims: [number, number, number]; spacing: [number, number, number]; origin: [number, number, number] };
  base: number;
  strides: [number, number, number];
  /** Largest deviation of a gap from the spacing used, mm. */
  largestGapErrorMm: number;
}

type Vector = [number, number, number];
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: readonly number[], b: readonly number[]): Vector =>
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** sin of 0.1°: more than this off an axis is oblique, more than this off the normal is a tilt. */
const sineLimit = 0.0017453;
/** A gap may differ from the others by 1 % before the spacing counts as uneven. */
const gapLimit = 0.01;
/** Positions closer than this, mm, are the same place. */
const samePlaceMm = 0.001;

const refuse = (code: SeriesRefusalCode, message: string, slices: number[] = [], details: Record<string, unknown> = {}): SeriesRefusal =>
  ({ code, message, details, slices });

/** The axis (0, 1, 2) that a unit vector runs along, and its sign; null when it is off every axis by more than 0.1°. */
function axisOf(v: readonly number[]): { axis: 0 | 1 | 2; sign: 1 | -1 } | null {
  for (const axis of [0, 1, 2] as const) {
    const a = v[(axis + 1) % 3], b = v[(axis + 2) % 3];
    if (Math.sqrt(a * a + b * b) <= sineLimit) return { axis, sign: v[axis] > 0 ? 1 : -1 };
  }
  return null;
}

/** Which gap lengths, mm, are regular: their median, and the positions in the list that are more than 1 % off. */
export function judgeGaps(gaps: readonly number[]): { median: number; odd: number[] } {
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const odd: number[] = [];
  gaps.forEach((gap, at) => { if (Math.abs(gap - median) > gapLimit * median) odd.push(at); });
  return { median, odd };
}

/**
 * Decides whether slices make one regular axis-aligned volume and how their pixels go into the canonical
 * RAS grid. The only place where DICOM's axis order and signs are turned (SP2). Never resamples: a tilted,
 * oblique or uneven series is refused with the reason and the slices it concerns.
 */
export function planSeries(
  slices: readonly SliceGeometry[], options: { useRegularPart: boolean; maxVoxels: number },
): { ok: true; plan: SeriesPlan } | { ok: false; refusal: SeriesRefusal } {
  const no = (refusal: SeriesRefusal) => ({ ok: false as const, refusal });
  if (slices.length < 3) return no(refuse("not-a-volume", `A volume needs at least 3 slices; this series has ${slices.length}.`, slices.map((_, i) => i)));
  const first = slices[0];
  const row = first.orientation.slice(0, 3), column = first.orientation.slice(3, 6);
  for (const v of [row, column]) {
    if (v.length !== 3 || !v.every(Number.isFinite) || Math.abs(Math.sqrt(dot(v, v)) - 1) > 0.001) {
      return no(refuse("not-a-volume", "Image Orientation (0020,0037) is missing or not of unit length.", [0]));
    }
  }
  if (Math.abs(dot(row, column)) > sineLimit) return no(refuse("not-a-volume", "The row and column directions (0020,0037) are not at right angles.", [0]));
  const differs = slices.flatMap((s, i) =>
    s.columns !== first.columns || s.rows !== first.rows
    || s.orientation.some((x, c) => !(Math.abs(x - first.orientation[c]) <= 0.001))
    || s.pixelSpacing.some((x, c) => !(Math.abs(x - first.pixelSpacing[c]) <= 0.0001 * first.pixelSpacing[c])) ? [i] : []);
  if (differs.length > 0) return no(refuse("mixed-geometry", "The slices of this series differ in matrix, pixel spacing or orientation.", differs));
  if (!first.pixelSpacing.every((s) => s > 0 && Number.isFinite(s))) return no(refuse("not-a-volume", "Pixel Spacing (0028,0030) is missing or not positive.", [0]));

  const normal = cross(row, column);
  const along = slices.map((s) => dot(s.position, normal));
  if (!along.every(Number.isFinite)) return no(refuse("not-a-volume", "Image Position (0020,0032) is missing or not a number.", []));
  let order = slices.map((_, i) => i).sort((a, b) => along[a] - along[b] || a - b);
  const gapsOf = (list: number[]) => list.slice(1).map((s, i) => along[s] - along[list[i]]);
  const doubled = order.filter((s, i) => i > 0 && along[s] - along[order[i - 1]] < samePlaceMm);
  if (doubled.length > 0) return no(refuse("duplicate-positions", `${doubled.length} slices lie at the position of another: not a volume.`, doubled));

  let tilt = 0;
  for (let i = 1; i < order.length; i++) {
    const a = slices[order[i - 1]].position, b = slices[order[i]].position;
    const step = [b[0] - a[0], b[1] - a[1], b[2] - a[2]], length = Math.sqrt(dot(step, step));
    const sideways = cross(step, normal);
    tilt = Math.max(tilt, Math.sqrt(dot(sideways, sideways)) / length);
  }
  if (tilt > sineLimit) return no(refuse("tilted", "The slices are shifted sideways against each other (gantry tilt). Tilted series are not taken yet.", [], { sineOfTilt: tilt }));
  const axes = [axisOf(row), axisOf(column), axisOf(normal)];
  const [ra, ca, na] = axes;
  if (!ra || !ca || !na) return no(refuse("oblique", "The slices are oblique to the body axes by more than 0.1°. Oblique series are not taken yet.", [], { orientation: first.orientation }));

  let leftOut: number[] = [];
  let { median, odd } = judgeGaps(gapsOf(order));
  if (odd.length > 0) {
    const last = order.length - 2;
    const isEnd = odd.length === 1 && (odd[0] === 0 || odd[0] === last) && order.length > 3;
    if (!isEnd) {
      return no(refuse("uneven-spacing", `${odd.length} of ${order.length - 1} gaps between slices differ from ${median} mm by more than 1 %. Slices may be missing; export the series again.`,
        odd.map((g) => order[g + 1]), { medianGapMm: median, oddGaps: odd.length }));
    }
    const out = odd[0] === 0 ? order[0] : order[order.length - 1];
    const oddGapMm = gapsOf(order)[odd[0]];
    const kept = order.filter((s) => s !== out);
    if (!options.useRegularPart) {
      const ends = [along[kept[0]] * na.sign, along[kept[kept.length - 1]] * na.sign].sort((a, b) => a - b);
      return no(refuse("uneven-end-slice", `The end slice is ${oddGapMm} mm from its neighbour, all others are ${median} mm apart. Take the regular part (${kept.length} slices) with --use-regular-part, or export the series again.`,
        [out], { oddGapMm, medianGapMm: median, regularPart: { slices: kept.length, fromMm: ends[0], toMm: ends[1] } }));
    }
    order = kept;
    leftOut = [out];
    ({ median, odd } = judgeGaps(gapsOf(order)));
  }
  const voxels = first.columns * first.rows * order.length;
  if (voxels > options.maxVoxels) return no(refuse("too-large", `The volume has ${voxels} voxels; the limit is ${options.maxVoxels}.`, [], { voxels, limit: options.maxVoxels }));

  const count = order.length;
  const spacing = (along[order[count - 1]] - along[order[0]]) / (count - 1);
  const source: { axis: 0 | 1 | 2; sign: number; size: number; mm: number }[] = [
    { ...ra, size: first.columns, mm: first.pixelSpacing[1] },
    { ...ca, size: first.rows, mm: first.pixelSpacing[0] },
    { ...na, size: count, mm: spacing },
  ];
  const dims: Vector = [0, 0, 0], mm: Vector = [0, 0, 0], origin: Vector = [0, 0, 0];
  const start = slices[order[0]].position;
  // LPS → RAS turns the sign of x and y; a source axis that then runs downwards is walked backwards.
  const signs = source.map((s) => s.sign * (s.axis === 2 ? 1 : -1));
  source.forEach((s, at) => {
    dims[s.axis] = s.size;
    mm[s.axis] = s.mm;
    const p = s.axis === 2 ? start[2] : 0 - start[s.axis];
    origin[s.axis] = signs[at] > 0 ? p : p - (s.size - 1) * s.mm;
  });
  const step: Vector = [1, dims[0], dims[0] * dims[1]];
  let base = 0;
  source.forEach((s, at) => { if (signs[at] < 0) base += (s.size - 1) * step[s.axis]; });
  const strides = source.map((s, at) => signs[at] * step[s.axis]) as Vector;
  const largestGapErrorMm = gapsOf(order).reduce((most, gap) => Math.max(most, Math.abs(gap - spacing)), 0);
  return { ok: true, plan: { order, leftOut, grid: { dims, spacing: mm, origin }, base, strides, largestGapErrorMm } };
}

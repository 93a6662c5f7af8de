import type { Grid } from "../space/grid.ts";
import { gridAround, type Vector } from "../space/gridAround.ts";
import { ignoredMm, spacingOf, type Spacing } from "./seriesGaps.ts";

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
export type SeriesRefusalCode = "not-a-volume" | "duplicate-positions" | "mixed-geometry" | "too-large";

/**
 * How the pixels of a series go into the canonical grid. `copy`: pixel (column i, row j) of the k-th slice of `order`
 * lies at index `base + i*strides[0] + j*strides[1] + k*strides[2]`. `resample`: through `core/space/resampleStack`.
 */
export interface SeriesPlan {
  mode: "copy" | "resample";
  /** Why it is resampled: tilted, oblique, uneven. Empty for `copy`. */
  reasons: ("tilted" | "oblique" | "uneven")[];
  /** Indices into the slices given, along increasing position on the slice normal. */
  order: number[];
  /** Slices that are not used, when the regular part was asked for. */
  leftOut: number[];
  grid: Grid;
  base: number;
  strides: Vector;
  /** Positions of the grid's planes along the normal, for `copy` and for slices that are only uneven. */
  planes: number[];
  /** RAS: corner of each slice of `order`, row and column direction. */
  corners: Vector[];
  rowDirection: Vector;
  columnDirection: Vector;
  /** Positions along the normal in the order of `order`, mm, and how even they are. */
  along: number[];
  spacing: Spacing;
  /** Angle between the normal and the way from the first slice to the last, as its sine and tangent. */
  tiltSine: number;
  tiltTangent: number;
  /** Largest distance by which a direction leaves its canonical axis at the far corner, mm. */
  asideMm: number;
  /** How far the far corner of a slice lies from where its directions as written put it, mm: 0 where they are of unit length and at right angles within 1e-4. */
  straightenedMm: number;
}

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: readonly number[], b: readonly number[]): Vector =>
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const length = (v: readonly number[]) => Math.sqrt(dot(v, v));
/** LPS to RAS for points and directions (SP2). */
const toRas = (v: readonly number[]): Vector => [0 - v[0], 0 - v[1], v[2]];
/** Positions closer than this, mm, are the same place. */
export const samePlaceMm = 0.001;
/** A corner may lie this far, mm, beside an axis-aligned grid before the series is resampled. */
const asideLimitMm = 0.05;
/** How far a direction's length, or the cosine between row and column, may be off (RELIABILITY H7 asks 1e-4; headers round to 1e-3). */
const unitLimit = 0.001;
/** Above this it is told. */
const toldLimit = 1e-4;

const refuse = (code: SeriesRefusalCode, message: string, slices: number[] = [], details: Record<string, unknown> = {}): SeriesRefusal =>
  ({ code, message, details, slices });

/** Directions made exactly orthonormal: the row is kept, the column turned into the plane at right angles to it. */
function straightened(row: readonly number[], column: readonly number[]): { row: Vector; column: Vector } {
  const r = row.map((x) => x / length(row)) as Vector, flat = column.map((x, i) => x - dot(column, r) * r[i]);
  return { row: r, column: flat.map((x) => x / length(flat)) as Vector };
}

/** Slices that cannot be one stack: the reason, or the common unit directions in LPS. */
function directionsOf(slices: readonly SliceGeometry[]): SeriesRefusal | { row: Vector; column: Vector; normal: Vector; straightenedMm: number } {
  if (slices.length < 3) return refuse("not-a-volume", `A volume needs at least 3 slices; this series has ${slices.length}.`, slices.map((_, i) => i));
  const first = slices[0], row = first.orientation.slice(0, 3), column = first.orientation.slice(3, 6);
  for (const v of [row, column]) {
    if (v.length !== 3 || !v.every(Number.isFinite) || Math.abs(length(v) - 1) > unitLimit) {
      return refuse("not-a-volume", "Image Orientation (0020,0037) is missing or not of unit length.", [0], { tag: "(0020,0037)" });
    }
  }
  if (Math.abs(dot(row, column)) > unitLimit) return refuse("not-a-volume", "The row and column directions (0020,0037) are not at right angles.", [0], { tag: "(0020,0037)" });
  if (!first.pixelSpacing.every((s) => s > 0 && s < 100)) return refuse("not-a-volume", "Pixel Spacing (0028,0030) is missing or not positive.", [0], { tag: "(0028,0030)" });
  const differs = slices.flatMap((s, i) =>
    s.columns !== first.columns || s.rows !== first.rows || s.orientation.length !== 6
    || s.orientation.some((x, c) => !(Math.abs(x - first.orientation[c]) <= 0.0002))
    || s.pixelSpacing.some((x, c) => !(Math.abs(x - first.pixelSpacing[c]) <= 0.0001 * first.pixelSpacing[c])) ? [i] : []);
  if (differs.length > 0) return refuse("mixed-geometry", "The slices of this series differ in matrix, pixel spacing or orientation.", differs);
  const unplaced = slices.flatMap((s, i) => s.position.every((x) => Math.abs(x) < 1e5) ? [] : [i]);
  if (unplaced.length > 0) return refuse("not-a-volume", `Image Position (0020,0032) is missing or not a number in ${unplaced.length} slices.`, unplaced, { tag: "(0020,0032)" });
  const { row: r, column: c } = straightened(row, column);
  const off = Math.max(Math.abs(length(row) - 1), Math.abs(length(column) - 1), Math.abs(dot(row, column))), [downMm, besideMm] = [first.pixelSpacing[0] * (first.rows - 1), first.pixelSpacing[1] * (first.columns - 1)];
  const corner = (s: number, t: number) => length([0, 1, 2].map((i) => s * (row[i] - r[i]) * besideMm + t * (column[i] - c[i]) * downMm));
  return { row: r, column: c, normal: cross(r, c), straightenedMm: off > toldLimit ? Math.max(corner(1, 0), corner(0, 1), corner(1, 1)) : 0 };
}

/**
 * Slices of one direction as they lie in RAS: of what a report's provenance keeps of a series (LPS, as its files say it).
 * @param positions ascending along the slices' normal
 */
export function placeOfSlices(orientation: readonly number[], positions: readonly (readonly number[])[]): { corners: Vector[]; rowDirection: Vector; columnDirection: Vector } {
  const { row, column } = straightened(orientation.slice(0, 3), orientation.slice(3, 6));
  return { corners: positions.map(toRas), rowDirection: toRas(row), columnDirection: toRas(column) };
}

/** Places of slices along the normal of the first one, LPS mm: the numbers of a plan's `along`. NaN where directions or a position are missing. */
export function placesAlong(slices: readonly { orientation: readonly number[]; position: readonly number[] }[]): number[] {
  const { row, column } = straightened(slices[0].orientation.slice(0, 3), slices[0].orientation.slice(3, 6)), normal = cross(row, column);
  return slices.map(({ position }) => dot(position, normal));
}

/** A part of a series (IM16): its slices from one place to another along their normal, LPS mm, both taken. */
export interface SeriesPart { fromMm: number; toMm: number }
/** Whether a place along the normal (mm) lies in a part, a hundredth of a millimetre about: places are told rounded. */
export const isInPart = (mm: number, { fromMm, toMm }: SeriesPart): boolean => mm >= fromMm - 0.01 && mm <= toMm + 0.01;

/** So many voxels a volume may have: 512 × 512 × 1024. */
export const mostVoxels = 268_435_456;

/** Why a volume of these voxels is not taken, and what to ask for instead. @param along places of a series' slices, mm, ascending; null for a volume file, of which no part is taken */
export function tooManyVoxels([nx, ny, nz]: readonly number[], most: number, along: readonly number[] | null): string {
  const planes = Math.floor(most / (nx * ny)), mm = (place: number | undefined) => place?.toFixed(1);
  return `The volume has ${nx} × ${ny} × ${nz} voxels, ${nx * ny * nz} together; the limit is ${most}. ${along && planes > 0 ? `At this size ${planes} slices can be taken: choose the part of the series that covers the region with 20 mm beyond it (--from and --to; along its slices it reaches from ${mm(along[0])} to ${mm(along.at(-1))} mm), or ask` : "Ask"} for a reconstruction of the region only (a smaller field of view, not thicker slices).`;
}

/**
 * Decides how slices become one volume on the canonical RAS grid. The only place where DICOM's axis order and signs are
 * turned (SP2). An even, axis-aligned series is copied; a tilted, oblique or uneven one is resampled from each slice's
 * own place. A grid for uneven slices continues the longest even run, so that the run's slices stay as they are.
 */
export function planSeries(
  slices: readonly SliceGeometry[], options: { useRegularPart: boolean; maxVoxels: number },
): { ok: true; plan: SeriesPlan } | { ok: false; refusal: SeriesRefusal } {
  const no = (refusal: SeriesRefusal) => ({ ok: false as const, refusal });
  const found = directionsOf(slices);
  if ("code" in found) return no(found);
  const { row, column, normal, straightenedMm } = found, first = slices[0];
  const mm: [number, number] = [first.pixelSpacing[1], first.pixelSpacing[0]];
  const place = slices.map((s) => dot(s.position, normal));
  let order = slices.map((_, i) => i).sort((a, b) => place[a] - place[b] || a - b);
  const doubled = order.filter((s, i) => i > 0 && place[s] - place[order[i - 1]] < samePlaceMm);
  if (doubled.length > 0) return no(refuse("duplicate-positions", `${doubled.length} slices lie at the position of another: not a volume.`, doubled));

  let spacing = spacingOf(order.map((s) => place[s]));
  const leftOut: number[] = [];
  if (options.useRegularPart && spacing.odd.length > 0 && spacing.run.last - spacing.run.first >= 2) {
    leftOut.push(...order.slice(0, spacing.run.first), ...order.slice(spacing.run.last + 1));
    order = order.slice(spacing.run.first, spacing.run.last + 1);
    spacing = spacingOf(order.map((s) => place[s]));
  }
  const along = order.map((s) => place[s]), count = order.length;
  const way = [0, 1, 2].map((c) => slices[order[count - 1]].position[c] - slices[order[0]].position[c]);
  const sideways = length(cross(way, normal)), tiltSine = sideways / length(way), tiltTangent = sideways / Math.abs(dot(way, normal));
  // Sideways wander that is no steady tilt (a moved table) counts by its own size.
  let wanderMm = 0;
  for (const s of order) wanderMm = Math.max(wanderMm, length(cross([0, 1, 2].map((c) => slices[s].position[c] - slices[order[0]].position[c]), normal)));

  const corners = order.map((s) => toRas(slices[s].position)), rowRas = toRas(row), columnRas = toRas(column), normalRas = toRas(normal);
  const main = [rowRas, columnRas, normalRas].map((d) => [0, 1, 2].reduce((best, axis) => Math.abs(d[axis]) > Math.abs(d[best]) ? axis : best, 0));
  const reach = [mm[0] * (first.columns - 1), mm[1] * (first.rows - 1), along[count - 1] - along[0]];
  let asideMm = 0;
  for (let axis = 0; axis < 3; axis++) {
    const sum = [rowRas, columnRas, normalRas].reduce((total, d, i) => total + (main[i] === axis ? 0 : Math.abs(d[axis]) * reach[i]), 0);
    asideMm = Math.max(asideMm, sum);
  }
  const isTilted = wanderMm > asideLimitMm, isOblique = new Set(main).size < 3 || asideMm > asideLimitMm;
  const isUneven = spacing.odd.length > 0 || spacing.placeErrorMm > ignoredMm;
  const reasons: SeriesPlan["reasons"] = [...isTilted ? ["tilted" as const] : [], ...isOblique ? ["oblique" as const] : [], ...isUneven ? ["uneven" as const] : []];
  let grid: Grid, base = 0, strides: Vector = [0, 0, 0], planePositions: number[] = [];
  if (isOblique || isTilted) {
    grid = gridAround(corners, rowRas, columnRas, normalRas, [first.columns, first.rows], [...mm, spacing.gapMm]);
  } else {
    const start = along[0], run = along[spacing.run.first], gap = spacing.gapMm;
    // Planes below and above the run, as many as the slices there need.
    const below = isUneven ? Math.max(0, Math.ceil((run - start) / gap - 0.02)) : 0;
    const planes = isUneven ? below + Math.max(0, Math.ceil((along[count - 1] - run) / gap - 0.02)) + 1 : count;
    const startMm = run - below * gap - start;
    planePositions = Array.from({ length: planes }, (_, k) => start + startMm + k * gap);
    const sizes = [first.columns, first.rows, planes], steps = [mm[0], mm[1], gap], directions = [rowRas, columnRas, normalRas];
    const dims: Vector = [0, 0, 0], spacingMm: Vector = [0, 0, 0], origin: Vector = [0, 0, 0];
    const signs = directions.map((d, i) => d[main[i]] > 0 ? 1 : -1);
    for (let i = 0; i < 3; i++) {
      const axis = main[i], corner = corners[0][axis] + (i === 2 ? signs[2] * startMm : 0);
      dims[axis] = sizes[i];
      spacingMm[axis] = steps[i];
      origin[axis] = signs[i] > 0 ? corner : corner - (sizes[i] - 1) * steps[i];
    }
    grid = { dims, spacing: spacingMm, origin };
    const step: Vector = [1, dims[0], dims[0] * dims[1]];
    for (let i = 0; i < 3; i++) if (signs[i] < 0) base += (sizes[i] - 1) * step[main[i]];
    strides = signs.map((sign, i) => sign * step[main[i]]) as Vector;
  }
  const voxels = grid.dims[0] * grid.dims[1] * grid.dims[2];
  if (!(voxels <= options.maxVoxels)) return no(refuse("too-large", tooManyVoxels(grid.dims, options.maxVoxels, along), [], { voxels, limit: options.maxVoxels }));
  return {
    ok: true,
    plan: {
      mode: reasons.length > 0 ? "resample" : "copy", reasons, order, leftOut, grid, base, strides, planes: planePositions, corners, rowDirection: rowRas, columnDirection: columnRas,
      along, spacing, tiltSine, tiltTangent, asideMm, straightenedMm,
    },
  };
}

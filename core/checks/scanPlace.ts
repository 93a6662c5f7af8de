import { z } from "zod";
import { placeOfSlices } from "./series.ts";

const number = z.number(), vector = z.tuple([number, number, number]).readonly(), positive = number.positive();
/** The circle of each slice that was measured: its middle from the first pixel, along rows (`x`) and columns (`y`), and its radius, mm. */
const circle = z.object({ x: number, y: number, radius: positive });
export type MeasuredCircle = z.infer<typeof circle>;

/**
 * Where in the patient a volume's voxels were measured: parallel slices, RAS mm, ascending along the cross product of their
 * directions; what lies between and half a gap beyond them, within half a pixel of their matrix and within the circle.
 */
export const scanPlace = z.object({
  columns: z.number().int().positive(), rows: z.number().int().positive(), columnMm: positive, rowMm: positive,
  corners: z.array(vector).min(2).readonly(), rowDirection: vector, columnDirection: vector, circle: circle.nullable(),
});
export type ScanPlace = z.infer<typeof scanPlace>;

type Vector = readonly [number, number, number];
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const matrix = z.array(z.array(number).min(3)).min(3);

const planesOfFile = z.object({ space: z.literal("RAS"), affine: matrix, dims: z.tuple([number, number, number]), circle: circle.nullish() });
/**
 * What a report's provenance keeps of the scan's geometry: of a DICOM series (LPS, as its files say it), or of a volume file;
 * `measured`: the planes of the canonical grid of one that lay straight, where a circle of each was measured.
 */
const recorded = z.object({
  resampling: z.union([z.object({ reasons: z.array(z.string()) }), z.string()]).optional(),
  originalGeometry: z.union([
    z.object({ space: z.literal("LPS"), orientation: z.array(number).length(6), pixelSpacing: z.tuple([positive, positive]), matrix: z.tuple([number, number, number]), positions: z.array(vector).min(2), circle: circle.nullish() }),
    planesOfFile,
  ]),
  measured: planesOfFile.optional(),
});
interface Derived { turn?: { derivedFromScan?: unknown }; before?: Derived }

/** From positions of the scan to those of the volume: 4×4 matrices of the turns that it was made by, the first one first. */
function turnsOf(provenance: unknown): number[][][] {
  const found: number[][][] = [];
  for (let made = (provenance as { derivedFrom?: Derived } | null)?.derivedFrom; made; made = made.before) {
    const read = matrix.safeParse(made.turn?.derivedFromScan);
    if (read.success) found.unshift(read.data);
  }
  return found;
}

/**
 * Where the scan of a volume lies, of the provenance in its CT report. Null where the volume's own outer faces are where the
 * scan ends, or nothing is recorded of it.
 */
export function scanPlaceOf(provenance: unknown): ScanPlace | null {
  const read = recorded.safeParse(provenance);
  if (!read.success) return null;
  const { resampling, measured } = read.data, from = measured ?? read.data.originalGeometry, turns = turnsOf(provenance), reasons = typeof resampling === "object" ? resampling.reasons : [];
  if (turns.length === 0 && !from.circle && !reasons.some((reason) => reason === "tilted" || reason === "oblique")) return null;
  const place = from.space === "LPS"
    ? { columns: from.matrix[0], rows: from.matrix[1], columnMm: from.pixelSpacing[1], rowMm: from.pixelSpacing[0], ...placeOfSlices(from.orientation, from.positions) }
    : placeOfAffine(from.affine, from.dims);
  const to = (p: readonly number[], isPoint: boolean): Vector => turns.reduce<readonly number[]>((q, m) => [0, 1, 2].map((i) => dot(m[i], q) + (isPoint ? m[i][3] : 0)), p) as unknown as Vector;
  const made = scanPlace.safeParse({ ...place, corners: place.corners.map((corner) => to(corner, true)), rowDirection: to(place.rowDirection, false), columnDirection: to(place.columnDirection, false), circle: from.circle ?? null });
  return made.success ? made.data : null;
}

/** The planes of a file with one affine. */
function placeOfAffine(affine: number[][], dims: readonly number[]): Omit<ScanPlace, "circle"> {
  const [row, column, step] = [0, 1, 2].map((c) => [0, 1, 2].map((axis) => affine[axis][c])), [columnMm, rowMm] = [Math.sqrt(dot(row, row)), Math.sqrt(dot(column, column))];
  const r = row.map((x) => x / columnMm), c = column.map((x) => x / rowMm), normal = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
  const corners = Array.from({ length: dims[2] }, (_, k) => [0, 1, 2].map((axis) => affine[axis][3] + step[axis] * k) as unknown as Vector);
  return { columns: dims[0], rows: dims[1], columnMm, rowMm, corners: dot(step, normal) > 0 ? corners : corners.reverse(), rowDirection: r as unknown as Vector, columnDirection: c as unknown as Vector };
}

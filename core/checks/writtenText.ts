import { burnedInText, slicesToLookAt, type PixelBox } from "../deidentify/burnedIn.ts";
import type { Grid } from "../space/grid.ts";
import { finding, type Finding } from "./ctQuality.ts";

/** A slice that was looked at for text: HU as its file holds them, row by row from its own top left corner. */
export interface LookedAt { slice: number; columns: number; rows: number; values: Int16Array; boxes: PixelBox[] }

/** Looks at some slices of a series, the ones that the page looks at too. @param valuesOf HU of the k-th slice; a copy is kept */
export const lookForText = (count: number, columns: number, rows: number, valuesOf: (k: number) => Int16Array): LookedAt[] =>
  slicesToLookAt(count).map((slice) => { const values = valuesOf(slice); return { slice, columns, rows, values, boxes: burnedInText(values, columns, rows) }; });

/** The same for a volume without slices of its own: its planes seen from the feet, the patient's right on the left. */
export const lookInPlanes = ({ dims: [nx, ny, nz] }: Grid, hu: Int16Array): LookedAt[] =>
  lookForText(nz, nx, ny, (plane) => hu.slice(plane * nx * ny, (plane + 1) * nx * ny).reverse());

/** F20: text in the pictures, found in them or told by their headers; none where neither. @param labelOf the k-th slice's name */
export function judgeText(looked: readonly LookedAt[], labelOf: (k: number) => string, isTold: boolean): Finding[] {
  const written = looked.filter(({ boxes }) => boxes.length > 0), told = "The images say that text is burned into them (0028,0301)";
  if (written.length === 0) return isTold ? [finding("burned-in", "attention", `${told}: it may name the patient.`)] : [];
  const first = written.reduce((a, b) => b.slice < a.slice ? b : a), { left, right, top, bottom } = first.boxes[0];
  return [finding("burned-in", "attention",
    `${isTold ? `${told}, and what` : "What"} looks like written text was found in ${written.length} of the ${looked.length} slices looked at, first in ${labelOf(first.slice)} (columns ${left + 1} to ${right + 1}, rows ${top + 1} to ${bottom + 1}): it may name the patient.`,
    { value: written.length, limit: 0, unit: "slices", files: written.map(({ slice }) => slice).sort((a, b) => a - b).map(labelOf) })];
}

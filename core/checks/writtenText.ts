import { burnedInText, slicesToLookAt, type PixelBox, type Turn } from "../deidentify/burnedIn.ts";
import type { Grid } from "../space/grid.ts";
import { finding, type Finding } from "./ctQuality.ts";

/** A slice that was looked at for text: HU as its file holds them, row by row from its own top left corner. */
export interface LookedAt { slice: number; columns: number; rows: number; values: Int16Array; boxes: PixelBox[] }
/** What was found: how many slices were looked at, those with text, rising, and the one to show: with the most of it, else the middle one. */
export interface TextSearch { looked: number; written: { slice: number; boxes: PixelBox[] }[]; shown: LookedAt }
/** HU of a slice, and how they lie turned against its file. They are only read. */
export interface Plane extends Turn { values: Int16Array }

/** Values as the file holds them, as a copy. */
function upright({ values, isMirrored, isUpsideDown }: Plane, columns: number, rows: number): Int16Array {
  const out = new Int16Array(columns * rows);
  for (let y = 0, at = 0; y < rows; y++) for (let x = 0, row = columns * (isUpsideDown ? rows - 1 - y : y); x < columns; x++) out[at++] = values[row + (isMirrored ? columns - 1 - x : x)];
  return out;
}

/** Looks at the slices of a series that the page looks at too. @param isSample as for `slicesToLookAt`; @param planeOf the k-th slice */
export function lookForText(count: number, columns: number, rows: number, isSample: boolean, planeOf: (k: number) => Plane): TextSearch {
  const slices = slicesToLookAt(count, isSample), written: TextSearch["written"] = [];
  for (const slice of slices) {
    const plane = planeOf(slice), boxes = burnedInText(plane.values, columns, rows, plane);
    if (boxes.length > 0) written.push({ slice, boxes });
  }
  const { slice, boxes } = written.reduce((most, one) => one.boxes.length > most.boxes.length ? one : most, written[0] ?? { slice: count >> 1, boxes: [] });
  return { looked: slices.length, written, shown: { slice, columns, rows, values: upright(planeOf(slice), columns, rows), boxes } };
}

/** The same for a volume without slices of its own: its planes seen from the feet, the patient's right on the left. */
export const lookInPlanes = ({ dims: [nx, ny, nz] }: Grid, hu: Int16Array): TextSearch =>
  lookForText(nz, nx, ny, false, (plane) => ({ values: hu.subarray(plane * nx * ny, (plane + 1) * nx * ny), isMirrored: true, isUpsideDown: true }));

/** F20: text in the pictures, found in them or told by their headers; none where neither. @param labelOf the k-th slice's name */
export function judgeText({ looked, written }: TextSearch, labelOf: (k: number) => string, isTold: boolean): Finding[] {
  const told = "The images say that text is burned into them (0028,0301)";
  if (written.length === 0) return isTold ? [finding("burned-in", "attention", `${told}: it may name the patient.`)] : [];
  const [first] = written, { left, right, top, bottom } = first.boxes[0];
  return [finding("burned-in", "attention",
    `${isTold ? `${told}, and what` : "What"} looks like written text was found in ${written.length} of the ${looked} slices looked at, first in ${labelOf(first.slice)} (columns ${left + 1} to ${right + 1}, rows ${top + 1} to ${bottom + 1}): it may name the patient.`,
    { value: written.length, limit: 0, unit: "slices", files: written.slice(0, 50).map(({ slice }) => labelOf(slice)) })];
}

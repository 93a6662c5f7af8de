import type { Resampling } from "../space/resampling.ts";
import type { SliceStack } from "../space/resampleStack.ts";

/** What the file is called wherever it lies as one. */
export const acquiredFile = "acquired.nrrd";

/**
 * The header of `acquired.nrrd` (IM17); gzip of the slices follows it: int16 little-endian HU, columns fastest, then rows, then
 * slices along their normal. An attached NRRD0005 (teem's format page) whose third axis is a list without a direction: a reader
 * gets every slice, and none is told a spacing that uneven slices do not have. Where they lie stands in the key/value line
 * `acquired`, one line of JSON, all RAS: `corners` (mm, centre of each slice's first pixel), `rowDirection` and `columnDirection`
 * (unit vectors, towards higher column and row), `columnMm`, `rowMm`, and `resampling`, by which `resample` makes the case's
 * volume of them byte for byte. Numbers are written so that they are read back as the same.
 */
export function acquiredHeader({ columns, rows, corners, rowDirection, columnDirection, columnMm, rowMm }: Omit<SliceStack, "hu">, resampling: Resampling): Uint8Array {
  const vector = (of: readonly number[], mm = 1) => `(${of.map((x) => x * mm).join(",")})`;
  return new TextEncoder().encode(`${[
    "NRRD0005", "# Slices of a CT as acquired, HU. Where each lies stands in the line acquired below: the third axis has no spacing.",
    "type: int16", "dimension: 3", "space: right-anterior-superior", `sizes: ${columns} ${rows} ${corners.length}`, "endian: little", "encoding: gzip", "kinds: space space list",
    `space directions: ${vector(rowDirection, columnMm)} ${vector(columnDirection, rowMm)} none`, 'space units: "mm" "mm" "mm"', `space origin: ${vector(corners[0])}`,
    `acquired:=${JSON.stringify({ corners, rowDirection, columnDirection, columnMm, rowMm, resampling })}`,
  ].join("\n")}\n\n`);
}

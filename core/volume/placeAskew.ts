import type { Grid } from "../space/grid.ts";
import type { Vector } from "../space/gridAround.ts";
import { checkPlace } from "./canonicalVolume.ts";
import { NiftiError } from "./niftiError.ts";

/** Planes of a file in the patient: RAS mm of each one's first voxel, in the file's order, and the steps along its rows and columns. */
export interface FileStack { corners: readonly (readonly number[])[]; row: Vector; column: Vector }
/** Values of a stack on a grid, from the nearest voxel. */
export interface AskewMask {
  /** 1 inside, x fastest. */
  labels: Int16Array;
  voxels: number;
  /** Voxels inside in the file, their volume in mm³, and how many of them have their centres outside of the grid. */
  fileVoxels: number; fileMm3: number; outside: number;
  farthestMm: number;
}

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** How far the cosine between rows and columns may be off (as for series). */
const unitLimit = 0.001;

/** The planes of a file with one affine; sheared ones (a tilted gantry) lie where the affine has them. @throws NiftiError «oblique» */
export function stackOfAffine(affine: number[][], dims: readonly number[]): FileStack {
  checkPlace(affine, dims);
  const [row, column, step] = [0, 1, 2].map((c) => [affine[0][c], affine[1][c], affine[2][c]] as Vector);
  return { row, column, corners: Array.from({ length: dims[2] }, (_, k) => [0, 1, 2].map((axis) => affine[axis][3] + step[axis] * k)) };
}

/** How far a plane reaches up and down its normal, mm: halfway to the next, but no farther than half of the usual distance. */
function reaches(along: readonly number[], singleMm: number): { up: Float64Array; down: Float64Array } {
  const gaps = along.slice(1).map((mm, k) => mm - along[k]), usual = gaps.length === 0 ? singleMm : [...gaps].sort((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)];
  const up = Float64Array.from(along, (_, k) => Math.min(usual, gaps[k] ?? usual) / 2), down = Float64Array.from(along, (_, k) => Math.min(usual, gaps[k - 1] ?? usual) / 2);
  return { up, down };
}

/**
 * Puts the voxels of a stack that lies askew, or unevenly, on a grid by their place in the patient (IM4): each voxel of the grid
 * belongs to the plane whose slab it lies in, and there to the nearest voxel. Nothing is interpolated.
 * @param values x fastest, then rows, then planes in the order of `corners`; `singleMm`: thickness of a plane that is the only one
 * @throws NiftiError «oblique» where rows and columns are not at right angles
 */
export function placeAskew(values: Int16Array, inside: number, columns: number, rows: number, { corners, row, column }: FileStack, singleMm: number, grid: Grid): AskewMask {
  const rowMm = Math.sqrt(dot(row, row)), columnMm = Math.sqrt(dot(column, column));
  if (!(Math.abs(dot(row, column)) <= unitLimit * rowMm * columnMm)) throw new NiftiError("oblique", "The file's first two axes are not at right angles; resample it elsewhere first.", "affine");
  const normal = [row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2], row[0] * column[1] - row[1] * column[0]].map((x) => x / (rowMm * columnMm));
  const order = corners.map((_, k) => k).sort((a, b) => dot(corners[a], normal) - dot(corners[b], normal) || a - b), along = order.map((k) => dot(corners[k], normal)), count = order.length;
  if (along.some((mm, k) => k > 0 && !(mm - along[k - 1] > 0))) throw new NiftiError("not-a-volume", "Two planes of the file lie at one place.", "affine");
  const { up, down } = reaches(along, singleMm), [nx, ny, nz] = grid.dims, out = new Int16Array(nx * ny * nz), area = columns * rows;
  // Voxel coordinates in a plane are linear in the position: along rows and columns, less those of the plane's corner.
  const toI = row.map((x) => x / (rowMm * rowMm)), toJ = column.map((x) => x / (columnMm * columnMm)), cornerI = Float64Array.from(order, (k) => dot(toI, corners[k])), cornerJ = Float64Array.from(order, (k) => dot(toJ, corners[k]));
  let voxels = 0, farthest = 0, plane = 0;
  for (let z = 0, to = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const start = [grid.origin[0], grid.origin[1] + y * grid.spacing[1], grid.origin[2] + z * grid.spacing[2]], d0 = dot(normal, start), i0 = dot(toI, start), j0 = dot(toJ, start);
    for (let x = 0; x < nx; x++, to++) {
      const mm = x * grid.spacing[0], d = d0 + normal[0] * mm;
      while (plane + 1 < count && d - along[plane] > along[plane + 1] - d) plane++;
      while (plane > 0 && d - along[plane - 1] <= along[plane] - d) plane--;
      const off = d - along[plane];
      if (off > up[plane] + 1e-6 || -off > down[plane] + 1e-6) continue;
      const fi = i0 + toI[0] * mm - cornerI[plane], fj = j0 + toJ[0] * mm - cornerJ[plane], i = Math.floor(fi + 0.5), j = Math.floor(fj + 0.5);
      if (i < 0 || j < 0 || i >= columns || j >= rows || values[i + columns * j + area * order[plane]] !== inside) continue;
      out[to] = 1;
      voxels++;
      const a = (fi - i) * rowMm, b = (fj - j) * columnMm, apart = a * a + b * b + off * off;
      if (apart > farthest) farthest = apart;
    }
  }
  let fileVoxels = 0, fileMm3 = 0, outside = 0;
  for (let k = 0; k < count; k++) {
    const corner = corners[order[k]];
    let own = 0;
    for (let j = 0, at = area * order[k]; j < rows; j++) for (let i = 0; i < columns; i++, at++) if (values[at] === inside) {
      own++;
      for (let axis = 0; axis < 3; axis++) {
        const place = Math.floor((corner[axis] + row[axis] * i + column[axis] * j - grid.origin[axis]) / grid.spacing[axis] + 0.5);
        if (place < 0 || place >= grid.dims[axis]) { outside++; break; }
      }
    }
    fileVoxels += own;
    fileMm3 += own * rowMm * columnMm * (up[k] + down[k]);
  }
  return { labels: out, voxels, fileVoxels, fileMm3, outside, farthestMm: Math.sqrt(farthest) };
}

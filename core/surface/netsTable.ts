// The cases of core/surface/cellTable as flat arrays, for the mesher and its kernel.
import { cellSheets, edgeCorners } from "./cellTable.ts";

/** Parts of a voxel that vertex positions are whole numbers of: every sum is exact, so nothing depends on order or seams. */
export const unitsPerVoxel = 4096;

/** One entry a sheet of a case (corner bits × turned faces); see `netsTable`. */
export interface NetsTable {
  /** Case of 256 corner bits with no face turned. */
  plain: Uint16Array;
  /** Joined checkerboard faces of the 256 corner bits, bit by face. */
  joined: Uint8Array;
  /** Case of corner bits + 256 × turned faces; 0xffff where that cannot be. */
  turned: Uint16Array;
  /** The sheet, among all, of corner bits that have one sheet and no joined checkerboard face; −1 of others. */
  single: Int16Array;
  /** Sheets a case has, and the number of its first one among all sheets. */
  sheetCount: Uint8Array;
  firstSheet: Uint16Array;
  /** Sheet (0…3) of edge e of a case at 12 × case + e; 0 where the edge is not crossed. */
  sheetOf: Uint8Array;
  /**
   * Of each sheet eight numbers: where its vertex starts (x, y, z in units from the cell's low corner), its crossed edges
   * as 12 bits, then the box that it may not leave in quarters of the cell, three bits each: low x, y, z, high x, y, z;
   * the cell's corner bits, how many edges it crosses; one spare.
   */
  sheets: Int32Array;
}

/** The box, as `sheets` has it, of a sheet that is alone in its cell: all of it. */
export const wholeBox = (4 | (4 << 3) | (4 << 6)) << 9;

interface Box { low: number[]; high: number[] }

/** A sheet round one corner beside one that spans the cell: the corner's keeps to its quarter, the other to what is left. */
function part(a: Box, b: Box): void {
  if ([0, 1, 2].some((i) => a.high[i] <= b.low[i] || b.high[i] <= a.low[i])) return;
  const size = (box: Box) => [0, 1, 2].reduce((sum, i) => sum + box.high[i] - box.low[i], 0);
  const [corner, wide] = size(a) < size(b) ? [a, b] : [b, a];
  for (let i = 0; i < 3; i++) {
    if (corner.low[i] === 0) wide.low[i] = corner.high[i] = 1;
    else wide.high[i] = corner.low[i] = 3;
  }
}

/**
 * A sheet alone in its cell may move in the whole cell; sheets that share a cell each keep to the box of their own
 * crossings, and these boxes do not overlap (proven by a test over every case), so two never meet.
 */
function build(): NetsTable {
  const plain = new Uint16Array(256), joined = new Uint8Array(256), turned = new Uint16Array(256 * 64).fill(0xffff);
  const sheetCount: number[] = [], firstSheet: number[] = [], sheetOf: number[] = [], sheets: number[] = [];
  for (let corners = 0; corners < 256; corners++) {
    const can = cellSheets(corners, 0).joinedFaces;
    joined[corners] = can;
    for (let faces = 0; faces < 64; faces++) {
      if ((faces & ~can) !== 0) continue;
      const { count, sheetOf: of } = cellSheets(corners, faces);
      const kind = sheetCount.length;
      turned[corners + 256 * faces] = kind;
      if (faces === 0) plain[corners] = kind;
      sheetCount.push(count);
      firstSheet.push(sheets.length / 8);
      const boxes = Array.from({ length: count }, () => ({ low: [4, 4, 4], high: [0, 0, 0] }));
      for (let e = 0; e < 12; e++) sheetOf.push(Math.max(0, of[e]));
      for (let sheet = 0; sheet < count; sheet++) {
        const sum = [0, 0, 0], { low, high } = boxes[sheet];
        let n = 0, edges = 0;
        for (let e = 0; e < 12; e++) {
          if (of[e] !== sheet) continue;
          const [a, b] = edgeCorners[e];
          for (let axis = 0; axis < 3; axis++) {
            const halves = ((a >> axis) & 1) + ((b >> axis) & 1);
            sum[axis] += halves;
            low[axis] = Math.min(low[axis], 2 * halves);
            high[axis] = Math.max(high[axis], 2 * halves);
          }
          edges |= 1 << e;
          n++;
        }
        if (count === 1) { low.fill(0); high.fill(4); }
        sheets.push(...sum.map((s) => Math.round((s * unitsPerVoxel) / (2 * n))), edges, 0, corners, n, 0);
      }
      if (count === 2) part(boxes[0], boxes[1]);
      boxes.forEach(({ low, high }, sheet) => {
        sheets[8 * (firstSheet[kind] + sheet) + 4] = low[0] | (low[1] << 3) | (low[2] << 6) | (high[0] << 9) | (high[1] << 12) | (high[2] << 15);
      });
    }
  }
  const single = Int16Array.from(plain, (kind, corners) => joined[corners] === 0 && sheetCount[kind] === 1 ? firstSheet[kind] : -1);
  return {
    plain, joined, turned, single, sheetCount: Uint8Array.from(sheetCount), firstSheet: Uint16Array.from(firstSheet),
    sheetOf: Uint8Array.from(sheetOf), sheets: Int32Array.from(sheets),
  };
}

let table: NetsTable | undefined;

/** Built once, in a few milliseconds. */
export const netsTable = (): NetsTable => (table ??= build());

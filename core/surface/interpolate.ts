import type { Grid } from "../space/grid.ts";
import { edgeCorners } from "./cellTable.ts";
import type { BitBox } from "./bitBox.ts";
import { netsTable, unitsPerVoxel } from "./netsTable.ts";
import type { Margins, Nets } from "./netsTwin.ts";

/** A CT on the mask's grid, and the HU value whose surface the mask's boundary follows. */
export interface IsoVolume {
  hu: Int16Array;
  iso: number;
}

/** A CT that the bricks of a surface follow: which one it is, so that what was made of it can be named. */
export interface FollowedVolume extends IsoVolume {
  /** Content hash of the stored CT, hex. */
  volume: string;
}

/**
 * Moves vertices to where HU, linear between voxel centres, takes the iso-value. The mask decides the topology; an edge
 * of a cell is followed only where the iso-value lies between the HU of its two ends. A vertex all of whose edges follow
 * is held there; one with some keeps the mean of these and of the middles of the others, and is smoothed.
 * @returns how many vertices are held
 */
export function interpolate({ vertexCount, cells, places }: Nets, { first, words, wordsPerRow, size }: BitBox, { dims: [nx, ny, nz] }: Grid, { hu, iso }: IsoVolume, margins: Margins): number {
  const { sheets } = netsTable();
  let held = 0;
  const sum = [0, 0, 0];
  for (let v = 0; v < 4 * vertexCount; v += 4) {
    const sheet = 8 * cells[v + 3], edges = sheets[sheet + 3], box = sheets[sheet + 4];
    let n = 0, followed = 0;
    sum[0] = 0; sum[1] = 0; sum[2] = 0;
    for (let e = 0; e < 12; e++) {
      if (((edges >> e) & 1) === 0) continue;
      const [a, b] = edgeCorners[e], axis = e >> 2;
      const x = cells[v] + (a & 1), y = cells[v + 1] + ((a >> 1) & 1), z = cells[v + 2] + (a >> 2);
      const gx = first[0] + x, gy = first[1] + y, gz = first[2] + z;
      const toX = axis === 0 ? 1 : 0, toY = axis === 1 ? 1 : 0, toZ = axis === 2 ? 1 : 0;
      let along = unitsPerVoxel / 2;
      // The grid ends here: there is no HU beyond it.
      if (gx >= 0 && gy >= 0 && gz >= 0 && gx + toX < nx && gy + toY < ny && gz + toZ < nz) {
        const at = gx + nx * (gy + ny * gz), p = hu[at], q = hu[at + toX + nx * (toY + ny * toZ)];
        const isIn = ((words[(z * size[1] + y) * wordsPerRow + (x >> 5)] >>> (x & 31)) & 1) === 1;
        const inner = isIn ? p : q, outer = isIn ? q : p;
        if ((inner >= iso && outer < iso) || (inner <= iso && outer > iso)) {
          along = Math.round((unitsPerVoxel * (iso - p)) / (q - p));
          followed++;
        }
      }
      for (let i = 0; i < 3; i++) sum[i] += i === axis ? along : (((a >> i) & 1) + ((b >> i) & 1)) * (unitsPerVoxel / 2);
      n++;
    }
    if (followed === 0) continue;
    for (let i = 0; i < 3; i++) {
      const origin = cells[v + i] * unitsPerVoxel, from = origin + ((box >> (3 * i)) & 7) * 1024 + margins[i], to = origin + ((box >> (9 + 3 * i)) & 7) * 1024 - margins[i];
      places[v + i] = Math.max(from, Math.min(to, origin + Math.round(sum[i] / n)));
    }
    if (followed === n) { places[v + 3] = 1; held++; }
  }
  return held;
}

import type { Grid } from "../space/grid.ts";
import { edgeCorners } from "./cellTable.ts";
import type { BitBox } from "./bitBox.ts";
import { netsTable, unitsPerVoxel, wholeBox } from "./netsTable.ts";
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
 * A vertex this near, in units, to two sides of its cell or more keeps as far from them: HU take the value close to a voxel's
 * centre, where up to eight cells meet, and faces between vertices of all of them would cross once they are smoothed. (Two
 * trunks at ten HU values each: 4 pairs cross that were 11, with twice as many passes 12 that were 173.)
 */
const cornerRoom = 96;

/** Of each edge of a cell its lower corner (bits x, y, z). */
const lowCorner = Uint8Array.from(edgeCorners, ([a]) => a);
let middles: Int32Array | undefined;

/** Of each sheet, four numbers: the sums of x, y, z of its edges' middles, in units from the cell's low corner; one spare. */
function middlesOf(sheets: Int32Array): Int32Array {
  const sums = new Int32Array(sheets.length / 2);
  for (let sheet = 0; 8 * sheet < sheets.length; sheet++) edgeCorners.forEach(([a, b], e) => {
    if (((sheets[8 * sheet + 3] >> e) & 1) === 1) for (let i = 0; i < 3; i++) sums[4 * sheet + i] += (((a >> i) & 1) + ((b >> i) & 1)) * (unitsPerVoxel / 2);
  });
  return sums;
}

/** The nearest whole number to one from 0 on that is no nearer to a half than its float64 tells; upwards from a half, as Math.round. */
const rounded = (x: number): number => (x + 0.5) | 0;

/**
 * Moves vertices to where HU, linear between voxel centres, takes the iso-value. The mask decides the topology; an edge
 * of a cell is followed only where the iso-value lies between the HU of its two ends. A vertex all of whose edges follow
 * is marked as told by HU (`followSteps`); one with some keeps the mean of these and of the middles of the others, and is smoothed.
 * @returns how many vertices are told
 */
export function interpolate({ vertexCount, cells, places }: Nets, { first }: Pick<BitBox, "first">, { dims: [nx, ny, nz] }: Grid, { hu, iso }: IsoVolume, margins: Margins): number {
  const { sheets } = netsTable(), half = unitsPerVoxel / 2, slice = nx * ny, sums = (middles ??= middlesOf(sheets));
  const [fx, fy, fz] = first, [mx, my, mz] = margins;
  let told = 0;
  for (let v = 0; v < 4 * vertexCount; v += 4) {
    const sheet = 8 * cells[v + 3], corners = sheets[sheet + 5], n = sheets[sheet + 6], cx = cells[v], cy = cells[v + 1], cz = cells[v + 2];
    const gx = fx + cx, gy = fy + cy, gz = fz + cz, at = gx + nx * gy + slice * gz;
    const isWithin = gx >= 0 && gy >= 0 && gz >= 0 && gx + 1 < nx && gy + 1 < ny && gz + 1 < nz;
    let followed = 0, x = sums[sheet >> 1], y = sums[(sheet >> 1) + 1], z = sums[(sheet >> 1) + 2];
    for (let edges = sheets[sheet + 3]; edges !== 0; edges &= edges - 1) {
      const e = 31 - Math.clz32(edges & -edges), a = lowCorner[e], ax = a & 1, ay = (a >> 1) & 1, az = a >> 2;
      const isX = e < 4, isY = !isX && e < 8, isZ = e >= 8;
      // The grid ends here: there is no HU beyond it.
      if (!isWithin && (gx + ax < 0 || gy + ay < 0 || gz + az < 0 || gx + ax + (isX ? 1 : 0) >= nx || gy + ay + (isY ? 1 : 0) >= ny || gz + az + (isZ ? 1 : 0) >= nz)) continue;
      const from = at + ax + nx * ay + slice * az, p = hu[from], q = hu[from + (isX ? 1 : isY ? nx : slice)];
      const isIn = ((corners >> a) & 1) === 1, inner = isIn ? p : q, outer = isIn ? q : p;
      if (!((inner >= iso && outer < iso) || (inner <= iso && outer > iso))) continue;
      const more = rounded((unitsPerVoxel * (iso - p)) / (q - p)) - half;
      if (isX) x += more;
      else if (isY) y += more;
      else z += more;
      followed++;
    }
    if (followed === 0) continue;
    const box = sheets[sheet + 4], ox = cx * unitsPerVoxel, oy = cy * unitsPerVoxel, oz = cz * unitsPerVoxel;
    const lx = ox + (box & 7) * 1024 + mx, ly = oy + ((box >> 3) & 7) * 1024 + my, lz = oz + ((box >> 6) & 7) * 1024 + mz;
    const hx = ox + ((box >> 9) & 7) * 1024 - mx, hy = oy + ((box >> 12) & 7) * 1024 - my, hz = oz + ((box >> 15) & 7) * 1024 - mz;
    const px = ox + rounded(x / n), py = oy + rounded(y / n), pz = oz + rounded(z / n);
    const near = (px < lx + cornerRoom || px > hx - cornerRoom ? 1 : 0) + (py < ly + cornerRoom || py > hy - cornerRoom ? 1 : 0) + (pz < lz + cornerRoom || pz > hz - cornerRoom ? 1 : 0);
    const room = near > 1 ? cornerRoom : 0, rx = Math.min(room, (hx - lx) >> 1), ry = Math.min(room, (hy - ly) >> 1), rz = Math.min(room, (hz - lz) >> 1);
    places[v] = Math.max(lx + rx, Math.min(hx - rx, px));
    places[v + 1] = Math.max(ly + ry, Math.min(hy - ry, py));
    places[v + 2] = Math.max(lz + rz, Math.min(hz - rz, pz));
    if (followed === n) { places[v + 3] = box === wholeBox ? 1 : 2; told++; }
  }
  return told;
}

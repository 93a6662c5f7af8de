import type { Grid } from "../space/grid.ts";
import { slabAt, slabsOf } from "../space/slabs.ts";
import type { ScanPlace } from "./scanPlace.ts";

type Vector = readonly [number, number, number];
/** Voxels of one label value where the scan ends on one of its sides: their centres, RAS mm, and how much of them is cut there. */
export interface Rim { points: number[]; mm2: number }

const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (v: Vector): Vector => { const mm = Math.sqrt(dot(v, v)); return [v[0] / mm, v[1] / mm, v[2] / mm]; };
/** So far from the circle, pixels, bone that ends there ends because of it: scanners round it in their own ways (measuredDisc). */
const circlePx = 3;
/** Sides of a scan: its first and last slice, its columns' and its rows' ends, its circle. */
const sides = { first: 0, last: 1, left: 2, right: 3, top: 4, bottom: 5, circle: 6 } as const;

/**
 * Voxels of one label value at each side of the scan, wherever that lies in the grid: those with a neighbour that was not
 * measured. The area of a side is that of their faces towards it, as it lies: a plane's is exact however it is tilted.
 * @param labels x fastest
 */
export function rimsOf(place: ScanPlace, { dims, spacing, origin }: Grid, labels: Uint8Array, value: number): Rim[] {
  const { columns, rows, columnMm, rowMm, corners, rowDirection: r, columnDirection: c, circle } = place, normal = cross(r, c), slabs = slabsOf(corners.map((corner) => dot(normal, corner))), count = corners.length;
  const startI = Float64Array.from(corners, (corner) => dot(r, corner) / columnMm), startJ = Float64Array.from(corners, (corner) => dot(c, corner) / rowMm), { faces } = slabs;
  const first = corners[0], last = corners[count - 1], way: Vector = [last[0] - first[0], last[1] - first[1], last[2] - first[2]];
  const acrossI = unit(cross(c, way)), acrossJ = unit(cross(way, r)), flip = (v: Vector): Vector => [0 - v[0], 0 - v[1], 0 - v[2]];
  const outward: Vector[] = [flip(normal), normal, flip(acrossI), acrossI, flip(acrossJ), acrossJ], rims: Rim[] = Array.from({ length: 7 }, () => ({ points: [], mm2: 0 }));
  const [nx, ny, nz] = dims, stride = [1, nx, nx * ny], faceMm2 = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]];
  // Where a voxel lies in its slice: found by `lie`, with the slab before as the likeliest.
  let slab = 0, i = 0, j = 0, along = 0;
  const lie = (x: number, y: number, z: number): void => {
    const px = origin[0] + x * spacing[0], py = origin[1] + y * spacing[1], pz = origin[2] + z * spacing[2];
    along = normal[0] * px + normal[1] * py + normal[2] * pz;
    slab = Math.max(0, Math.min(count - 1, slabAt(slabs, along, slab)));
    i = (r[0] * px + r[1] * py + r[2] * pz) / columnMm - startI[slab];
    j = (c[0] * px + c[1] * py + c[2] * pz) / rowMm - startJ[slab];
  };
  const fromCircle = () => { if (!circle) return Infinity; const x = i * columnMm - circle.x, y = j * rowMm - circle.y; return circle.radius - Math.sqrt(x * x + y * y); };
  /** The side beyond which what was looked at last lies; -1 within. */
  const beyond = (): number => along < faces[0] ? sides.first : along > faces[count] ? sides.last : !(i > -0.5) ? sides.left : !(i < columns - 0.5) ? sides.right
    : !(j > -0.5) ? sides.top : !(j < rows - 0.5) ? sides.bottom : fromCircle() < 0 ? sides.circle : -1;
  // Nearer to a side than this a neighbour may lie beyond it; slices that wander sideways move it by a step each.
  const most = Math.max(...spacing), steps = 1 + Math.ceil(most / Math.min(...slabs.at.slice(1).map((mm, k) => mm - slabs.at[k])));
  const wander = (start: Float64Array) => steps * start.slice(1).reduce((far, at, k) => Math.max(far, Math.abs(at - start[k])), 0);
  const nearI = most / columnMm + wander(startI), nearJ = most / rowMm + wander(startJ), nearMm = most + Math.max(wander(startI) * columnMm, wander(startJ) * rowMm) + circlePx * Math.max(columnMm, rowMm);
  const isDeep = () => along - faces[0] > most && faces[count] - along > most && i + 0.5 > nearI && columns - 0.5 - i > nearI && j + 0.5 > nearJ && rows - 0.5 - j > nearJ && fromCircle() > nearMm;
  /** Away from the circle's middle, along the way of the slices. */
  const fromMiddle = (): Vector => {
    const x = circle ? i * columnMm - circle.x : 0, y = circle ? j * rowMm - circle.y : 0, out: Vector = [r[0] * x + c[0] * y, r[1] * x + c[1] * y, r[2] * x + c[2] * y], lean = dot(out, way) / dot(normal, way);
    return unit([out[0] - lean * normal[0], out[1] - lean * normal[1], out[2] - lean * normal[2]]);
  };
  const at = [0, 0, 0];
  for (let z = 0, v = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, v++) {
    if (labels[v] !== value) continue;
    lie(x, y, z);
    if (isDeep() || beyond() >= 0) continue;
    const isAtCircle = circle !== null && fromCircle() <= circlePx * Math.max(columnMm, rowMm), out = isAtCircle ? fromMiddle() : null;
    let taken = 0;
    for (let axis = 0; axis < 3; axis++) for (let step = -1; step <= 1; step += 2) {
      at[0] = x; at[1] = y; at[2] = z;
      at[axis] += step;
      lie(at[0], at[1], at[2]);
      let side = beyond();
      const isInGrid = at[axis] >= 0 && at[axis] < dims[axis];
      if (side < 0 && out && isInGrid && labels[v + step * stride[axis]] !== value && out[axis] * step > 0) side = sides.circle;
      if (side < 0) continue;
      const mm2 = faceMm2[axis] * step * (side === sides.circle ? out ?? fromMiddle() : outward[side])[axis];
      if (mm2 > 0) rims[side].mm2 += mm2;
      if (taken & (1 << side)) continue;
      taken |= 1 << side;
      rims[side].points.push(origin[0] + x * spacing[0], origin[1] + y * spacing[1], origin[2] + z * spacing[2]);
    }
  }
  return rims;
}

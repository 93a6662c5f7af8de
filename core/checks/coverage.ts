import type { Grid } from "../space/grid.ts";
import type { Mesh } from "../surface/mesh.ts";
import { buildTriangleTree, closestPoint } from "../surface/triangleTree.ts";
import { cutMm2 } from "./ctQuality.ts";
import type { ScanPlace } from "./scanPlace.ts";
import { type Rim, rimsOf } from "./scanRim.ts";

/** The triangles among which the nearest to any of some points is: those no farther from the points' box than a vertex near it is from a point, nor than `withinMm`. */
function partNear({ positions: P, triangles: T }: Mesh, points: Float64Array, withinMm: number): Mesh {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i++) { low[i % 3] = Math.min(low[i % 3], points[i]); high[i % 3] = Math.max(high[i % 3], points[i]); }
  const gap = (from: number, to: number, axis: number): number => Math.max(0, low[axis] - to, from - high[axis]);
  let nearest = 0, least = Infinity, most = withinMm * withinMm;
  for (const vertex of T) {
    const v = 3 * vertex, x = gap(P[v], P[v], 0), y = gap(P[v + 1], P[v + 1], 1), z = gap(P[v + 2], P[v + 2], 2), squared = x * x + y * y + z * z;
    if (squared < least) { least = squared; nearest = v; }
  }
  for (let p = 0; p < points.length; p += 3) {
    const x = points[p] - P[nearest], y = points[p + 1] - P[nearest + 1], z = points[p + 2] - P[nearest + 2];
    most = Math.min(most, x * x + y * y + z * z);
  }
  const kept: number[] = [], room = most * (1 + 1e-9) + 1e-9;
  for (let t = 0; t < T.length; t += 3) {
    let squared = 0;
    for (let axis = 0; axis < 3 && squared <= room; axis++) {
      const a = P[3 * T[t] + axis], b = P[3 * T[t + 1] + axis], c = P[3 * T[t + 2] + axis], mm = gap(Math.min(a, b, c), Math.max(a, b, c), axis);
      squared += mm * mm;
    }
    if (squared <= room) kept.push(T[t], T[t + 1], T[t + 2]);
  }
  return { positions: P, triangles: Uint32Array.from(kept) };
}

/** Voxels of a label value in the volume's outer faces: their centres, RAS mm, and their area, face by face. */
function facesOf({ dims, spacing, origin }: Grid, labels: Uint8Array, value: number): Rim[] {
  const stride = [1, dims[0], dims[0] * dims[1]], rims: Rim[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3], area = spacing[u] * spacing[v];
    for (const at of dims[axis] === 1 ? [0] : [0, dims[axis] - 1]) {
      const points: number[] = [], point = [0, 0, 0];
      point[axis] = origin[axis] + at * spacing[axis];
      for (let b = 0; b < dims[v]; b++) for (let a = 0; a < dims[u]; a++) {
        if (labels[at * stride[axis] + a * stride[u] + b * stride[v]] !== value) continue;
        point[u] = origin[u] + a * spacing[u];
        point[v] = origin[v] + b * spacing[v];
        points.push(point[0], point[1], point[2]);
      }
      rims.push({ points, mm2: points.length / 3 * area });
    }
  }
  return rims;
}

/**
 * CK5: the distance (mm) from an implant (RAS mm) to the nearest bone that the scan cut off: voxels of one label value in
 * the volume's outer faces, and where the scan ends within it. A side with no more of it than the CT report tolerates counts as none.
 * @param labels x fastest @param scan where the scan lies, where it does not end at the volume's faces
 * @returns null where no bone is cut off, or there is no implant
 */
export function cutBoneMm(implant: Mesh, grid: Grid, labels: Uint8Array, value: number, scan: ScanPlace | null): number | null {
  if (implant.triangles.length === 0) return null;
  let nearest: number | null = null;
  for (const { points: cut, mm2 } of [...facesOf(grid, labels, value), ...scan ? rimsOf(scan, grid, labels, value) : []]) {
    if (mm2 <= cutMm2) continue;
    const points = Float64Array.from(cut), tree = buildTriangleTree(partNear(implant, points, nearest ?? Infinity));
    for (let p = 0; p < points.length; p += 3) {
      const found = closestPoint(tree, points[p], points[p + 1], points[p + 2], nearest ?? Infinity);
      if (found) nearest = found.distance;
    }
  }
  return nearest;
}

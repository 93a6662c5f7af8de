import type { Grid } from "../space/grid.ts";
import type { Mesh } from "../surface/mesh.ts";
import { buildTriangleTree, closestPoint } from "../surface/triangleTree.ts";
import { cutMm2 } from "./ctQuality.ts";

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

/**
 * CK5: the distance (mm) from an implant (RAS mm) to the nearest bone that the scan cut off: voxels of one label value in
 * the volume's outer faces. A face with no more of it than the CT report tolerates counts as none.
 * @param labels x fastest @returns null where no bone is cut off, or there is no implant
 */
export function cutBoneMm(implant: Mesh, grid: Grid, labels: Uint8Array, value: number): number | null {
  if (implant.triangles.length === 0) return null;
  const { dims, spacing, origin } = grid, stride = [1, dims[0], dims[0] * dims[1]];
  let nearest: number | null = null;
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3], area = spacing[u] * spacing[v];
    for (const at of dims[axis] === 1 ? [0] : [0, dims[axis] - 1]) {
      const cut: number[] = [];
      for (let b = 0; b < dims[v]; b++) for (let a = 0; a < dims[u]; a++) if (labels[at * stride[axis] + a * stride[u] + b * stride[v]] === value) cut.push(a, b);
      if ((cut.length / 2) * area <= cutMm2) continue;
      const points = new Float64Array(cut.length / 2 * 3);
      for (let i = 0, p = 0; i < cut.length; i += 2, p += 3) {
        points[p + axis] = origin[axis] + at * spacing[axis];
        points[p + u] = origin[u] + cut[i] * spacing[u];
        points[p + v] = origin[v] + cut[i + 1] * spacing[v];
      }
      const tree = buildTriangleTree(partNear(implant, points, nearest ?? Infinity));
      for (let p = 0; p < points.length; p += 3) {
        const found = closestPoint(tree, points[p], points[p + 1], points[p + 2], nearest ?? Infinity);
        if (found) nearest = found.distance;
      }
    }
  }
  return nearest;
}

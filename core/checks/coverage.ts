import type { Grid } from "../space/grid.ts";
import type { Mesh } from "../surface/mesh.ts";
import { buildTriangleTree, closestPoint } from "../surface/triangleTree.ts";
import { cutMm2 } from "./ctQuality.ts";

/**
 * CK5: the distance (mm) from an implant (RAS mm) to the nearest bone that the scan cut off: voxels of one label value in
 * the volume's outer faces. A face with no more of it than the CT report tolerates counts as none.
 * @param labels x fastest @returns null where no bone is cut off, or there is no implant
 */
export function cutBoneMm(implant: Mesh, grid: Grid, labels: Uint8Array, value: number): number | null {
  if (implant.triangles.length === 0) return null;
  const { dims, spacing, origin } = grid, stride = [1, dims[0], dims[0] * dims[1]], tree = buildTriangleTree(implant);
  let nearest: number | null = null;
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3], area = spacing[u] * spacing[v];
    for (const at of dims[axis] === 1 ? [0] : [0, dims[axis] - 1]) {
      const cut: number[] = [];
      for (let b = 0; b < dims[v]; b++) for (let a = 0; a < dims[u]; a++) if (labels[at * stride[axis] + a * stride[u] + b * stride[v]] === value) cut.push(a, b);
      if ((cut.length / 2) * area <= cutMm2) continue;
      for (let i = 0; i < cut.length; i += 2) {
        const p = [0, 0, 0];
        p[axis] = origin[axis] + at * spacing[axis];
        p[u] = origin[u] + cut[i] * spacing[u];
        p[v] = origin[v] + cut[i + 1] * spacing[v];
        const found = closestPoint(tree, p[0], p[1], p[2], nearest ?? Infinity);
        if (found) nearest = found.distance;
      }
    }
  }
  return nearest;
}

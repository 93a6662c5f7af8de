import type { Grid } from "../space/grid.ts";
import type { RegionNet } from "./brickCut.ts";

/** Of each vertex of a region's net the sum of its faces' normals, twice their area long, in units that `spacing` gives; of those outside the region and the cells before it only a part. */
export function normalSums({ nets: { vertexCount, quads, places, rows }, box: { first, size: [, sizeY] }, cells: { low, high } }: RegionNet, { spacing: [sx, sy, sz] }: Pick<Grid, "spacing">): Float32Array {
  const sums = new Float32Array(3 * vertexCount);
  const yFrom = low[1] - first[1] - 1, yTo = high[1] - first[1] + 1;
  for (let z = low[2] - first[2] - 1; z <= high[2] - first[2] + 1; z++) {
    for (let q = 4 * rows[2 * (z * sizeY + yFrom) + 1], end = 4 * rows[2 * (z * sizeY + yTo + 1) + 1]; q < end; q += 4) {
      const p = 4 * quads[q], s = 4 * quads[q + 1], r = 4 * quads[q + 2], t = 4 * quads[q + 3];
      const ux = (places[r] - places[p]) * sx, uy = (places[r + 1] - places[p + 1]) * sy, uz = (places[r + 2] - places[p + 2]) * sz;
      const vx = (places[t] - places[s]) * sx, vy = (places[t + 1] - places[s + 1]) * sy, vz = (places[t + 2] - places[s + 2]) * sz;
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      for (let i = q; i < q + 4; i++) {
        const at = 3 * quads[i];
        sums[at] += x; sums[at + 1] += y; sums[at + 2] += z;
      }
    }
  }
  return sums;
}

/** Writes a sum's direction as three numbers of 1/127. */
export function writeNormal(sums: Float32Array, at: number, to: Int8Array, toAt: number): void {
  const x = sums[at], y = sums[at + 1], z = sums[at + 2], scale = 127 / Math.max(1e-20, Math.sqrt(x * x + y * y + z * z));
  to[toAt] = x * scale; to[toAt + 1] = y * scale; to[toAt + 2] = z * scale;
}

import type { Mesh } from "./mesh.ts";

/** A picture of 8-bit RGBA pixels, rows from the top. */
export interface Picture { width: number; height: number; rgba: Uint8Array }

/**
 * A surface as seen from the front, a little from the patient's right and above, lit from there; orthographic, filling
 * the picture, transparent beside it. Drawn on the CPU, the same bytes everywhere (JB5).
 * @param rgb colour of the surface, 0 to 255
 */
export function drawPicture({ positions, triangles }: Mesh, width: number, height: number, rgb: readonly [number, number, number]): Picture {
  // Right, up and towards the viewer in RAS, orthonormal; the viewer stands in front (+y), to the right (+x), above.
  const length = Math.sqrt(0.5 * 0.5 + 1 + 0.35 * 0.35);
  const toward = [0.5 / length, 1 / length, 0.35 / length], across = Math.sqrt(toward[0] * toward[0] + toward[1] * toward[1]);
  const right = [-toward[1] / across, toward[0] / across, 0];
  const up = [toward[1] * right[2] - toward[2] * right[1], toward[2] * right[0] - toward[0] * right[2], toward[0] * right[1] - toward[1] * right[0]];
  const upSign = up[2] < 0 ? -1 : 1;
  const seen = new Float64Array(positions.length);
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (let v = 0; v < positions.length; v += 3) {
    const [x, y, z] = [positions[v], positions[v + 1], positions[v + 2]];
    seen[v] = x * right[0] + y * right[1] + z * right[2];
    seen[v + 1] = -upSign * (x * up[0] + y * up[1] + z * up[2]);
    seen[v + 2] = x * toward[0] + y * toward[1] + z * toward[2];
    for (const a of [0, 1]) { low[a] = Math.min(low[a], seen[v + a]); high[a] = Math.max(high[a], seen[v + a]); }
  }
  const rgba = new Uint8Array(4 * width * height);
  if (positions.length === 0) return { width, height, rgba };
  const scale = 0.94 * Math.min(width / Math.max(high[0] - low[0], 1e-6), height / Math.max(high[1] - low[1], 1e-6));
  for (let v = 0; v < seen.length; v += 3) {
    seen[v] = width / 2 + (seen[v] - (low[0] + high[0]) / 2) * scale;
    seen[v + 1] = height / 2 + (seen[v + 1] - (low[1] + high[1]) / 2) * scale;
  }
  const depth = new Float64Array(width * height).fill(-Infinity);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const light = shade(positions, a, b, c, toward);
    const [x0, y0, x1, y1, x2, y2] = [seen[a], seen[a + 1], seen[b], seen[b + 1], seen[c], seen[c + 1]];
    const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (area === 0) continue;
    const fromX = Math.max(0, Math.floor(Math.min(x0, x1, x2))), toX = Math.min(width - 1, Math.ceil(Math.max(x0, x1, x2)));
    const fromY = Math.max(0, Math.floor(Math.min(y0, y1, y2))), toY = Math.min(height - 1, Math.ceil(Math.max(y0, y1, y2)));
    for (let y = fromY; y <= toY; y++) {
      for (let x = fromX; x <= toX; x++) {
        const px = x + 0.5, py = y + 0.5;
        const u = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) / area, v = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) / area, w = 1 - u - v;
        if (u < 0 || v < 0 || w < 0) continue;
        const far = u * seen[a + 2] + v * seen[b + 2] + w * seen[c + 2], at = x + y * width;
        if (far <= depth[at]) continue;
        depth[at] = far;
        for (let channel = 0; channel < 3; channel++) rgba[4 * at + channel] = Math.floor(rgb[channel] * light);
        rgba[4 * at + 3] = 255;
      }
    }
  }
  return { width, height, rgba };
}

/** Brightness of a triangle, 0.18 to 1: how far it faces the viewer. */
function shade(p: Float32Array, a: number, b: number, c: number, toward: readonly number[]): number {
  const [ux, uy, uz, vx, vy, vz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2], p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  const facing = length === 0 ? 0 : (nx * toward[0] + ny * toward[1] + nz * toward[2]) / length;
  return 0.18 + 0.82 * Math.max(0, facing);
}

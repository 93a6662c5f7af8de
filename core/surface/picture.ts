import type { Mesh } from "./mesh.ts";

/** A picture of 8-bit RGBA pixels, rows from the top. */
export interface Picture { width: number; height: number; rgba: Uint8Array }

/** A surface in a picture, with its colour (0 to 255). `isSmooth`: lit by the directions at its corners, without facets. */
export interface PicturePart { mesh: Mesh; rgb: readonly [number, number, number]; isSmooth?: boolean }

/** Where the viewer stands unless told otherwise: in front (+y), a little to the patient's right (+x), above. */
const fromTheFront = [0.5, 1, 0.35] as const;

/**
 * A surface as seen from the front, a little from the patient's right and above, lit from there; orthographic, filling
 * the picture, transparent beside it. Drawn on the CPU, the same bytes everywhere (JB5).
 * @param rgb colour of the surface, 0 to 255
 */
export const drawPicture = (mesh: Mesh, width: number, height: number, rgb: readonly [number, number, number]): Picture => drawParts([{ mesh, rgb }], width, height);

/**
 * Several surfaces in one picture, as `drawPicture`, nearer ones before farther ones.
 * @param from direction (RAS, any length) in which the viewer stands; not along z
 */
export function drawParts(parts: readonly PicturePart[], width: number, height: number, from: readonly [number, number, number] = fromTheFront): Picture {
  // Right, up and towards the viewer in RAS, orthonormal.
  const length = Math.sqrt(from[0] * from[0] + from[1] * from[1] + from[2] * from[2]);
  const toward = [from[0] / length, from[1] / length, from[2] / length], across = Math.sqrt(toward[0] * toward[0] + toward[1] * toward[1]);
  const right = [-toward[1] / across, toward[0] / across, 0];
  const up = [toward[1] * right[2] - toward[2] * right[1], toward[2] * right[0] - toward[0] * right[2], toward[0] * right[1] - toward[1] * right[0]];
  const upSign = up[2] < 0 ? -1 : 1;
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  const placed = parts.map(({ mesh: { positions } }) => {
    const seen = new Float64Array(positions.length);
    for (let v = 0; v < positions.length; v += 3) {
      const [x, y, z] = [positions[v], positions[v + 1], positions[v + 2]];
      seen[v] = x * right[0] + y * right[1] + z * right[2];
      seen[v + 1] = -upSign * (x * up[0] + y * up[1] + z * up[2]);
      seen[v + 2] = x * toward[0] + y * toward[1] + z * toward[2];
      for (const a of [0, 1]) { low[a] = Math.min(low[a], seen[v + a]); high[a] = Math.max(high[a], seen[v + a]); }
    }
    return seen;
  });
  const rgba = new Uint8Array(4 * width * height), depth = new Float64Array(width * height).fill(-Infinity);
  if (low[0] > high[0]) return { width, height, rgba };
  const scale = 0.94 * Math.min(width / Math.max(high[0] - low[0], 1e-6), height / Math.max(high[1] - low[1], 1e-6));
  for (const [i, { mesh, rgb, isSmooth = false }] of parts.entries()) {
    const seen = placed[i];
    for (let v = 0; v < seen.length; v += 3) {
      seen[v] = width / 2 + (seen[v] - (low[0] + high[0]) / 2) * scale;
      seen[v + 1] = height / 2 + (seen[v + 1] - (low[1] + high[1]) / 2) * scale;
    }
    drawTriangles(mesh, seen, isSmooth ? cornerLights(mesh, toward) : null, toward, rgb, { width, height, rgba }, depth);
  }
  return { width, height, rgba };
}

/** Brightness at each vertex, from the directions of the triangles round it, each counting by its area. */
function cornerLights({ positions: p, triangles }: Mesh, toward: readonly number[]): Float64Array {
  const normals = new Float64Array(p.length), lights = new Float64Array(p.length / 3);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [ux, uy, uz, vx, vy, vz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2], p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
    for (const corner of [a, b, c]) {
      normals[corner] += uy * vz - uz * vy;
      normals[corner + 1] += uz * vx - ux * vz;
      normals[corner + 2] += ux * vy - uy * vx;
    }
  }
  for (let v = 0; v < lights.length; v++) {
    const [x, y, z] = [normals[3 * v], normals[3 * v + 1], normals[3 * v + 2]], length = Math.sqrt(x * x + y * y + z * z);
    lights[v] = 0.18 + 0.82 * Math.max(0, length === 0 ? 0 : (x * toward[0] + y * toward[1] + z * toward[2]) / length);
  }
  return lights;
}

/** Fills the triangles of one surface. @param seen per vertex x and y in pixels, and how near (larger is nearer) */
function drawTriangles({ positions, triangles }: Mesh, seen: Float64Array, lights: Float64Array | null, toward: readonly number[], rgb: readonly [number, number, number], { width, height, rgba }: Picture, depth: Float64Array): void {
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const flat = lights ? 0 : shade(positions, a, b, c, toward);
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
        const light = lights ? u * lights[triangles[t]] + v * lights[triangles[t + 1]] + w * lights[triangles[t + 2]] : flat;
        for (let channel = 0; channel < 3; channel++) rgba[4 * at + channel] = Math.floor(rgb[channel] * light);
        rgba[4 * at + 3] = 255;
      }
    }
  }
}

/** Brightness of a triangle, 0.18 to 1: how far it faces the viewer. */
function shade(p: Float32Array, a: number, b: number, c: number, toward: readonly number[]): number {
  const [ux, uy, uz, vx, vy, vz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2], p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  const facing = length === 0 ? 0 : (nx * toward[0] + ny * toward[1] + nz * toward[2]) / length;
  return 0.18 + 0.82 * Math.max(0, facing);
}

import type { Block } from "../implant/fieldSurface.ts";
import type { Mesh } from "./mesh.ts";
import { closestOnTriangle } from "./triangleTree.ts";

/** More samples than this are refused: some 400 MB. */
export const maxSamples = 40e6;

/** A block whose samples lie `stepMm` apart, axis-parallel, around a mesh with so much beside it. @throws RangeError with what to do where it would hold too many */
export function blockAround({ positions: P }: Mesh, stepMm: number, beside: number): Block {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < P.length; i++) { low[i % 3] = Math.min(low[i % 3], P[i]); high[i % 3] = Math.max(high[i % 3], P[i]); }
  const dims = [0, 1, 2].map((a) => Math.ceil((high[a] - low[a] + 2 * beside) / stepMm) + 3) as unknown as [number, number, number], samples = dims[0] * dims[1] * dims[2];
  if (!(samples <= maxSamples)) throw new RangeError(`at ${stepMm} mm this surface needs ${Math.round(samples / 1e6)} million samples, more than ${maxSamples / 1e6}; give a larger detail`);
  const origin = low.map((mm) => mm - beside - stepMm) as unknown as [number, number, number];
  return { dims, stepMm, origin, axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
}

/**
 * Distance of every sample of an axis-parallel block to a mesh, mm, up to `withinMm`; beyond it, Infinity. Exact beside the
 * surface; farther out a sample takes the nearest of the triangles that its neighbours found (Danielsson 1980), which is
 * within a fiftieth of a step of the exact distance.
 * @returns distances, and the triangle of each, −1 where there is none
 */
export function blockDistances({ dims: [nx, ny, nz], stepMm, origin }: Block, { positions: P, triangles: T }: Mesh, withinMm: number): { distance: Float32Array; triangle: Int32Array } {
  const count = nx * ny * nz, squared = new Float64Array(count).fill(Infinity), triangle = new Int32Array(count).fill(-1), foot = new Float64Array(3), most = withinMm * withinMm;
  const tryAt = (at: number, x: number, y: number, z: number, t: number): void => {
    const d = closestOnTriangle(P, 3 * T[3 * t], 3 * T[3 * t + 1], 3 * T[3 * t + 2], origin[0] + stepMm * x, origin[1] + stepMm * y, origin[2] + stepMm * z, foot);
    if (d < squared[at] && d <= most) { squared[at] = d; triangle[at] = t; }
  };
  const near = 1.05;
  for (let t = 0; t < T.length / 3; t++) {
    const [a, b, c] = [3 * T[3 * t], 3 * T[3 * t + 1], 3 * T[3 * t + 2]];
    const from = [0, 1, 2].map((i) => Math.max(0, Math.ceil((Math.min(P[a + i], P[b + i], P[c + i]) - origin[i]) / stepMm - near)));
    const to = [nx, ny, nz].map((n, i) => Math.min(n - 1, Math.floor((Math.max(P[a + i], P[b + i], P[c + i]) - origin[i]) / stepMm + near)));
    for (let z = from[2]; z <= to[2]; z++) for (let y = from[1]; y <= to[1]; y++) for (let x = from[0]; x <= to[0]; x++) tryAt(x + nx * (y + ny * z), x, y, z, t);
  }
  // Triangles wander from neighbour to neighbour, forwards and back. A neighbour's triangle is no nearer than its distance less the way there.
  const steps = [[-1, -1, -1], [0, -1, -1], [1, -1, -1], [-1, 0, -1], [0, 0, -1], [1, 0, -1], [-1, 1, -1], [0, 1, -1], [1, 1, -1], [-1, -1, 0], [0, -1, 0], [1, -1, 0], [-1, 0, 0]];
  const ways = steps.map(([x, y, z]) => stepMm * Math.sqrt(x * x + y * y + z * z));
  for (const way of [1, -1]) for (let k = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) {
    const x = way > 0 ? i : nx - 1 - i, y = way > 0 ? j : ny - 1 - j, z = way > 0 ? k : nz - 1 - k, at = x + nx * (y + ny * z);
    let own = Math.min(withinMm, Math.sqrt(squared[at]));
    for (let n = 0; n < 13; n++) {
      const ox = x + way * steps[n][0], oy = y + way * steps[n][1], oz = z + way * steps[n][2];
      if (ox < 0 || oy < 0 || oz < 0 || ox >= nx || oy >= ny || oz >= nz) continue;
      const other = ox + nx * (oy + ny * oz), t = triangle[other];
      if (t < 0 || t === triangle[at] || Math.sqrt(squared[other]) - ways[n] >= own) continue;
      tryAt(at, x, y, z, t);
      own = Math.min(own, Math.sqrt(squared[at]));
    }
  }
  return { distance: Float32Array.from(squared, Math.sqrt), triangle };
}

/** Numbers the pieces of what `isOpen`, by faces, from 1 in the order of their first sample; 0 elsewhere. */
export function piecesOf({ dims: [nx, ny, nz] }: Block, isOpen: (at: number) => boolean): Int32Array {
  const count = nx * ny * nz, piece = new Int32Array(count), open = new Int32Array(count);
  let pieces = 0, top = 0;
  const visit = (at: number): void => { if (piece[at] === 0 && isOpen(at)) { piece[at] = pieces; open[top++] = at; } };
  for (let first = 0; first < count; first++) {
    if (piece[first] !== 0 || !isOpen(first)) continue;
    pieces++;
    visit(first);
    while (top > 0) {
      const at = open[--top], x = at % nx, y = Math.floor(at / nx) % ny, z = Math.floor(at / (nx * ny));
      if (x > 0) visit(at - 1);
      if (x < nx - 1) visit(at + 1);
      if (y > 0) visit(at - nx);
      if (y < ny - 1) visit(at + nx);
      if (z > 0) visit(at - nx * ny);
      if (z < nz - 1) visit(at + nx * ny);
    }
  }
  return piece;
}

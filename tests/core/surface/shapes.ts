import type { Mesh } from "../../../core/surface/mesh.ts";

/** A small seeded generator (mulberry32), so that a failure names its seed. */
export function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A ball of radius r round the origin, facing outward, in `n` slices of longitude and n / 2 of latitude. */
export function sphereMesh(r: number, n: number): Mesh {
  const rows = n / 2, positions = [0, 0, r], triangles: number[] = [];
  for (let j = 1; j < rows; j++) for (let i = 0; i < n; i++) {
    const a = (2 * Math.PI * i) / n, b = (Math.PI * j) / rows;
    positions.push(r * Math.sin(b) * Math.cos(a), r * Math.sin(b) * Math.sin(a), r * Math.cos(b));
  }
  positions.push(0, 0, -r);
  const at = (j: number, i: number) => j === 0 ? 0 : j === rows ? positions.length / 3 - 1 : 1 + (j - 1) * n + (i % n);
  for (let j = 0; j < rows; j++) for (let i = 0; i < n; i++) {
    if (j > 0) triangles.push(at(j, i), at(j + 1, i), at(j, i + 1));
    if (j < rows - 1) triangles.push(at(j, i + 1), at(j + 1, i), at(j + 1, i + 1));
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

/** A triangle mesh in RAS mm; triangles wind counter-clockwise seen from outside. */
export interface Mesh {
  /** x, y, z of each vertex, mm. */
  positions: Float32Array;
  /** Three vertex indices a triangle. */
  triangles: Uint32Array;
}

const block = 4096;

/** Sums in fixed blocks of 4,096, so that the result does not depend on how the work is cut (JB5). */
function sumOf(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let from = 0; from < count; from += block) {
    let part = 0;
    for (let i = from; i < Math.min(count, from + block); i++) part += term(i);
    total += part;
  }
  return total;
}

/** Enclosed volume in mm³ by the divergence theorem; positive when the triangles face outward. */
export function meshVolumeMm3({ positions: p, triangles: t }: Mesh): number {
  return sumOf(t.length / 3, (i) => {
    const a = 3 * t[3 * i], b = 3 * t[3 * i + 1], c = 3 * t[3 * i + 2];
    return p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) - p[a + 1] * (p[b] * p[c + 2] - p[b + 2] * p[c])
      + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c]);
  }) / 6;
}

/** Area in mm². */
export function meshAreaMm2({ positions: p, triangles: t }: Mesh): number {
  return sumOf(t.length / 3, (i) => {
    const a = 3 * t[3 * i], b = 3 * t[3 * i + 1], c = 3 * t[3 * i + 2];
    const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
    const vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
    return Math.sqrt(x * x + y * y + z * z);
  }) / 2;
}

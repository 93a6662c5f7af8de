import type { Mesh } from "../../surface/mesh.ts";

/**
 * Splits edges at their middle where a band of a closed mesh is to be finer: a triangle with one, two or three split edges
 * becomes two, three or four. Stays closed and manifold, since an edge is split for both its triangles or for none.
 * @param isInBand tells of each vertex whether it belongs to the band; an edge is split when both its ends do
 * @param longestMm edges up to this length stay
 */
export function refineBand({ positions, triangles }: Mesh, isInBand: (vertex: number) => boolean, longestMm: number): Mesh {
  const count = positions.length / 3, inBand = Uint8Array.from({ length: count }, (_, v) => isInBand(v) ? 1 : 0);
  const added: number[] = [], middles = new Map<number, number>(), out: number[] = [];
  const middleOf = (a: number, b: number): number => {
    if (!inBand[a] || !inBand[b]) return -1;
    const low = Math.min(a, b), high = Math.max(a, b), key = low * count + high, known = middles.get(key);
    if (known !== undefined) return known;
    let squared = 0;
    for (let k = 0; k < 3; k++) squared += (positions[3 * a + k] - positions[3 * b + k]) * (positions[3 * a + k] - positions[3 * b + k]);
    let made = -1;
    if (squared > longestMm * longestMm) {
      made = count + added.length / 3;
      for (let k = 0; k < 3; k++) added.push((positions[3 * low + k] + positions[3 * high + k]) / 2);
    }
    middles.set(key, made);
    return made;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    const v = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const m = [middleOf(v[0], v[1]), middleOf(v[1], v[2]), middleOf(v[2], v[0])];
    const split = m.filter((x) => x >= 0).length;
    if (split === 0) { out.push(...v); continue; }
    if (split === 3) { out.push(v[0], m[0], m[2], m[0], v[1], m[1], m[2], m[1], v[2], m[0], m[1], m[2]); continue; }
    // Turned so that the first edge is split and, with two, the second too.
    let first = m.findIndex((x) => x >= 0);
    if (split === 2 && m[(first + 1) % 3] < 0) first = (first + 2) % 3;
    const [a, b, c] = [v[first], v[(first + 1) % 3], v[(first + 2) % 3]], ab = m[first], bc = m[(first + 1) % 3];
    if (split === 1) out.push(a, ab, c, ab, b, c);
    else out.push(a, ab, c, ab, b, bc, ab, bc, c);
  }
  const all = new Float32Array(positions.length + added.length);
  all.set(positions);
  all.set(added, positions.length);
  return { positions: all, triangles: Uint32Array.from(out) };
}

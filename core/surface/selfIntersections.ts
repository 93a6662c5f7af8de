import type { Mesh } from "./mesh.ts";

/** A crossing no deeper than this is no crossing. */
export const crossingDepthMm = 1e-3;

/** Whether the segment p–q goes through triangle a b c, with both ends further than the depth from its plane. */
function pierces(P: Float32Array, p: number, q: number, a: number, b: number, c: number): boolean {
  const ax = P[a], ay = P[a + 1], az = P[a + 2];
  const ux = P[b] - ax, uy = P[b + 1] - ay, uz = P[b + 2] - az;
  const vx = P[c] - ax, vy = P[c + 1] - ay, vz = P[c + 2] - az;
  const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
  const dp = nx * (P[p] - ax) + ny * (P[p + 1] - ay) + nz * (P[p + 2] - az);
  const dq = nx * (P[q] - ax) + ny * (P[q + 1] - ay) + nz * (P[q + 2] - az);
  if (dp * dq >= 0) return false;
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  if (Math.min(Math.abs(dp), Math.abs(dq)) <= crossingDepthMm * length) return false;
  const t = dp / (dp - dq);
  const x = P[p] + t * (P[q] - P[p]), y = P[p + 1] + t * (P[q + 1] - P[p + 1]), z = P[p + 2] + t * (P[q + 2] - P[p + 2]);
  /** Signed area of the edge from o along d with the point, against the triangle's normal. */
  const side = (o: number, ex: number, ey: number, ez: number): number => {
    const wx = x - P[o], wy = y - P[o + 1], wz = z - P[o + 2];
    return nx * (ey * wz - ez * wy) + ny * (ez * wx - ex * wz) + nz * (ex * wy - ey * wx);
  };
  return side(a, ux, uy, uz) > 0 && side(b, vx - ux, vy - uy, vz - uz) > 0 && side(c, -vx, -vy, -vz) > 0;
}

const edgeEnds = [[0, 1], [1, 2], [2, 0]] as const;

function crosses(P: Float32Array, T: Uint32Array, s: number, t: number): boolean {
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) if (T[s + i] === T[t + j]) return false;
  for (const [i, j] of edgeEnds) {
    if (pierces(P, 3 * T[s + i], 3 * T[s + j], 3 * T[t], 3 * T[t + 1], 3 * T[t + 2])) return true;
    if (pierces(P, 3 * T[t + i], 3 * T[t + j], 3 * T[s], 3 * T[s + 1], 3 * T[s + 2])) return true;
  }
  return false;
}

/** Lower and upper corner of every triangle, six numbers each. */
function boxesOf({ positions, triangles }: Mesh): Float32Array {
  const boxes = new Float32Array(triangles.length * 2);
  for (let t = 0, out = 0; t < triangles.length; t += 3, out += 6) {
    for (let axis = 0; axis < 3; axis++) {
      const a = positions[3 * triangles[t] + axis], b = positions[3 * triangles[t + 1] + axis], c = positions[3 * triangles[t + 2] + axis];
      boxes[out + axis] = Math.min(a, b, c);
      boxes[out + 3 + axis] = Math.max(a, b, c);
    }
  }
  return boxes;
}

/**
 * Counts the pairs of triangles without a common vertex that cross. Triangles are sorted into a grid of hashed
 * bins somewhat larger than a triangle; a pair is tested only in the bin of its boxes' common lower corner.
 * @param mesh welded
 */
export function countSelfIntersections(mesh: Mesh): number {
  const { positions, triangles } = mesh;
  const count = triangles.length / 3;
  if (count === 0) return 0;
  const boxes = boxesOf(mesh);
  let extent = 0;
  for (let i = 0; i < boxes.length; i += 6) extent += Math.max(boxes[i + 3] - boxes[i], boxes[i + 4] - boxes[i + 1], boxes[i + 5] - boxes[i + 2]);
  const edge = Math.max(1e-6, (1.5 * extent) / count);
  let bins = 16;
  while (bins < count) bins *= 2;
  const cell = (mm: number): number => Math.floor(mm / edge);
  const binOf = (i: number, j: number, k: number): number => {
    let h = Math.imul(i, 0x9e3779b1) ^ Math.imul(j, 0x85ebca6b) ^ Math.imul(k, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    return (h ^ (h >>> 13)) & (bins - 1);
  };
  const start = new Uint32Array(bins + 2);
  const visit = (act: (bin: number, t: number) => void): void => {
    for (let t = 0; t < count; t++) {
      const at = t * 6;
      const i1 = cell(boxes[at + 3]), j1 = cell(boxes[at + 4]), k1 = cell(boxes[at + 5]);
      for (let k = cell(boxes[at + 2]); k <= k1; k++) for (let j = cell(boxes[at + 1]); j <= j1; j++) for (let i = cell(boxes[at]); i <= i1; i++) act(binOf(i, j, k), t);
    }
  };
  visit((bin) => { start[bin + 2]++; });
  for (let i = 2; i < start.length; i++) start[i] += start[i - 1];
  const members = new Uint32Array(start[bins + 1]);
  visit((bin, t) => { members[start[bin + 1]++] = t; });
  let crossings = 0;
  for (let bin = 0; bin < bins; bin++) {
    for (let m = start[bin]; m < start[bin + 1]; m++) {
      const s = members[m], a = s * 6;
      // Two cells of one triangle may share a bin; the triangle is then listed twice in a row.
      if (m > start[bin] && members[m - 1] === s) continue;
      for (let n = m + 1; n < start[bin + 1]; n++) {
        const t = members[n], b = t * 6;
        if (t === s || members[n - 1] === t) continue;
        if (boxes[a] > boxes[b + 3] || boxes[b] > boxes[a + 3] || boxes[a + 1] > boxes[b + 4] || boxes[b + 1] > boxes[a + 4] || boxes[a + 2] > boxes[b + 5] || boxes[b + 2] > boxes[a + 5]) continue;
        const home = binOf(cell(Math.max(boxes[a], boxes[b])), cell(Math.max(boxes[a + 1], boxes[b + 1])), cell(Math.max(boxes[a + 2], boxes[b + 2])));
        if (home === bin && crosses(positions, triangles, s * 3, t * 3)) crossings++;
      }
    }
  }
  return crossings;
}

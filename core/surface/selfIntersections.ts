import type { Mesh } from "./mesh.ts";

/** A crossing no deeper than this is no crossing. */
export const crossingDepthMm = 1e-3;

/** Whether the segment p–q goes through triangle a b c (where each one's x stands in P), with both ends further than the depth from its plane. */
export function pierces(P: Float32Array, p: number, q: number, a: number, b: number, c: number): boolean {
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

const maxCells = 1 << 24;

/** Whether corners of triangle t lie on both sides of the plane through `a` (positions index) with normal n. */
function straddles(P: Float32Array, T: Uint32Array, t: number, a: number, nx: number, ny: number, nz: number): boolean {
  let above = 0, below = 0;
  for (let i = 0; i < 3; i++) {
    const v = 3 * T[t + i], d = nx * (P[v] - P[a]) + ny * (P[v + 1] - P[a + 1]) + nz * (P[v + 2] - P[a + 2]);
    if (d > 0) above++;
    else if (d < 0) below++;
  }
  return above > 0 && below > 0;
}

/**
 * Visits the pairs of triangles (numbers s < t) without a common vertex that cross. Triangles are sorted into a grid of
 * cells somewhat larger than a triangle; a pair is tested only in the cell of its boxes' common lower corner.
 * @param mesh welded
 */
export function eachSelfIntersection(mesh: Mesh, found: (s: number, t: number) => void): void {
  const { positions: P, triangles: T } = mesh;
  const count = T.length / 3;
  if (count === 0) return;
  const boxes = boxesOf(mesh), low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  let extent = 0;
  for (let i = 0; i < boxes.length; i += 6) {
    extent += Math.max(boxes[i + 3] - boxes[i], boxes[i + 4] - boxes[i + 1], boxes[i + 5] - boxes[i + 2]);
    for (let axis = 0; axis < 3; axis++) {
      if (boxes[i + axis] < low[axis]) low[axis] = boxes[i + axis];
      if (boxes[i + 3 + axis] > high[axis]) high[axis] = boxes[i + 3 + axis];
    }
  }
  let edge = Math.max(1e-6, (1.25 * extent) / count);
  const dimsAt = (mm: number) => [0, 1, 2].map((axis) => Math.floor((high[axis] - low[axis]) / mm) + 1);
  const cellsOf = new Uint16Array(6 * count);
  /** How often triangles are listed in cells of that edge; stops counting above `most`. */
  const listedAt = (mm: number, most: number): number => {
    let listed = 0;
    for (let at = 0; at < cellsOf.length && listed <= most; at += 6) {
      for (let i = 0; i < 6; i++) cellsOf[at + i] = Math.floor((boxes[at + i] - low[i % 3]) * (1 / mm));
      listed += (cellsOf[at + 3] - cellsOf[at] + 1) * (cellsOf[at + 4] - cellsOf[at + 1] + 1) * (cellsOf[at + 5] - cellsOf[at + 2] + 1);
    }
    return listed;
  };
  const isTooFine = (dims: number[]) => Math.max(...dims) > 65535 || dims[0] * dims[1] * dims[2] > Math.min(maxCells, 64 * count + 4096);
  // Triangles of very unequal size would fill every cell: larger cells then.
  const most = 24 * count + 4e6;
  let listed = 0;
  for (;; edge *= 1.5) if (!isTooFine(dimsAt(edge)) && (listed = listedAt(edge, most)) <= most) break;
  const [nx, ny, nz] = dimsAt(edge);
  // Equal inputs give equal cells, so the home cell of a pair is always one that lists both.
  const start = new Uint32Array(nx * ny * nz + 2);
  const visit = (act: (cell: number, t: number) => void): void => {
    for (let t = 0, at = 0; t < count; t++, at += 6) {
      for (let k = cellsOf[at + 2]; k <= cellsOf[at + 5]; k++) for (let j = cellsOf[at + 1]; j <= cellsOf[at + 4]; j++) {
        for (let i = cellsOf[at], cell = i + nx * (j + ny * k); i <= cellsOf[at + 3]; i++, cell++) act(cell, t);
      }
    }
  };
  visit((cell) => { start[cell + 2]++; });
  for (let i = 2; i < start.length; i++) start[i] += start[i - 1];
  const members = new Uint32Array(listed);
  visit((cell, t) => { members[start[cell + 1]++] = t; });
  let local = new Float32Array(0);
  for (let k = 0, cell = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, cell++) {
    const from = start[cell], to = start[cell + 1], inCell = to - from;
    if (inCell < 2) continue;
    // A cell's boxes one after the other: the test of two boxes is what nearly all the time goes into.
    if (local.length < 6 * inCell) local = new Float32Array(12 * inCell);
    for (let m = 0, out = 0; m < inCell; m++) for (let at = 6 * members[from + m], end = at + 6; at < end; at++) local[out++] = boxes[at];
    for (let m = 0; m < inCell; m++) {
      const s = members[from + m], a = 6 * s, p = 3 * T[3 * s], q = 3 * T[3 * s + 1], r = 3 * T[3 * s + 2];
      const x0 = local[6 * m], y0 = local[6 * m + 1], z0 = local[6 * m + 2], x1 = local[6 * m + 3], y1 = local[6 * m + 4], z1 = local[6 * m + 5];
      const ux = P[q] - P[p], uy = P[q + 1] - P[p + 1], uz = P[q + 2] - P[p + 2], vx = P[r] - P[p], vy = P[r + 1] - P[p + 1], vz = P[r + 2] - P[p + 2];
      const mx = uy * vz - uz * vy, my = uz * vx - ux * vz, mz = ux * vy - uy * vx;
      for (let n = m + 1, o = 6 * n; n < inCell; n++, o += 6) {
        if (x0 > local[o + 3] || local[o] > x1 || y0 > local[o + 4] || local[o + 1] > y1 || z0 > local[o + 5] || local[o + 2] > z1) continue;
        const t = members[from + n], b = 6 * t;
        if (Math.max(cellsOf[a], cellsOf[b]) !== i || Math.max(cellsOf[a + 1], cellsOf[b + 1]) !== j || Math.max(cellsOf[a + 2], cellsOf[b + 2]) !== k) continue;
        if (straddles(P, T, 3 * t, p, mx, my, mz) && crosses(P, T, 3 * s, 3 * t)) found(s, t);
      }
    }
  }
}

/** Counts the pairs of triangles without a common vertex that cross by more than `crossingDepthMm`. @param mesh welded */
export function countSelfIntersections(mesh: Mesh): number {
  let crossings = 0;
  eachSelfIntersection(mesh, () => { crossings++; });
  return crossings;
}

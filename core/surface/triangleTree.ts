import type { Mesh } from "./mesh.ts";

const leafSize = 6;

/** A mesh's triangles in a tree of boxes: exact closest points and rays. Node n's children are n + 1 and `right[n]`. */
export interface TriangleTree {
  readonly mesh: Mesh;
  /** Lower and upper corner of each node's box, six numbers each, RAS mm. */
  readonly boxes: Float64Array;
  /** Second child; 0 at a leaf. */
  readonly right: Int32Array;
  /** First entry of `order` and how many, for a leaf. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Triangle numbers, leaf by leaf. */
  readonly order: Int32Array;
}

/** Moves the `middle`-th smallest of order[from…to) by centre to its place (ties by triangle number, so the order is total). */
function select(order: Int32Array, centre: Float64Array, from: number, to: number, middle: number): void {
  const isLess = (a: number, b: number) => centre[a] < centre[b] || (centre[a] === centre[b] && a < b);
  let low = from, high = to - 1;
  while (low < high) {
    const mid = (low + high) >> 1, pivot = order[mid];
    let i = low, j = high;
    while (i <= j) {
      while (isLess(order[i], pivot)) i++;
      while (isLess(pivot, order[j])) j--;
      if (i <= j) {
        const swap = order[i];
        order[i++] = order[j];
        order[j--] = swap;
      }
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else return;
  }
}

/** Builds the tree; O(n log n). A mesh without triangles gives a tree that finds nothing. */
export function buildTriangleTree(mesh: Mesh): TriangleTree {
  const { positions: P, triangles: T } = mesh, total = T.length / 3;
  const low = [0, 1, 2].map(() => new Float64Array(total)), high = [0, 1, 2].map(() => new Float64Array(total)), centres = [0, 1, 2].map(() => new Float64Array(total));
  for (let t = 0; t < total; t++) for (let axis = 0; axis < 3; axis++) {
    const a = P[3 * T[3 * t] + axis], b = P[3 * T[3 * t + 1] + axis], c = P[3 * T[3 * t + 2] + axis];
    low[axis][t] = Math.min(a, b, c);
    high[axis][t] = Math.max(a, b, c);
    centres[axis][t] = a + b + c;
  }
  const order = Int32Array.from({ length: total }, (_, i) => i);
  const room = Math.max(1, Math.ceil((4 * total) / leafSize) + 4);
  const boxes = new Float64Array(6 * room), right = new Int32Array(room), first = new Int32Array(room), count = new Int32Array(room);
  let used = 0;
  const build = (from: number, to: number): number => {
    const node = used++, at = 6 * node;
    if (to - from <= leafSize) {
      first[node] = from;
      count[node] = to - from;
      for (let axis = 0; axis < 3; axis++) {
        let l = Infinity, h = -Infinity;
        for (let i = from; i < to; i++) { l = Math.min(l, low[axis][order[i]]); h = Math.max(h, high[axis][order[i]]); }
        boxes[at + axis] = l;
        boxes[at + 3 + axis] = h;
      }
      return node;
    }
    let widest = 0, width = -1;
    for (let axis = 0; axis < 3; axis++) {
      const centre = centres[axis];
      let l = Infinity, h = -Infinity;
      for (let i = from; i < to; i++) {
        const c = centre[order[i]];
        if (c < l) l = c;
        if (c > h) h = c;
      }
      if (h - l > width) { width = h - l; widest = axis; }
    }
    const middle = (from + to) >> 1;
    select(order, centres[widest], from, to, middle);
    build(from, middle);
    right[node] = build(middle, to);
    const one = 6 * (node + 1), other = 6 * right[node];
    for (let i = 0; i < 3; i++) {
      boxes[at + i] = Math.min(boxes[one + i], boxes[other + i]);
      boxes[at + 3 + i] = Math.max(boxes[one + 3 + i], boxes[other + 3 + i]);
    }
    return node;
  };
  if (total > 0) build(0, total);
  return { mesh, boxes, right, first, count, order };
}

export interface ClosestPoint { distance: number; point: [number, number, number]; triangle: number }

/** Closest point of triangle a b c to p, after Ericson, Real-Time Collision Detection (2005), 5.1.5; written to `out`. Returns the squared distance. */
export function closestOnTriangle(P: ArrayLike<number>, ia: number, ib: number, ic: number, px: number, py: number, pz: number, out: Float64Array): number {
  const ax = P[ia], ay = P[ia + 1], az = P[ia + 2], bx = P[ib], by = P[ib + 1], bz = P[ib + 2], cx = P[ic], cy = P[ic + 1], cz = P[ic + 2];
  const ux = bx - ax, uy = by - ay, uz = bz - az, vx = cx - ax, vy = cy - ay, vz = cz - az;
  let wx = px - ax, wy = py - ay, wz = pz - az;
  const d1 = ux * wx + uy * wy + uz * wz, d2 = vx * wx + vy * wy + vz * wz;
  let s = 0, t = 0;
  if (d1 > 0 || d2 > 0) {
    wx = px - bx; wy = py - by; wz = pz - bz;
    const d3 = ux * wx + uy * wy + uz * wz, d4 = vx * wx + vy * wy + vz * wz;
    wx = px - cx; wy = py - cy; wz = pz - cz;
    const d5 = ux * wx + uy * wy + uz * wz, d6 = vx * wx + vy * wy + vz * wz;
    const vc = d1 * d4 - d3 * d2, vb = d5 * d2 - d1 * d6, va = d3 * d6 - d5 * d4;
    if (d3 >= 0 && d4 <= d3) s = 1;
    else if (d6 >= 0 && d5 <= d6) t = 1;
    else if (vc <= 0 && d1 >= 0 && d3 <= 0) s = d1 - d3 > 0 ? d1 / (d1 - d3) : 0;
    else if (vb <= 0 && d2 >= 0 && d6 <= 0) t = d2 - d6 > 0 ? d2 / (d2 - d6) : 0;
    else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
      const sum = d4 - d3 + (d5 - d6);
      t = sum > 0 ? (d4 - d3) / sum : 0;
      s = 1 - t;
    } else {
      const sum = va + vb + vc;
      s = sum > 0 ? vb / sum : 0;
      t = sum > 0 ? vc / sum : 0;
    }
  }
  const x = ax + s * ux + t * vx, y = ay + s * uy + t * vy, z = az + s * uz + t * vz;
  out[0] = x; out[1] = y; out[2] = z;
  return (px - x) * (px - x) + (py - y) * (py - y) + (pz - z) * (pz - z);
}

const gapTo = (boxes: Float64Array, node: number, x: number, y: number, z: number): number => {
  const at = 6 * node;
  const dx = x < boxes[at] ? boxes[at] - x : x > boxes[at + 3] ? x - boxes[at + 3] : 0;
  const dy = y < boxes[at + 1] ? boxes[at + 1] - y : y > boxes[at + 4] ? y - boxes[at + 4] : 0;
  const dz = z < boxes[at + 2] ? boxes[at + 2] - z : z > boxes[at + 5] ? z - boxes[at + 5] : 0;
  return dx * dx + dy * dy + dz * dz;
};

const stack = new Int32Array(128), stackGap = new Float64Array(128), trial = new Float64Array(3);

/**
 * The closest point of the surface to x y z (RAS mm), its distance in mm and its triangle; null for a mesh without
 * triangles or where nothing lies within `withinMm`. Of several equally close triangles the one met first.
 */
export function closestPoint({ mesh: { positions: P, triangles: T }, boxes, right, first, count, order }: TriangleTree, x: number, y: number, z: number, withinMm = Infinity): ClosestPoint | null {
  if (order.length === 0) return null;
  let best = withinMm * withinMm, triangle = -1, bx = 0, by = 0, bz = 0, top = 1;
  stack[0] = 0;
  stackGap[0] = gapTo(boxes, 0, x, y, z);
  while (top > 0) {
    const node = stack[--top];
    if (stackGap[top] > best) continue;
    if (right[node] === 0) {
      for (let i = first[node]; i < first[node] + count[node]; i++) {
        const t = order[i];
        const squared = closestOnTriangle(P, 3 * T[3 * t], 3 * T[3 * t + 1], 3 * T[3 * t + 2], x, y, z, trial);
        if (squared < best || (squared === best && triangle < 0)) { best = squared; triangle = t; bx = trial[0]; by = trial[1]; bz = trial[2]; }
      }
      continue;
    }
    const a = node + 1, b = right[node], ga = gapTo(boxes, a, x, y, z), gb = gapTo(boxes, b, x, y, z);
    const isANear = ga <= gb;
    stack[top] = isANear ? b : a; stackGap[top++] = isANear ? gb : ga;
    stack[top] = isANear ? a : b; stackGap[top++] = isANear ? ga : gb;
  }
  return triangle < 0 ? null : { distance: Math.sqrt(best), point: [bx, by, bz], triangle };
}

/** Where a ray goes through the surface: mm along the direction's unit, and whether it comes out there. */
export interface RayHit { distance: number; triangle: number; isLeaving: boolean }

/**
 * Every triangle that the ray from o along d goes through, nearest first (ties by triangle number). `d` need not have
 * length 1; distances are in mm. A ray along an edge may hit both its triangles.
 */
export function rayHits({ mesh: { positions: P, triangles: T }, boxes, right, first, count, order }: TriangleTree, ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): RayHit[] {
  const hits: RayHit[] = [], length = Math.sqrt(dx * dx + dy * dy + dz * dz);
  if (order.length === 0 || !(length > 0)) return hits;
  const o = [ox, oy, oz], d = [dx / length, dy / length, dz / length];
  const isMissed = (node: number): boolean => {
    let near = 0, far = Infinity;
    for (let axis = 0; axis < 3; axis++) {
      const low = boxes[6 * node + axis], high = boxes[6 * node + 3 + axis];
      if (d[axis] === 0) { if (o[axis] < low || o[axis] > high) return true; continue; }
      const a = (low - o[axis]) / d[axis], b = (high - o[axis]) / d[axis];
      near = Math.max(near, Math.min(a, b));
      far = Math.min(far, Math.max(a, b));
    }
    return near > far * (1 + 1e-12) + 1e-12;
  };
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isMissed(node)) continue;
    if (right[node] !== 0) { open.push(right[node], node + 1); continue; }
    for (let i = first[node]; i < first[node] + count[node]; i++) {
      const t = order[i], a = 3 * T[3 * t], b = 3 * T[3 * t + 1], c = 3 * T[3 * t + 2];
      const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
      // Möller and Trumbore 1997.
      const px = d[1] * vz - d[2] * vy, py = d[2] * vx - d[0] * vz, pz = d[0] * vy - d[1] * vx;
      const det = ux * px + uy * py + uz * pz;
      if (det === 0) continue;
      const wx = ox - P[a], wy = oy - P[a + 1], wz = oz - P[a + 2];
      const s = (wx * px + wy * py + wz * pz) / det;
      if (s < 0 || s > 1) continue;
      const qx = wy * uz - wz * uy, qy = wz * ux - wx * uz, qz = wx * uy - wy * ux;
      const r = (d[0] * qx + d[1] * qy + d[2] * qz) / det;
      if (r < 0 || s + r > 1) continue;
      const distance = (vx * qx + vy * qy + vz * qz) / det;
      // det is −normal·direction: negative where the ray leaves a surface that faces outward.
      if (distance >= 0) hits.push({ distance, triangle: t, isLeaving: det < 0 });
    }
  }
  return hits.sort((p, q) => p.distance - q.distance || p.triangle - q.triangle);
}

/**
 * The first place where the ray from o along d (length 1) comes out of the surface: what `rayHits` would give, without the
 * rest. Null where it never does.
 */
export function firstLeaving({ mesh: { positions: P, triangles: T }, boxes, right, first, count, order }: TriangleTree, ox: number, oy: number, oz: number, dx: number, dy: number, dz: number): { distance: number; triangle: number } | null {
  if (order.length === 0) return null;
  // Along an axis that the ray does not move along, an infinite inverse would make NaN of a box's face at the very place.
  const ix = 1 / (dx || 1e-300), iy = 1 / (dy || 1e-300), iz = 1 / (dz || 1e-300);
  // Of each axis the face of a box that the ray meets first.
  const nearX = ix < 0 ? 3 : 0, nearY = iy < 0 ? 4 : 1, nearZ = iz < 0 ? 5 : 2, farX = 3 - nearX, farY = 5 - nearY, farZ = 7 - nearZ;
  let best = Infinity, triangle = -1, top = 1;
  stack[0] = 0;
  stackGap[0] = 0;
  while (top > 0) {
    const node = stack[--top];
    // A little room, as boxes and triangles are rounded differently.
    const most = best * (1 + 1e-9) + 1e-9;
    if (stackGap[top] > most) continue;
    if (right[node] !== 0) {
      const a = 6 * (node + 1), b = 6 * right[node];
      const ea = Math.max(0, (boxes[a + nearX] - ox) * ix, (boxes[a + nearY] - oy) * iy, (boxes[a + nearZ] - oz) * iz);
      const eb = Math.max(0, (boxes[b + nearX] - ox) * ix, (boxes[b + nearY] - oy) * iy, (boxes[b + nearZ] - oz) * iz);
      const isA = ea <= most && ea <= Math.min((boxes[a + farX] - ox) * ix, (boxes[a + farY] - oy) * iy, (boxes[a + farZ] - oz) * iz) * (1 + 1e-12) + 1e-12;
      const isB = eb <= most && eb <= Math.min((boxes[b + farX] - ox) * ix, (boxes[b + farY] - oy) * iy, (boxes[b + farZ] - oz) * iz) * (1 + 1e-12) + 1e-12;
      if (isA && isB && ea <= eb) {
        stack[top] = right[node]; stackGap[top++] = eb;
        stack[top] = node + 1; stackGap[top++] = ea;
      } else {
        if (isA) { stack[top] = node + 1; stackGap[top++] = ea; }
        if (isB) { stack[top] = right[node]; stackGap[top++] = eb; }
      }
      continue;
    }
    for (let i = first[node], end = i + count[node]; i < end; i++) {
      const t = order[i], a = 3 * T[3 * t], b = 3 * T[3 * t + 1], c = 3 * T[3 * t + 2];
      const ax = P[a], ay = P[a + 1], az = P[a + 2];
      const ux = P[b] - ax, uy = P[b + 1] - ay, uz = P[b + 2] - az, vx = P[c] - ax, vy = P[c + 1] - ay, vz = P[c + 2] - az;
      const px = dy * vz - dz * vy, py = dz * vx - dx * vz, pz = dx * vy - dy * vx;
      const det = ux * px + uy * py + uz * pz;
      if (det >= 0) continue;
      const wx = ox - ax, wy = oy - ay, wz = oz - az;
      const s = (wx * px + wy * py + wz * pz) / det;
      if (s < 0 || s > 1) continue;
      const qx = wy * uz - wz * uy, qy = wz * ux - wx * uz, qz = wx * uy - wy * ux;
      const r = (dx * qx + dy * qy + dz * qz) / det;
      if (r < 0 || s + r > 1) continue;
      const distance = (vx * qx + vy * qy + vz * qz) / det;
      if (distance >= 0 && (distance < best || (distance === best && t < triangle))) { best = distance; triangle = t; }
    }
  }
  return triangle < 0 ? null : { distance: best, triangle };
}

// Which side of a triangle meets which, for meshes with any faults. Half-edge h runs from corner h to the next of its triangle.
import { atan2 } from "../space/math.ts";
import { MeshEdges } from "./meshEdges.ts";

export const nextOf = (h: number): number => (h % 3 === 2 ? h - 2 : h + 1);
export const beforeOf = (h: number): number => (h % 3 === 0 ? h + 2 : h - 1);

/** Angle of triangle's third corner about the edge from a to b, against a fixed direction. */
function angleAbout(P: ArrayLike<number>, a: number, b: number, c: number): number {
  const e = [0, 1, 2].map((i) => P[3 * b + i] - P[3 * a + i]), w = [0, 1, 2].map((i) => P[3 * c + i] - P[3 * a + i]);
  const length = Math.sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]) || 1, d = e.map((x) => x / length);
  const lean = Math.abs(d[0]) < 0.6 ? [1, 0, 0] : [0, 1, 0];
  const u = [d[1] * lean[2] - d[2] * lean[1], d[2] * lean[0] - d[0] * lean[2], d[0] * lean[1] - d[1] * lean[0]];
  const v = [d[1] * u[2] - d[2] * u[1], d[2] * u[0] - d[0] * u[2], d[0] * u[1] - d[1] * u[0]];
  return atan2(w[0] * v[0] + w[1] * v[1] + w[2] * v[2], w[0] * u[0] + w[1] * u[1] + w[2] * u[2]);
}

/**
 * The half-edge across each, −1 where the surface is open. Where more than two meet in an edge, each is joined to the one
 * that encloses solid with it: the next one about the edge that runs the other way.
 */
export function twinsOf(P: ArrayLike<number>, corners: ArrayLike<number>): Int32Array {
  const twin = new Int32Array(corners.length).fill(-1), edges = new MeshEdges(corners);
  for (let edge = 0; edge < edges.count; edge++) {
    const one = edges.first(edge), other = edges.next(one);
    if (other < 0) continue;
    if (edges.next(other) < 0) {
      if (corners[one] !== corners[other]) { twin[one] = other; twin[other] = one; }
      continue;
    }
    const sides = edges.sides(edge), low = Math.min(corners[sides[0]], corners[nextOf(sides[0])]), high = Math.max(corners[sides[0]], corners[nextOf(sides[0])]);
    const round = sides.map((h) => ({ h, isForward: corners[h] === low, angle: angleAbout(P, low, high, corners[beforeOf(h)]) })).sort((p, q) => p.angle - q.angle || p.h - q.h);
    // A forward side has its solid before it as the angle falls (its normal points on as it grows): pair it with the backward one there.
    for (let k = 0; k < round.length; k++) {
      if (!round[k].isForward) continue;
      const before = round[(k + round.length - 1) % round.length];
      if (before.isForward || twin[before.h] >= 0) continue;
      twin[round[k].h] = before.h;
      twin[before.h] = round[k].h;
    }
  }
  return twin;
}

/** Closed rings of open half-edges, each going on at its end vertex within the same fan. */
export function openRings(twin: Int32Array): number[][] {
  const rings: number[][] = [], seen = new Uint8Array(twin.length);
  for (let start = 0; start < twin.length; start++) {
    if (twin[start] >= 0 || seen[start] !== 0) continue;
    const ring: number[] = [];
    for (let h = start; seen[h] === 0; ) {
      seen[h] = 1;
      ring.push(h);
      let on = nextOf(h);
      while (twin[on] >= 0) on = nextOf(twin[on]);
      h = on;
    }
    rings.push(ring);
  }
  return rings;
}

/** Of each corner the fan of triangles round its vertex that it belongs to; fans are numbered by their lowest corner. */
export function fansOf(twin: Int32Array): Int32Array {
  const root = Int32Array.from({ length: twin.length }, (_, i) => i);
  const find = (i: number): number => {
    while (root[i] !== i) { root[i] = root[root[i]]; i = root[i]; }
    return i;
  };
  const join = (a: number, b: number): void => {
    const p = find(a), q = find(b);
    root[Math.max(p, q)] = Math.min(p, q);
  };
  for (let h = 0; h < twin.length; h++) {
    if (twin[h] < 0) continue;
    join(h, nextOf(twin[h]));
    join(nextOf(h), twin[h]);
  }
  return root.map((_, i) => find(i));
}

/** Of each triangle the lowest triangle that is joined to it over edges. */
export function shellsOf(twin: Int32Array): Int32Array {
  const shell = new Int32Array(twin.length / 3).fill(-1);
  for (let t = 0; t < shell.length; t++) {
    if (shell[t] >= 0) continue;
    const open = [t];
    shell[t] = t;
    for (let at = open.pop(); at !== undefined; at = open.pop()) for (let i = 0; i < 3; i++) {
      const across = twin[3 * at + i] < 0 ? -1 : Math.floor(twin[3 * at + i] / 3);
      if (across >= 0 && shell[across] < 0) { shell[across] = t; open.push(across); }
    }
  }
  return shell;
}

import { dot, frameOf, plus, unit, type Vec } from "./vector.ts";

/**
 * A flat map of the vault round one direction: stereographic from the head's centre, so angles are kept and 1 mm on
 * the map is 1 mm on a sphere of radius `radiusMm` at the map's middle. Only + − × ÷ and square roots (JB5).
 */
export interface Chart {
  centre: Vec;
  /** Direction of the map's middle. */
  axis: Vec;
  e1: Vec;
  e2: Vec;
  radiusMm: number;
}

/** A map whose middle lies in direction `axis`. */
export function chartOf(centre: Vec, axis: Vec, radiusMm: number): Chart {
  const w = unit(axis), [e1, e2] = frameOf(w);
  return { centre, axis: w, e1, e2, radiusMm };
}

/** Direction of the map position (u, v) mm. */
export function directionAt({ axis, e1, e2, radiusMm }: Chart, u: number, v: number): Vec {
  const p = u / (2 * radiusMm), q = v / (2 * radiusMm), s = p * p + q * q, f = 1 / (1 + s);
  const d = plus(plus([axis[0] * (1 - s), axis[1] * (1 - s), axis[2] * (1 - s)], e1, 2 * p), e2, 2 * q);
  return [d[0] * f, d[1] * f, d[2] * f];
}

/** Map position of a direction of length 1; far outside for the opposite direction. */
export function mapPosition({ axis, e1, e2, radiusMm }: Chart, d: Vec): [number, number] {
  const f = 2 * radiusMm / Math.max(1e-6, 1 + dot(d, axis));
  return [dot(d, e1) * f, dot(d, e2) * f];
}

/** A rectangle of nodes on the map: node (a, b) lies at u = u0 + a·step, v = v0 + b·step; index a + b·nu. */
export interface Nodes { u0: number; v0: number; step: number; nu: number; nv: number }

/** Bilinear value of a node field; the edge's value outside the rectangle. */
export function bilinear({ u0, v0, step, nu, nv }: Nodes, field: Float64Array, u: number, v: number): number {
  const x = Math.max(0, Math.min(nu - 1.000001, (u - u0) / step)), y = Math.max(0, Math.min(nv - 1.000001, (v - v0) / step));
  const a = Math.floor(x), b = Math.floor(y), s = x - a, t = y - b, at = a + nu * b;
  const low = field[at] + s * (field[at + 1] - field[at]);
  return low + t * (field[at + nu] + s * (field[at + nu + 1] - field[at + nu]) - low);
}

/** Uniform cubic B-spline weights at t in [0, 1]. */
const splineWeights = (t: number): [number, number, number, number] => {
  const r = 1 - t;
  return [r * r * r / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * r * r * r - 6 * r * r + 4) / 6, t * t * t / 6];
};

/** Cubic B-spline value of a node field (twice smooth; a slight smoothing of the nodes' values). */
export function smoothValue({ u0, v0, step, nu, nv }: Nodes, field: Float64Array, u: number, v: number): number {
  const x = Math.max(0, Math.min(nu - 1, (u - u0) / step)), y = Math.max(0, Math.min(nv - 1, (v - v0) / step));
  const a = Math.min(nu - 2, Math.floor(x)), b = Math.min(nv - 2, Math.floor(y));
  const wx = splineWeights(x - a), wy = splineWeights(y - b);
  let sum = 0;
  for (let j = 0; j < 4; j++) {
    const row = nu * Math.max(0, Math.min(nv - 1, b - 1 + j));
    let part = 0;
    for (let i = 0; i < 4; i++) part += wx[i] * field[row + Math.max(0, Math.min(nu - 1, a - 1 + i))];
    sum += wy[j] * part;
  }
  return sum;
}

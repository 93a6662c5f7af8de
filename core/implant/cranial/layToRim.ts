import { cellsFrom } from "./cells.ts";
import { type Chart, directionAt, mapPosition, type Nodes } from "./chart.ts";
import { solved } from "./head.ts";
import { cross, dot, plus, unit, type Vec } from "./vector.ts";

/** Radii of both tables on a field of nodes, mm from the head's centre; NaN where there is none. */
export interface TablePair { outer: Float64Array; inner: Float64Array }

/** The mirrored side's tables where they were laid, and the same move for any other surface of that side. */
export interface Laid extends TablePair { move: (radii: Float64Array) => Float64Array }

/** The skull from this near to the gap's edge up to this far, mm, is what the mirrored side is laid to. */
const nearestMm = 3, farthestMm = 25;
/** How far the two sides of a head lie apart, usually: turned (radians, about the head's centre) and moved (mm), standard deviations. */
const turn = 0.03, moveMm = 3;
/** How much the sides' tables differ when they lie well, mm, and over how many nodes such a difference is the same: about 20 mm of bone. */
const differenceMm = 0.5, alikeNodes = 100;
/** A difference from which on it counts less, mm; how much the inner table counts, which pits and grooves mark on each side apart. */
const outlierMm = 0.6, innerWeight = 0.5;
/** Slopes are told over so many nodes to both sides; steeper ones are no table. */
const slopeNodes = 2, steepest = 1;
const rounds = 3;

/** A point turned by a small rotation vector about the origin, its distance kept. */
function turned(w: Vec, p: Vec): Vec {
  const q = plus(p, cross(w, p)), l = Math.sqrt(dot(p, p) / dot(q, q));
  return [q[0] * l, q[1] * l, q[2] * l];
}

/** Bilinear value; NaN outside the nodes or beside an unknown one. */
function known({ u0, v0, step, nu, nv }: Nodes, field: Float64Array, u: number, v: number): number {
  const x = (u - u0) / step, y = (v - v0) / step, a = Math.min(nu - 2, Math.floor(x)), b = Math.min(nv - 2, Math.floor(y)), at = a + nu * b;
  if (!(x >= 0 && y >= 0 && x <= nu - 1 && y <= nv - 1)) return NaN;
  const low = field[at] + (x - a) * (field[at + 1] - field[at]);
  return low + (y - b) * (field[at + nu] + (x - a) * (field[at + nu + 1] - field[at + nu]) - low);
}

/** A table moved as a rigid body: turned by w about the head's centre, then moved by t. Radii on the same nodes. */
function movedTable(chart: Chart, nodes: Nodes, directions: readonly Vec[], field: Float64Array, w: Vec, t: Vec): Float64Array {
  const back: Vec = [-w[0], -w[1], -w[2]];
  return Float64Array.from(field, (here, at) => {
    let r = Number.isNaN(here) ? chart.radiusMm : here;
    // Where on the table the point comes from that lies in this direction, found twice: the table is nearly a sphere.
    for (let i = 0; i < 2; i++) {
      const d = directions[at], from = unit(turned(back, [r * d[0] - t[0], r * d[1] - t[1], r * d[2] - t[2]]));
      const [u, v] = mapPosition(chart, from), m = known(nodes, field, u, v);
      if (Number.isNaN(m)) return NaN;
      const to = plus(turned(w, [m * from[0], m * from[1], m * from[2]]), t);
      r = Math.sqrt(dot(to, to));
    }
    return r;
  });
}

/**
 * The mirrored side laid to the bone round the gap as a rigid body, as a planner would lay it. A head's own plane of symmetry is one for
 * all of it: here and there the sides lie some millimetres apart, and a hollow of the mirrored side would come beside its place.
 * Least squares over both tables (Gauss-Newton, far-off differences counting less), held to small moves by how far sides
 * usually lie apart: where a vault is like a sphere nothing tells a turn, and none is made.
 * @param own the tables round the gap @param mirror the mirrored side's, both on `nodes`
 */
export function layToRim(chart: Chart, nodes: Nodes, own: TablePair, mirror: TablePair): Laid {
  const { nu, nv, step } = nodes, k = slopeNodes;
  const directions = Array.from(mirror.outer, (_, at) => directionAt(chart, nodes.u0 + (at % nu) * step, nodes.v0 + Math.floor(at / nu) * step));
  const isInner = (at: number) => at % nu > 0 && at % nu < nu - 1 && at >= nu && at < nu * (nv - 1);
  const fromGap = cellsFrom((at) => Number.isNaN(own.outer[at]) && isInner(at), nu, nv, farthestMm / step);
  let laid = mirror, w: Vec = [0, 0, 0], t: Vec = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const rows = Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0, 0]);
    for (const which of ["outer", "inner"] as const) for (let b = k; b < nv - k; b++) for (let a = k; a < nu - k; a++) {
      const at = a + nu * b, table = laid[which], off = own[which][at] - table[at];
      if (!(fromGap[at] * step > nearestMm && fromGap[at] * step < farthestMm) || Number.isNaN(off)) continue;
      const su = (table[at + k] - table[at - k]) / (2 * k * step), sv = (table[at + k * nu] - table[at - k * nu]) / (2 * k * step);
      if (!(Math.abs(su) < steepest && Math.abs(sv) < steepest)) continue;
      // How much a table rises in this direction when it is turned about, or moved along, each axis.
      const d = directions[at], eu = unit(plus(directions[at + 1], directions[at - 1], -1)), ev = unit(plus(directions[at + nu], directions[at - nu], -1));
      const rise = plus(plus([0, 0, 0], eu, su), ev, sv), aside = cross(d, rise);
      const by = [-table[at] * aside[0], -table[at] * aside[1], -table[at] * aside[2], d[0] - rise[0], d[1] - rise[1], d[2] - rise[2]];
      const weight = Math.min(1, outlierMm / Math.max(0.01, Math.abs(off))) * (which === "inner" ? innerWeight : 1);
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) rows[i][j] += weight * by[i] * by[j];
        rows[i][6] += weight * by[i] * off;
      }
    }
    [...w, ...t].forEach((x, i) => {
      const sigma = i < 3 ? turn : moveMm, held = alikeNodes * differenceMm * differenceMm / (sigma * sigma);
      rows[i][i] += held;
      rows[i][6] -= held * x;
    });
    const x = solved(rows);
    w = plus(w, [x[0], x[1], x[2]]);
    t = plus(t, [x[3], x[4], x[5]]);
    laid = { outer: movedTable(chart, nodes, directions, mirror.outer, w, t), inner: movedTable(chart, nodes, directions, mirror.inner, w, t) };
  }
  return { ...laid, move: (radii) => movedTable(chart, nodes, directions, radii, w, t) };
}

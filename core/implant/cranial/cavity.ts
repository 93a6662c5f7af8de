import { BandedSystem } from "./banded.ts";
import { cellsFrom } from "./cells.ts";
import type { Nodes } from "./chart.ts";
import { boneRuns } from "./rays.ts";
import { plus, type Vec } from "./vector.ts";

/** Rays from a point through the bone: own side or, from the mirrored centre, the other. */
export interface Cast {
  share: (x: number, y: number, z: number) => number;
  centre: Vec;
  /** One a ray, of length 1. */
  directions: readonly Vec[];
}

/** Radii of the outermost walls on a field of rays, mm; NaN where there is none. */
export interface Walls { outer: Float64Array; inner: Float64Array; mirrorOuter: Float64Array; mirrorInner: Float64Array }

/** What lies under the outermost walls where the bone is hollow: a frontal sinus, and beside it the orbits. Radii in mm, one a ray, NaN where unknown. */
export interface Cavity {
  /** Inner face of the wall behind the cavity, which is the skull's inner table; the outermost wall's own inner face where there is no cavity. */
  back: Float64Array;
  mirrorBack: Float64Array;
  /** Outer face of the outermost bone of the mirrored side however deep it lies: in an orbit far below the vault. */
  mirrorFar: Float64Array;
}

/** A cavity is no deeper along a ray than this, mm, and its back wall no farther below the front wall's inner face than the second. */
const cavityMm = 20, behindMm = 32;
/** Walls nearer to each other than this count as one, mm. */
const leastCavityMm = 2;
/** A cavity counts when it lies within so many mm of the gap's edge, or over the gap on the mirrored side, on so many rays (about mm²): grooves, pits and the cells of a mastoid are smaller. */
const besideMm = 8, leastRays = 200;
/** Bone of the mirrored side is looked for from this share of the expected radius on: less is the skull's base. */
const deepest = 0.3;

/** Inner radius of the last wall behind a wall, no farther apart than a cavity is deep. */
function backOf({ share, centre }: Cast, d: Vec, inner: number, outer: number): number {
  let back = inner;
  for (const run of boneRuns(share, centre, d, inner - behindMm, (inner + outer) / 2).toReversed()) {
    if (run.outer >= inner) continue;
    if (back - run.outer > cavityMm || run.inner <= inner - behindMm) break;
    back = run.inner;
  }
  return back;
}

/** Whether a cavity of the bone lies beside the gap, or over it on the mirrored side. */
export function isBesideCavity({ nu, nv, step }: Nodes, own: Cast, other: Cast, { outer, inner, mirrorOuter, mirrorInner }: Walls): boolean {
  const fromGap = cellsFrom((at) => Number.isNaN(outer[at]), nu, nv, besideMm / step);
  let rays = 0;
  for (let at = 0; at < nu * nv; at++) {
    const isGap = Number.isNaN(outer[at]), [cast, from, to] = isGap ? [other, mirrorInner[at], mirrorOuter[at]] : [own, inner[at], outer[at]];
    if (Number.isNaN(to) || !(isGap || fromGap[at] * step < besideMm)) continue;
    if (from - backOf(cast, cast.directions[at], from, to) > leastCavityMm) rays++;
  }
  return rays > leastRays;
}

/** Looks behind the outermost walls of both sides. @param isHidden whether a point lies where nothing may be read */
export function cavityOf(own: Cast, other: Cast, walls: Walls, expected: Float64Array, aboveMm: number, isHidden: (p: Vec) => boolean): Cavity {
  const backs = (cast: Cast, inner: Float64Array, outer: Float64Array) => Float64Array.from(inner, (from, at) => Number.isNaN(from) ? NaN : backOf(cast, cast.directions[at], from, outer[at]));
  const mirrorFar = Float64Array.from(expected, (r, at) => {
    const d = other.directions[at], last = boneRuns(other.share, other.centre, d, deepest * r, r + aboveMm).at(-1);
    return !last || isHidden(plus(other.centre, d, last.outer + leastCavityMm)) || isHidden(plus(other.centre, d, r - leastCavityMm)) ? NaN : last.outer;
  });
  return { back: backs(own, walls.inner, walls.outer), mirrorBack: backs(other, walls.mirrorInner, walls.mirrorOuter), mirrorFar };
}

/** Over bone thicker than this a cavity is taken to lie, mm: the frontal bone's two tables part round its sinus. */
const greatestSolidMm = 14;
/** How much the other side's cavity counts beside what is seen on the own one. */
const own = 10, theirs = 0.3;
/** The wall's thickness changes over to the whole bone's over this much of the way between hollow (1) and solid (−1), and over so many mm of thickness. */
const edge = 0.5, edgeMm = 2;

/** Values known at some nodes carried on over the others: the field that minimises Σ weight·(f − value)² + Σ |D f|². */
function membrane(values: Float64Array, weights: Float64Array, nu: number, nv: number): Float64Array {
  const system = new BandedSystem(nu * nv, nu);
  for (let i = 0; i < nu * nv; i++) system.add(i, i, weights[i] + 1e-9);
  for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) for (const [x, y] of [[1, 0], [0, 1]]) {
    if (a + x >= nu || b + y >= nv) continue;
    const one = a + nu * b, other = one + x + nu * y;
    system.add(one, one, 1);
    system.add(other, other, 1);
    system.add(other, one, -1);
  }
  system.factor();
  return system.solve(Float64Array.from(values, (x, i) => weights[i] > 0 ? weights[i] * x : 0));
}

/** Radii of the outermost wall and of what lies behind it, on the nodes of a solver. */
export interface FrontWall { outer: Float64Array; inner: Float64Array; back: Float64Array }

/**
 * The inner face of a plate over a cavity: as thick as the front wall where there is air behind it, down to the inner table where the bone
 * is solid. Where the cavity ends inside the gap is told by its edge round the gap, by the mirrored side's, and by how thick the whole bone is.
 * @param outer the outer table across the gap @param back the skull's inner table across it
 * @param seen what is seen round the gap @param mirrored the same of the mirrored side, laid to it
 */
export function frontWallOver(outer: Float64Array, back: Float64Array, seen: FrontWall, mirrored: FrontWall, nu: number, nv: number): Float64Array {
  const depthOf = ({ inner, back: behind }: FrontWall, at: number) => inner[at] - behind[at];
  const carriedOn = (valueOf: (walls: FrontWall, at: number) => number): Float64Array => {
    const values = outer.slice(), weights = new Float64Array(nu * nv);
    for (let at = 0; at < nu * nv; at++) for (const [walls, weight] of [[mirrored, theirs], [seen, own]] as const) {
      const value = valueOf(walls, at);
      if (Number.isNaN(value)) continue;
      values[at] = value;
      weights[at] = weight;
    }
    return membrane(values, weights, nu, nv);
  };
  const hollow = carriedOn((walls, at) => Number.isNaN(depthOf(walls, at)) ? NaN : depthOf(walls, at) > leastCavityMm ? 1 : -1);
  const wallMm = carriedOn((walls, at) => depthOf(walls, at) > leastCavityMm ? walls.outer[at] - walls.inner[at] : NaN);
  return Float64Array.from(back, (r, at) => {
    const share = Math.max(hollow[at] / edge + 0.5, (outer[at] - r - greatestSolidMm) / edgeMm), front = Math.max(r, outer[at] - wallMm[at]);
    return r + Math.max(0, Math.min(1, share)) * (front - r);
  });
}

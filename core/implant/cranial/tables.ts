import { BandedSystem } from "./banded.ts";
import { frontWallOver } from "./cavity.ts";
import { cellsFrom } from "./cells.ts";
import { bilinear, type Nodes } from "./chart.ts";
import { guideOf, softenedBy } from "./guide.ts";
import { type Laid, layToRim } from "./layToRim.ts";
import type { Survey } from "./survey.ts";

/** How the missing bone is made: the mirrored side bent to the rim, the mirrored side as it is, or a spline alone. */
export type Reference = "blend" | "mirror" | "spline";

/** Outer and inner table across the defect and its surroundings: radii in mm from the head's centre, one a node. */
export interface Tables {
  nodes: Nodes;
  outer: Float64Array;
  inner: Float64Array;
  /** 0 … 1: how much the mirrored side says at a node. */
  confidence: Float64Array;
  /** 1 at nodes where the mirrored side tells that the head has no wall there: an orbit, the nose; null where the bone is not hollow. */
  open: Float64Array | null;
}

/** Stiffness of the plate against the data, in nodes: bending energy × this + squared misfit. */
const stiffness = 3;
/**
 * Across a gap bending alone lets a table drift away from the guide: its slopes are believed too, by this much against the bending.
 * So what is broader than about 6 nodes (√(stiffness/tension)) follows the guide's slope, what is narrower its bending.
 */
const tension = 0.1;
/** Beside a cavity the tables bend sharply, at the brow and the temporal line: stiffness and tension there, and how often the bone at the rim is judged anew. */
const browStiffness = 0.1, browTension = 0.003, browRounds = 3;
/** A mirrored side with holes is closed by a thin plate, believed up to the first distance from its bone, mm, and from the second on no more. */
const closedMm = 4, lostMm = 14;
/** The mirrored side's outermost bone lies so far below the outer table, mm, where the head is open. */
const openMm = 7;
/** Millimetres over which belief in the mirrored side grows from 0 beside a place where it is missing. */
const trustMm = 8;
/** A table steeper than this against the vault, beside a gap, is a wall of the cut; followed over this many rays. */
const wallSlope = 0.6, wallReach = 18;
/** Rays nearer to a wall than this count only where they agree with what lies further out, and not at all within the second. */
const wallRays = 3, edgeRays = 1.5;
/** How far a column beside the gap may be thinner, or thicker, than what lies further out tells, mm. */
const thinnerMm = 0.5, thickerMm = 1.2;

/** Means of 2 × 2 rays; NaN where fewer than two of them hold. */
function halved(values: Float64Array, nu: number, nv: number): Float64Array {
  const out = new Float64Array(nu * nv / 4);
  for (let b = 0; b < nv / 2; b++) for (let a = 0; a < nu / 2; a++) {
    let sum = 0, count = 0;
    for (const at of [2 * a + nu * 2 * b, 2 * a + 1 + nu * 2 * b, 2 * a + nu * (2 * b + 1), 2 * a + 1 + nu * (2 * b + 1)]) {
      if (!Number.isNaN(values[at])) { sum += values[at]; count++; }
    }
    out[a + nu / 2 * b] = count >= 2 ? sum / count : NaN;
  }
  return out;
}

/** The three second differences of a thin plate: offsets and weights of the nodes in each. */
const stencils: readonly { weight: number; nodes: readonly (readonly [number, number, number])[] }[] = [
  { weight: 1, nodes: [[-1, 0, 1], [0, 0, -2], [1, 0, 1]] },
  { weight: 1, nodes: [[0, -1, 1], [0, 0, -2], [0, 1, 1]] },
  { weight: 2, nodes: [[0, 0, 1], [1, 0, -1], [0, 1, -1], [1, 1, 1]] },
];

/**
 * The surface f that least bends away from a guide: the minimum of Σ w·(f − data)² + stiff·Σ |H f − H guide|² +
 * pull·Σ trust·|D f − D guide|², with H the second and D the first differences. Where the guide
 * has no trust it counts as flat and has no slope: a thin-plate spline.
 */
function guidedPlate(data: Float64Array, weights: Float64Array, guide: Float64Array, trust: Float64Array, nu: number, nv: number, stiff: number, pull: number): Float64Array {
  const system = new BandedSystem(nu * nv, 2 * nu + 1), right = new Float64Array(nu * nv);
  for (let i = 0; i < nu * nv; i++) {
    system.add(i, i, weights[i] + 1e-9);
    if (weights[i] > 0) right[i] += weights[i] * data[i];
  }
  for (const { weight, nodes } of stencils) for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) {
    if (nodes.some(([x, y]) => a + x < 0 || a + x >= nu || b + y < 0 || b + y >= nv)) continue;
    const at = nodes.map(([x, y]) => a + x + nu * (b + y)), least = Math.min(...at.map((i) => trust[i]));
    const bend = least > 0 ? least * nodes.reduce((sum, [, , w], i) => sum + w * guide[at[i]], 0) : 0;
    nodes.forEach(([, , w], i) => {
      right[at[i]] += stiff * weight * w * bend;
      for (let j = 0; j <= i; j++) system.add(at[i], at[j], stiff * weight * w * nodes[j][2]);
    });
  }
  if (pull > 0) for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) for (const [x, y] of [[1, 0], [0, 1]]) {
    if (a + x >= nu || b + y >= nv) continue;
    const one = a + nu * b, other = one + x + nu * y, weight = pull * Math.min(trust[one], trust[other]), slope = weight * (guide[other] - guide[one]);
    if (!(weight > 0)) continue;
    system.add(one, one, weight);
    system.add(other, other, weight);
    system.add(other, one, -weight);
    right[other] += slope;
    right[one] -= slope;
  }
  system.factor();
  return system.solve(right);
}

/**
 * Rays that meet a wall of the cut instead of this table: beside the gap, and the table there is much steeper than the
 * vault, going on outward from the gap as long as it is. A saw's wall leans by any angle against the rays.
 */
function wallOf({ nodes: { nu, nv, step }, expected }: Survey, values: Float64Array): Uint8Array {
  const wall = new Uint8Array(nu * nv);
  // Over four rays, as the slices of a CT make steps; over two beside what is unknown.
  const rise = (at: number, stride: number): number => {
    const value = (i: number) => values[i] - expected[i];
    const ahead = Number.isNaN(values[at + 2 * stride]) ? 0 : 2, behind = Number.isNaN(values[at - 2 * stride]) ? 0 : 2;
    return ahead + behind === 0 ? Infinity : (value(at + ahead * stride) - value(at - behind * stride)) / ((ahead + behind) * step);
  };
  const slope = (at: number): number => Number.isNaN(values[at]) ? Infinity : rise(at, 1) * rise(at, 1) + rise(at, nu) * rise(at, nu);
  let queue: number[] = [];
  for (let at = 0; at < nu * nv; at++) if (Number.isNaN(values[at])) { wall[at] = 1; queue.push(at); }
  for (let depth = 0; depth < wallReach && queue.length > 0; depth++) {
    const next: number[] = [];
    for (const at of queue) {
      const x = at % nu, y = Math.floor(at / nu);
      if (x < 3 || y < 3 || x > nu - 4 || y > nv - 4) continue;
      for (const to of [at - 1, at + 1, at - nu, at + nu]) {
        if (wall[to] || slope(to) <= wallSlope * wallSlope) continue;
        wall[to] = 1;
        next.push(to);
      }
    }
    queue = next;
  }
  return wall;
}

/** Data of one table where the wall of the cut surely does not reach, and all data that may be the table. */
function dataOf(survey: Survey, values: Float64Array): { safe: Float64Array; all: Float64Array } {
  const { nodes: { nu, nv } } = survey, wall = wallOf(survey, values);
  const fromWall = cellsFrom((at) => wall[at] === 1, nu, nv, wallRays + 1);
  const kept = (least: number) => halved(Float64Array.from(values, (r, at) => fromWall[at] >= least ? r : NaN), nu, nv);
  return { safe: kept(wallRays), all: kept(edgeRays) };
}

/** A mirrored table with its own holes closed, and how much it is believed at each node. */
function closed(table: Float64Array, nu: number, nv: number, step: number): { table: Float64Array; trust: Float64Array } {
  const isKnown = table.map((r) => Number.isNaN(r) ? 0 : 1), none = new Float64Array(nu * nv);
  const plate = guidedPlate(table.map((r) => Number.isNaN(r) ? 0 : r), isKnown, none, none, nu, nv, stiffness, 0);
  const fromKnown = cellsFrom((at) => isKnown[at] === 1, nu, nv, lostMm / step);
  return { table: table.map((r, at) => isKnown[at] ? r : plate[at]), trust: fromKnown.map((d) => Math.max(0, Math.min(1, (lostMm - d * step) / (lostMm - closedMm)))) };
}

/** What a table should look like across the gap, and 0 … 1 how much that is believed at each node. */
function believed(laid: Float64Array, data: Float64Array, nu: number, nv: number, step: number, isHollow: boolean): { guide: Float64Array; trust: Float64Array } {
  // Where the bone is hollow the face is near: the mirrored side lacks the orbits, and would be believed nowhere beside them.
  const whole = isHollow ? closed(laid, nu, nv, step) : null, guide = guideOf(whole?.table ?? laid, data, nu, nv, step);
  const fromMissing = cellsFrom((at) => Number.isNaN(guide[at]), nu, nv, trustMm / step + 1);
  return { guide: guide.map((r) => Number.isNaN(r) ? 0 : r), trust: whole?.trust ?? fromMissing.map((d) => Math.max(0, Math.min(1, (d - 1) * step / trustMm))) };
}

/** One table across the gap: through the bone round it, then once more (or several times) with the bone at the rim that agrees. */
function tableAcross(which: "outer" | "inner", { safe: data, all }: ReturnType<typeof dataOf>, guide: Float64Array, trust: Float64Array, nu: number, nv: number, isHollow: boolean): Float64Array {
  let plate = guidedPlate(data, data.map((r) => Number.isNaN(r) ? 0 : 1), guide, trust, nu, nv, stiffness, tension);
  for (let round = 0; round < (isHollow ? browRounds : 1); round++) {
    // With the bone at the rim that agrees, and without outliers: air cells, grooves of vessels, a second sheet of bone.
    const weights = Float64Array.from(all, (r, i) => {
      if (Number.isNaN(r)) return 0;
      const thinner = which === "inner" ? r - plate[i] : plate[i] - r;
      if (Number.isNaN(data[i]) && (thinner > thinnerMm || thinner < -thickerMm)) return 0;
      return Math.min(1, 0.6 / Math.max(0.01, Math.abs(thinner)));
    });
    plate = isHollow ? guidedPlate(all, weights, guide, trust, nu, nv, browStiffness, browTension) : guidedPlate(all, weights, guide, trust, nu, nv, stiffness, tension);
  }
  return plate;
}

/**
 * Both tables across a defect. `blend`: a thin plate through the bone around that follows the mirrored side laid to that bone,
 * as far as the mirrored side is there. `mirror`: the mirrored side as it lies, the spline where it is missing.
 * `spline`: the thin plate alone. Over a cavity of the bone the inner one is the front wall's (`frontWallOver`).
 */
export function tablesAcross(survey: Survey, reference: Reference): Tables {
  const { nodes: { u0, v0, step, nu, nv }, cavity } = survey, mu = nu / 2, mv = nv / 2, isHollow = cavity !== null;
  const nodes: Nodes = { u0: u0 + step / 2, v0: v0 + step / 2, step: 2 * step, nu: mu, nv: mv };
  const made: { outer: Float64Array; inner: Float64Array } = { outer: new Float64Array(0), inner: new Float64Array(0) };
  let confidence: Float64Array = new Float64Array(mu * mv);
  const own = { outer: dataOf(survey, survey.outer), inner: dataOf(survey, cavity?.back ?? survey.inner) };
  const mirror = { outer: dataOf(survey, survey.mirrorOuter).safe, inner: dataOf(survey, cavity?.mirrorBack ?? survey.mirrorInner).safe };
  const laid: Laid = reference === "blend" ? layToRim(survey.chart, nodes, { outer: own.outer.safe, inner: own.inner.safe }, mirror) : { ...mirror, move: (radii) => radii };
  for (const which of ["outer", "inner"] as const) {
    const { guide, trust } = believed(laid[which], own[which].safe, mu, mv, nodes.step, isHollow && reference === "blend");
    confidence = reference === "spline" ? new Float64Array(mu * mv) : trust;
    const plate = tableAcross(which, own[which], guide, confidence, mu, mv, isHollow);
    made[which] = plate;
    if (reference !== "mirror") continue;
    const asItLies = softenedBy(2, mirror[which], mu, mv);
    for (let i = 0; i < plate.length; i++) if (!Number.isNaN(asItLies[i])) plate[i] = asItLies[i];
  }
  if (!cavity) return { nodes, ...made, confidence, open: null };
  const fromGap = cellsFrom((at) => Number.isNaN(survey.outer[at]), nu, nv, wallRays);
  const seen = (radii: Float64Array) => halved(radii.map((r, at) => fromGap[at] < edgeRays ? NaN : r), nu, nv), mirrored = (radii: Float64Array) => laid.move(halved(radii, nu, nv));
  const open = mirrored(cavity.mirrorFar).map((r, at) => r < made.outer[at] - openMm ? 1 : 0);
  const inner = frontWallOver(made.outer, made.inner, { outer: seen(survey.outer), inner: seen(survey.inner), back: seen(cavity.back) },
    { outer: mirrored(survey.mirrorOuter), inner: mirrored(survey.mirrorInner), back: mirrored(cavity.mirrorBack) }, mu, mv);
  return { nodes, outer: made.outer, inner, confidence, open };
}

/** Radius of a table at a map position, mm. */
export const radiusOf = (tables: Tables, which: "outer" | "inner", u: number, v: number): number => bilinear(tables.nodes, tables[which], u, v);

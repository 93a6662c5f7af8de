import type { Bone } from "./bone.ts";
import { boneShare } from "./bone.ts";
import { type Cast, type Cavity, cavityOf, isBesideCavity } from "./cavity.ts";
import { type Chart, chartOf, directionAt, type Nodes } from "./chart.ts";
import type { Defect } from "./defect.ts";
import { mirrored } from "../../space/mirrorPlane.ts";
import { cubeCell, type Head } from "./head.ts";
import { boneRuns, outerRun } from "./rays.ts";
import { plus, type Vec } from "./vector.ts";

/** Radii of the two tables on a field of rays, mm from the head's centre; NaN where there is no bone. */
export interface Survey {
  chart: Chart;
  nodes: Nodes;
  /** The bone that is there. */
  outer: Float64Array;
  inner: Float64Array;
  /** The mirrored other side. */
  mirrorOuter: Float64Array;
  mirrorInner: Float64Array;
  /** Outer radius expected from a quadratic through the surroundings, mm. */
  expected: Float64Array;
  /** What lies under the outer walls, where a cavity of the bone lies at the gap or on the mirrored side of it; null where none does. */
  cavity: Cavity | null;
}

/** Distance between rays, mm on the map. */
export const rayStepMm = 1;
/** How much skull round the defect is followed, mm. */
const ringMm = 22;
/** How far inside the expected outer table bone is looked for, mm. */
const depthMm = 17;
/** How far below and above the expected outer table the outer one lies, mm: of the vault, and where it goes over into the brow. */
const vaultWindow = { belowMm: 10, aboveMm: 10 }, browWindow = { belowMm: 14, aboveMm: 22 };

/** A quadratic in u and v through the outer table, least squares, twice, the second time without what lies over 5 mm off. */
function quadratic(nodes: Nodes, values: Float64Array): Float64Array {
  const { nu, nv, u0, v0, step } = nodes, fit = new Float64Array(nu * nv);
  let c = new Float64Array(6), isFitted = false;
  const scale = 1 / 50;
  const terms = (a: number, b: number) => {
    const u = (u0 + a * step) * scale, v = (v0 + b * step) * scale;
    return [1, u, v, u * u, u * v, v * v];
  };
  for (let round = 0; round < 3; round++) {
    const m = Array.from({ length: 6 }, () => new Float64Array(7));
    for (let b = 0; b < nv; b += 2) for (let a = 0; a < nu; a += 2) {
      const r = values[a + nu * b], t = terms(a, b);
      if (Number.isNaN(r) || (isFitted && Math.abs(t.reduce((sum, x, i) => sum + x * c[i], 0) - r) > 5)) continue;
      for (let i = 0; i < 6; i++) { for (let j = 0; j < 6; j++) m[i][j] += t[i] * t[j]; m[i][6] += t[i] * r; }
    }
    for (let i = 0; i < 6; i++) m[i][i] += 1e-6;
    for (let i = 0; i < 6; i++) for (let r = 0; r < 6; r++) {
      if (r === i) continue;
      const f = m[r][i] / m[i][i];
      for (let k = i; k < 7; k++) m[r][k] -= f * m[i][k];
    }
    c = Float64Array.from(m, (row, i) => row[6] / row[i]);
    isFitted = true;
  }
  for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) fit[a + nu * b] = terms(a, b).reduce((sum, x, i) => sum + x * c[i], 0);
  return fit;
}

/** Whether a point lies in the painted region. */
function isInRegionOf({ grid: { dims: [nx, ny, nz], spacing, origin } }: Bone, { region }: Defect): (p: Vec) => boolean {
  return (p) => {
    if (!region) return false;
    const i = Math.round((p[0] - origin[0]) / spacing[0]), j = Math.round((p[1] - origin[1]) / spacing[1]), k = Math.round((p[2] - origin[2]) / spacing[2]);
    return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz && region[i + nx * (j + ny * k)] === 1;
  };
}

/** Outer and inner radius of the outermost wall along each ray, none where its middle is not to be looked at. */
function tablesOf({ share, centre, directions }: Cast, expected: Float64Array, { belowMm, aboveMm }: typeof vaultWindow, isHidden: (p: Vec) => boolean): [Float64Array, Float64Array] {
  const outer = new Float64Array(expected.length).fill(NaN), inner = outer.slice();
  directions.forEach((d, at) => {
    const from = expected[at] - depthMm, run = outerRun(boneRuns(share, centre, d, from, expected[at] + aboveMm), expected[at], belowMm, aboveMm);
    if (!run || run.inner <= from || isHidden(plus(centre, d, (run.inner + run.outer) / 2))) return;
    outer[at] = run.outer;
    inner[at] = run.inner;
  });
  return [outer, inner];
}

/** Casts the rays round a defect, and the same rays on the other side of the plane of symmetry. */
export function surveyOf(bone: Bone, head: Head, defect: Defect): Survey {
  const chart = chartOf(head.centre, defect.axis, head.radiusMm);
  const half = Math.ceil((defect.reachMm + ringMm) / (2 * rayStepMm)) * 2 * rayStepMm;
  const edge = 2 * half / rayStepMm + 2; // an even number of rays: two by two make a node of the solver
  const nodes: Nodes = { u0: -half - rayStepMm / 2, v0: -half - rayStepMm / 2, step: rayStepMm, nu: edge, nv: edge };
  const count = edge * edge, near = new Float64Array(count);
  const directions: Vec[] = Array.from({ length: count }, (_, at) => directionAt(chart, nodes.u0 + (at % edge) * rayStepMm, nodes.v0 + Math.floor(at / edge) * rayStepMm));
  directions.forEach((d, at) => { near[at] = head.outer[cubeCell(d)]; });
  const expected = quadratic(nodes, near);
  const share = boneShare(bone), isInRegion = isInRegionOf(bone, defect);
  const own: Cast = { share, centre: head.centre, directions }, origin2 = mirrored(head.centre, head.plane);
  const other: Cast = { share, centre: origin2, directions: directions.map((d) => plus(mirrored(plus(head.centre, d), head.plane), origin2, -1)) };
  const tables = (window: typeof vaultWindow) => {
    const [outer, inner] = tablesOf(own, expected, window, () => false), [mirrorOuter, mirrorInner] = tablesOf(other, expected, window, isInRegion);
    return { outer, inner, mirrorOuter, mirrorInner };
  };
  const usual = tables(vaultWindow);
  if (!isBesideCavity(nodes, own, other, usual)) return { chart, nodes, expected, ...usual, cavity: null };
  const wide = tables(browWindow);
  return { chart, nodes, expected, ...wide, cavity: cavityOf(own, other, wide, expected, browWindow.aboveMm, isInRegion) };
}

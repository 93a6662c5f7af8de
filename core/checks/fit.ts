import { fitNode as fitKind } from "../build/implantNodes.ts";
import { nodeId } from "../build/node.ts";
import { reachMm, signedFeet } from "../implant/signedDistances.ts";
import { tabMm } from "../implant/materials.ts";
import { vertexNormals, wallsOf } from "../implant/thickness.ts";
import type { CranialPlan } from "../implant/plan.ts";
import type { Grid } from "../space/grid.ts";
import { cos, pi, sin } from "../space/math.ts";
import type { Mesh } from "../surface/mesh.ts";
import { buildTriangleTree, type TriangleTree } from "../surface/triangleTree.ts";
import { cutBoneMm } from "./coverage.ts";
import { type CheckReport, judged, worstOf } from "./criteria.ts";
import type { ScanPlace } from "./scanPlace.ts";

export const fitNode = nodeId(fitKind);

/** Bands of the map, mm off the wanted gap. Source: DOMAIN MQ5. */
export const fitBandsMm = { green: 0.25, amber: 0.5 } as const;
/** A gap that is wider than planned by more than this fails, mm: a step that is felt. Up to there a person judges, as undercut may have been taken away. */
const widestFailMm = 1.5;
/** Surface nearer to the bone than this counts as touching it, mm. */
const contactMm = 0.05;

/** Depth of a bevel where the plate is as thick as the bone, mm: the vault's usual thickness. Source: unverified. */
const boneDepthMm = 6;

/** Nearer than this the direction to the bone says nothing, mm. */
const closeMm = 0.02;
/** Walls that differ from the tabs' thickness by no more than this are tabs, mm. */
const tabWithinMm = 0.3;

/**
 * Which vertices lie under tabs: a triangle at them faces the bone (within 45°) and is the underside of a wall as thick as a tab.
 * The rim's wall faces the bone too, and behind it lies the plate's whole width. One triangle is enough, as the rays of others
 * under a tab come out in its screw hole or on its slope.
 * @param feet the nearest points of the bone, three numbers a vertex; where it lies at the bone itself there is no way to it, and it counts as rim
 */
function underTabs(mesh: Mesh, thicknessMm: number, gapMm: Float32Array, feet: Float64Array): Uint8Array {
  const { positions: P, triangles: T } = mesh, walls = wallsOf(mesh), isUnder = new Uint8Array(P.length / 3);
  for (let t = 0; t < T.length; t += 3) {
    if (!(Math.abs(walls[t / 3] - thicknessMm) <= tabWithinMm)) continue;
    const [a, b, c] = [3 * T[t], 3 * T[t + 1], 3 * T[t + 2]], u = [0, 1, 2].map((i) => P[b + i] - P[a + i]), v = [0, 1, 2].map((i) => P[c + i] - P[a + i]);
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]], least = 0.7 * Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    for (const at of [a, b, c]) {
      const d = gapMm[at / 3];
      if (d > closeMm && n.reduce((sum, x, i) => sum + x * (feet[at + i] - P[at + i]), 0) > least * d) isUnder[at / 3] = 1;
    }
  }
  return isUnder;
}

/** The fit of an implant: distances at its vertices and their report. */
export interface Fit { gapMm: Float32Array; report: CheckReport }

const quantileOf = (sorted: readonly number[], q: number): number | null => sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const area = ({ positions: P, triangles: T }: Mesh, t: number): number => {
  const [a, b, c] = [3 * T[t], 3 * T[t + 1], 3 * T[t + 2]], u = [0, 1, 2].map((i) => P[b + i] - P[a + i]), v = [0, 1, 2].map((i) => P[c + i] - P[a + i]);
  const x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2], z = u[0] * v[1] - u[1] * v[0];
  return Math.sqrt(x * x + y * y + z * z) / 2;
};

/**
 * Gap, overlap and contact between an implant and the bone, at every vertex of the implant, by exact distance to the
 * bone's triangles. The rim is what faces bone within the margin and 2 mm.
 * @param marginMm the plan's gap
 * @param tabThicknessMm how thick tabs are that lie over the bone, nearer than the gap by design: what is under them is no rim; null without
 * @param bevelMm by how much the bevel opens the gap at the plate's inner side
 * @param boneTree the bone's own tree, where it is there already
 */
export function fitOf(implant: Mesh, bone: Mesh, marginMm: number, tabThicknessMm: number | null = null, bevelMm = 0, boneTree: TriangleTree = buildTriangleTree(bone)): Fit {
  const { mm: gapMm, feet } = signedFeet(boneTree, implant.positions), normals = vertexNormals(implant), P = implant.positions;
  const rim: number[] = [], spots: { ras: number[]; gapMm: number }[] = [];
  let overlapPoints = 0, deepest = 0, tabPoints = 0;
  const tabs = tabThicknessMm === null ? null : underTabs(implant, tabThicknessMm, gapMm, feet);
  for (let v = 0; v < gapMm.length; v++) {
    const d = gapMm[v];
    if (d < 0) { overlapPoints++; deepest = Math.max(deepest, -d); }
    if (d > marginMm + 2 || d < -reachMm) continue;
    if (Number.isNaN(feet[3 * v])) continue;
    let facing = 0;
    for (let i = 3 * v; i < 3 * v + 3; i++) facing += (feet[i] - P[i]) * normals[i];
    facing /= Math.abs(d) || 1;
    if (d > closeMm && facing < 0.7) continue;
    if (tabs?.[v]) { tabPoints++; continue; }
    rim.push(d);
    spots.push({ ras: [P[3 * v], P[3 * v + 1], P[3 * v + 2]], gapMm: d });
  }
  let contactMm2 = 0, overlapMm2 = 0;
  for (let t = 0; t < implant.triangles.length; t += 3) {
    const mean = (gapMm[implant.triangles[t]] + gapMm[implant.triangles[t + 1]] + gapMm[implant.triangles[t + 2]]) / 3;
    if (Math.abs(mean) <= contactMm) contactMm2 += area(implant, t);
    if (mean < -contactMm) overlapMm2 += area(implant, t);
  }
  const sorted = [...rim].sort((a, b) => a - b), mean = rim.length === 0 ? null : rim.reduce((s, d) => s + d, 0) / rim.length;
  const off = rim.map((d) => Math.abs(d - marginMm)), share = (limit: number) => rim.length === 0 ? null : off.filter((d) => d <= limit).length / rim.length;
  const worst = spots.sort((a, b) => Math.abs(b.gapMm - marginMm) - Math.abs(a.gapMm - marginMm) || a.ras[0] - b.ras[0] || a.ras[1] - b.ras[1] || a.ras[2] - b.ras[2]);
  const apart: typeof worst = [];
  for (const spot of worst) {
    if (apart.length === 8) break;
    if (apart.every(({ ras }) => [0, 1, 2].reduce((s, i) => s + (ras[i] - spot.ras[i]) * (ras[i] - spot.ras[i]), 0) > 25)) apart.push(spot);
  }
  const histogram = Array.from({ length: 40 }, (_, i) => ({ fromMm: -2 + i * 0.1 + 0, toMm: -1.9 + i * 0.1, points: 0 }));
  for (const d of rim) { const bin = Math.floor((d + 2) * 10); if (bin >= 0 && bin < 40) histogram[bin].points++; }
  const widest = quantileOf(sorted, 0.99);
  // CK13: so much gap is missing where the rim touches; a plan that asks for contact is held by the overlap.
  const touchingMm = marginMm > contactMm ? marginMm - contactMm : 0.25;
  const criteria = [
    judged({ id: "overlap", what: "Deepest overlap with bone", value: deepest, unit: "mm", pass: 0.1, fail: 0.25, isLeast: false, source: "MQ5" }),
    judged({ id: "leastGap", what: "Gap missing against the plan at the narrowest place", value: sorted.length === 0 ? null : marginMm - sorted[0], unit: "mm", pass: Math.min(0.1, touchingMm), fail: touchingMm, isLeast: false, source: "MQ5" }),
    judged({ id: "meanGap", what: "Mean gap at the rim over the plan's", value: mean === null ? null : mean - marginMm, unit: "mm", pass: fitBandsMm.amber, fail: 1, isLeast: false, source: "unverified (CR13)" }),
    judged({ id: "widestGap", what: "Widest gap at the rim (but for its widest percent) over the plan's gap and bevel", value: widest === null ? null : widest - marginMm - bevelMm, unit: "mm", pass: 1, fail: widestFailMm, isLeast: false, source: "unverified (CR13)" }),
  ];
  return {
    gapMm,
    report: {
      check: "fit", node: fitNode, isPreview: false, verdict: worstOf(criteria), criteria,
      method: "Exact distance from every vertex of the implant to the bone's triangles (surface of the labelmap); sign by the triangle's side or by ray parity. What lies under tabs (the underside of walls as thick as they are) is no rim.",
      numbers: {
        points: gapMm.length, rimPoints: rim.length, tabPoints, marginMm,
        gapMm: { least: quantileOf(sorted, 0), mean, median: quantileOf(sorted, 0.5), p95: quantileOf(sorted, 0.95), most: sorted.at(-1) ?? null },
        bands: { greenShare: share(fitBandsMm.green), amberShare: share(fitBandsMm.amber), limitsMm: fitBandsMm },
        overlap: { points: overlapPoints, deepestMm: deepest, areaMm2: overlapMm2 }, contact: { areaMm2: contactMm2, toleranceMm: contactMm },
        worstSpots: apart, histogram,
      },
    },
  };
}

/** Scanned bone that there has to be around a defect, mm, and from where on the plate's own rim is cut off. Source: DOMAIN CT9; the second unverified. */
const coveredMm = 20, cutOffMm = 2;

/**
 * The fit of a plan's implant to the bone in a labelmap (one byte a voxel, x fastest), and whether enough bone was scanned
 * around it. @param bone the surface of the plan's bone round the implant @param scan where the scan lies, where it does not end at
 * the volume's faces @param boneTree the bone's tree, where it is there already
 */
export function fitFor({ marginMm, bevelDeg, thickness, fixation, tabThicknessMm, material, bone: value }: Pick<CranialPlan, "marginMm" | "bevelDeg" | "thickness" | "fixation" | "tabThicknessMm" | "material" | "bone">, implant: Mesh, bone: Mesh, grid: Grid, labels: Uint8Array, scan: ScanPlace | null, boneTree?: TriangleTree): Fit {
  const radians = bevelDeg * pi / 180, depthMm = thickness === "bone" ? boneDepthMm : thickness;
  const { gapMm, report } = fitOf(implant, bone, marginMm, fixation === null ? null : tabMm(material, tabThicknessMm), depthMm * sin(radians) / cos(radians), boneTree), cutMm = cutBoneMm(implant, grid, labels, value, scan);
  const criteria = cutMm === null ? report.criteria
    : [...report.criteria, judged({ id: "coverage", what: "From the implant to bone that the scan cut off", value: cutMm, unit: "mm", pass: coveredMm, fail: cutOffMm, isLeast: true, source: "CT9" })];
  return { gapMm, report: { ...report, criteria, verdict: worstOf(criteria), numbers: { ...report.numbers, cutBoneMm: cutMm } } };
}

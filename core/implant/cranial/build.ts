import { implantNode } from "../../build/implantNodes.ts";
import { nodeId } from "../../build/node.ts";
import type { CheckReport } from "../../checks/criteria.ts";
import type { Grid } from "../../space/grid.ts";
import { pi, sin } from "../../space/math.ts";
import { type Mesh, meshAreaMm2, meshVolumeMm3 } from "../../surface/mesh.ts";
import { countSelfIntersections } from "../../surface/selfIntersections.ts";
import { type Soundness, soundnessOf } from "../../surface/soundness.ts";
import { buildTriangleTree, closestPoint, type TriangleTree } from "../../surface/triangleTree.ts";
import { boneRound } from "../boneRound.ts";
import { fieldSurface } from "../fieldSurface.ts";
import { materialOf, spareWallMm, tabMm } from "../materials.ts";
import { type CranialPlan, unusualValues } from "../plan.ts";
import { ImplantRefused } from "../refusal.ts";
import { combined } from "../solids.ts";
import { thicknessesOf } from "../thickness.ts";
import { signedDistances } from "../signedDistances.ts";
import { asPlanned, openingsUnasked, perforatedShare } from "./asPlanned.ts";
import { leastUndercutAxis } from "./axis.ts";
import { skullOf } from "./bone.ts";
import { directionAt } from "./chart.ts";
import { type Defect, findDefect } from "./defect.ts";
import { type Domain, domainOf } from "./domain.ts";
import { cutFeathers } from "./feather.ts";
import { cylinderOf, featuresFor, type Hole, tabMesh, withoutTabs } from "./features.ts";
import { type BodyField, freed, keepLargest, KeptSamples, sampleBody, ShellPlace } from "./field.ts";
import { type Head, headOf } from "./head.ts";
import { refineBand } from "./refine.ts";
import { type RimFigures, rimFigures } from "./rim.ts";
import { rimStations } from "./rimStations.ts";
import { gapToleranceMm, wholePercent } from "./rimWords.ts";
import { leastSnappedMm, snapReachMm, snapWall } from "./snapWall.ts";
import { type StepOff, stepOff } from "./stepOff.ts";
import { type Survey, surveyOf } from "./survey.ts";
import { radiusOf, type Tables, tablesAcross } from "./tables.ts";
import { dot, plus, unit, type Vec } from "./vector.ts";

export interface CranialInputs { plan: CranialPlan; grid: Grid; labels: Uint8Array }

/**
 * The radius that edges are made with, mm: a mesh of samples rounds every edge over half a step, so one that was asked sharper
 * came out askew, its wall up to 0.3 mm farther from the bone than the gap (measured: 0.6 steps keep 100 % of the rim of a made
 * vault within 0.1 mm at any asked radius, where radius 0 kept 78 %).
 */
const madeRadiusMm = ({ edgeRadiusMm }: CranialPlan, stepMm: number): number => Math.max(edgeRadiusMm, 0.6 * stepMm);
/** A difference between asked and made radius that nobody has to hear of, mm. */
const sameRadiusMm = 0.05;
/** How deep under its outer face a plate's outer edge begins, beneath its rounding, mm. */
const edgeDepthMm = (radiusMm: number): number => radiusMm + 0.15;
/** The wall is finer this near to the outer edge, mm, down to edges of this length, in so many halvings. */
const edgeBandMm = 0.35, finestEdgeMm = 0.12, edgeRounds = 2;
/** What the ball leaves of a plate has to be so many samples thick, or there are samples between which it is not seen and holes are cut. */
const erodedSteps = 1.2;
/** What is joined where tabs and holes meet the plate, mm, one after the other until the solid is sound as read back. */
const sliversMm = [2e-3, 4e-3, 8e-3] as const;
/** Less than this is no plate. */
const leastVolumeMm3 = 25;
/** The closed surface of all bone voxels (not only the skull's) near the opening. */
function boneNear({ plan, grid, labels }: CranialInputs, { chart }: Survey, tables: Tables, { nodes, distance }: Domain): Mesh {
  const points: number[] = [];
  for (let b = 0; b < nodes.nv; b += 3) for (let a = 0; a < nodes.nu; a += 3) {
    if (!distance.some((layer) => layer[a + nodes.nu * b] < 3)) continue;
    const u = nodes.u0 + a * nodes.step, v = nodes.v0 + b * nodes.step, d = directionAt(chart, u, v);
    for (const which of ["inner", "outer"] as const) points.push(...plus(chart.centre, d, radiusOf(tables, which, u, v)));
  }
  return boneRound(grid, labels, plan.bone, points);
}

/** What was made, and what a report tells of it. */
export interface CranialImplant {
  mesh: Mesh;
  report: ImplantReport;
}

/** report.json of `implant`: lengths mm, areas mm², volumes mm³, positions RAS mm; and the verdict whether it is as planned (CK12). */
export interface ImplantReport extends CheckReport {
  node: string;
  plan: CranialPlan;
  defect: { centreRas: number[]; areaMm2: number; isPainted: boolean };
  reference: { kind: string; symmetry: { normal: number[]; offsetMm: number; meanErrorMm: number }; mirroredShare: number };
  insertionAxis: number[];
  volumeMm3: number;
  areaMm2: number;
  triangles: number;
  soundness: Soundness & { selfIntersections: number };
  thickness: { asked: number | "bone"; medianMm: number; p5Mm: number; p95Mm: number };
  rim: RimFigures;
  stepOff: StepOff;
  /** The radius that the edges were rounded with, at least that of the plan. */
  edgeRadiusMm: number;
  undercut: { removedMm3: number; share: number };
  features: { tabs: number; droppedTabs: number; screwHoles: HoleFigures[]; perforations: HoleFigures[]; perforationAreaShare: number };
  notes: { code: string; severity: "attention"; message: string; value: number; limit: number; unit: string; source: string }[];
}
interface HoleFigures { centreRas: number[]; direction: number[]; diameterMm: number }

export const cranialNode = nodeId(implantNode);
const rounded = (x: number, digits = 1000): number => Math.round(x * digits) / digits;
const at = (sorted: Float64Array, q: number): number => sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/** Spacing of the samples, mm: fine for the usual, coarser where the plate is large. */
const stepFor = (areaMm2: number): number => areaMm2 > 9000 ? 0.55 : areaMm2 > 2500 ? 0.48 : 0.42;

/** Why any node of the cell at a point is freed: bits of `freed`. */
function whyFreedAt({ block: { origin, axes, stepMm, dims: [nx, ny, nz] }, isFreed }: BodyField, x: number, y: number, z: number): number {
  let why = 0;
  const q: Vec = [x - origin[0], y - origin[1], z - origin[2]], f = axes.map((e) => Math.floor(dot(q, e) / stepMm));
  for (let c = 0; c < 8; c++) {
    const i = f[0] + (c & 1), j = f[1] + ((c >> 1) & 1), k = f[2] + (c >> 2);
    if (i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz) why |= isFreed[i + nx * (j + ny * k)];
  }
  return why;
}

/** What a person should know of a plate beside its criteria. */
export function notesFor({ plan, thickness, rim, edgeRadiusMm, features, soundness }: Pick<ImplantReport, "plan" | "thickness" | "rim" | "edgeRadiusMm" | "features" | "soundness">): ImplantReport["notes"] {
  const notes: ImplantReport["notes"] = [], [least] = materialOf(plan.material).plateMm;
  const note = (code: string, message: string, value: number, limit: number, unit: string, source: string) => notes.push({ code, severity: "attention", message, value: rounded(value), limit, unit, source });
  if (thickness.p5Mm < least - 0.05) note("thin", `Parts of the plate are ${thickness.p5Mm.toFixed(1)} mm thick; ${least} mm is the rule for this material. A person must judge it.`, thickness.p5Mm, least, "mm", "CR1, CR2");
  const isFree = rim.undercutShare + rim.openShare;
  const where = ([[rim.undercutShare, "where undercut was removed"], [rim.openShare, "where the bone is not whole"]] as const).filter(([share]) => share >= 0.005);
  if (isFree > 0.1) note("undercut", `Along ${wholePercent(isFree)} of the rim the gap may be wider than asked: ${where.map(([share, why]) => `${wholePercent(share)} ${why}`).join(", ")}.`, isFree, 0.1, "share", "CR4");
  if (rim.featherShare > 0.1) note("cut-edge", `Along ${wholePercent(rim.featherShare)} of the rim an edge too thin to make was cut, which leaves a seam of up to ${(rim.outerEdge.cutMostMm ?? 0).toFixed(1)} mm at the outer surface: there the gap is within ${gapToleranceMm} mm of the asked along ${wholePercent(rim.outerEdge.withinShare)} of the rim${rim.undercutShare > 0 ? " without undercut" : ""}. Where the wall comes nearest to the bone it is so along ${wholePercent(rim.withinShare)} of the ${wholePercent(1 - isFree)} of the rim that bone sets.`, rim.outerEdge.withinShare, 0.99, "share", "PL5");
  if (edgeRadiusMm > plan.edgeRadiusMm + sameRadiusMm) note("edge-radius", `Edges are rounded over ${edgeRadiusMm.toFixed(2)} mm: sharper ones than that are not made.`, plan.edgeRadiusMm, edgeRadiusMm, "mm", "own");
  if (features.droppedTabs > 0) note("tabs-dropped", `${features.droppedTabs} of the tabs found no bone to lie on.`, features.droppedTabs, 0, "tabs", "CR6");
  const more = openingsUnasked({ features, soundness });
  if (more !== null && more > 0) note("openings", `The plate has ${more} ${more === 1 ? "opening" : "openings"} through it that nobody asked for: bone stands in the defect there, or the wall ran out.`, more, 0, "openings", "own");
  if (more !== null && more < 0) note("openings-missing", `${-more} of the holes asked for ${more === -1 ? "does" : "do"} not go through the plate as ${more === -1 ? "an opening of its own" : "openings of their own"}: ${more === -1 ? "it runs" : "they run"} into another one or out at the rim. Look at them.`, -more, 0, "openings", "own");
  if (features.perforationAreaShare > perforatedShare) note("perforated", `Perforations take ${Math.round(features.perforationAreaShare * 100)} % of the area.`, features.perforationAreaShare, perforatedShare, "share", "unverified (CR10)");
  for (const { key, value, usual, rule, source } of unusualValues(plan)) note("unusual", `${key} is ${value}, usual is ${usual[0]} to ${usual[1]}. ${rule}`, value, value < usual[0] ? usual[0] : usual[1], "", source);
  return notes;
}

/** What a plate is made in: depends on the labels and the plan's `bone`, `region`, `outline` and `reference` alone, so it outlives other changes. */
export interface PreparedDefect { head: Head; defect: Defect; survey: Survey; tables: Tables; domain: Domain; place: ShellPlace; boneMesh: Mesh; boneTree: TriangleTree; samples: KeptSamples }

/** Finds the defect and reconstructs the tables across it. @throws ImplantRefused */
export function prepareDefect(inputs: CranialInputs): PreparedDefect {
  const { plan, grid, labels } = inputs, bone = skullOf(grid, labels, plan.bone), head = headOf(bone);
  const defect = findDefect(bone, labels, plan, head), survey = surveyOf(bone, head, defect);
  const tables = tablesAcross(survey, plan.reference), domain = domainOf(bone, defect, survey, tables);
  const boneMesh = boneNear(inputs, survey, tables, domain);
  return { head, defect, survey, tables, domain, place: new ShellPlace(survey, tables, domain), boneMesh, boneTree: buildTriangleTree(boneMesh), samples: new KeptSamples() };
}

/**
 * Builds the plate of a plan from labels alone (no HU: what stood in the missing bone cannot matter). Deterministic.
 * @throws ImplantRefused
 */
export const buildCranial = async (inputs: CranialInputs): Promise<CranialImplant> => buildPlate(inputs.plan, prepareDefect(inputs));

/** Builds the plate of a plan in a defect prepared for the same bone, region and reference. @throws ImplantRefused */
export async function buildPlate(plan: CranialPlan, { head, defect, survey, tables, domain, place, boneMesh, boneTree, samples }: PreparedDefect): Promise<CranialImplant> {
  const axis = plan.insertionAxis ? unit(plan.insertionAxis) : leastUndercutAxis(survey, tables, domain);
  if (dot(axis, defect.axis) < 0.5) throw new ImplantRefused("no-room", "The insertion axis lies more than 60° from the defect's outward direction; no plate can be put in along it.", { outward: defect.axis.map((x) => rounded(x)) });
  const stepMm = stepFor(domain.areaMm2), edgeRadiusMm = madeRadiusMm(plan, stepMm);
  const shape = { thicknessMm: plan.thickness, marginMm: plan.marginMm, bevelSine: sin(plan.bevelDeg * pi / 180), edgeRadiusMm, contourMm: plan.contourMm };
  const body = sampleBody(samples.of(place, boneMesh, axis, shape, stepMm), shape);
  // On thin bone a plate of the bone's own thickness is built all the same, and reported (CR1).
  if (plan.thickness !== "bone") cutFeathers(body.block, body.field, Math.min(materialOf(plan.material).leastWallMm + spareWallMm, 0.8 * plan.thickness, plan.thickness - erodedSteps * stepMm), body.isFreed, freed.feather);
  const nodes = keepLargest(body.block, body.field), volume = nodes * stepMm * stepMm * stepMm;
  if (volume < leastVolumeMm3) throw new ImplantRefused("no-room", `With this gap, bevel and thickness no plate is left in the opening (${volume.toFixed(0)} mm³). Make the gap or the bevel smaller.`, { volumeMm3: volume, leastMm3: leastVolumeMm3 });
  const unsnapped = fieldSurface(body.block, body.field).mesh;
  const isAtEdge = ({ positions: P }: Mesh) => (v: number): boolean => {
    place.at([P[3 * v], P[3 * v + 1], P[3 * v + 2]]);
    if (Math.abs(place.aboveOuter - plan.contourMm + edgeDepthMm(edgeRadiusMm)) > edgeBandMm) return false;
    return closestPoint(boneTree, P[3 * v], P[3 * v + 1], P[3 * v + 2], plan.marginMm + snapReachMm) !== null;
  };
  let fine = unsnapped;
  for (let round = 0; round < edgeRounds && plan.marginMm >= leastSnappedMm; round++) fine = refineBand(fine, isAtEdge(fine), finestEdgeMm);
  const snapped = snapWall(fine, boneTree, plan.marginMm, 0.35 * stepMm, (x, y, z) => whyFreedAt(body, x, y, z) === 0);
  let plain = snapped.mesh;
  const wanted = featuresFor(plan, survey, tables, domain), meshes = wanted.tabs.map((tab) => tabMesh(tab, survey, tables, domain, tabMm(plan.material, plan.tabThicknessMm), plan.contourMm, plan.thickness === "bone" ? 0.6 : Math.min(0.6, 0.6 * plan.thickness)));
  const isClear = meshes.map(({ positions }) => signedDistances(boneTree, positions).every((mm) => mm > 0.02));
  const features = withoutTabs(wanted, isClear), reach = (plan.thickness === "bone" ? 14 : plan.thickness + 4) + plan.tabThicknessMm;
  const added = meshes.filter((_, i) => isClear[i]), cut = features.holes.map((hole) => cylinderOf(hole, reach, 5));
  const finish = async (sliverMm: number) => {
    const mesh = await combined(plain, added, cut, sliverMm);
    const soundness = { ...soundnessOf(mesh), selfIntersections: mesh === snapped.mesh && snapped.selfIntersections !== null ? snapped.selfIntersections : countSelfIntersections(mesh) };
    return { mesh, soundness, isSound: soundness.genus !== null && soundness.selfIntersections === 0 && soundness.components === 1 };
  };
  const soundest = async () => {
    let made = await finish(sliversMm[0]);
    // Where tabs and holes leave slivers that cross once they are rounded to float32, somewhat larger ones are joined.
    for (const mm of sliversMm.slice(1)) if (!made.isSound && added.length + cut.length > 0) made = await finish(mm);
    return made;
  };
  let made = await soundest();
  if (!made.isSound && plain !== unsnapped) {
    // Moving the wall onto the exact gap folded it somewhere: the wall as sampled is within the same tolerance nearly everywhere.
    plain = unsnapped;
    made = await soundest();
  }
  const { mesh, soundness } = made;
  if (!made.isSound) throw new ImplantRefused("not-solid", "The implant did not come out as one sound solid. Change the gap, the bevel or the holes a little.", { ...soundness });
  const stations = rimStations(plain, place, edgeDepthMm(edgeRadiusMm) - plan.contourMm, boneTree), rim = rimFigures(stations, plan.marginMm, ([x, y, z]) => whyFreedAt(body, x, y, z));
  const thicknesses = thicknessesOf(plain, survey.chart.centre);
  const thickness = { asked: plan.thickness, medianMm: rounded(at(thicknesses, 0.5)), p5Mm: rounded(at(thicknesses, 0.05)), p95Mm: rounded(at(thicknesses, 0.95)) };
  const figures = (kind: Hole["kind"]) => features.holes.filter((hole) => hole.kind === kind).map(({ centre, direction, diameterMm }) => ({ centreRas: centre.map((x) => rounded(x)), direction: direction.map((x) => rounded(x, 1e6)), diameterMm }));
  const known = tables.confidence.reduce((sum, x) => sum + (x > 0 ? 1 : 0), 0);
  const part = {
    plan, thickness, rim, stepOff: stepOff(stations, plain, place),
    reference: { kind: plan.reference, symmetry: { normal: [...head.plane.normal], offsetMm: head.plane.offset, meanErrorMm: head.plane.meanErrorMm }, mirroredShare: known / tables.confidence.length },
    edgeRadiusMm: rounded(edgeRadiusMm), soundness,
    features: { tabs: features.tabs.length, droppedTabs: features.droppedTabs, screwHoles: figures("screw"), perforations: figures("perforation"), perforationAreaShare: features.perforationAreaShare },
  };
  return {
    mesh,
    report: {
      node: cranialNode, ...part, ...asPlanned(part),
      defect: { centreRas: defect.centreRas.map((x) => rounded(x)), areaMm2: rounded(domain.areaMm2), isPainted: defect.region !== null },
      insertionAxis: [...axis], volumeMm3: meshVolumeMm3(mesh), areaMm2: meshAreaMm2(mesh), triangles: mesh.triangles.length / 3,
      undercut: body.undercut, notes: notesFor(part),
    },
  };
}

import { printNode as printKind } from "../build/implantNodes.ts";
import { nodeId } from "../build/node.ts";
import { type MaterialProfile, materialOf, tabMm } from "../implant/materials.ts";
import { buildDirectionOf, type CranialPlan } from "../implant/plan.ts";
import { wallsOf } from "../implant/thickness.ts";
import { pi, sin } from "../space/math.ts";
import { type Mesh, meshAreaMm2, meshVolumeMm3 } from "../surface/mesh.ts";
import { countSelfIntersections } from "../surface/selfIntersections.ts";
import { soundnessOf } from "../surface/soundness.ts";
import { type CheckReport, type Criterion, judged, worstOf } from "./criteria.ts";


export const printNode = nodeId(printKind);

/** The print check: thickness under each vertex in mm, and the report. */
export interface Printability { thicknessMm: Float32Array; report: CheckReport }

/** Down-facing area, mm², flatter than the limit against the build plate. `up`: direction of the build, length 1. */
export function overhangMm2({ positions: P, triangles: T }: Mesh, up: readonly [number, number, number], limitDeg: number): number {
  // A face whose normal points down by more than cos(limit) lies flatter than the limit.
  const limit = sin((90 - limitDeg) * pi / 180);
  let total = 0;
  for (let t = 0; t < T.length; t += 3) {
    const a = 3 * T[t], b = 3 * T[t + 1], c = 3 * T[t + 2];
    const ux = P[b] - P[a], uy = P[b + 1] - P[a + 1], uz = P[b + 2] - P[a + 2], vx = P[c] - P[a], vy = P[c + 1] - P[a + 1], vz = P[c + 2] - P[a + 2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx, l = Math.sqrt(x * x + y * y + z * z);
    if (l > 0 && -(x * up[0] + y * up[1] + z * up[2]) / l > limit) total += l / 2;
  }
  return total;
}

/**
 * Thickness in mm at each vertex: the least of its triangles' walls; where none of them has an opposite side within 37°,
 * the part's greatest extent (it is no wall).
 */
export function thicknessMap({ positions, triangles }: Mesh, walls: Float32Array): Float32Array {
  const out = new Float32Array(positions.length / 3).fill(Infinity);
  let most = 0;
  for (let i = 0; i < triangles.length; i++) {
    const wall = walls[Math.floor(i / 3)];
    if (Number.isNaN(wall)) continue;
    out[triangles[i]] = Math.min(out[triangles[i]], wall);
    most = Math.max(most, wall);
  }
  return out.map((mm) => mm === Infinity ? most : mm);
}

/**
 * Thicknesses over a part's walls, by area, so that a finer mesh of the same part tells the same: mm below which a share of
 * the area lies, and the share of the area that is thinner than a limit.
 */
function wallAreas({ positions: P, triangles: T }: Mesh, walls: Float32Array): { at(share: number): number | null; thinner(limitMm: number): number } {
  const told: { mm: number; areaMm2: number }[] = [];
  let total = 0;
  for (let t = 0; t < walls.length; t++) {
    if (Number.isNaN(walls[t])) continue;
    const areaMm2 = meshAreaMm2({ positions: P, triangles: T.subarray(3 * t, 3 * t + 3) });
    told.push({ mm: walls[t], areaMm2 });
    total += areaMm2;
  }
  told.sort((a, b) => a.mm - b.mm);
  return {
    at: (share) => {
      let sum = 0;
      return (told.find(({ areaMm2 }) => (sum += areaMm2) >= share * total) ?? told.at(-1))?.mm ?? null;
    },
    thinner: (limitMm) => total === 0 ? 0 : told.reduce((sum, { mm, areaMm2 }) => sum + (mm < limitMm ? areaMm2 : 0), 0) / total,
  };
}

/** Of a plate's own wall, as thick as the rule says but for so much of its area; with tabs some of theirs is left among it. */
const thinArea = 0.05, thinAreaWithTabs = 0.1;
/** What a wall that was asked as thick as the rule may measure less, mm. */
const measuredLessMm = 0.05;
/** Walls that differ from the tabs' thickness by no more than this are taken for tabs, mm, up to this share of the area: more of it is no tabs. */
const tabWithinMm = 0.15, mostTabArea = 0.25;

/** Where a part has tabs: how thick they are, mm. */
export interface Tabs { thicknessMm: number }

/** Thickness that all of a plate's wall but its thinnest few percent has, mm, tabs apart; null where no wall was met. */
function plateWallMm({ positions: P, triangles: T }: Mesh, walls: Float32Array, tabs: Tabs | null): number | null {
  const told = [...walls].flatMap((mm, t) => (Number.isNaN(mm) ? [] : [{ mm, areaMm2: meshAreaMm2({ positions: P, triangles: T.subarray(3 * t, 3 * t + 3) }) }])).sort((a, b) => a.mm - b.mm);
  const total = told.reduce((sum, { areaMm2 }) => sum + areaMm2, 0);
  let ofTabs = 0;
  const own = told.filter(({ mm, areaMm2 }) => {
    const isTab = tabs !== null && Math.abs(mm - tabs.thicknessMm) <= tabWithinMm && ofTabs + areaMm2 <= mostTabArea * total;
    if (isTab) ofTabs += areaMm2;
    return !isTab;
  });
  let left = (total - ofTabs) * (tabs ? thinAreaWithTabs : thinArea);
  return (own.find(({ areaMm2 }) => (left -= areaMm2) <= 0) ?? own.at(-1))?.mm ?? null;
}

function soundnessCriteria(mesh: Mesh): { criteria: Criterion[]; numbers: Record<string, unknown> } {
  const sound = soundnessOf(mesh), selfIntersections = countSelfIntersections(mesh);
  const faults = sound.openEdges + sound.nonManifoldEdges + sound.nonManifoldVertices + selfIntersections;
  return {
    criteria: [
      judged({ id: "soundness", what: "Open edges, non-manifold edges and vertices, self-intersections", value: faults, unit: "faults", pass: 0, fail: 0, isLeast: false, source: "MQ1" }),
      judged({ id: "components", what: "Separate parts", value: sound.components, unit: "parts", pass: 1, fail: 1, isLeast: false, source: "MQ1" }),
    ],
    numbers: { ...sound, selfIntersections },
  };
}

/**
 * Whether a process can make the part, and the part is as thick as a plate of its material has to be: thinnest wall, the plate's
 * thickness, overhang for an orientation, soundness, size and mass.
 * @param materialId a profile of core/implant/materials
 * @param up direction of the build in RAS, length 1
 */
export function printabilityOf(mesh: Mesh, materialId: string, up: readonly [number, number, number] = [0, 0, 1], tabs: Tabs | null = null): Printability {
  const material: MaterialProfile = materialOf(materialId), walls = wallsOf(mesh), thicknessMm = thicknessMap(mesh, walls), P = mesh.positions;
  const areas = wallAreas(mesh, walls), volumeMm3 = meshVolumeMm3(mesh);
  // Rounded and bevelled edges run out to nothing by design: the wall is judged at one percent of the area.
  const wall = areas.at(0.01);
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < P.length; i++) { low[i % 3] = Math.min(low[i % 3], P[i]); high[i % 3] = Math.max(high[i % 3], P[i]); }
  const sound = soundnessCriteria(mesh), thinShare = areas.thinner(material.leastWallMm);
  const overhang = material.supportDeg === null ? null : overhangMm2(mesh, up, material.supportDeg);
  const criteria = [
    ...sound.criteria,
    judged({ id: "thinnestWall", what: "Thinnest wall over 99 % of the surface", value: wall, unit: "mm", pass: material.leastWallMm, fail: material.leastWallMm * 0.5, isLeast: true, source: material.sources.wall }),
    // CR1, CR2: a thinner plate is built, on thin bone too, and a person judges it; it fails only where its wall does.
    judged({ id: "plateThickness", what: tabs ? "Plate's thickness over 90 % of its wall, tabs apart" : "Plate's thickness over 95 % of its wall", value: plateWallMm(mesh, walls, tabs), unit: "mm", pass: material.plateMm[0] - measuredLessMm, fail: material.leastWallMm * 0.5, isLeast: true, source: material.sources.plate }),
    judged({ id: "volume", what: "Enclosed volume", value: volumeMm3, unit: "mm³", pass: 1, fail: 0.001, isLeast: true, source: "MQ1" }),
  ];
  return {
    thicknessMm,
    report: {
      check: "print", node: printNode, isPreview: false, verdict: worstOf(criteria), criteria,
      method: "Thickness by a ray straight in from the middle of every triangle to the opposite side of its wall, counted by area; walls as thick as the tabs count as tabs, up to a quarter of the area; overhang by the angle of each triangle to the build plate; soundness as read back from float32.",
      numbers: {
        material: material.id, sources: material.sources, soundness: sound.numbers,
        thicknessMm: { least: areas.at(0), p01: wall, median: areas.at(0.5), most: areas.at(1) }, thinShare, leastWallMm: material.leastWallMm,
        overhang: { areaMm2: overhang, limitDeg: material.supportDeg, up }, boundingBox: { lowRas: low, highRas: high, sizeMm: high.map((x, i) => x - low[i]) },
        volumeMm3, areaMm2: meshAreaMm2(mesh), massG: volumeMm3 / 1000 * material.densityGPerCm3, densityGPerCm3: material.densityGPerCm3,
      },
    },
  };
}

/** The print check of a plan's implant: by the profile of its material, built in its direction. */
export function printFor(plan: Pick<CranialPlan, "material" | "buildDirection" | "fixation" | "tabThicknessMm">, mesh: Mesh): Printability {
  const tabs = plan.fixation === null ? null : { thicknessMm: tabMm(plan.material, plan.tabThicknessMm) };
  return printabilityOf(mesh, plan.material, buildDirectionOf(plan), tabs);
}

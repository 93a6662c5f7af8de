import { cos, pi, sin } from "../../space/math.ts";
import type { Mesh } from "../../surface/mesh.ts";
import { materialOf } from "../materials.ts";
import type { CranialPlan } from "../plan.ts";
import { bilinear, directionAt, mapPosition } from "./chart.ts";
import type { Domain } from "./domain.ts";
import type { Survey } from "./survey.ts";
import { radiusOf, type Tables } from "./tables.ts";
import { frameOf, length, plus, unit, type Vec } from "./vector.ts";

/** A hole through the plate: RAS mm of its middle on the outer surface, direction out of the head, diameter in mm. */
export interface Hole { kind: "perforation" | "screw"; centre: Vec; direction: Vec; diameterMm: number; u: number; v: number }
/** A strap over the bone: from inside the rim at (u, v) outward along (du, dv) of length 1 on the map. */
export interface Tab { u: number; v: number; du: number; dv: number; widthMm: number; lengthMm: number; holeMm: number; /** How far it reaches into the plate. */ rootMm: number }

/** What is added to and cut from a body, all of it clear of everything else. */
export interface Features { tabs: Tab[]; holes: Hole[]; /** Tabs wanted where no bone carries them. */ droppedTabs: number; perforationAreaShare: number }

/** Least wall between a hole and anything else, mm, whatever the process can do. */
const leastWallMm = 1.5;
/** How far a tab reaches into the plate beyond the gap, and its clearance to the bone, mm. */
const rootInPlateMm = 5, clearanceMm = 0.25;
/**
 * How far over the plate's outer face a tab's underside lies once it has come out of it, mm. Two faces nearer to each other than what mesh and bone are
 * uneven by meet in islands instead of one seam, with tunnels under the tab between them. A face over this height above the table, mm, covers the underside
 * for good: the tab leaves such a plate through its wall.
 */
const overFaceMm = 0.15, coveringFaceMm = 1;
/** The plate ends this near outside the opening's edge (`slackMm` of the body, and what the wall is moved by), mm; beyond it the tab comes down to the bone over so many mm. */
const plateEndMm = 0.8, descentMm = 1.5;

const placeOf = ({ chart }: Survey, tables: Tables, u: number, v: number, lift: number): Vec =>
  plus(chart.centre, directionAt(chart, u, v), radiusOf(tables, "outer", u, v) + lift);

const outside = ({ nodes, distance, layers }: Domain, u: number, v: number): number => bilinear(nodes, distance[layers.length - 1], u, v);

/** The opening's outline on the map, seen from its middle: 360 directions, the last crossing in each. */
function outline(domain: Domain): { middle: [number, number]; points: [number, number][] } {
  const { nodes, distance } = domain, field = distance[domain.layers.length - 1];
  let su = 0, sv = 0, n = 0;
  for (let at = 0; at < field.length; at++) if (field[at] < 0) { su += nodes.u0 + (at % nodes.nu) * nodes.step; sv += nodes.v0 + Math.floor(at / nodes.nu) * nodes.step; n++; }
  const middle: [number, number] = [su / Math.max(1, n), sv / Math.max(1, n)], points: [number, number][] = [];
  for (let i = 0; i < 360; i++) {
    const c = cos(i * pi / 180), s = sin(i * pi / 180);
    let reach = 0;
    for (let r = 0; r < 110; r += 0.5) if (outside(domain, middle[0] + r * c, middle[1] + r * s) < 0) reach = r;
    points.push([middle[0] + reach * c, middle[1] + reach * s]);
  }
  return { middle, points };
}

/** A tab's screw is at most this far from the rim, mm: a longer strap bends. */
const longestTabMm = 15;

/** Tabs whose screws are where a person put them: each reaches from the rim to its point, on whole bone. CR9. */
function tabsAt(points: readonly Vec[], plan: CranialPlan, survey: Survey, { points: rim }: ReturnType<typeof outline>, isBone: (u: number, v: number) => boolean): { tabs: Tab[]; dropped: number } {
  const half = Math.max(2 * plan.screwDiameterMm, 2.5), rootMm = rootInPlateMm + plan.marginMm, tabs: Tab[] = [];
  for (const point of points) {
    const [pu, pv] = mapPosition(survey.chart, unit(plus(point, survey.chart.centre, -1)));
    const nearest = rim.reduce((best, [u, v], i) => { const far = (u - pu) * (u - pu) + (v - pv) * (v - pv); return far < best.far ? { far, i } : best; }, { far: Infinity, i: 0 });
    const [u, v] = rim[nearest.i], farMm = Math.sqrt(nearest.far), holeMm = Math.max(farMm, half + plan.marginMm + 1);
    if (farMm > longestTabMm || farMm < 0.5) continue;
    const du = (pu - u) / farMm, dv = (pv - v) / farMm;
    const isHeld = [-half, 0, half].every((w) => [holeMm - half * 0.7, holeMm, holeMm + half].every((s) => isBone(u + s * du - w * dv, v + s * dv + w * du)));
    const isFree = tabs.every((other) => (other.u - u) * (other.u - u) + (other.v - v) * (other.v - v) > (4 * half + 2) * (4 * half + 2) / 2);
    if (isHeld && isFree) tabs.push({ u, v, du, dv, widthMm: 2 * half, lengthMm: holeMm + half, holeMm, rootMm });
  }
  return { tabs, dropped: points.length - tabs.length };
}

/** Tabs evenly spaced along the rim, or where the plan has points for their screws, each on whole bone. CR6, CR9. */
function tabsFor(plan: CranialPlan, survey: Survey, tables: Tables, domain: Domain): { tabs: Tab[]; dropped: number } {
  const rim = outline(domain), { middle, points } = rim, along = [0];
  for (let i = 0; i < 360; i++) {
    const [a, b] = [points[i], points[(i + 1) % 360]];
    along.push(along[i] + Math.sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])));
  }
  const total = along[360], count = plan.fixationCount > 0 ? plan.fixationCount : Math.max(3, Math.min(8, Math.round(total / plan.fixationSpacingMm)));
  const half = Math.max(2 * plan.screwDiameterMm, 2.5), rootMm = rootInPlateMm + plan.marginMm, tabs: Tab[] = [];
  const isBone = (u: number, v: number): boolean => {
    const { nodes, outer } = survey, a = Math.round((u - nodes.u0) / nodes.step), b = Math.round((v - nodes.v0) / nodes.step);
    // Bone, and near enough to where the table is expected that a flat strap can follow it.
    return a >= 0 && b >= 0 && a < nodes.nu && b < nodes.nv && Math.abs(outer[a + nodes.nu * b] - radiusOf(tables, "outer", u, v)) < 1.2;
  };
  if (plan.fixationPoints) return tabsAt(plan.fixationPoints, plan, survey, rim, isBone);
  for (let k = 0; k < count; k++) {
    // The wanted place first, then further and further to both sides, at most a quarter of the spacing.
    for (let shift = 0; shift <= 18; shift++) {
      const wanted = (k + (shift % 2 === 0 ? 1 : -1) * Math.ceil(shift / 2) / 36) * total / count, at = ((wanted % total) + total) % total;
      let i = 0;
      while (i < 359 && along[i + 1] < at) i++;
      const [u, v] = points[i], reach = Math.sqrt((u - middle[0]) * (u - middle[0]) + (v - middle[1]) * (v - middle[1])) || 1;
      const du = (u - middle[0]) / reach, dv = (v - middle[1]) / reach, holeMm = half + plan.marginMm + 1;
      const isHeld = [-half, 0, half].every((w) => [holeMm - half * 0.7, holeMm, holeMm + half].every((s) => isBone(u + s * du - w * dv, v + s * dv + w * du)));
      const isFree = tabs.every((other) => (other.u - u) * (other.u - u) + (other.v - v) * (other.v - v) > (4 * half + 2) * (4 * half + 2) / 2);
      if (!isHeld || !isFree || reach < rootMm + 2) continue;
      tabs.push({ u, v, du, dv, widthMm: 2 * half, lengthMm: holeMm + half, holeMm, rootMm });
      break;
    }
  }
  return { tabs, dropped: count - tabs.length };
}

/** Distance on the map from a point to a tab's middle line. */
function fromTab({ u, v, du, dv, lengthMm, rootMm }: Tab, pu: number, pv: number): number {
  const s = Math.max(-rootMm, Math.min(lengthMm, (pu - u) * du + (pv - v) * dv)), x = pu - u - s * du, y = pv - v - s * dv;
  return Math.sqrt(x * x + y * y);
}

/**
 * Where tabs and holes go. A perforation that would come nearer than the least wall to the rim, a tab or another hole
 * is left out before anything is cut (W34).
 */
export function featuresFor(plan: CranialPlan, survey: Survey, tables: Tables, domain: Domain): Features {
  const { tabs, dropped } = plan.fixation === "tabs" ? tabsFor(plan, survey, tables, domain) : { tabs: [], dropped: 0 };
  const holes: Hole[] = tabs.map(({ u, v, du, dv, holeMm }) => {
    const hu = u + holeMm * du, hv = v + holeMm * dv;
    return { kind: "screw", centre: placeOf(survey, tables, hu, hv, 0), direction: directionAt(survey.chart, hu, hv), diameterMm: plan.screwDiameterMm + 0.1, u: hu, v: hv };
  });
  const diameter = plan.perforationDiameterMm, wall = Math.max(leastWallMm, materialOf(plan.material).leastWallMm);
  if (plan.perforation === "hexagonal") {
    const pitch = plan.perforationPitchMm, row = pitch * Math.sqrt(0.75), reach = Math.ceil(100 / row);
    const { middle } = outline(domain), found: Hole[] = [];
    for (let j = -reach; j <= reach; j++) for (let i = -reach; i <= reach; i++) {
      const u = middle[0] + (i + (j & 1) / 2) * pitch, v = middle[1] + j * row;
      const isInside = domain.distance.every((layer) => bilinear(domain.nodes, layer, u, v) < -(plan.perforationRimMm + plan.marginMm + diameter / 2 + 0.8));
      if (!isInside || tabs.some((tab) => fromTab(tab, u, v) < tab.widthMm / 2 + diameter / 2 + wall)) continue;
      const centre = placeOf(survey, tables, u, v, 0);
      // Measured on the inner side too, where the holes' axes come closer together.
      const thick = plan.thickness === "bone" ? radiusOf(tables, "outer", u, v) - radiusOf(tables, "inner", u, v) : plan.thickness;
      if (found.some((other) => length(plus(other.centre, centre, -1)) * (1 - thick / survey.chart.radiusMm) < diameter + wall)) continue;
      found.push({ kind: "perforation", centre, direction: directionAt(survey.chart, u, v), diameterMm: diameter, u, v });
    }
    holes.push(...found);
  }
  const cut = holes.reduce((sum, { kind, diameterMm }) => sum + (kind === "perforation" ? pi / 4 * diameterMm * diameterMm : 0), 0);
  return { tabs, holes, droppedTabs: dropped, perforationAreaShare: cut / Math.max(1, domain.areaMm2) };
}

/** The features without the tabs that are not to be, and without their holes (which come first, one a tab). */
export function withoutTabs(features: Features, isKept: readonly boolean[]): Features {
  const tabs = features.tabs.filter((_, i) => isKept[i]), lost = features.tabs.length - tabs.length;
  return { ...features, tabs, droppedTabs: features.droppedTabs + lost, holes: features.holes.filter((_, i) => i >= features.tabs.length || isKept[i]) };
}

/** Segments of a hole's circle: MQ2 asks for at least 48 below Ø 4 mm. */
const segments = 48;

/** A closed cylinder from `belowMm` under to `aboveMm` over the hole's middle. */
export function cylinderOf({ centre, direction, diameterMm }: Hole, belowMm: number, aboveMm: number): Mesh {
  const [e1, e2] = frameOf(direction), positions: number[] = [], triangles: number[] = [];
  for (const h of [-belowMm, aboveMm]) {
    const c = plus(centre, direction, h);
    for (let i = 0; i < segments; i++) {
      const a = 2 * pi * i / segments;
      positions.push(...plus(plus(c, e1, diameterMm / 2 * cos(a)), e2, diameterMm / 2 * sin(a)));
    }
  }
  for (let i = 0; i < segments; i++) {
    const j = (i + 1) % segments;
    triangles.push(i, j, segments + j, i, segments + j, segments + i);
    if (i > 0 && j > 0) triangles.push(0, j, i, segments, segments + i, segments + j);
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

/**
 * A tab as a closed strip over the outer table: inside the plate at its root, clear of the bone beyond the rim.
 * @param plateTopMm how far the plate's outer face lies over the table (its contour)
 * @param sunkMm how deep the root lies in the plate
 */
export function tabMesh(tab: Tab, survey: Survey, tables: Tables, domain: Domain, thicknessMm: number, plateTopMm: number, sunkMm: number): Mesh {
  const { rootMm } = tab, stepMm = 0.5, ns = Math.ceil((rootMm + tab.lengthMm) / stepMm), nw = 12, half = tab.widthMm / 2;
  const { nodes, outer } = survey;
  const top = (u: number, v: number): number => {
    const a = Math.round((u - nodes.u0) / nodes.step), b = Math.round((v - nodes.v0) / nodes.step), table = radiusOf(tables, "outer", u, v);
    let most = table;
    for (let y = b - 1; y <= b + 1; y++) for (let x = a - 1; x <= a + 1; x++) {
      const there = x >= 0 && y >= 0 && x < nodes.nu && y < nodes.nv ? outer[x + nodes.nu * y] : NaN;
      if (there > most && there < table + 1.5) most = there;
    }
    return most;
  };
  const positions: number[] = [], triangles: number[] = [], width = nw + 1;
  for (const isTop of [false, true]) for (let i = 0; i <= ns; i++) for (let j = 0; j <= nw; j++) {
    const s = -rootMm + i / ns * (rootMm + tab.lengthMm), over = Math.max(0, s - tab.holeMm);
    const w = (2 * j / nw - 1) * Math.max(0.35 * half, Math.sqrt(Math.max(0, half * half - over * over)));
    const u = tab.u + s * tab.du - w * tab.dv, v = tab.v + s * tab.dv + w * tab.du, d = directionAt(survey.chart, u, v);
    // The underside comes out of the plate's outer surface before the rim.
    const blend = Math.max(0, Math.min(1, (s + rootMm - 2.2) / 2)), face = radiusOf(tables, "outer", u, v) + plateTopMm;
    const overPlate = Math.max(0, Math.min(1, 1 - (outside(domain, u, v) - plateEndMm) / descentMm));
    const overBone = top(u, v) + clearanceMm, risenMm = plateTopMm < coveringFaceMm ? Math.max(0, face + overFaceMm - overBone) : 0, base = overBone + overPlate * risenMm;
    // Where the tab comes down it is measured across its slope.
    const slope = overPlate > 0 && overPlate < 1 ? risenMm / descentMm : 0;
    const r = isTop ? base + thicknessMm * Math.sqrt(1 + slope * slope) : blend * base + (1 - blend) * (face - sunkMm);
    positions.push(...plus(survey.chart.centre, d, r));
  }
  const layer = (ns + 1) * width, at = (i: number, j: number, l: number) => l * layer + i * width + j;
  const quad = (a: number, b: number, c: number, d: number) => triangles.push(a, b, c, a, c, d);
  for (let i = 0; i < ns; i++) for (let j = 0; j < nw; j++) {
    quad(at(i, j, 1), at(i + 1, j, 1), at(i + 1, j + 1, 1), at(i, j + 1, 1));
    quad(at(i, j, 0), at(i, j + 1, 0), at(i + 1, j + 1, 0), at(i + 1, j, 0));
  }
  for (let i = 0; i < ns; i++) {
    quad(at(i, 0, 0), at(i + 1, 0, 0), at(i + 1, 0, 1), at(i, 0, 1));
    quad(at(i + 1, nw, 0), at(i, nw, 0), at(i, nw, 1), at(i + 1, nw, 1));
  }
  for (let j = 0; j < nw; j++) {
    quad(at(0, j + 1, 0), at(0, j, 0), at(0, j, 1), at(0, j + 1, 1));
    quad(at(ns, j, 0), at(ns, j + 1, 0), at(ns, j + 1, 1), at(ns, j, 1));
  }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

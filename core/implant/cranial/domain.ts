import { ImplantRefused } from "../refusal.ts";
import { type Bone, boneShare } from "./bone.ts";
import { cellsFrom } from "./cells.ts";
import { bilinear, directionAt, type Nodes } from "./chart.ts";
import type { Defect } from "./defect.ts";
import { cubeCell } from "./head.ts";
import type { Survey } from "./survey.ts";
import { radiusOf, type Tables } from "./tables.ts";

/**
 * The opening in the vault, flattened: in each of a few layers between inner and outer table the signed distance on the
 * map to the opening's edge, mm, negative inside. Pores of the marrow that open at a cut are no part of it.
 */
export interface Domain {
  nodes: Nodes;
  /** Fractions of the thickness, 0 inner … 1 outer, ascending. */
  layers: readonly number[];
  /** One field a layer. */
  distance: readonly Float64Array[];
  /** Map area of the opening in the middle layer, mm². */
  areaMm2: number;
}

const stepMm = 0.75;
const layers = [0.2, 0.35, 0.5, 0.65, 0.8] as const;
/** Channels narrower than twice this are marrow or sutures, no part of the opening. */
const poreMm = 1.3;
/** How far walls may lean out beyond the part that is open all through. */
const leanMm = 9;
/** Distances are told up to this. */
const farMm = 18;

/** The parts of a set that hold a seed, 4-connected. */
function connected(set: Uint8Array, seeds: Uint8Array, nu: number): Uint8Array {
  const out = new Uint8Array(set.length), queue: number[] = [];
  for (let at = 0; at < set.length; at++) if (set[at] && seeds[at]) { out[at] = 1; queue.push(at); }
  for (let i = 0; i < queue.length; i++) for (const next of [queue[i] - 1, queue[i] + 1, queue[i] - nu, queue[i] + nu]) {
    if (next >= 0 && next < set.length && set[next] && !out[next]) { out[next] = 1; queue.push(next); }
  }
  return out;
}

/** The largest 4-connected part. */
function largest(set: Uint8Array, nu: number): { part: Uint8Array; cells: number } {
  const seen = new Uint8Array(set.length);
  let best: Uint8Array = new Uint8Array(set.length), most = 0;
  for (let at = 0; at < set.length; at++) {
    if (!set[at] || seen[at]) continue;
    const seed = new Uint8Array(set.length);
    seed[at] = 1;
    const part = connected(set, seed, nu);
    let cells = 0;
    for (let i = 0; i < part.length; i++) if (part[i]) { seen[i] = 1; cells++; }
    if (cells > most) { most = cells; best = part; }
  }
  return { part: best, cells: most };
}

/** Erosion then dilation by a disc. */
function opened(set: Uint8Array, nu: number, nv: number, radius: number, seeds: Uint8Array): Uint8Array {
  const fromOutside = cellsFrom((at) => set[at] === 0, nu, nv, radius + 1);
  const eroded = Uint8Array.from(fromOutside, (d) => d > radius ? 1 : 0);
  const kept = connected(eroded, seeds, nu);
  const back = cellsFrom((at) => kept[at] === 1, nu, nv, radius + 1);
  return Uint8Array.from(back, (d, at) => d <= radius && set[at] ? 1 : 0);
}

/** Signed distance in mm to the edge of a set on the map. */
function signed(set: Uint8Array, nu: number, nv: number): Float64Array {
  const most = farMm / stepMm;
  const out = cellsFrom((at) => set[at] === 1, nu, nv, most), into = cellsFrom((at) => set[at] === 0, nu, nv, most);
  return Float64Array.from(out, (d, at) => (set[at] ? 0.5 - into[at] : d - 0.5) * stepMm);
}

/** How far round an unpainted hole's open directions its walls may reach, mm. */
const roundHoleMm = 5;
/** Most that a painted region may be taken back, mm. */
const mostSurplusMm = 8.5;

/**
 * The map cells over which the region was painted (where none was: the hole's own and those near them), and by how much the paint stands out
 * above and below the two tables: the lower quartile over the columns of the smaller of both.
 */
function footprintOf({ grid }: Bone, { region, hole }: Defect, { chart }: Survey, tables: Tables, nodes: Nodes): { footprint: Uint8Array; surplusMm: number } {
  const count = nodes.nu * nodes.nv, footprint = new Uint8Array(count);
  if (!region) {
    const isHole = Uint8Array.from(footprint, (_, at) => hole?.has(cubeCell(directionAt(chart, nodes.u0 + (at % nodes.nu) * nodes.step, nodes.v0 + Math.floor(at / nodes.nu) * nodes.step))) ? 1 : 0);
    const near = cellsFrom((at) => isHole[at] === 1, nodes.nu, nodes.nv, roundHoleMm / nodes.step + 1);
    return { footprint: Uint8Array.from(near, (d) => d * nodes.step <= roundHoleMm ? 1 : 0), surplusMm: 0 };
  }
  const [nx, ny, nz] = grid.dims, surplus: number[] = [];
  const isPainted = (d: readonly number[], r: number): boolean => {
    const [i, j, k] = [0, 1, 2].map((a) => Math.round((chart.centre[a] + r * d[a] - grid.origin[a]) / grid.spacing[a]));
    return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz && region[i + nx * (j + ny * k)] === 1;
  };
  for (let at = 0; at < count; at++) {
    const u = nodes.u0 + (at % nodes.nu) * nodes.step, v = nodes.v0 + Math.floor(at / nodes.nu) * nodes.step, d = directionAt(chart, u, v);
    const low = radiusOf(tables, "inner", u, v), high = radiusOf(tables, "outer", u, v);
    for (let r = low - 1; r <= high + 1 && !footprint[at]; r += 0.6) if (isPainted(d, r)) footprint[at] = 1;
    if (!isPainted(d, (low + high) / 2)) continue;
    let above = 0, below = 0;
    while (above < mostSurplusMm && isPainted(d, high + above + 0.5)) above += 0.5;
    while (below < mostSurplusMm && isPainted(d, low - below - 0.5)) below += 0.5;
    surplus.push(Math.min(above, below));
  }
  surplus.sort((a, b) => a - b);
  return { footprint, surplusMm: surplus.length === 0 ? 0 : surplus[surplus.length >> 2] };
}

/** Finds the opening. @throws ImplantRefused no-defect, defect-open */
export function domainOf(bone: Bone, defect: Defect, survey: Survey, tables: Tables): Domain {
  const { chart } = survey;
  const half = Math.ceil((defect.reachMm + 12) / stepMm), edge = 2 * half + 1;
  const nodes: Nodes = { u0: -half * stepMm, v0: -half * stepMm, step: stepMm, nu: edge, nv: edge };
  const count = edge * edge, share = boneShare(bone), { grid } = bone, [nx, ny, nz] = grid.dims;
  const free = layers.map(() => new Uint8Array(count)), core = new Uint8Array(count);
  const { footprint, surplusMm } = footprintOf(bone, defect, survey, tables, nodes);
  let outside = 0;
  for (let at = 0; at < count; at++) {
    const u = nodes.u0 + (at % edge) * stepMm, v = nodes.v0 + Math.floor(at / edge) * stepMm;
    const d = directionAt(chart, u, v), outer = radiusOf(tables, "outer", u, v), inner = radiusOf(tables, "inner", u, v);
    let isOpen = true, isOutside = false;
    layers.forEach((s, l) => {
      const r = inner + s * (outer - inner);
      const x = chart.centre[0] + r * d[0], y = chart.centre[1] + r * d[1], z = chart.centre[2] + r * d[2];
      const i = Math.round((x - grid.origin[0]) / grid.spacing[0]), j = Math.round((y - grid.origin[1]) / grid.spacing[1]), k = Math.round((z - grid.origin[2]) / grid.spacing[2]);
      if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) { isOutside = true; return; }
      const isBone = share(x, y, z) >= 0.5;
      if (isBone) isOpen = false;
      else free[l][at] = 1;
    });
    if (isOutside) isOpen = false;
    core[at] = isOpen && footprint[at] ? 1 : 0;
    if (isOutside && footprint[at] && u * u + v * v < defect.reachMm * defect.reachMm) outside++;
  }
  // What was painted round the missing bone is taken back by as much as it also stands out over the tables.
  const shrink = Math.max(0, surplusMm - 1.2) / stepMm;
  const fromOutside = cellsFrom((at) => footprint[at] === 0, edge, edge, shrink + 1);
  const isFace = (at: number): boolean => tables.open !== null && bilinear(tables.nodes, tables.open, nodes.u0 + (at % edge) * stepMm, nodes.v0 + Math.floor(at / edge) * stepMm) > 0.5;
  const allowed = Uint8Array.from(fromOutside, (d, at) => d > shrink && !isFace(at) ? 1 : 0);
  for (let at = 0; at < count; at++) if (!allowed[at]) core[at] = 0;
  const { part, cells } = largest(core, edge);
  const areaMm2 = cells * stepMm * stepMm;
  if (areaMm2 < 20) throw new ImplantRefused("no-defect", `There is no opening through the bone ${defect.region ? "inside the painted region" : "where the hole was seen"}: ${areaMm2.toFixed(1)} mm² of it is free from inner to outer table.`, { areaMm2 });
  if (defect.region && outside > count / 8) throw new ImplantRefused("defect-open", "The painted region reaches out of the scanned volume; the skull must be scanned all round the defect.", {});
  const fromCore = cellsFrom((at) => part[at] === 1, edge, edge, leanMm / stepMm + 1);
  const radius = poreMm / stepMm;
  // The core's own narrow arms go too, unless all of it is narrow.
  const distance = free.map((layer) => {
    const set = Uint8Array.from(layer, (f, at) => f && allowed[at] && fromCore[at] * stepMm <= leanMm ? 1 : 0);
    return signed(opened(set, edge, edge, radius, part), edge, edge);
  });
  const middle = distance[2].reduce((sum, d) => sum + (d < 0 ? 1 : 0), 0) * stepMm * stepMm;
  return { nodes, layers, distance, areaMm2: middle };
}

import type { Mesh } from "../../surface/mesh.ts";
import { type Block, blockToRas } from "../fieldSurface.ts";
import { meshDistance } from "./boneDistance.ts";
import { bilinear, mapPosition } from "./chart.ts";
import type { Domain } from "./domain.ts";
import type { Survey } from "./survey.ts";
import { radiusOf, type Tables } from "./tables.ts";
import { dot, frameOf, plus, type Vec } from "./vector.ts";

/** What shapes the body of a plate. */
export interface BodyShape {
  thicknessMm: number | "bone";
  marginMm: number;
  /** Sine of the bevel angle. */
  bevelSine: number;
  edgeRadiusMm: number;
  contourMm: number;
}

/** Why a wall is not set by the bone beside it: undercut or bevel was taken away, the opening's own edge bounds it, a feather edge was cut. */
export const freed = { undercut: 1, opening: 2, feather: 4 } as const;

/** The body as samples: 0 at its surface, negative inside, mm near the surface. */
export interface BodyField {
  block: Block;
  field: Float32Array;
  /** Not 0 where the wall is not set by the bone beside it: bits of `freed`. */
  isFreed: Uint8Array;
  undercut: { removedMm3: number; share: number };
}

/** How far the opening on the map may be exceeded: its edge is known to half a cell only, and the bone itself bounds the plate there. */
const slackMm = 0.6;
const far = 9;

/** Where a RAS point lies against the two tables and the opening. */
export class ShellPlace {
  readonly survey: Survey;
  readonly tables: Tables;
  readonly domain: Domain;
  /** mm above the outer table (along its normal, to first order), above the inner table, and outside the opening's edge. */
  aboveOuter = 0;
  aboveInner = 0;
  outsideOpening = 0;
  u = 0;
  v = 0;

  constructor(survey: Survey, tables: Tables, domain: Domain) {
    this.survey = survey;
    this.tables = tables;
    this.domain = domain;
  }

  /** Sets the fields for a point. */
  at(p: Vec): void {
    const { chart } = this.survey, { tables, domain } = this;
    const x = p[0] - chart.centre[0], y = p[1] - chart.centre[1], z = p[2] - chart.centre[2];
    const r = Math.sqrt(x * x + y * y + z * z) || 1;
    const [u, v] = mapPosition(chart, [x / r, y / r, z / r]);
    this.u = u;
    this.v = v;
    const outer = radiusOf(tables, "outer", u, v), inner = radiusOf(tables, "inner", u, v);
    // Slope of the table: one mm on the head is `scale` mm on the map.
    const q = (u * u + v * v) / (4 * chart.radiusMm * chart.radiusMm), scale = (1 + q) * chart.radiusMm / r, e = 1.5;
    const su = (radiusOf(tables, "outer", u + e, v) - radiusOf(tables, "outer", u - e, v)) / (2 * e) * scale;
    const sv = (radiusOf(tables, "outer", u, v + e) - radiusOf(tables, "outer", u, v - e)) / (2 * e) * scale;
    const flat = 1 / Math.sqrt(1 + su * su + sv * sv);
    this.aboveOuter = (r - outer) * flat;
    this.aboveInner = (r - inner) * flat;
    const s = (r - inner) / Math.max(0.5, outer - inner), { layers, distance, nodes } = domain;
    let l = 0;
    while (l < layers.length - 2 && s > layers[l + 1]) l++;
    const t = Math.max(0, Math.min(1, (s - layers[l]) / (layers[l + 1] - layers[l])));
    const low = bilinear(nodes, distance[l], u, v), high = bilinear(nodes, distance[l + 1], u, v);
    this.outsideOpening = low + t * (high - low);
  }
}

/** Intersection of two half-spaces with their edge rounded: max(a, b) away from the edge. */
const roundedMax = (a: number, b: number, radius: number): number => {
  const x = a + radius, y = b + radius;
  return x > 0 && y > 0 ? Math.sqrt(x * x + y * y) - radius : Math.max(a, b);
};

/** A block round the shell over the opening, its third axis along the insertion axis. */
function blockRound(place: ShellPlace, axis: Vec, stepMm: number, belowMm: number, aboveMm: number, asideMm: number): Block {
  const { survey: { chart }, tables, domain: { nodes, distance } } = place;
  const [e1, e2] = frameOf(axis), low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let b = 0; b < nodes.nv; b += 2) for (let a = 0; a < nodes.nu; a += 2) {
    if (!distance.some((layer) => layer[a + nodes.nu * b] < Math.min(4, 1 + asideMm))) continue;
    const u = nodes.u0 + a * nodes.step, v = nodes.v0 + b * nodes.step;
    const p = u / (2 * chart.radiusMm), q = v / (2 * chart.radiusMm), f = 1 / (1 + p * p + q * q);
    const d: Vec = plus(plus([chart.axis[0] * (2 * f - 1), chart.axis[1] * (2 * f - 1), chart.axis[2] * (2 * f - 1)], chart.e1, 2 * p * f), chart.e2, 2 * q * f);
    for (const r of [radiusOf(tables, "inner", u, v) - belowMm, radiusOf(tables, "outer", u, v) + aboveMm]) {
      const point = plus(chart.centre, d, r);
      [e1, e2, axis].forEach((e, i) => { const x = dot(point, e); low[i] = Math.min(low[i], x); high[i] = Math.max(high[i], x); });
    }
  }
  const pad = [asideMm + 2, asideMm + 2, 2];
  const dims = low.map((x, i) => Math.ceil((high[i] - x + 2 * pad[i]) / stepMm) + 1);
  const origin = [e1, e2, axis].reduce((o: Vec, e, i) => plus(o, e, low[i] - pad[i]), [0, 0, 0]);
  return { dims: [dims[0], dims[1], dims[2]], stepMm, origin, axes: [e1, e2, axis] };
}

/**
 * What no change of gap, bevel, edge or contour changes, sampled on a block round the opening: where each node lies against the
 * tables and the opening, and its distance to the bone. Nodes off the shell are `far` from all.
 */
export interface RegionSamples {
  block: Block;
  aboveOuter: Float32Array;
  aboveInner: Float32Array;
  outsideOpening: Float32Array;
  /** Distance to the bone, mm, ±`bandMm` at most. */
  boneMm: Float32Array;
  bandMm: number;
}

/** How far a block reaches under the inner and over the outer table, and up to where distances to the bone are known, mm. */
interface Extent { belowMm: number; aboveMm: number; bandMm: number }
/** Steps in which an extent grows, mm: a small change of a parameter finds the samples of the one before. */
const extentSteps: Extent = { belowMm: 4, aboveMm: 1, bandMm: 3.2 };
/** Bone farther away than this does not matter to any plate, mm. */
const greatestBandMm = 4;

const bandFor = ({ marginMm, bevelSine }: BodyShape): number => Math.min(greatestBandMm, marginMm + 1.1 + 7 * bevelSine);

function extentFor(shape: BodyShape): Extent {
  const stepped = (mm: number, step: number) => step * Math.ceil(mm / step), thick = shape.thicknessMm === "bone" ? 0 : shape.thicknessMm;
  return {
    belowMm: stepped(Math.max(0, thick - 2), extentSteps.belowMm), aboveMm: 1 + stepped(Math.max(0, shape.contourMm), extentSteps.aboveMm),
    bandMm: Math.min(greatestBandMm, stepped(bandFor(shape), extentSteps.bandMm)),
  };
}

function sampleRegion(place: ShellPlace, boneMesh: Mesh, axis: Vec, { belowMm, aboveMm, bandMm }: Extent, stepMm: number): RegionSamples {
  const block = blockRound(place, axis, stepMm, belowMm, aboveMm, 0);
  const [nx, ny, nz] = block.dims, layer = nx * ny, count = layer * nz;
  const aboveOuter = new Float32Array(count).fill(far), aboveInner = new Float32Array(count).fill(-far), outsideOpening = new Float32Array(count).fill(far);
  const isWanted = new Uint8Array(count), tile = 4, reach = tile * stepMm * 0.9 + 0.5;
  for (let z0 = 0; z0 < nz; z0 += tile) for (let y0 = 0; y0 < ny; y0 += tile) for (let x0 = 0; x0 < nx; x0 += tile) {
    const half = (tile - 1) / 2;
    place.at(blockToRas(block, x0 + half, y0 + half, z0 + half));
    if (place.aboveOuter - aboveMm > reach || -place.aboveInner - belowMm - 2 > reach || place.outsideOpening > Math.min(4.2, reach + slackMm + 0.5)) continue;
    for (let z = z0; z < Math.min(nz, z0 + tile); z++) for (let y = y0; y < Math.min(ny, y0 + tile); y++) for (let x = x0; x < Math.min(nx, x0 + tile); x++) {
      place.at(blockToRas(block, x, y, z));
      const at = x + nx * y + layer * z;
      aboveOuter[at] = place.aboveOuter;
      aboveInner[at] = place.aboveInner;
      outsideOpening[at] = place.outsideOpening;
      if (place.outsideOpening > -(bandMm + 1) && place.outsideOpening < slackMm + 1) isWanted[at] = 1;
    }
  }
  return { block, aboveOuter, aboveInner, outsideOpening, boneMm: meshDistance(block, boneMesh, bandMm, isWanted), bandMm };
}

/** The samples of one opening, kept while the insertion axis and the extent stay. What comes of them is the same as without. */
export class KeptSamples {
  #key = "";
  #samples: RegionSamples | null = null;

  /** @param boneMesh closed surface of the bone round the opening */
  of(place: ShellPlace, boneMesh: Mesh, axis: Vec, shape: BodyShape, stepMm: number): RegionSamples {
    const extent = extentFor(shape), key = JSON.stringify([axis, extent, stepMm]);
    if (this.#samples && this.#key === key) return this.#samples;
    this.#samples = sampleRegion(place, boneMesh, axis, extent, stepMm);
    this.#key = key;
    return this.#samples;
  }
}

/**
 * Samples the plate's body: between the two surfaces, inside the opening, at least the margin from the bone, free to be
 * lifted out along the insertion axis (so without undercuts) with at least the bevel, its edges rounded.
 */
export function sampleBody({ block, aboveOuter, aboveInner, outsideOpening, boneMm }: RegionSamples, shape: BodyShape): BodyField {
  const thick = shape.thicknessMm, { stepMm } = block, bandMm = bandFor(shape);
  const [nx, ny, nz] = block.dims, layer = nx * ny, count = layer * nz;
  const field = new Float32Array(count).fill(far), isFreed = new Uint8Array(count);
  let removed = 0, kept = 0;
  for (let c = 0; c < layer; c++) {
    let clear = Infinity, bevelled = Infinity;
    for (let z = nz - 1; z >= 0; z--) {
      const at = c + layer * z, d = Math.max(-bandMm, Math.min(bandMm, boneMm[at]));
      clear = Math.min(clear, d);
      if (aboveOuter[at] === far) continue;
      const top = aboveOuter[at] - shape.contourMm, bottom = thick === "bone" ? -aboveInner[at] : -(top + thick), opening = outsideOpening[at] - slackMm;
      bevelled = top > -(shape.edgeRadiusMm + 0.3) ? Infinity : Math.min(d >= bandMm - 1e-5 ? Infinity : d, bevelled - stepMm * shape.bevelSine);
      const shell = Math.max(top, bottom), own = Math.max(opening, shape.marginMm - d);
      if (shell < 0 && own < 0) { kept++; if (clear < shape.marginMm) removed++; }
      if (Math.min(clear, bevelled) < d - 0.1) isFreed[at] |= freed.undercut;
      if (shape.marginMm - d < opening - 0.05) isFreed[at] |= freed.opening;
      const rim = Math.max(opening, shape.marginMm - Math.min(clear, bevelled));
      field[at] = roundedMax(roundedMax(top, rim, shape.edgeRadiusMm), bottom, shape.edgeRadiusMm);
    }
  }
  return { block, field, isFreed, undercut: { removedMm3: removed * stepMm * stepMm * stepMm, share: kept === 0 ? 0 : removed / kept } };
}

/** Keeps only the largest 6-connected inside part of a field; the others become outside. @returns nodes kept */
export function keepLargest({ dims: [nx, ny] }: Block, field: Float32Array): number {
  const part = new Int32Array(field.length), queue = new Int32Array(field.length), steps = [-1, 1, -nx, nx, -nx * ny, nx * ny];
  let parts = 0, best = 0, most = 0;
  for (let from = 0; from < field.length; from++) {
    if (!(field[from] < 0) || part[from]) continue;
    let head = 0, tail = 0;
    part[from] = ++parts;
    queue[tail++] = from;
    while (head < tail) {
      const at = queue[head++];
      for (const step of steps) {
        const next = at + step;
        if (next >= 0 && next < field.length && field[next] < 0 && !part[next]) { part[next] = parts; queue[tail++] = next; }
      }
    }
    if (tail > most) { most = tail; best = parts; }
  }
  for (let at = 0; at < field.length; at++) if (field[at] < 0 && part[at] !== best) field[at] = 0.05;
  return most;
}

import { meshDistance } from "../implant/cranial/boneDistance.ts";
import type { Block } from "../implant/fieldSurface.ts";
import type { Mesh } from "../surface/mesh.ts";

/** Distances to a bone surface kept on a block of samples, for the live map; `isKnown` not 0 where a sample was asked for. A preview: stored numbers come from `fitOf`. */
export interface DistanceBand { block: Block; distance: Float32Array; bandMm: number; isKnown: Uint8Array }

/** Sampling of the band, mm. */
export const bandStepMm = 0.25;

/**
 * Samples exact signed mesh distance round a set of points (an implant's vertices), so that the points and what lies
 * within `roundMm` of them can be asked.
 */
export function distanceBand(bone: Mesh, around: Float32Array, bandMm = 2, roundMm = 0.5): DistanceBand {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < around.length; i++) { low[i % 3] = Math.min(low[i % 3], around[i]); high[i % 3] = Math.max(high[i % 3], around[i]); }
  const pad = roundMm + 2 * bandStepMm, dims = low.map((x, i) => Math.ceil((high[i] - x + 2 * pad) / bandStepMm) + 2) as [number, number, number];
  const block: Block = { dims, stepMm: bandStepMm, origin: [low[0] - pad, low[1] - pad, low[2] - pad], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
  const [nx, ny, nz] = dims, isWanted = new Uint8Array(nx * ny * nz), reach = Math.ceil(roundMm / bandStepMm);
  for (let p = 0; p < around.length; p += 3) {
    const [i, j, k] = [0, 1, 2].map((a) => Math.floor((around[p + a] - block.origin[a]) / bandStepMm));
    if (isWanted[i + nx * (j + ny * k)] === 2) continue;
    for (let z = Math.max(0, k - reach); z <= Math.min(nz - 1, k + 1 + reach); z++) for (let y = Math.max(0, j - reach); y <= Math.min(ny - 1, j + 1 + reach); y++) {
      for (let x = Math.max(0, i - reach); x <= Math.min(nx - 1, i + 1 + reach); x++) if (isWanted[x + nx * (y + ny * z)] === 0) isWanted[x + nx * (y + ny * z)] = 1;
    }
    isWanted[i + nx * (j + ny * k)] = 2;
  }
  return { block, bandMm, distance: meshDistance(block, bone, bandMm, isWanted), isKnown: isWanted };
}

/** Signed distances in mm at points (RAS mm), trilinear in the band, ±`bandMm` beyond it. */
export function sampleBand({ block: { dims: [nx, ny, nz], origin, stepMm }, distance, bandMm }: DistanceBand, points: Float32Array): Float32Array {
  const out = new Float32Array(points.length / 3), layer = nx * ny;
  for (let i = 0; i < out.length; i++) {
    const x = (points[3 * i] - origin[0]) / stepMm, y = (points[3 * i + 1] - origin[1]) / stepMm, z = (points[3 * i + 2] - origin[2]) / stepMm;
    const a = Math.floor(x), b = Math.floor(y), c = Math.floor(z);
    if (a < 0 || b < 0 || c < 0 || a >= nx - 1 || b >= ny - 1 || c >= nz - 1) { out[i] = bandMm; continue; }
    const u = x - a, v = y - b, w = z - c, at = a + nx * b + layer * c, up = at + layer;
    const p = distance[at] + u * (distance[at + 1] - distance[at]), q = distance[at + nx] + u * (distance[at + nx + 1] - distance[at + nx]);
    const r = distance[up] + u * (distance[up + 1] - distance[up]), s = distance[up + nx] + u * (distance[up + nx + 1] - distance[up + nx]);
    const near = p + v * (q - p);
    out[i] = near + w * (r + v * (s - r) - near);
  }
  return out;
}

/** Whether a band was sampled round every one of these points (RAS mm). */
export function isWithinBand({ block: { dims: [nx, ny, nz], origin, stepMm }, isKnown }: DistanceBand, points: Float32Array): boolean {
  const corners = [0, 1, nx, nx + 1, nx * ny, nx * ny + 1, nx * ny + nx, nx * ny + nx + 1];
  for (let i = 0; i < points.length; i += 3) {
    const a = Math.floor((points[i] - origin[0]) / stepMm), b = Math.floor((points[i + 1] - origin[1]) / stepMm), c = Math.floor((points[i + 2] - origin[2]) / stepMm);
    if (a < 0 || b < 0 || c < 0 || a >= nx - 1 || b >= ny - 1 || c >= nz - 1) return false;
    const at = a + nx * (b + ny * c);
    for (const corner of corners) if (isKnown[at + corner] === 0) return false;
  }
  return true;
}

/** The live map of plates on one bone: the band of one plate serves the next as long as that lies within it. */
export class LiveFit {
  readonly #bone: Mesh;
  #band: DistanceBand | null = null;
  /** How many bands were sampled so far. */
  bands = 0;

  constructor(bone: Mesh) { this.#bone = bone; }

  /** Gap in mm at each vertex of a plate (RAS mm), negative inside the bone, ±`bandMm` where it is more. */
  gapsAt(positions: Float32Array, bandMm: number): Float32Array {
    if (!this.#band || this.#band.bandMm !== bandMm || !isWithinBand(this.#band, positions)) {
      this.#band = distanceBand(this.#bone, positions, bandMm);
      this.bands++;
    }
    return sampleBand(this.#band, positions);
  }
}

import type { Grid } from "../../space/grid.ts";
import { componentsOf } from "./components.ts";
import { gaussianShare } from "./gaussian.ts";
import { EffectError } from "./intent.ts";
import type { TellShare } from "./progress.ts";
import { type Region, regionOfLabel } from "./region.ts";

/** In a target: the voxel stays what it is. */
export const untouched = 255;
/** What voxels shall hold: a label value, 0 for none, `untouched` for what is there. */
export interface Relabelled { region: Region; target: Uint8Array }

/**
 * Gaussian smoothing of several segments at once: each voxel goes to the segment with the largest mean, or to none where
 * the outside's is larger. Between named segments no gap
 * opens and nothing overlaps.
 * @throws EffectError where a named segment would vanish
 */
export function jointSmooth(grid: Grid, labels: Uint8Array, segments: readonly number[], sigmaMm: number, tell?: (fraction: number) => void): Relabelled {
  const isOne = new Uint8Array(256);
  for (const segment of segments) isOne[segment] = 1;
  const region = regionOfLabel(grid, labels, isOne, 3 * sigmaMm);
  if (region.bits.length === 0) throw new EffectError(`none of the segments ${segments.join(", ")} holds a voxel`);
  const [nx, ny] = grid.dims, { low, size } = region;
  const holds = (value: number): Uint8Array => {
    const bits = new Uint8Array(region.bits.length);
    for (let z = 0, at = 0; z < size[2]; z++) for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[0]; x++, at++) if (labels[low[0] + x + nx * (low[1] + y + ny * (low[2] + z))] === value) bits[at] = 1;
    return bits;
  };
  const best = new Float32Array(region.bits.length), sum = new Float32Array(region.bits.length), target = new Uint8Array(region.bits.length);
  for (const [n, segment] of segments.entries()) {
    const share = gaussianShare(grid, { ...region, bits: holds(segment) }, sigmaMm, tell && ((part) => tell((n + part) / segments.length)));
    for (let i = 0; i < share.length; i++) {
      sum[i] += share[i];
      if (share[i] > best[i]) { best[i] = share[i]; target[i] = segment; }
    }
  }
  const left = new Set<number>();
  for (let z = 0, at = 0; z < size[2]; z++) for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[0]; x++, at++) {
    const label = labels[low[0] + x + nx * (low[1] + y + ny * (low[2] + z))];
    // Segments that were not named keep what is theirs.
    if (label !== 0 && isOne[label] === 0) target[at] = untouched;
    else if (sum[at] < 0.5) target[at] = label === 0 ? untouched : 0;
    if (target[at] !== 0 && target[at] !== untouched) left.add(target[at]);
  }
  const lost = segments.find((segment) => !left.has(segment) && labels.includes(segment));
  if (lost !== undefined) throw new EffectError(`segment ${lost} is too thin for ${sigmaMm} mm and would be smoothed away; take less, or leave it out`);
  return { region, target };
}

/** The parts of a segment, joined through 26 neighbours, in order of size: the largest stays, the next go to the values given, the rest stay. */
export function splitIslands(grid: Grid, labels: Uint8Array, segment: number, into: readonly number[], tell?: TellShare): Relabelled {
  const region = regionOfLabel(grid, labels, segment);
  if (region.bits.length === 0) throw new EffectError(`segment ${segment} holds no voxel`);
  tell?.(0.2);
  const { labels: parts, sizes } = componentsOf(region.bits, region.size);
  // Parts of one size in the order of their first voxel.
  const order = sizes.map((_, n) => n).slice(1).sort((one, other) => sizes[other] - sizes[one] || one - other);
  if (order.length < 2) throw new EffectError(`segment ${segment} is one part; there is nothing to split`);
  const value = new Uint8Array(sizes.length).fill(untouched);
  order.slice(1, into.length + 1).forEach((part, n) => { value[part] = into[n]; });
  tell?.(0.7);
  const target = new Uint8Array(parts.length);
  // Number 0, of what lies outside, is left alone too.
  for (let i = 0; i < target.length; i++) target[i] = value[parts[i]];
  return { region, target };
}

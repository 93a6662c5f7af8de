import { log } from "../../space/math.ts";
import { EffectError, type ThresholdMethod } from "./intent.ts";

/** How many voxels have each HU from `low` on. */
export interface Histogram { low: number; counts: Float64Array }

/** The histogram of a volume between its lowest and highest HU. @throws EffectError where there is no voxel */
export function histogramOf(hu: Int16Array): Histogram {
  if (hu.length === 0) throw new EffectError("there is no voxel to count");
  // One pass over the voxels, with a place for every HU that 16 bits can tell.
  const all = new Uint32Array(65_536);
  for (let i = 0; i < hu.length; i++) all[hu[i] + 32_768]++;
  let first = 0, last = all.length - 1;
  while (all[first] === 0) first++;
  while (all[last] === 0) last--;
  const low = first - 32_768, counts = Float64Array.from(all.subarray(first, last + 1));
  return { low, counts };
}

/**
 * The HU from which on a voxel belongs to the brighter class.
 * Otsu 1979 (greatest variance between classes), Ridler and Calvard 1978 (isodata), Zack 1977 (triangle),
 * Kapur 1985 (maximum entropy).
 */
export function automaticThreshold({ low, counts }: Histogram, method: ThresholdMethod): number {
  const at = { otsu, isodata, triangle, maximumEntropy }[method](counts);
  return low + at + 1;
}

const sum = (counts: Float64Array) => counts.reduce((all, count) => all + count, 0);

/** Each method gives the last bin of the darker class. */
function otsu(counts: Float64Array): number {
  const total = sum(counts), all = counts.reduce((moment, count, bin) => moment + count * bin, 0);
  let below = 0, moment = 0, best = 0, greatest = -1;
  for (let bin = 0; bin < counts.length - 1; bin++) {
    below += counts[bin];
    moment += counts[bin] * bin;
    if (below === 0 || below === total) continue;
    const apart = moment / below - (all - moment) / (total - below);
    const between = below * (total - below) * apart * apart;
    if (between > greatest) { greatest = between; best = bin; }
  }
  return best;
}

function isodata(counts: Float64Array): number {
  let at = Math.floor(counts.reduce((moment, count, bin) => moment + count * bin, 0) / sum(counts));
  for (let round = 0; round < 1000; round++) {
    let below = 0, belowMoment = 0, above = 0, aboveMoment = 0;
    for (let bin = 0; bin < counts.length; bin++) {
      if (bin <= at) { below += counts[bin]; belowMoment += counts[bin] * bin; } else { above += counts[bin]; aboveMoment += counts[bin] * bin; }
    }
    if (below === 0 || above === 0) return at;
    const next = Math.floor((belowMoment / below + aboveMoment / above) / 2);
    if (next === at) return at;
    at = next;
  }
  return at;
}

function triangle(counts: Float64Array): number {
  let peak = 0, last = counts.length - 1, first = 0;
  for (let bin = 0; bin < counts.length; bin++) if (counts[bin] > counts[peak]) peak = bin;
  while (last > peak && counts[last] === 0) last--;
  while (first < peak && counts[first] === 0) first++;
  // The longer flank; the bin farthest from the line between its ends.
  const end = last - peak >= peak - first ? last : first, [from, to] = end > peak ? [peak, end] : [end, peak];
  let best = peak, greatest = -1;
  for (let bin = from; bin <= to; bin++) {
    const line = counts[peak] + ((counts[end] - counts[peak]) * (bin - peak)) / (end - peak || 1), depth = line - counts[bin];
    if (depth > greatest) { greatest = depth; best = bin; }
  }
  return end > peak ? best : best - 1;
}

function maximumEntropy(counts: Float64Array): number {
  const total = sum(counts), share = counts.map((count) => count / total);
  const entropy = share.map((p) => (p > 0 ? -p * log(p) : 0));
  const allEntropy = sum(entropy);
  let below = 0, belowEntropy = 0, best = 0, greatest = -Infinity;
  for (let bin = 0; bin < counts.length - 1; bin++) {
    below += share[bin];
    belowEntropy += entropy[bin];
    if (below <= 1e-12 || below >= 1 - 1e-12) continue;
    const both = log(below) + belowEntropy / below + log(1 - below) + (allEntropy - belowEntropy) / (1 - below);
    if (both > greatest) { greatest = both; best = bin; }
  }
  return best;
}

import type { Histogram } from "../../../core/mask/effects/automaticThreshold.ts";

/** A histogram as it is shown: HU from `low` to `high`, a bar for each of `bars.length` equal stretches, 0 to 1 high (logarithmic). */
export interface HuScale { low: number; high: number; bars: readonly number[] }

const step = 50;

/**
 * What a histogram shows: without the rare HU at its ends (fewer than one voxel in 100,000 below, one in a million above: dust
 * of metal would squeeze the rest), but with the range that is chosen.
 */
export function huScale({ low, counts }: Histogram, range: readonly [number, number], bars = 150): HuScale {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let first = 0, last = counts.length - 1;
  for (let below = counts[0]; first < last && below < total / 100_000; below += counts[first]) first++;
  for (let above = counts[last]; last > first && above < total / 1_000_000; above += counts[last]) last--;
  const from = step * Math.floor(Math.min(low + first, range[0]) / step), to = step * Math.ceil((Math.max(low + last, Math.min(range[1], low + counts.length)) + 1) / step), heights = new Float64Array(bars);
  for (let bin = 0; bin < counts.length; bin++) {
    const bar = Math.floor(((low + bin - from) / (to - from)) * bars);
    if (bar >= 0 && bar < bars) heights[bar] += counts[bin];
  }
  const most = Math.log1p(Math.max(...heights));
  return { low: from, high: to, bars: [...heights].map((count) => (most > 0 ? Math.log1p(count) / most : 0)) };
}

/** The whole HU at a share of the scale's width, and back. */
export const huAt = ({ low, high }: HuScale, share: number): number => Math.round(low + (high - low) * Math.min(1, Math.max(0, share))) + 0;
export const shareOf = ({ low, high }: HuScale, hu: number): number => Math.min(1, Math.max(0, (hu - low) / (high - low)));

/** The range after one of its ends was moved to a HU: the other end gives way, and both stay whole numbers that a voxel can hold. */
export function rangeWith([min, max]: readonly [number, number], end: 0 | 1, hu: number): readonly [number, number] {
  const to = Math.min(32_767, Math.max(-32_768, Math.round(hu)));
  return end === 0 ? [to, Math.max(to, max)] : [Math.min(to, min), to];
}

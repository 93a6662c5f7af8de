/** One gap between neighbouring slices, along the normal. */
export interface SliceGap { afterSlice: number; fromMm: number; toMm: number; mm: number }
/** How evenly the slices of a series follow each other. */
export interface Spacing {
  /** The gap of the longest even run, mm. */
  gapMm: number;
  /** Largest deviation of a slice from its place on an even grid over the longest run, mm. */
  placeErrorMm: number;
  /** Gaps that differ from `gapMm` by more than 0.01 mm. */
  odd: SliceGap[];
  /** Of those, the ones at least half a gap too wide: slices may be missing there. */
  missing: SliceGap[];
  /** First and last slice (positions in the order) of the longest even run. */
  run: { first: number; last: number };
}

/** Differences up to this, mm, are rounding in the header (DOMAIN CT4/CT5 tiers). */
export const ignoredMm = 0.01;

/** Judges positions, mm, ascending along the normal; at least two. */
export function spacingOf(along: readonly number[]): Spacing {
  const gaps = along.slice(1).map((p, k) => p - along[k]);
  let run = { first: 0, last: 1 };
  for (let first = 0; first < gaps.length;) {
    let last = first + 1;
    while (last < gaps.length && Math.abs(gaps[last] - gaps[first]) <= ignoredMm) last++;
    if (last - first > run.last - run.first) run = { first, last };
    first = last;
  }
  // A millionth of a micrometre is the arithmetic's, not the scanner's.
  const gapMm = Math.round((along[run.last] - along[run.first]) / (run.last - run.first) * 1e9) / 1e9;
  let placeErrorMm = 0;
  for (let k = run.first; k <= run.last; k++) placeErrorMm = Math.max(placeErrorMm, Math.abs(along[k] - along[run.first] - gapMm * (k - run.first)));
  const odd = gaps.flatMap((mm, k) => Math.abs(mm - gapMm) > ignoredMm ? [{ afterSlice: k, fromMm: along[k], toMm: along[k + 1], mm }] : []);
  return { gapMm, placeErrorMm, odd, missing: odd.filter(({ mm }) => mm >= 1.5 * gapMm), run };
}

/** The single odd gap of a series where it is its first or last one, so that one slice stands apart at an end; null otherwise. */
export function oddEndOf({ odd }: Spacing, count: number): SliceGap | null {
  const [gap] = odd;
  return odd.length === 1 && (gap.afterSlice === 0 || gap.afterSlice === count - 2) ? gap : null;
}

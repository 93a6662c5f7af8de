import { freed } from "./field.ts";
import { gapToleranceMm } from "./rimWords.ts";
import { type RimStation, stationMm } from "./rimStations.ts";
import type { Vec } from "./vector.ts";

/** Distances over a set of stations, mm. */
export interface GapFigures { least: number; mean: number; p95: number; most: number }

/** How the rim lies against the bone (rule PL5). Lengths in mm, shares 0 to 1. */
export interface RimFigures {
  lengthMm: number;
  /** Stations, one each 0.25 mm along the outer edge. */
  points: number;
  /** Shares of the rim: undercut was removed; an edge thinner than the least wall was cut; the bone is not whole, so that nothing sets the gap. The second is judged. */
  undercutShare: number;
  featherShare: number;
  openShare: number;
  /** Gaps where the wall comes nearest to the bone, over the judged stations: where no undercut was removed and the bone is whole. */
  marginMm: GapFigures | null;
  /** Share of the judged stations within ± 0.1 mm of the asked margin. */
  withinShare: number;
  /** Share of all stations within it, whatever bounds the plate. */
  withinOverallShare: number;
  /** The nearest of all stations. */
  leastOverallMm: number;
  /** The same at the outer edge itself, over all stations where no undercut was removed; and the widest gap there of the judged ones whose edge was cut. */
  outerEdge: { marginMm: GapFigures | null; withinShare: number; cutMostMm: number | null };
}

function gapFigures(mm: readonly number[], marginMm: number): { marginMm: GapFigures | null; withinShare: number } {
  const sorted = [...mm].sort((a, b) => a - b), n = sorted.length;
  if (n === 0) return { marginMm: null, withinShare: 1 };
  return {
    marginMm: { least: sorted[0], mean: sorted.reduce((s, d) => s + d, 0) / n, p95: sorted[Math.floor(0.95 * (n - 1))], most: sorted[n - 1] },
    withinShare: sorted.filter((d) => Math.abs(d - marginMm) <= gapToleranceMm).length / n,
  };
}

/**
 * The gap along a rim against the asked margin.
 * @param whyFreed bits of `freed` at a point; 0 where the bone sets the gap
 */
export function rimFigures(stations: readonly RimStation[], marginMm: number, whyFreed: (at: Vec) => number): RimFigures {
  const judged: number[] = [], atEdge: number[] = [];
  let feather = 0, undercut = 0, open = 0, cutMostMm: number | null = null;
  for (const { edge, edgeMm, nearest, nearestMm } of stations) {
    const why = whyFreed(edge), isCut = (why & freed.feather) !== 0;
    if (!isCut && why & freed.undercut) { undercut++; continue; }
    atEdge.push(edgeMm);
    // Where the wall comes nearest to the bone it is the opening's own edge that bounds it.
    if (whyFreed(nearest) & freed.opening) open++;
    else {
      judged.push(nearestMm);
      if (!isCut) continue;
      feather++;
      cutMostMm = Math.max(cutMostMm ?? 0, edgeMm);
    }
  }
  const share = (points: number) => stations.length === 0 ? 0 : points / stations.length;
  return {
    lengthMm: stations.length * stationMm, points: stations.length, undercutShare: share(undercut), featherShare: share(feather), openShare: share(open),
    ...gapFigures(judged, marginMm),
    withinOverallShare: share(stations.filter(({ nearestMm }) => Math.abs(nearestMm - marginMm) <= gapToleranceMm).length),
    leastOverallMm: stations.reduce((least, { nearestMm }) => Math.min(least, nearestMm), Infinity),
    outerEdge: { ...gapFigures(atEdge, marginMm), cutMostMm },
  };
}

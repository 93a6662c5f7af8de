import type { RimFigures } from "./rim.ts";

/** How far a gap may be off the asked margin (PL5), mm. */
export const gapToleranceMm = 0.1;

/** A share in whole percent, rounded down: «100 %» is said of all of it alone. */
export const wholePercent = (share: number): string => `${Math.floor(share * 100 + 1e-9)} %`;

/** The rim's figures as the room and the design report tell them: where the gap is judged (PL5), and beside it at the outer edge. */
export function rimRows({ marginMm, withinShare, undercutShare, openShare, outerEdge }: RimFigures): { name: string; value: string }[] {
  return [
    { name: "Gap at the rim, mean", value: marginMm ? `${marginMm.mean.toFixed(2)} mm` : "–" },
    { name: `Rim within ${gapToleranceMm} mm of the gap`, value: marginMm ? `${wholePercent(withinShare)} of ${wholePercent(1 - undercutShare - openShare)}` : "–" },
    { name: "Within it at the outer edge", value: outerEdge.marginMm ? `${wholePercent(outerEdge.withinShare)} of ${wholePercent(1 - undercutShare)}` : "–" },
  ];
}

// Which plans cannot give a plate: a predicate written apart from the builder, from the plan and the hole's size alone.

/** What the predicate knows of a defect: radius of the hole and thickness of the bone, mm. */
export interface KnownDefect { radiusMm: number; boneMm: number }

/**
 * PL1: a refusal is foreseen where the gap and the bevel over the plate's depth leave less than 2 mm of radius at the inner
 * side, or where a given insertion axis leans more than 40° from the way out of the hole.
 */
export function isRefusalForeseen(plan: { thickness: number | "bone"; marginMm: number; bevelDeg: number }, { radiusMm, boneMm }: KnownDefect, leanDeg = 0): boolean {
  const depth = Math.max(plan.thickness === "bone" ? boneMm : plan.thickness, 0);
  return radiusMm - plan.marginMm - depth * Math.tan(plan.bevelDeg * Math.PI / 180) < 2 || leanDeg > 40;
}

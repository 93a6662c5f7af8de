import { type CheckReport, type Criterion, judged, worstOf } from "../../checks/criteria.ts";
import type { ImplantReport } from "./build.ts";

/** CR13: how far the plate's outer surface may stand off the bone's at the rim, mm; and where nobody could judge it any more. */
const stepPassMm = 1, stepFailMm = 10;
/** How unlike a head's sides may be in the plane found, mm, mean; what is told is cut off at 4 mm a place. Source: unverified. */
export const symmetryMm = 1.5, symmetryMostMm = 4;
/** CR10: share of the opening that perforations may take. */
export const perforatedShare = 0.15;

/** Openings through a plate more than were asked for; below 0, so many of those asked for do not go through or run out at the rim. Null where they cannot be counted. */
export const openingsUnasked = ({ features, soundness: { genus } }: Pick<ImplantReport, "features" | "soundness">): number | null =>
  genus === null ? null : genus - features.screwHoles.length - features.perforations.length;

/**
 * CK12: whether a plate came out as it was asked, and what it was made from can be right. Nothing here fails: what is beyond its
 * limit is built, and a person judges it.
 */
export function asPlanned({ plan, reference, features, soundness, stepOff }: Pick<ImplantReport, "plan" | "reference" | "features" | "soundness" | "stepOff">): Omit<CheckReport, "node"> {
  const most = (id: string, what: string, value: number | null, unit: string, pass: number, fail: number, source: string): Criterion => judged({ id, what, value, unit, pass, fail, isLeast: false, source });
  const openings = openingsUnasked({ features, soundness });
  // Beside the rest of the rim there is nothing to step to, and nothing is known of it.
  const stepMm = stepOff.stations >= stepOff.boneless ? stepOff.p95Mm : null;
  const isMirrored = plan.reference !== "spline" && reference.mirroredShare > 0, { screwHoles, perforations, droppedTabs } = features;
  const criteria = [
    most("stepOff", "Step between plate and bone at the rim, 95 %", stepMm, "mm", stepPassMm, stepFailMm, "unverified (CR13)"),
    ...isMirrored ? [most("symmetry", "Mean difference between the head's sides in the plane of symmetry that was found", reference.symmetry.meanErrorMm, "mm", symmetryMm, symmetryMostMm, "unverified")] : [],
    most("droppedTabs", "Tabs that found no bone to lie on", droppedTabs, "tabs", 0, Math.max(1, features.tabs + droppedTabs), "CR6"),
    most("openings", "Openings through the plate more or fewer than asked for", openings === null ? null : Math.abs(openings), "openings", 0, 1000, "own"),
    ...plan.perforation === null ? [] : [most("perforated", "Share of the opening that perforations take", features.perforationAreaShare, "share", perforatedShare, 1, "unverified (CR10)")],
  ];
  return {
    check: "implant", isPreview: false, verdict: worstOf(criteria), criteria,
    method: "Step-off every 0.25 mm along the outer edge: height of the plate's outer surface less the median height of the bone's 1 to 4 mm outside the opening, both above the reconstructed outer table; not judged where less than half of it has bone beside it. Symmetry over the vault's outer table by direction, differences cut off at 4 mm. Openings from the solid's genus.",
    numbers: { stepOff: { ...stepOff }, symmetryMm: reference.symmetry.meanErrorMm, mirroredShare: reference.mirroredShare, screwHoles: screwHoles.length, perforations: perforations.length },
  };
}

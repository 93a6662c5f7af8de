// DOMAIN.md §3 as findings: every limit is data with its source, by region; a report shows value, limit and unit.
import { kernelKind, isConeBeam } from "./ctKernels.ts";
import type { Motion } from "./motion.ts";
import type { SeriesPlan } from "./series.ts";
import { oddEndOf } from "./seriesGaps.ts";
import type { VolumeFacts } from "./volumeFacts.ts";

export type Region = "cranial" | "face" | "dental" | "longBone" | "pelvis" | "other";
export const regions: readonly Region[] = ["cranial", "face", "dental", "longBone", "pelvis", "other"];
export type Severity = "pass" | "attention" | "blocked";
/** A check's result: blocked stops release until a person with the right to judge overrides it in writing. */
export interface Finding {
  code: string;
  severity: Severity;
  value: number | string | null;
  limit: number | string | null;
  unit: string | null;
  message: string;
  files: string[];
}
export const finding = (code: string, severity: Severity, message: string, rest: Partial<Finding> = {}): Finding =>
  ({ code, severity, value: null, limit: null, unit: null, message, files: [], ...rest });

/** Thickness bands in mm: pass up to the first, attention up to the second (CT1 to CT3; [S48], [S49], [S15]). */
const thicknessBands: Readonly<Record<Region, { code: string; pass: number; attention: number }>> = {
  cranial: { code: "CT1", pass: 1, attention: 1.25 }, face: { code: "CT2", pass: 0.65, attention: 1 }, dental: { code: "CT2", pass: 0.65, attention: 1 },
  longBone: { code: "CT3", pass: 1.25, attention: 2 }, pelvis: { code: "CT3", pass: 1.25, attention: 2 },
  // No row of the table is for it: the loosest one, never better than attention.
  other: { code: "CT3", pass: 1.25, attention: 2 },
};
/** Up to `pass`, up to `attention`, beyond. */
export const band = (value: number, pass: number, attention: number): Severity => value <= pass ? "pass" : value <= attention ? "attention" : "blocked";
const round = (value: number, digits = 3) => Number(value.toFixed(digits));

/** What is known of a scan beside its voxels. */
export interface ScanFacts {
  region: Region;
  modality: string;
  manufacturer: string;
  model: string;
  kernel: string;
  /** Distinct slice thicknesses in mm. */
  thicknessesMm: number[];
  pixelMm: number;
  plan: SeriesPlan | null;
  /** Label of the k-th slice in the plan's order. */
  labelOf: (k: number) => string;
  ageDays: number | null;
  isChild: boolean;
  pitch: number | null;
  /** What slices say that their values are (0028,1054), each once; those that say nothing left out. */
  rescaleTypes?: readonly string[];
  lossy: string | null;
  patientPositions: string[];
  patients: number;
}

/** Degrees of an angle given as its tangent, by the atan series' own inverse: small and exact enough for a report. */
export type Degrees = (tangent: number) => number;

/** CT1 to CT3 of a thickness, mm; where it is not told (null), of the planes' distance, which it is not better than attention for. */
export function judgeThickness(region: Region, thicknessMm: number | null, planesMm: number | null): Finding {
  const { code, pass, attention } = thicknessBands[region], mm = thicknessMm ?? planesMm, isOther = region === "other", limits = { limit: attention, unit: "mm" };
  const wanted = `at most ${pass} mm is wanted and ${attention} mm can be taken for ${isOther ? "large bones, the loosest rule there is; for this region there is none" : "this region"}.`;
  if (mm === null) return finding(code, "attention", "The slice thickness (0018,0050) is not recorded.", limits);
  const judged = band(mm, pass, attention), severity = judged === "pass" && (thicknessMm === null || isOther) ? "attention" : judged;
  return finding(code, severity, thicknessMm !== null ? `Slices are ${mm} mm thick; ${wanted}`
    : `The slice thickness is not recorded; the planes lie ${round(mm, 4)} mm apart, which is taken for it: ${wanted} Slices may be thicker than that.`, { value: round(mm, 5), ...limits });
}

/** CT7. */
export const judgePixel = (pixelMm: number): Finding =>
  finding("CT7", band(pixelMm, 0.5, 0.7), `A pixel is ${round(pixelMm, 4)} mm wide; at most 0.5 mm is wanted.`, { value: pixelMm, limit: 0.7, unit: "mm" });

/** CT8. @param untold what to say where there is no kernel */
export function kernelFinding(manufacturer: string, kernel: string, untold: string): Finding {
  const kind = kernelKind(manufacturer, kernel), value = kernel.slice(0, 32) || null;
  return kind === "standard" ? finding("CT8", "pass", "The reconstruction kernel is a standard or soft one.", { value })
    : kind === "sharp" ? finding("CT8", "attention", "The reconstruction kernel is a sharp one, which makes edges overshoot; a standard second reconstruction is wanted.", { value })
      : finding("CT8", "blocked", kernel ? "The reconstruction kernel is not known to us; a person judges it." : untold, { value });
}

/** CT11. @param untold what to say where the age is not known @param by who said it, where no file did */
export function judgeAge(ageDays: number | null, isChild: boolean, untold: string, by = ""): Finding {
  const [fresh, old] = isChild ? [30, 61] : [92, 184];
  return ageDays === null ? finding("CT11", "attention", untold, { limit: old, unit: "d" })
    : finding("CT11", ageDays < 0 ? "blocked" : band(ageDays, fresh, old), ageDays < 0 ? "The scan lies after the day given." : `The scan is ${ageDays} days old${by}${isChild ? " (limits for a child)" : ""}.`, { value: ageDays, limit: old, unit: "d" });
}

/** Checks of acquisition and geometry (CT1 to CT8, CT10 to CT12). */
export function judgeScan(scan: ScanFacts, degrees: Degrees): Finding[] {
  const { plan } = scan, thickness = scan.thicknessesMm.length > 0 ? Math.max(...scan.thicknessesMm) : null, found = [judgeThickness(scan.region, thickness, plan?.spacing.gapMm ?? null)];
  if (scan.thicknessesMm.length > 1) found.push(finding("CT5", "blocked", `Slices of different thickness are mixed: ${scan.thicknessesMm.join(", ")} mm.`, { value: scan.thicknessesMm.length, limit: 1 }));
  if (plan) found.push(...judgeSpacing(scan, plan, thickness), ...judgeTilt(plan, degrees));
  found.push(judgePixel(scan.pixelMm), kernelFinding(scan.manufacturer, scan.kernel, "The reconstruction kernel (0018,1210) is not recorded."));
  found.push(scan.pitch === null ? finding("CT10", "attention", "Pitch is not recorded.", { limit: 1 })
    : finding("CT10", band(scan.pitch, 1, 1.5), `Spiral pitch ${scan.pitch}.`, { value: scan.pitch, limit: 1.5 }));
  found.push(judgeAge(scan.ageDays, scan.isChild, "The scan's age is not judged."));
  found.push(isConeBeam(scan.manufacturer, scan.model) ? finding("CT12", "attention", "This is a cone-beam scanner: its grey values are not HU, thresholds in HU do not hold.", { value: "CBCT", limit: "CT" })
    : finding("CT12", "pass", "The modality is CT.", { value: "CT", limit: "CT" }));
  // PS3.3 C.8.2.1: the type is told where it is not HU; US says nothing of it.
  const quantities = (scan.rescaleTypes ?? []).filter((type) => !["HU", "US"].includes(type.toUpperCase())).map((type) => type.replace(/[^\x20-\x7e]/g, "").slice(0, 16));
  if (quantities.length > 0) found.push(finding("not-hu", "blocked", `The values are not HU but ${quantities.join(", ")} (Rescale Type 0028,1054): thresholds for bone mean nothing in them. Ask for the CT images in HU.`, { value: quantities.join(" "), limit: "HU" }));
  if (plan && plan.straightenedMm > 0) found.push(finding("straightened", "attention", `The row and column directions (0020,0037) are not of unit length or not at right angles; they were made so, which moves the far corner of a slice by ${round(plan.straightenedMm)} mm.`, { value: round(plan.straightenedMm, 4), limit: 0, unit: "mm" }));
  if (scan.lossy) found.push(finding("lossy", "attention", `The pixels were compressed with loss (${scan.lossy}); edges and HU may be off.`, { value: scan.lossy }));
  if (scan.patients > 1) found.push(finding("patient-mix-up", "blocked", `The slices of this series name ${scan.patients} different patients (0010,0010/0020/0030).`, { value: scan.patients, limit: 1 }));
  const positions = scan.patientPositions;
  found.push(positions.length === 1 && /^(HF|FF)(S|P|DL|DR)$/.test(positions[0]) ? finding("laterality", "pass", `Left and right follow Image Orientation; the patient lay ${positions[0]}.`, { value: positions[0] })
    : positions.length > 1 ? finding("laterality", "blocked", `Patient Position (0018,5100) differs between slices: ${positions.join(", ")}. Left and right must be confirmed.`, { value: positions.join(" ") })
      : finding("laterality", "attention", "Patient Position (0018,5100) is not recorded; left and right follow Image Orientation alone. Compare with a mark in the scan.", {}));
  return found;
}

function judgeSpacing(scan: ScanFacts, plan: SeriesPlan, thickness: number | null): Finding[] {
  const found: Finding[] = [], { spacing, along } = plan, gapMm = round(spacing.gapMm, 4);
  if (thickness !== null && thickness > 0) {
    const gap = Math.max(0, spacing.gapMm - thickness) / thickness;
    found.push(finding("CT4", band(gap, 0.001, 0.1), gap > 0.001 ? `Slices are ${gapMm} mm apart and ${thickness} mm thick: there are gaps.` : `Slices are ${gapMm} mm apart and ${thickness} mm thick: they touch or overlap.`, { value: round(gap * 100, 2), limit: 10, unit: "%" }));
  }
  if (spacing.odd.length === 0) {
    found.push(finding("spacing", "pass", `All ${along.length} slices lie ${gapMm} mm apart, within ${round(spacing.placeErrorMm, 4)} mm.`, { value: round(spacing.placeErrorMm, 5), limit: 0.01, unit: "mm" }));
    return found;
  }
  const beyond = plan.planes.length > 0 ? Math.max(along[0] - plan.planes[0], plan.planes[plan.planes.length - 1] - along[along.length - 1]) : 0;
  const beyondText = beyond > 0.01 ? ` The last plane lies ${round(beyond)} mm beyond the last slice and repeats it.` : "";
  const name = (k: number) => scan.labelOf(k), { run } = spacing, isEnd = oddEndOf(spacing, along.length) !== null;
  const runText = `${run.last - run.first + 1} slices ${gapMm} mm apart`;
  for (const gap of spacing.missing.slice(0, 50)) {
    const lost = Math.round(gap.mm / spacing.gapMm) - 1;
    found.push(finding("missing-slices", "blocked", `Between ${name(gap.afterSlice)} and ${name(gap.afterSlice + 1)} the gap is ${round(gap.mm)} mm instead of ${gapMm} mm: ${lost} slice${lost === 1 ? "" : "s"} may be missing. What lies there was interpolated.`,
      { value: round(gap.mm), limit: gapMm, unit: "mm", files: [name(gap.afterSlice), name(gap.afterSlice + 1)] }));
  }
  const uneven = spacing.odd.filter((gap) => !spacing.missing.includes(gap));
  if (uneven.length > 0) {
    const worst = uneven.reduce((a, b) => Math.abs(b.mm - spacing.gapMm) > Math.abs(a.mm - spacing.gapMm) ? b : a), share = Math.abs(worst.mm - spacing.gapMm) / spacing.gapMm;
    const severity: Severity = isEnd ? "attention" : share <= 0.1 ? "attention" : "blocked";
    found.push(finding(isEnd ? "uneven-end-slice" : "uneven-spacing", severity,
      `${uneven.length} of ${along.length - 1} gaps are uneven, most between ${name(worst.afterSlice)} and ${name(worst.afterSlice + 1)}: ${round(worst.mm)} mm instead of ${gapMm} mm. ${plan.leftOut.length > 0 ? "Those slices were left out." : `Every slice was placed where its header says; the longest even run (${runText}) can be taken instead with --use-regular-part.${beyondText}`}`,
      { value: round(worst.mm), limit: gapMm, unit: "mm", files: [name(worst.afterSlice), name(worst.afterSlice + 1)] }));
  }
  return found;
}

function judgeTilt(plan: SeriesPlan, degrees: Degrees): Finding[] {
  const tilt = round(degrees(plan.tiltTangent), 2), found: Finding[] = [];
  found.push(tilt <= 0.1 ? finding("CT6", "pass", "The slices are not tilted against the table.", { value: tilt, limit: 0.1, unit: "deg" })
    : finding("CT6", tilt <= 30 ? "attention" : "blocked", `The gantry was tilted by ${tilt}° (from the slices' positions)${plan.reasons.includes("tilted") || plan.reasons.includes("oblique") ? "; corrected by resampling." : ": less than 0.05 mm over this stack; nothing was resampled for it."}`, { value: tilt, limit: 30, unit: "deg" }));
  if (plan.mode === "resample") {
    found.push(finding("resampled", "attention", `The volume was resampled because the series is ${plan.reasons.join(" and ")}; the original geometry is kept in the provenance.`, { value: plan.reasons.join(" ") }));
  }
  return found;
}

/** Bone of this area at an end of the scan, mm², is cut off, not grazed. */
export const cutMm2 = 50;

/** What the scan's upper and lower end cut, mm². */
export type Coverage = Pick<VolumeFacts, "boneAtTopMm2" | "vaultAtTopMm2" | "boneAtBottomMm2" | "frontAtBottomMm2">;

/** CT9: what has to lie in the field of view, by region. Where the defect lies nobody knows yet. */
export function judgeCoverage({ boneAtTopMm2, vaultAtTopMm2, boneAtBottomMm2, frontAtBottomMm2 }: Coverage, region: Region): Finding {
  const of = (value: number) => ({ value: round(value, 1), limit: cutMm2, unit: "mm2" });
  if (region === "cranial") {
    return vaultAtTopMm2 > cutMm2 ? finding("CT9", "blocked", `The scan ends in the skull: the topmost slice holds ${round(vaultAtTopMm2, 0)} mm² of bone.`, of(vaultAtTopMm2))
      : finding("CT9", "pass", "The vault is covered to its top.", of(vaultAtTopMm2));
  }
  if (region === "face" || region === "dental") {
    return frontAtBottomMm2 > cutMm2 ? finding("CT9", region === "dental" ? "blocked" : "attention", `The scan ends in the jaw: the lowest slice holds ${round(frontAtBottomMm2, 0)} mm² of bone in front.`, of(frontAtBottomMm2))
      : finding("CT9", "pass", "The jaw is covered to its lower edge.", of(frontAtBottomMm2));
  }
  const ends = [...boneAtTopMm2 > cutMm2 ? [`at the top (${round(boneAtTopMm2, 0)} mm²)`] : [], ...boneAtBottomMm2 > cutMm2 ? [`at the bottom (${round(boneAtBottomMm2, 0)} mm²)`] : []];
  const whole = region === "longBone" ? " The joint next to the defect must lie in it." : "";
  return ends.length > 0 ? finding("CT9", "attention", `Bone is cut off ${ends.join(" and ")}: the defect and 20 mm around it must lie between the ends.${whole}`, of(Math.max(boneAtTopMm2, boneAtBottomMm2)))
    : finding("CT9", "pass", "No bone is cut off at the top or the bottom.", of(Math.max(boneAtTopMm2, boneAtBottomMm2)));
}

/** CK2: steps of the patient between slices. The limits are what is expected of an implant's edge (DOMAIN, CR13: step-off at most 0.5 to 1 mm, unverified). */
export function judgeMotion(motion: Motion | null): Finding {
  if (!motion || motion.judgedShare < 0.5) return finding("motion", "attention", `Whether the patient moved is not judged: ${motion ? `too little bone with clear edges (${round(100 * motion.judgedShare, 0)} % of the steps between slices)` : "the slices do not lie across the patient"}. Look at the slices for steps and double contours.`, { limit: 0.5, unit: "mm" });
  const { stepMm, plane } = motion, severity = band(stepMm, 0.5, 1);
  return finding("motion", severity, severity === "pass" ? `No step of the patient between slices is seen (${round(stepMm, 2)} mm at most). Blur within a slice is not judged.`
    : `Between ${motion.isOfSlices ? "slices" : "planes"} ${plane + 1} and ${plane + 2} from the feet everything steps sideways or forward by ${round(stepMm, 2)} mm: the patient or the table moved.`, { value: round(stepMm, 2), limit: 1, unit: "mm" });
}

/** Checks of the voxels: field of view, coverage, metal, noise, HU peaks (CT9 and beside). */
export function judgeVoxels(facts: VolumeFacts, region: Region): Finding[] {
  const found: Finding[] = [];
  found.push(facts.boneAtBorderMm2 > 25 ? finding("fov", "blocked", `Bone reaches the edge of the field of view over ${round(facts.boneAtBorderMm2, 0)} mm²: anatomy is cut off.`, { value: round(facts.boneAtBorderMm2, 1), limit: 25, unit: "mm2" })
    : facts.bodyAtBorderMm2 > 400 ? finding("fov", "attention", `Body or table reaches the edge of the field of view over ${round(facts.bodyAtBorderMm2, 0)} mm².`, { value: round(facts.bodyAtBorderMm2, 1), limit: 400, unit: "mm2" })
      : finding("fov", "pass", "The body lies inside the field of view.", { value: round(facts.bodyAtBorderMm2, 1), limit: 400, unit: "mm2" }));
  found.push(judgeCoverage(facts, region));
  found.push(facts.metalMm3 > 50 ? finding("metal", "attention", `${round(facts.metalMm3, 0)} mm³ lie above 2500 HU: metal is likely, and it may cast streaks.`, { value: round(facts.metalMm3, 1), limit: 50, unit: "mm3" })
    : finding("metal", "pass", "No metal was found.", { value: round(facts.metalMm3, 1), limit: 50, unit: "mm3" }));
  if (facts.streakHu !== null) found.push(facts.streakHu > 25 ? finding("streaks", "attention", `Streaks run from the metal through soft tissue (contrast ${round(facts.streakHu, 0)} HU): thresholds and surfaces near it are not to be trusted.`, { value: round(facts.streakHu, 1), limit: 25, unit: "HU" })
    : finding("streaks", "pass", `The metal casts few streaks (contrast ${round(facts.streakHu, 0)} HU).`, { value: round(facts.streakHu, 1), limit: 25, unit: "HU" }));
  if (facts.noiseHu !== null) found.push(finding("noise", facts.noiseHu <= 40 ? "pass" : "attention", `Noise in soft tissue is about ${round(facts.noiseHu, 1)} HU between neighbouring voxels.`, { value: round(facts.noiseHu, 1), limit: 40, unit: "HU" }));
  const { airHu, softHu } = facts, airOff = airHu === null ? 0 : Math.abs(airHu + 1000), softOff = softHu === null ? 0 : Math.abs(softHu - 40);
  const isOff = airOff > 60 || softOff > 80;
  found.push(airHu === null ? finding("hu-peaks", softHu === null || softHu < 0 ? "blocked" : "attention", "No peak of air was found near −1000 HU: the values may not be HU (a rescale missing or wrong).", { value: softHu, unit: "HU" })
    : finding("hu-peaks", isOff ? "attention" : "pass", `Peaks: air ${airHu ?? "none"} HU, soft tissue ${softHu ?? "none"} HU; bone above 300 HU ${round(facts.boneMm3 / 1000, 1)} cm³.`, { value: airHu ?? softHu, limit: 60, unit: "HU" }));
  return found;
}

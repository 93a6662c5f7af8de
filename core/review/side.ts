import type { ImplantReport } from "../implant/cranial/build.ts";
import { pi } from "../space/math.ts";
import type { Prescription } from "./manifest.ts";

/** Nearer to the plane of symmetry than this, an implant is on neither side, mm. */
const midlineMm = 5;

/** Where an implant lies: its defect's distance from the head's plane of symmetry, mm, positive to the patient's right (RAS +x). */
export function rightOfMidlineMm({ defect: { centreRas: [x, y, z] }, reference: { symmetry: { normal: [nx, ny, nz], offsetMm } } }: Pick<ImplantReport, "defect" | "reference">): number {
  const away = nx * x + ny * y + nz * z - offsetMm;
  return nx < 0 ? -away : away;
}

/** Why a prescription's side cannot be right; null where it can. A plate for the wrong side is the worst that can be signed. */
export function sideConflict(side: Prescription["side"], implant: Pick<ImplantReport, "defect" | "reference">): string | null {
  const mm = rightOfMidlineMm(implant), lies = mm > midlineMm ? "right" : mm < -midlineMm ? "left" : "midline";
  if (lies === "midline" || lies === side) return null;
  // On both sides, or on the midline, is what reaches it: an opening as wide as a circle of its area.
  if ((side === "both" || side === "midline") && Math.abs(mm) <= Math.sqrt(implant.defect.areaMm2 / pi) + midlineMm) return null;
  return `The prescription says ${side === "both" ? "both sides" : side}, and the implant lies ${Math.abs(Math.round(mm))} mm to the patient's ${lies} of the midline. Correct whichever is wrong, then freeze again.`;
}

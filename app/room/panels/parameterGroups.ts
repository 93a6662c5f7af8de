import { materialProfiles } from "../../../core/implant/materials.ts";
import { planParameters, type PlanParameter } from "../../../core/implant/plan.ts";

/** The parameters of a plate as the panel groups them. */
export const parameterGroups: readonly { title: string; keys: readonly string[] }[] = [
  { title: "Defect", keys: ["bone", "region", "reference"] },
  { title: "Body", keys: ["material", "thickness", "contourMm", "buildDirection"] },
  { title: "Rim", keys: ["marginMm", "bevelDeg", "edgeRadiusMm"] },
  { title: "Fixation", keys: ["fixation", "fixationCount", "fixationSpacingMm", "tabThicknessMm", "screwDiameterMm"] },
  { title: "Perforation", keys: ["perforation", "perforationDiameterMm", "perforationPitchMm", "perforationRimMm"] },
  { title: "Insertion", keys: ["insertionAxis"] },
];

/** Parameters that say something only while another one has a value. */
const needs: Readonly<Record<string, string>> = {
  fixationPoints: "fixation", fixationCount: "fixation", fixationSpacingMm: "fixation", tabThicknessMm: "fixation", screwDiameterMm: "fixation",
  perforationDiameterMm: "perforation", perforationPitchMm: "perforation", perforationRimMm: "perforation",
};

/** Whether a part of this material is built in layers, so that overhang counts. */
const isPrinted = (material: unknown): boolean => materialProfiles.some(({ id, supportDeg }) => id === material && supportDeg !== null);

/** Whether a parameter matters as the others stand. */
export const isShown = (key: string, valueOf: (key: string) => unknown): boolean =>
  key === "buildDirection" ? isPrinted(valueOf("material")) : needs[key] === undefined || valueOf(needs[key]) !== null;

/** A parameter's description. */
export function parameterOf(key: string): PlanParameter {
  const found = planParameters.find((one) => one.key === key);
  if (!found) throw new RangeError(key);
  return found;
}

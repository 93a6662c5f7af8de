import { materialOf } from "./materials.ts";
import type { CranialPlan } from "./plan.ts";

/** Least tab thickness that a plan takes by default, mm (core/implant/plan). */
const usualTabMm = 0.6;
const usualHoleMm = 2.5;

/**
 * What a plan takes over when a material is chosen: the plate's usual thickness, and tabs and holes that the process can
 * make (the profile's own numbers and sources, core/implant/materials). A thickness of the bone's own stays.
 * @throws RangeError for a material that no plan can hold
 */
export function materialPreset(material: string, plan: Pick<CranialPlan, "thickness">): Partial<CranialPlan> {
  const { plateMm: [, usual], leastWallMm, leastHoleMm } = materialOf(material);
  return {
    material, ...(plan.thickness === "bone" ? {} : { thickness: usual }),
    tabThicknessMm: Math.max(usualTabMm, leastWallMm), perforationDiameterMm: Math.max(usualHoleMm, leastHoleMm),
  };
}

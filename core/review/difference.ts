import { type CranialPlan, planParameters } from "../implant/plan.ts";
import { brickVoxels } from "../mask/brick.ts";
import type { Labelmap } from "../mask/labelmap.ts";

/** How many voxels one label value gained and lost between two labelmaps of one grid. */
export interface SegmentChange { value: number; added: number; removed: number }

/** What changed from one labelmap to another, by label value, ascending; values without a change are left out. */
export function labelDifference(before: Labelmap, after: Labelmap): SegmentChange[] {
  const added = new Float64Array(256), removed = new Float64Array(256);
  for (const index of new Set([...before.bricks.keys(), ...after.bricks.keys()])) {
    const old = before.bricks.get(index), now = after.bricks.get(index);
    for (let i = 0; i < brickVoxels; i++) {
      const was = old ? old[i] : 0, is = now ? now[i] : 0;
      if (was === is) continue;
      removed[was]++;
      added[is]++;
    }
  }
  return [...added.keys()].slice(1).flatMap((value) => (added[value] + removed[value] > 0 ? [{ value, added: added[value], removed: removed[value] }] : []));
}

/** A parameter that two plans say differently. */
export interface ParameterChange { key: string; name: string; unit: string | null; before: unknown; after: unknown }

/** Parameters that differ, in the order of the plan; `before` null: there was no plan. */
export function planDifference(before: CranialPlan | null, after: CranialPlan): ParameterChange[] {
  return planParameters.flatMap(({ key, name, unit }): ParameterChange[] => {
    const was = before?.[key as keyof CranialPlan] ?? null, is = after[key as keyof CranialPlan] ?? null;
    return before !== null && JSON.stringify(was) === JSON.stringify(is) ? [] : [{ key, name, unit, before: was, after: is }];
  });
}

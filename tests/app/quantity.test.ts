import { expect, it } from "vitest";
import { planParameters } from "../../core/implant/plan.ts";
import { choiceName } from "../../core/implant/planWords.ts";
import { formatQuantity } from "../../app/ui/quantity.ts";

it("a number is told with its unit: a true minus, degrees without a gap, one of a thing in the singular", () => {
  expect([formatQuantity(-999, "HU"), formatQuantity(7, "°"), formatQuantity(1, "slices"), formatQuantity(0, "slices"), formatQuantity(1, "mm"), formatQuantity(0.4785156, "mm", 3), formatQuantity(-0.001, "mm"), formatQuantity(3, null)])
    .toEqual(["−999 HU", "7°", "1 slice", "0 slices", "1 mm", "0.479 mm", "0 mm", "3"]);
});

it("every choice that a plan can store has a name for people", () => {
  const stored = planParameters.flatMap(({ key, choices }) => (key === "family" ? [] : choices ?? []));
  expect(stored.length).toBeGreaterThan(5);
  for (const choice of stored) expect([choice, choiceName(choice)]).not.toEqual([choice, null]);
  for (const choice of stored) expect(choiceName(choice)).not.toBe(choice);
});

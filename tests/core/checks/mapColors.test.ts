import { describe, expect, it } from "vitest";
import { fitColors, wallColors } from "../../../core/checks/mapColors.ts";
import { materialProfiles } from "../../../core/implant/materials.ts";
import { readPlan } from "../../../core/implant/plan.ts";
import { materialPreset } from "../../../core/implant/presets.ts";

const nameAt = (map: ReturnType<typeof fitColors>, v: number): string => {
  const rgb = [...map.rgba.subarray(4 * v, 4 * v + 3)].join();
  return map.legend.find((band) => band.rgb.join() === rgb)?.name ?? "none";
};

describe("maps of checks", () => {
  it("MQ5: a vertex gets the band of its gap against the plan's, and the legend names its limits", () => {
    const map = fitColors(new Float32Array([-0.2, 0.02, 0.15, 0.5, 0.9, 1.4, 4]), 0.5);
    expect([0, 1, 2, 3, 4, 5, 6].map((v) => nameAt(map, v))).toEqual(["overlaps bone", "a little off", "a little off", "as planned", "a little off", "wider than planned", "away from the bone"]);
    expect(map.legend.find(({ name }) => name === "as planned")?.range).toBe("0.50 ± 0.25");
    expect(nameAt(fitColors(new Float32Array([0.2]), 1), 0)).toBe("narrower than planned");
  });

  it("walls thinner than the process makes stand out", () => {
    const map = wallColors(new Float32Array([0.5, 1.1, 1.2, 3]), 1.2);
    expect([0, 1, 2, 3].map((v) => nameAt(map, v))).toEqual(["under half of the least wall", "thinner than the least wall", "up to twice the least wall", "thicker"]);
  });

  it("every material's preset is a plan that reads, within the material's own rules", () => {
    for (const { id, plateMm, leastWallMm } of materialProfiles) {
      const read = readPlan({ family: "cranial", bone: 1, ...materialPreset(id, { thickness: 4 }) });
      expect(read).toHaveProperty("plan");
      if (!("plan" in read)) continue;
      expect(read.plan.thickness).toBe(plateMm[1]);
      expect(read.plan.tabThicknessMm).toBeGreaterThanOrEqual(leastWallMm);
    }
    expect(materialPreset("peek-machined", { thickness: "bone" })).not.toHaveProperty("thickness");
  });
});

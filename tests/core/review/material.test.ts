import { describe, expect, it } from "vitest";
import { materialProfiles } from "../../../core/implant/materials.ts";
import { materialConflict } from "../../../core/review/material.ts";

describe("RV6: the prescription's material against the plan's", () => {
  it("each pair of profiles that differ is a conflict, which names both; a profile agrees with itself", () => {
    for (const prescribed of materialProfiles) for (const planned of materialProfiles) {
      const conflict = materialConflict(prescribed.name, planned.id);
      if (prescribed === planned) expect(conflict).toBeNull();
      else for (const { name } of [prescribed, planned]) expect(conflict).toContain(`«${name}»`);
    }
  });

  it("a profile is named however it is capitalised", () => {
    expect(materialConflict(" peek, MACHINED ", "ti6al4v-lpbf")).toContain("«PEEK, machined»");
  });

  it("words that name no profile are left to people", () => {
    expect(materialConflict("PEEK", "ti6al4v-lpbf")).toBeNull();
  });
});

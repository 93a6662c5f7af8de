import { describe, expect, it } from "vitest";
import { buildPlate, prepareDefect } from "../../../core/implant/cranial/build.ts";
import { rimFigures } from "../../../core/implant/cranial/rim.ts";
import { rimStations } from "../../../core/implant/cranial/rimStations.ts";
import { rimRows } from "../../../core/implant/cranial/rimWords.ts";
import { materialOf } from "../../../core/implant/materials.ts";
import { type CranialPlan, readPlan } from "../../../core/implant/plan.ts";
import { coneVault } from "./vault.ts";

const planOf = (more: Record<string, unknown> = {}): CranialPlan => {
  const read = readPlan({ family: "cranial", bone: 1, thickness: 4, bevelDeg: 5, perforation: null, fixation: null, material: "peek-machined", ...more });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
};

describe("the rim's gap, in a hole whose wall leans out by 55° all round", { timeout: 400_000 }, () => {
  const inputs = coneVault({ direction: [0.3, -0.1, 1], radiusMm: 16 }, 55), prepared = prepareDefect({ plan: planOf(), ...inputs });

  it("PL5: is the asked one where the wall comes nearest to the bone, also where the edge was cut to the least wall; both figures are told", async () => {
    for (const marginMm of [0.5, 0.8]) {
      const { report: { rim, notes } } = await buildPlate(planOf({ marginMm }), prepared);
      expect(rim.featherShare).toBeGreaterThan(0.5);
      expect(rim.openShare + rim.undercutShare).toBeLessThan(0.05);
      expect(rim.withinShare).toBeGreaterThanOrEqual(0.99);
      expect(rim.leastOverallMm).toBeGreaterThanOrEqual(marginMm - 0.05);
      expect(rim.outerEdge.cutMostMm).toBeLessThanOrEqual(marginMm + materialOf("peek-machined").leastWallMm);
      // No more is cut than the least wall asks (0.12 mm on the mean): cut 0.3 mm farther in, the outer edge lies 0.25 mm beyond the gap.
      expect(rim.outerEdge.marginMm?.mean).toBeLessThan(marginMm + 0.17);
      expect(rim.outerEdge.withinShare).toBeLessThan(0.7);
      expect(notes.find(({ code }) => code === "cut-edge")).toMatchObject({ source: "PL5", value: expect.closeTo(rim.outerEdge.withinShare, 2) });
      expect(rimRows(rim).map(({ value }) => value)[2]).toMatch(new RegExp(`^${Math.floor(rim.outerEdge.withinShare * 100)} % of`));
    }
  });

  it("PL5: a plate 0.3 mm farther from the bone, or nearer, is not within it anywhere", async () => {
    const { mesh } = await buildPlate(planOf({ marginMm: 0.8 }), prepared), stations = rimStations(mesh, prepared.place, 0.4, prepared.boneTree);
    expect(stations.length).toBeGreaterThan(300);
    expect(rimFigures(stations, 0.8, () => 0).withinShare).toBeGreaterThanOrEqual(0.99);
    for (const asked of [0.5, 1.1]) expect(rimFigures(stations, asked, () => 0).withinShare).toBeLessThan(0.01);
  });
});

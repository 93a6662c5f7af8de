import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildPlate, cranialNode, type CranialImplant, prepareDefect } from "../../../core/implant/cranial/build.ts";
import { materialIds, materialOf } from "../../../core/implant/materials.ts";
import { type CranialPlan, readPlan } from "../../../core/implant/plan.ts";
import { ImplantRefused } from "../../../core/implant/refusal.ts";
import { soundnessOf } from "../../../core/surface/soundness.ts";
import { decodeStl, encodeStl } from "../../../core/surface/stl.ts";
import { seeded } from "../../bench/cranial/sites.ts";
import { isRefusalForeseen } from "./foreseen.ts";
import { vault } from "./vault.ts";

/** Three defects: at the side, on the midline, at the back. */
const defects = [
  { direction: [0.8, -0.2, 0.55], radiusMm: 14 }, { direction: [0.02, 0.1, 1], radiusMm: 11 }, { direction: [-0.45, -0.75, 0.5], radiusMm: 12.5 },
] as const;
const boneMm = 6, plans = Number(process.env.RANDOM_PLANS ?? 40);

function randomPlan(random: () => number): CranialPlan {
  const between = (low: number, high: number) => Math.round((low + random() * (high - low)) * 100) / 100;
  const read = readPlan({
    family: "cranial", bone: 1, thickness: random() < 0.3 ? "bone" : between(0.8, 7), marginMm: between(0, 2.5), bevelDeg: between(0, 20), edgeRadiusMm: between(0, 0.6),
    contourMm: between(-1, 0.5), perforation: random() < 0.5 ? "hexagonal" : null, perforationDiameterMm: between(1, 4), perforationPitchMm: between(6, 14), perforationRimMm: between(3, 8),
    fixation: random() < 0.5 ? "tabs" : null, fixationCount: Math.floor(random() * 6), screwDiameterMm: between(1, 2.4), material: materialIds[Math.floor(random() * materialIds.length)],
  });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
}

/** What is wrong with an implant against its plan; empty where nothing is. Bounds from the hole's geometry alone. */
function faultsOf({ mesh, report }: CranialImplant, plan: CranialPlan, radiusMm: number): string[] {
  const sound = soundnessOf(decodeStl(encodeStl(mesh))), faults: string[] = [];
  if (sound.openEdges + sound.nonManifoldEdges + sound.nonManifoldVertices + report.soundness.selfIntersections > 0 || sound.components !== 1) faults.push("not sound");
  const depth = plan.thickness === "bone" ? boneMm : plan.thickness, inner = Math.max(0, radiusMm - plan.marginMm - 1.5 - depth * Math.tan(plan.bevelDeg * Math.PI / 180));
  // A cone's slice at least, the hole's cylinder with a voxel and the tabs at most. Perforations take at most their own volume.
  const holes = report.features.perforations.reduce((sum, { diameterMm }) => sum + Math.PI / 4 * diameterMm * diameterMm * (depth + 1), 0);
  // A tab covers at most 200 mm², as thick as the plan says or the process makes at least.
  const tabMm3 = 200 * Math.max(plan.tabThicknessMm, materialOf(plan.material).leastWallMm);
  const least = Math.PI * inner * inner * depth * 0.75 - holes, most = Math.PI * (radiusMm + 2.2) * (radiusMm + 2.2) * depth * 1.15 + report.features.tabs * tabMm3;
  if (report.volumeMm3 < least || report.volumeMm3 > most) faults.push(`volume ${report.volumeMm3} outside ${least} … ${most}`);
  if (plan.thickness !== "bone" && Math.abs(report.thickness.medianMm - plan.thickness) > 0.1 + 0.05 * plan.thickness) faults.push(`thickness ${report.thickness.medianMm} for ${plan.thickness}`);
  if (plan.thickness === "bone" && Math.abs(report.thickness.medianMm - boneMm - plan.contourMm) > 1.5) faults.push(`thickness ${report.thickness.medianMm} for bone of ${boneMm}`);
  return faults;
}

/** The outcome as a page of the documentation. */
function tableOf(rows: readonly { radiusMm: number; plans: number; sound: number; foreseen: number; bad: number }[], bad: readonly string[]): string {
  const sum = (key: "plans" | "sound" | "foreseen" | "bad") => rows.reduce((total, row) => total + row[key], 0);
  const line = (name: string, row: { plans: number; sound: number; foreseen: number; bad: number }) => `| ${name} | ${row.plans} | ${row.sound} | ${row.foreseen} | ${row.bad} |`;
  return [
    "# Random cranial plans", "", `Made by \`npm run test:plans\` with ${cranialNode}: seeded plans on three holes of a made vault (bone 6 mm, voxels 2 mm). A plan is good when its plate is one`,
    "sound solid as read back with volume and thickness inside the plan's bounds, or when its refusal is foreseen by the predicate", "`tests/core/implant/foreseen.ts`, which is written apart from the builder.", "",
    "| hole | plans | sound and in bounds | refused as foreseen | not good |", "|---|---:|---:|---:|---:|",
    ...rows.map((row, i) => line(`${["side", "midline", "back"][i]}, radius ${row.radiusMm} mm`, row)),
    line("all", { plans: sum("plans"), sound: sum("sound"), foreseen: sum("foreseen"), bad: sum("bad") }), "",
    ...(bad.length > 0 ? ["Not good:", "", ...bad.map((what) => `- ${what}`), ""] : []),
  ].join("\n");
}

describe("random plans", () => {
  it(`${plans} seeded plans on three defects (PL1): at least 95 % are sound solids within the plan's bounds, refusals only where foreseen`, { timeout: 1000 * 60 * 90 }, async () => {
    const prepared = defects.map((hole) => {
      const { grid, labels } = vault([hole], 2);
      return prepareDefect({ plan: randomPlan(seeded(1)), grid, labels });
    });
    let good = 0;
    const bad: string[] = [], rows = defects.map(({ radiusMm }) => ({ radiusMm, plans: 0, sound: 0, foreseen: 0, bad: 0 }));
    for (let n = 0; n < plans; n++) {
      const plan = randomPlan(seeded(1000 + n)), which = n % 3, { radiusMm } = defects[which], row = rows[which];
      row.plans++;
      try {
        const faults = faultsOf(await buildPlate(plan, prepared[which]), plan, radiusMm);
        if (faults.length === 0) { good++; row.sound++; }
        else { row.bad++; bad.push(`seed ${1000 + n}: ${faults.join(", ")}`); }
      } catch (error) {
        if (!(error instanceof ImplantRefused)) throw error;
        if (isRefusalForeseen(plan, { radiusMm, boneMm })) { good++; row.foreseen++; }
        else { row.bad++; bad.push(`seed ${1000 + n}: refused ${error.code}: ${error.message}`); }
      }
    }
    if (process.env.PLANS_TABLE) writeFileSync(process.env.PLANS_TABLE, tableOf(rows, bad));
    expect(good / plans, bad.join("\n")).toBeGreaterThanOrEqual(0.95);
    console.info(`${good} of ${plans} random plans are good${bad.length > 0 ? `\n${bad.join("\n")}` : ""}`);
  });
});

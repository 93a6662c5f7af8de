import { describe, expect, it } from "vitest";
import { versionStates } from "../../../core/review/lifecycle.ts";
import { nextActionOf, phaseOf, phases, type CaseFacts } from "../../../core/review/phase.ts";

const facts = (change: Partial<CaseFacts> = {}): CaseFacts => ({
  status: "open", hasVolume: true, drawnVoxels: 9, segments: 2, segmentsDone: 0, openComments: 0, hasImplant: false,
  checks: { pass: 0, fail: 0, needsJudgement: 0, waiting: 0 }, version: null, ...change,
});
const checks = (change: Partial<CaseFacts["checks"]>) => ({ pass: 0, fail: 0, needsJudgement: 0, waiting: 0, ...change });
const version = (state: (typeof versionStates)[number]) => ({ number: 3, state, missing: ["designed", "approved"] as const });

describe("the phase of a case and its next action", () => {
  const road: [string, CaseFacts, string | null, string, string][] = [
    ["no volume yet", facts({ hasVolume: false, drawnVoxels: 0 }), "intake", "The CT is being prepared", "the server"],
    ["nothing drawn", facts({ drawnVoxels: 0 }), "segmentation", "Segment the bone", "segmentation specialist"],
    ["drawn, a comment open", facts({ openComments: 2 }), "segmentation", "Settle 2 open comments", "everyone in the case"],
    ["drawn", facts(), "segmentation", "Look through the surface", "surgeon"],
    ["one of two segments done", facts({ segmentsDone: 1 }), "segmentation", "Look through the surface", "surgeon"],
    ["all segments done", facts({ segmentsDone: 2 }), "design", "Plan the implant", "engineer"],
    ["implant being checked", facts({ hasImplant: true, checks: checks({ pass: 1, waiting: 1 }) }), "design", "The implant is being checked", "the server"],
    ["a check fails", facts({ hasImplant: true, checks: checks({ pass: 1, fail: 1 }) }), "design", "Mend the plan: 1 check fails", "engineer"],
    ["a check is left open", facts({ hasImplant: true, checks: checks({ pass: 1, needsJudgement: 1 }) }), "checks", "Judge 1 check", "surgeon or engineer"],
    ["all pass", facts({ hasImplant: true, checks: checks({ pass: 2 }) }), "checks", "Freeze a version", "surgeon or engineer"],
    ["frozen", facts({ hasImplant: true, checks: checks({ pass: 2 }), version: version("frozen") }), "checks", "Submit version 3 for review", "surgeon or engineer"],
    ["in review", facts({ version: version("inReview") }), "review", "Sign version 3", "surgeon, engineer or segmentation specialist"],
    ["in review, designed", facts({ version: { ...version("inReview"), missing: ["approved"] } }), "review", "Sign version 3", "surgeon"],
    ["signed", facts({ version: version("signed") }), "signed", "Release version 3", "surgeon"],
    ["released", facts({ version: version("released") }), "released", "Nothing; the package can be fetched", ""],
    ["archived", facts({ status: "archived", version: version("signed") }), null, "Nothing; reading only", ""],
  ];
  it.each(road)("%s", (_, given, phase, what, by) => {
    expect(phaseOf(given)).toBe(phase);
    expect(nextActionOf(given)).toMatchObject({ what, by });
  });
  it("every phase is on the road", () => {
    expect(new Set(road.map(([, given]) => phaseOf(given)).filter((phase) => phase !== null))).toEqual(new Set(phases));
  });
});

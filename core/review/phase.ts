import type { Role } from "./permissions.ts";
import { meaningsOf, type Meaning, type VersionState } from "./lifecycle.ts";

/** The phases of a case, in the order of the road; the board's columns. Derived from what is there, stored nowhere. */
export const phases = ["intake", "segmentation", "design", "checks", "review", "signed", "released"] as const;
export type Phase = (typeof phases)[number];

/** How many checks of the current implant say what; `waiting` are not computed yet. */
export interface CheckCounts { pass: number; fail: number; needsJudgement: number; waiting: number }

/** What is known of a case that tells its phase and whose turn it is. */
export interface CaseFacts {
  status: "open" | "archived";
  hasVolume: boolean;
  /** Voxels of all segments, as last folded. */
  drawnVoxels: number;
  /** Segments that are there, and how many of them a person has called done. */
  segments: number; segmentsDone: number;
  openComments: number;
  /** Whether the plan holds an implant that the graph wants built. */
  hasImplant: boolean;
  checks: CheckCounts;
  /** The newest version that is not voided or superseded; `missing` are the meanings that nobody has signed yet. */
  version: { number: number; state: VersionState; missing: readonly Meaning[] } | null;
}

/** The phase a case is in; null for an archived one, which is on no board. */
export function phaseOf(facts: CaseFacts): Phase | null {
  if (facts.status === "archived") return null;
  const state = facts.version?.state;
  if (state === "released" || state === "signed") return state;
  if (state === "inReview") return "review";
  if (!facts.hasVolume) return "intake";
  if (state === "frozen") return "checks";
  if (!facts.hasImplant) return facts.segments > 0 && facts.segmentsDone === facts.segments ? "design" : "segmentation";
  const { pass, fail, needsJudgement, waiting } = facts.checks;
  return pass + fail + needsJudgement > 0 && waiting === 0 && fail === 0 ? "checks" : "design";
}

/** What a case waits for; `whose` are the roles that can do it, empty when it waits for the server or for nobody. */
export interface NextAction { what: string; whose: readonly Role[]; by: string }

const everybody: readonly Role[] = ["surgeon", "engineer", "segmentationSpecialist", "reviewer"];
const nouns: Readonly<Record<Role, string>> = { surgeon: "surgeon", engineer: "engineer", segmentationSpecialist: "segmentation specialist", reviewer: "reviewer", viewer: "viewer" };
const by = (what: string, ...whose: Role[]): NextAction => ({ what, whose, by: whose.map((role) => nouns[role]).join(", ").replace(/, ([^,]*)$/, " or $1") });
const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** The next action of a case and whose it is, for the list and the board. */
export function nextActionOf(facts: CaseFacts): NextAction {
  const { version, checks } = facts;
  switch (phaseOf(facts)) {
    case null: return { what: "Nothing; reading only", whose: [], by: "" };
    case "intake": return { what: "The CT is being prepared", whose: [], by: "the server" };
    case "released": return { what: "Nothing; the package can be fetched", whose: [], by: "" };
    case "signed": return by(`Release version ${version?.number}`, "surgeon");
    case "review": {
      const missing = version?.missing ?? [];
      const whose = everybody.filter((role) => meaningsOf[role].some((meaning) => missing.includes(meaning)));
      return by(`Sign version ${version?.number}`, ...whose);
    }
    case "checks":
      if (version) return by(`Submit version ${version.number} for review`, "surgeon", "engineer");
      if (checks.needsJudgement > 0) return by(`Judge ${count(checks.needsJudgement, "check")}`, "surgeon", "engineer");
      return by("Freeze a version", "surgeon", "engineer");
    case "design":
      if (checks.fail > 0) return by(`Mend the plan: ${count(checks.fail, "check")} ${checks.fail === 1 ? "fails" : "fail"}`, "engineer");
      return facts.hasImplant ? { what: "The implant is being checked", whose: [], by: "the server" } : by("Plan the implant", "engineer");
    case "segmentation":
      if (facts.drawnVoxels === 0) return by("Segment the bone", "segmentationSpecialist");
      if (facts.openComments > 0) return { what: `Settle ${count(facts.openComments, "open comment")}`, whose: everybody, by: "everyone in the case" };
      return by("Look through the surface", "surgeon");
  }
}

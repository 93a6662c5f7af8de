/** What a check says: it holds, it does not, or a person with the right must judge and write why. */
export type Verdict = "pass" | "fail" | "needsJudgement";

/** One number against its limits. `passUpTo` and `failAbove` are in the criterion's own direction: a larger value is worse. */
export interface Criterion {
  id: string;
  what: string;
  value: number | null;
  unit: string;
  /** Worse than `pass` needs judgement, worse than `fail` fails. */
  pass: number;
  fail: number;
  /** Whether small values are the bad ones. */
  isLeast: boolean;
  /** The rule and where it comes from; «unverified» as DOMAIN marks it. */
  source: string;
  verdict: Verdict;
}

/** Judges one number; one that could not be found needs judgement. */
export function judged(criterion: Omit<Criterion, "verdict">): Criterion {
  const { value, pass, fail, isLeast } = criterion, sign = isLeast ? -1 : 1;
  const verdict: Verdict = value === null || Number.isNaN(value) ? "needsJudgement" : sign * value <= sign * pass ? "pass" : sign * value <= sign * fail ? "needsJudgement" : "fail";
  return { ...criterion, verdict };
}

/** The worst of all. */
export const worstOf = (criteria: readonly Criterion[]): Verdict =>
  criteria.some(({ verdict }) => verdict === "fail") ? "fail" : criteria.some(({ verdict }) => verdict === "needsJudgement") ? "needsJudgement" : "pass";

/** A check's report, as `<check>.json` holds it. */
export interface CheckReport {
  check: string;
  node: string;
  method: string;
  verdict: Verdict;
  criteria: Criterion[];
  numbers: Record<string, unknown>;
  isPreview: boolean;
}

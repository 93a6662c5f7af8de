import { phaseOf, type CaseFacts, type Phase } from "../../core/review/phase.ts";

/** The word and the colour of each phase. */
export const phaseLooks: Readonly<Record<Phase, { name: string; tone: string }>> = {
  intake: { name: "Intake", tone: "bg-fail" }, segmentation: { name: "Segmentation", tone: "bg-person-0" }, design: { name: "Design", tone: "bg-accent" },
  checks: { name: "Checks", tone: "bg-attention" }, review: { name: "Review", tone: "bg-person-2" }, signed: { name: "Signed", tone: "bg-pass" }, released: { name: "Released", tone: "bg-person-1" },
};

/** A case's phase as a word with its colour; an archived case says so. */
export function PhaseMark({ facts }: { facts: CaseFacts }) {
  const phase = phaseOf(facts);
  const { name, tone } = phase ? phaseLooks[phase] : { name: "Archived", tone: "bg-muted" };
  return <span data-phase={phase ?? "archived"} className="inline-flex items-center gap-2 font-medium"><span aria-hidden className={`size-2 rounded-[3px] ${tone}`} />{name}</span>;
}

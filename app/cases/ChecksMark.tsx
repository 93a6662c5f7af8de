import { Check, CircleAlert, LoaderCircle, X } from "lucide-react";
import type { CheckCounts } from "../../core/review/phase.ts";

const marks = [
  ["pass", "pass", "text-pass", Check], ["needsJudgement", "need judgement", "text-attention", CircleAlert],
  ["fail", "fail", "text-fail", X], ["waiting", "are being computed", "text-muted", LoaderCircle],
] as const;

/** How many checks of the implant say what, each with its sign; a dash while there are none. */
export function ChecksMark({ checks }: { checks: CheckCounts }) {
  const there = marks.filter(([name]) => checks[name] > 0);
  if (there.length === 0) return <span className="text-muted">–</span>;
  return (
    <span className="flex gap-2">
      {there.map(([name, words, tone, Sign]) => (
        <span key={name} className={`inline-flex items-center gap-0.5 ${tone}`} title={`${checks[name]} ${words}`}>
          {checks[name]} <Sign aria-hidden size={13} /><span className="sr-only">{words}</span>
        </span>
      ))}
    </span>
  );
}

import { CircleAlert, CircleCheck, CircleX } from "lucide-react";

const looks = {
  pass: { icon: CircleCheck, tone: "text-pass", word: "pass" },
  fail: { icon: CircleX, tone: "text-fail", word: "fails" },
  needsJudgement: { icon: CircleAlert, tone: "text-attention", word: "needs judgement" },
  judged: { icon: CircleCheck, tone: "text-attention", word: "judged: accepted" },
  missing: { icon: CircleAlert, tone: "text-fail", word: "missing" },
} as const;

/** A verdict as icon and word, never colour alone. */
export function Verdict({ kind }: { kind: keyof typeof looks }) {
  const { icon: Icon, tone, word } = looks[kind];
  return <span data-verdict={kind} className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${tone}`}>{word} <Icon aria-hidden size={15} /></span>;
}

import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const kinds = {
  info: { icon: Info, color: "text-accent", word: "Note" },
  pass: { icon: CircleCheck, color: "text-pass", word: "Done" },
  attention: { icon: TriangleAlert, color: "text-attention", word: "Attention" },
  fail: { icon: CircleAlert, color: "text-fail", word: "Problem" },
} as const;

/** A sentence with a verdict: icon and word, never colour alone. A failure is announced at once. */
export function Notice({ kind, children }: { kind: keyof typeof kinds; children: ReactNode }) {
  const { icon: Icon, color, word } = kinds[kind];
  return (
    <div role={kind === "fail" ? "alert" : "status"} className="flex gap-2.5">
      <Icon aria-hidden size={16} className={`mt-0.5 shrink-0 ${color}`} />
      <div className="min-w-0 flex-1"><span className="sr-only">{word}: </span>{children}</div>
    </div>
  );
}

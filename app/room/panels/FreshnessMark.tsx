import type { Freshness } from "../implantState.ts";

const tones: Readonly<Record<Freshness, string>> = { current: "bg-pass", rebuilding: "bg-attention motion-safe:animate-pulse", "out of date": "bg-attention", failed: "bg-fail" };

/** Whether a result is of the plan as it stands: a word with its sign. */
export function FreshnessMark({ freshness }: { freshness: Freshness }) {
  return <span role="status" data-freshness={freshness} className="inline-flex items-center gap-1.5 whitespace-nowrap text-sm text-muted"><span aria-hidden className={`size-1.5 rounded-full ${tones[freshness]}`} />{freshness}</span>;
}

"use client";
import { rangeWith } from "../tools/huScale.ts";

/** Both ends of a range of HU, typed; the lower one stays below the upper. */
export function HuRangeFields({ range, onRange }: { range: readonly [number, number]; onRange: (range: readonly [number, number]) => void }) {
  const typed = (end: 0 | 1, text: string) => { const hu = Number(text); if (text.trim() !== "" && Number.isFinite(hu)) onRange(rangeWith(range, end, hu)); };
  return (
    <div className="mb-2 flex items-center gap-2">
      {([0, 1] as const).map((end) => (
        <input
          key={`${end} ${range[end]}`} id={end === 0 ? "hu-From" : "hu-To"} type="number" aria-label={end === 0 ? "From, HU, typed" : "To, HU, typed"} className="field min-w-0 flex-1 text-right" min={-32768} max={32767} defaultValue={range[end]}
          onBlur={(event) => typed(end, event.target.value)} onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
        />
      ))}
      <span className="text-muted">HU</span>
    </div>
  );
}

import { Notice } from "../../ui/Notice.tsx";
import type { PreparedSeries } from "./scan.ts";

const mm = (value: number): string => `${Number(value.toFixed(3))} mm`;

/** One slice at an end of a series stands at another distance than all others: it is left out unless the person keeps it. */
export function OddEndChoice({ oddEnd: { slices, even, gapMm, oddMm }, keepsAll, onKeepAll }: { oddEnd: NonNullable<PreparedSeries["oddEnd"]>; keepsAll: boolean; onKeepAll(keepsAll: boolean): void }) {
  const choices = [
    { isAll: false, title: `Take the ${even} even slices`, says: "The slice at the end is left out, and nothing is resampled for its sake; the report says so." },
    { isAll: true, title: `Keep all ${slices}`, says: "Every slice at its place; the end of the volume is resampled. Right where the end holds something that is needed." },
  ];
  return (
    <fieldset data-odd-end>
      <legend className="mb-1.5 font-semibold">Uneven end</legend>
      <Notice kind="attention">One slice at an end lies {mm(oddMm)} from its neighbour; the other {even} lie {mm(gapMm)} apart.</Notice>
      <div className="mt-2 grid gap-2 sm:grid-cols-2">
        {choices.map(({ isAll, title, says }) => (
          <label key={title} className={`flex cursor-pointer gap-2 rounded-lg border p-2 ${isAll === keepsAll ? "border-accent bg-raised" : "border-line"}`}>
            <input type="radio" name="import-odd-end" className="mt-1 self-start" checked={isAll === keepsAll} onChange={() => onKeepAll(isAll)} />
            <span><span className="block font-semibold">{title}</span><span className="block text-sm text-muted">{says}</span></span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

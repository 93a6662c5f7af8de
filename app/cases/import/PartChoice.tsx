import { Notice } from "../../ui/Notice.tsx";
import type { PreparedSeries } from "./scan.ts";
import type { Part } from "./seriesPart.ts";

interface Props { series: PreparedSeries; tooLong: NonNullable<PreparedSeries["tooLong"]>; part: Part; isTooLong: boolean; onChange(part: Part): void }

/** A series with more voxels than a volume may have: which of its slices are taken. */
export function PartChoice({ series: { slices, columns, rows }, tooLong: { places, most }, part: { first, last }, isTooLong, onChange }: Props) {
  const count = last - first + 1, at = (k: number) => `${slices[k].name}, ${Number(places[k].toFixed(1))} mm`;
  // The other end gives way, so that at least three slices are left.
  const ends = [
    { label: "First slice", value: first, set: (k: number) => onChange({ first: Math.min(k, slices.length - 3), last: Math.max(last, Math.min(k, slices.length - 3) + 2) }) },
    { label: "Last slice", value: last, set: (k: number) => onChange({ first: Math.min(first, Math.max(k, 2) - 2), last: Math.max(k, 2) }) },
  ];
  return (
    <fieldset data-part>
      <legend className="mb-1.5 font-semibold">Which part of the series</legend>
      <Notice kind="attention">It has {slices.length} slices of {columns} × {rows}, more than one case holds; {most} next to each other can be taken. Choose those that cover the region with 20 mm beyond it; the others stay here.</Notice>
      <div className="mt-2 grid gap-2 sm:grid-cols-2">
        {ends.map(({ label, value, set }) => (
          <label key={label} className="block">
            <span className="flex gap-2"><span className="font-medium">{label}</span><span className="truncate text-muted">{at(value)}</span></span>
            <input type="range" className="w-full" min={0} max={slices.length - 1} value={value} aria-valuetext={`${value + 1} of ${slices.length}, ${at(value)}`} onChange={(event) => set(Number(event.target.value))} />
          </label>
        ))}
      </div>
      <p role="status" className={isTooLong ? "text-fail" : "text-muted"}>{count} slices, {Number((places[last] - places[first]).toFixed(1))} mm{isTooLong ? `: ${count - most} too many` : ""}</p>
    </fieldset>
  );
}

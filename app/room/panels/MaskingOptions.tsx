"use client";
import { useRoomState } from "../roomStore.ts";
import type { OverwriteRule } from "../tools/masking.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

const overwriteTitles: Readonly<Record<OverwriteRule, string>> = { all: "All other segments", visible: "Visible segments only", none: "No other segment" };

/** What the tools in hand may change: area, HU and whose voxels. The rule stands on the canvas as long as it holds. */
export function MaskingOptions({ room: { store }, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const area = useRoomState(store, (s) => s.area), overwrite = useRoomState(store, (s) => s.overwrite), onlyHu = useRoomState(store, (s) => s.onlyHu);
  const setHu = (low: number, high: number) => {
    if (Number.isFinite(low) && Number.isFinite(high)) store.set({ onlyHu: [Math.min(low, high), Math.max(low, high)] });
  };
  return (
    <section aria-label="Masking" data-masking="" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">What may change</h2>
      <label className="mb-1.5 flex items-center gap-3">
        <span className="w-20">Area</span>
        <select className="field min-w-0 flex-1" value={String(area)} onChange={({ target: { value } }) => store.set({ area: value === "anywhere" || value === "insideVisible" || value === "outsideVisible" ? value : Number(value) })}>
          <option value="anywhere">Anywhere</option>
          <option value="insideVisible">Inside visible segments</option>
          <option value="outsideVisible">Outside visible segments</option>
          {segments.map(({ value, name }) => <option key={value} value={value}>Inside {name}</option>)}
          {typeof area === "number" && !segments.some(({ value }) => value === area) && <option value={area}>Inside a segment that is gone</option>}
        </select>
      </label>
      <label className="mb-1.5 flex items-center gap-3">
        <span className="w-20">Overwrite</span>
        <select className="field min-w-0 flex-1" value={overwrite} onChange={({ target: { value } }) => store.set({ overwrite: value as OverwriteRule })}>
          {Object.entries(overwriteTitles).map(([value, title]) => <option key={value} value={value}>{title}</option>)}
        </select>
      </label>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={onlyHu !== null} onChange={(event) => store.set({ onlyHu: event.target.checked ? store.get().threshold : null })} />
        {onlyHu ? "Only HU from" : "Only inside the threshold's range"}
      </label>
      {onlyHu && (
        <div className="mt-1.5 flex items-center gap-2">
          {([0, 1] as const).map((end) => (
            <input key={`${end} ${onlyHu[end]}`} type="number" aria-label={end === 0 ? "Lowest HU that may change" : "Highest HU that may change"} className="field min-w-0 flex-1 text-right" min={-32768} max={32767} defaultValue={onlyHu[end]}
              onBlur={(event) => setHu(end === 0 ? Number(event.target.value) : onlyHu[0], end === 1 ? Number(event.target.value) : onlyHu[1])}
              onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }} />
          ))}
          <span className="w-8 text-muted">HU</span>
        </div>
      )}
    </section>
  );
}

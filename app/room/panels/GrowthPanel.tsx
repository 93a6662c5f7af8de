"use client";
import { useState } from "react";
import { effectIntent } from "../../../core/mask/effects/intent.ts";
import { useRoomState } from "../roomStore.ts";
import { maskingOf } from "../tools/masking.ts";
import { withNames } from "../tools/refusals.ts";
import { useEffectApply } from "../tools/useEffectApply.ts";
import { keyOf, useEffectPreview } from "../tools/useEffectPreview.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { EffectProgressBar } from "./EffectProgress.tsx";

/** A stroke under way comes every 24 ms; so often the growing follows it, if it can. */
const followMs = 16;

/** Growing from seeds that goes on while one draws: what each segment would reach follows every seed; then it is proposed, or stopped. */
export function GrowthPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const growing = useRoomState(room.store, (s) => s.growing);
  return growing && <Growth room={room} segments={segments} growing={growing} />;
}

function Growth({ room, segments, growing }: { room: RoomContext; segments: readonly RoomSegment[]; growing: { segments: readonly number[]; marginMm: number } }) {
  const { store } = room, [marginMm, setMargin] = useState(growing.marginMm);
  const area = useRoomState(store, (s) => s.area), overwrite = useRoomState(store, (s) => s.overwrite), onlyHu = useRoomState(store, (s) => s.onlyHu), hidden = useRoomState(store, (s) => s.hidden), segment = useRoomState(store, (s) => s.segment);
  const values = growing.segments.filter((value) => segments.some((one) => one.value === value));
  const read = effectIntent.safeParse({ effect: "growFromSeeds", segment: values[0], segments: values, marginMm, ...maskingOf({ area, overwrite, onlyHu, hidden, segment }, segments) });
  const { progress, told, cancel, apply } = useEffectApply(room);
  const preview = useEffectPreview(room, read.success && progress === null ? keyOf(read.data) : null, "growthPreview", followMs);
  const stop = () => store.set({ growing: null });
  const propose = async () => { if (read.success && await apply(read.data, { layer: "proposal", preview: preview.result })) stop(); };
  const names = values.map((value) => segments.find((one) => one.value === value)?.name).join(", ");
  const problem = read.success ? preview.problem : "The margin must lie between 0 and 200 mm.";
  return (
    <section aria-label="Growing from seeds" data-growth={preview.result?.revision ?? ""} data-growth-ms={preview.tookMs === null ? "" : Math.round(preview.tookMs)} className="border-b border-line bg-raised px-3.5 py-3">
      <h2 className="heading-small mb-1.5">Growing from seeds</h2>
      <p className="mb-2">{names}: what is drawn in them are seeds. Draw more where it goes wrong; it follows. Nothing is written before you propose it.</p>
      <label className="mb-2 flex items-center gap-3">
        <span className="w-20">Around by</span>
        <input type="number" className="field min-w-0 flex-1 text-right" min={0} max={200} step={1} defaultValue={marginMm} onChange={(event) => setMargin(event.target.valueAsNumber)} />
        <span className="w-8 text-muted">mm</span>
      </label>
      {preview.result && problem === null && (
        <ul className="mb-2 text-sm text-muted">
          {preview.result.strokes.map(({ value, voxels }) => <li key={value} className="flex justify-between gap-3"><span className="truncate">{segments.find((one) => one.value === value)?.name}</span><span>+{((voxels * room.grid.spacing[0] * room.grid.spacing[1] * room.grid.spacing[2]) / 1000).toFixed(1)} mL</span></li>)}
        </ul>
      )}
      {progress ? <EffectProgressBar progress={progress} onCancel={cancel} /> : (
        <>
          {/* The first growing takes a moment; what follows a stroke is done before a bar would be seen. */}
          {preview.progress && preview.result === null && <EffectProgressBar progress={preview.progress} onCancel={stop} />}
          <div className="flex gap-1.5">
            <button type="button" data-propose-growth="" className="button button-primary flex-1" disabled={!room.canDraw || !read.success || preview.problem !== null} onClick={() => void propose()}>Propose</button>
            <button type="button" className="button flex-1" onClick={stop}>Stop</button>
          </div>
        </>
      )}
      {problem !== null && <p role="alert" className="mt-2 text-sm text-attention">{withNames(problem, segments)}</p>}
      {told?.isProblem && <p role="alert" className="mt-2 text-sm text-fail">{withNames(told.text, segments)}</p>}
    </section>
  );
}

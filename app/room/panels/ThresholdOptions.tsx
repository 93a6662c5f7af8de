"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { effectIntent, type ThresholdMethod, thresholdMethods } from "../../../core/mask/effects/intent.ts";
import { huPresets } from "../../../core/mask/huPresets.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import type { VolumeHistogram } from "../tools/effect.worker.ts";
import { maskingOf, protectedValues } from "../tools/masking.ts";
import { rangePreview } from "../tools/preview.ts";
import { brushRefusal, withNames } from "../tools/refusals.ts";
import { useEffectApply } from "../tools/useEffectApply.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { EffectProgressBar } from "./EffectProgress.tsx";
import { HuHistogram } from "./HuHistogram.tsx";
import { HuRangeFields } from "./HuRangeFields.tsx";

const methodTitles: Readonly<Record<ThresholdMethod, string>> = { otsu: "Otsu", isodata: "Isodata", triangle: "Triangle", maximumEntropy: "Max. entropy" };

/** A range of HU over the volume's histogram, shown in the slices as it is dragged, and put into the chosen segment. */
export function ThresholdOptions({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, store, effects, volume } = room;
  const trpc = useTRPC(), client = useQueryClient();
  // The surface lies where the CT takes the lower value, wherever the mask's boundary does.
  const follow = useMutation(trpc.segments.setIso.mutationOptions({
    onSuccess: () => client.invalidateQueries(trpc.segments.pathFilter()), onError: (error: unknown) => store.set({ notice: errorSentence(error) }),
  }));
  const range = useRoomState(store, (s) => s.threshold), segment = useRoomState(store, (s) => s.segment), hidden = useRoomState(store, (s) => s.hidden);
  const area = useRoomState(store, (s) => s.area), overwrite = useRoomState(store, (s) => s.overwrite), onlyHu = useRoomState(store, (s) => s.onlyHu);
  const [histogram, setHistogram] = useState<VolumeHistogram | null>(null), [isExact, setExact] = useState(false);
  // What a method found is proposed, what a person set is written, unless they say otherwise.
  const [isFound, setFound] = useState(false), [isAskedFor, askFor] = useState<boolean | null>(null), isProposed = isAskedFor ?? isFound;
  const { progress, told, tell, cancel, apply } = useEffectApply(room);
  const setRange = (next: readonly [number, number], found = false) => { tell(null); setFound(found); store.set({ threshold: next }); };
  useEffect(() => {
    let isGone = false;
    effects.histogram().then((made) => { if (!isGone) setHistogram(made); }, () => undefined);
    return () => { isGone = true; };
  }, [effects]);
  const untouchable = useMemo(() => protectedValues({ area, overwrite, segment, hidden }, segments), [area, overwrite, segment, hidden, segments]);
  useEffect(() => {
    if (segment !== null) store.set({ preview: rangePreview(volume.hu, range, segment, untouchable, onlyHu, isExact && !isProposed) });
    return () => store.set({ preview: null });
  }, [store, volume, range, segment, untouchable, onlyHu, isExact, isProposed]);
  const commit = async () => {
    const refusal = brushRefusal(room, segments);
    if (refusal !== null || segment === null) return tell({ text: refusal ?? "Choose a segment first.", isProblem: true });
    const intent = effectIntent.parse({ effect: "threshold", segment, min: range[0], max: range[1], mode: isExact && !isProposed ? "set" : "add", ...maskingOf(store.get(), segments) });
    if (!await apply(intent, { layer: isProposed ? "proposal" : "anatomy" })) return;
    store.set({ tool: "navigate" });
    if (!isProposed) follow.mutate({ caseId, value: segment, iso: range[0] });
  };
  const preset = huPresets.find(({ min, max }) => min === range[0] && max === range[1]), name = segments.find(({ value }) => value === segment)?.name;
  return (
    <section aria-label="Threshold" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">Threshold</h2>
      {histogram ? <HuHistogram histogram={histogram} range={range} onRange={(next) => setRange(next)} /> : <div role="status" className="mb-2 flex h-[72px] items-center justify-center rounded-md bg-ground text-sm text-muted">Counting the HU…</div>}
      <HuRangeFields range={range} onRange={(next) => setRange(next)} />
      <label className="mb-2 flex items-center gap-3">
        <span className="w-14">Preset</span>
        <select className="field min-w-0 flex-1" value={preset?.id ?? ""} onChange={(event) => { const found = huPresets.find(({ id }) => id === event.target.value); if (found) setRange([found.min, found.max]); }}>
          <option value="">Own range</option>
          {huPresets.map(({ id, name: shown, min, max }) => <option key={id} value={id}>{shown} · {min}…{max}</option>)}
        </select>
      </label>
      <div role="group" aria-label="Automatic" className="mb-2 flex flex-wrap gap-1.5">
        {thresholdMethods.map((method) => (
          <button key={method} type="button" data-method={method} className="button min-h-7 px-2.5" disabled={!histogram} title={histogram ? `From ${histogram.found[method]} HU on` : undefined}
            onClick={() => { if (histogram) setRange([histogram.found[method], Math.max(range[1], histogram.low + histogram.counts.length - 1)], true); }}>{methodTitles[method]}</button>
        ))}
      </div>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={isExact && !isProposed} disabled={isProposed} onChange={(event) => setExact(event.target.checked)} />
        <span className="min-w-0 break-words">{name ? `${name} becomes exactly this range` : "The segment becomes exactly this range"}</span>
      </label>
      <label className="mt-1 flex items-center gap-2">
        <input type="checkbox" checked={isProposed} onChange={(event) => askFor(event.target.checked)} />
        As a proposal, to be accepted
      </label>
      {progress ? <EffectProgressBar progress={progress} onCancel={cancel} /> : (
        <button type="button" className="button button-primary mt-2 w-full" disabled={segment === null || !room.canDraw} onClick={() => void commit()}>
          <span className="truncate">{name ? `Put this range into ${name}` : "Add a segment first"}</span>
        </button>
      )}
      {told && <p role={told.isProblem ? "alert" : "status"} data-effect-told="" className={`mt-2 text-sm ${told.isProblem ? "text-fail" : "text-muted"}`}>{withNames(told.text, segments)}</p>}
    </section>
  );
}

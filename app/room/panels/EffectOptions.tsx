"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import { useTRPC, useTRPCClient } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import { effectChoices, effectTitles, type Field, intentOf, reachNote } from "../tools/effectChoices.ts";
import { brushRefusal, withNames } from "../tools/refusals.ts";
import { millilitres, useEffectApply } from "../tools/useEffectApply.ts";
import { keyOf, useEffectPreview } from "../tools/useEffectPreview.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";
import { EffectProgressBar } from "./EffectProgress.tsx";
import { HuRangeFields } from "./HuRangeFields.tsx";
import { segmentColor } from "./SegmentsPanel.tsx";

/** A peer's drawing is followed more slowly than a number that is dragged. */
const followMs = 400;

/** Options of an effect, what it would do shown in the slices, and the button that applies it: one act, or a proposal. */
export function EffectOptions({ room, segments, tool }: { room: RoomContext; segments: readonly RoomSegment[]; tool: string }) {
  const { store, session } = room;
  const list = effectChoices[tool], segment = useRoomState(store, (s) => s.segment), hidden = useRoomState(store, (s) => s.hidden), crosshair = useRoomState(store, (s) => s.crosshair), threshold = useRoomState(store, (s) => s.threshold);
  const area = useRoomState(store, (s) => s.area), overwrite = useRoomState(store, (s) => s.overwrite), onlyHu = useRoomState(store, (s) => s.onlyHu);
  const [chosenId, choose] = useState(list[0].id);
  const choice = list.find(({ id }) => id === chosenId) ?? list[0];
  const [values, setValues] = useState<Readonly<Record<string, number>>>({});
  const [isProposed, setProposed] = useState(true), [isPreviewing, setPreviewing] = useState(true);
  const [otherValue, setOther] = useState<number | null>(null);
  const proposed = useSession(session, (s) => s.proposedVoxels), trpc = useTRPCClient(), trpcKeys = useTRPC(), client = useQueryClient();
  const others = choice.other === "proposal" ? segments.filter(({ value }) => (proposed.get(value) ?? 0) > 0) : segments.filter(({ value }) => value !== segment);
  const other = others.some(({ value }) => value === otherValue) ? otherValue : (others[0]?.value ?? null);
  const valueOf = ({ key, initial }: Field) => values[`${choice.id}.${key}`] ?? initial;
  const numbers = Object.fromEntries(choice.fields.map((field) => [field.key, valueOf(field)])), note = choice.reachMm ? reachNote(room.grid.spacing, choice.reachMm(numbers)) : null;
  const chosen = intentOf(choice, numbers, { segment, hidden, crosshair, threshold, area, overwrite, onlyHu }, segments, other);
  const refusal = brushRefusal(room, segments), { progress, told, tell, cancel, apply } = useEffectApply(room);
  const isShown = isPreviewing && !choice.isLive && progress === null && refusal === null && "intent" in chosen;
  const preview = useEffectPreview(room, isShown ? keyOf(chosen.intent) : null, "preview", followMs);
  const name = segments.find(({ value }) => value === segment)?.name;
  /** Makes a segment for each part, and gives its voxels that segment's value. */
  const intoNewSegments = async (strokes: readonly EffectStroke[]): Promise<EffectStroke[]> => {
    const made: EffectStroke[] = [];
    for (const [n, stroke] of strokes.entries()) {
      const { value } = await trpc.segments.add.mutate({ caseId: room.caseId, name: `${name ?? "Part"} ${n + 2}`.slice(0, 80), color: segmentColor(segments.length + n) });
      made.push({ ...stroke, value });
    }
    await client.invalidateQueries(trpcKeys.segments.pathFilter());
    return made;
  };
  const start = () => {
    if (refusal !== null) return tell({ text: refusal, isProblem: true });
    if ("problem" in chosen) return tell({ text: chosen.problem, isProblem: true });
    if (choice.isLive && chosen.intent.effect === "growFromSeeds") {
      tell(null);
      return store.set({ growing: { segments: chosen.intent.segments, marginMm: chosen.intent.marginMm } });
    }
    void apply(chosen.intent, { layer: choice.isProposable && isProposed ? "proposal" : "anatomy", preview: preview.result, prepare: choice.splitsInto ? intoNewSegments : undefined });
  };
  const would = preview.result && isShown && preview.result.key === keyOf(chosen.intent) ? millilitres(room, preview.result.strokes) : null;
  return (
    <section aria-label={effectTitles[tool]} className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">{effectTitles[tool]}</h2>
      {list.length > 1 && (
        <select aria-label="What to do" className="field mb-2 w-full" value={choice.id} onChange={(event) => { tell(null); choose(event.target.value); }}>
          {list.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
        </select>
      )}
      {choice.hint && <p className="mb-2 text-sm text-muted">{choice.hint}</p>}
      {choice.other && (
        <label className="mb-1.5 flex items-center gap-3">
          <span className="w-20">{choice.other === "proposal" ? "Proposed" : "Other"}</span>
          <select aria-label="Other segment" className="field min-w-0 flex-1" value={other ?? ""} onChange={(event) => setOther(Number(event.target.value))}>
            {others.length === 0 && <option value="">{choice.other === "proposal" ? "Nothing is proposed" : "No other segment"}</option>}
            {others.map(({ value, name: title }) => <option key={value} value={value}>{title}</option>)}
          </select>
        </label>
      )}
      {choice.takesRange && <HuRangeFields range={threshold} onRange={(range) => { tell(null); store.set({ threshold: range }); }} />}
      {choice.fields.map((field) => (
        <label key={`${choice.id}.${field.key}`} className="mb-1.5 flex items-center gap-3">
          <span className="w-20">{field.label}</span>
          <input type="number" className="field min-w-0 flex-1 text-right" min={field.min} max={field.max} step={field.step} defaultValue={valueOf(field)} onChange={(event) => { tell(null); setValues({ ...values, [`${choice.id}.${field.key}`]: event.target.valueAsNumber }); }} />
          <span className="w-8 text-muted">{field.unit}</span>
        </label>
      ))}
      {note !== null && <p data-reach-note="" className="mb-1.5 text-sm text-muted">{note}</p>}
      {choice.isProposable && !choice.isLive && (
        <label className="mb-1.5 mt-1 flex items-center gap-2">
          <input type="checkbox" checked={isProposed} onChange={(event) => setProposed(event.target.checked)} />
          As a proposal, to be accepted
        </label>
      )}
      {!choice.isLive && (
        <label className="mb-1.5 mt-1 flex items-center gap-2">
          <input type="checkbox" checked={isPreviewing} onChange={(event) => setPreviewing(event.target.checked)} />
          Show in the slices what it would do
        </label>
      )}
      {progress ? <EffectProgressBar progress={progress} onCancel={cancel} /> : (
        <button type="button" data-apply-effect="" className="button button-primary mt-1 w-full" disabled={segment === null || !room.canDraw} onClick={start}><span className="truncate">{name === undefined ? "Add a segment first" : choice.isLive ? "Grow while I draw seeds" : `Apply to ${name}`}</span></button>
      )}
      {told ? <p role={told.isProblem ? "alert" : "status"} data-effect-told="" className={`mt-2 text-sm ${told.isProblem ? "text-fail" : "text-muted"}`}>{withNames(told.text, segments)}</p> : (
        <>
          {progress === null && preview.progress && <EffectProgressBar progress={preview.progress} />}
          {progress === null && "problem" in chosen && <p data-effect-problem="" className="mt-2 text-sm text-attention">{chosen.problem}</p>}
          {progress === null && isShown && preview.problem !== null && <p data-effect-problem="" className="mt-2 text-sm text-attention">{withNames(preview.problem, segments)}</p>}
          {would && <p data-preview="" className="mt-2 text-sm text-muted">Would add {would.added.toFixed(2)} mL and take {would.taken.toFixed(2)} mL away.</p>}
        </>
      )}
    </section>
  );
}

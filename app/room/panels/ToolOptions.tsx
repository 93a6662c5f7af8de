"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { huPresets } from "../../../core/mask/huPresets.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { useRoomState } from "../roomStore.ts";
import { windowPresets } from "../actions.ts";
import { brushRefusal } from "../tools/refusals.ts";
import { toolOf } from "../tools/toolList.ts";
import { thresholdRuns } from "../tools/thresholdStroke.ts";
import { PrepareOptions } from "../prepare/PrepareOptions.tsx";
import { OutlineOptions } from "./OutlineOptions.tsx";
import { EffectOptions, isEffectTool } from "./EffectOptions.tsx";
import { protectedValues } from "../tools/masking.ts";
import { MaskingOptions } from "./MaskingOptions.tsx";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

const lowestHu = -1024;
const highestHu = 3071;

/** Options of the tool in hand, and the window. */
export function ToolOptions({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const tool = useRoomState(room.store, (s) => s.tool);
  const window = useRoomState(room.store, (s) => s.window);
  const convention = useRoomState(room.store, (s) => s.convention);
  return (
    <>
      {(tool === "brush" || tool === "erase") && <BrushOptions room={room} segments={segments} />}
      {(tool === "draw" || tool === "scissors") && <OutlineOptions room={room} tool={tool} />}
      {tool === "threshold" && <ThresholdOptions room={room} segments={segments} />}
      {tool === "prepare" && <PrepareOptions room={room} />}
      {isEffectTool(tool) && <EffectOptions key={tool} room={room} segments={segments} tool={tool} />}
      {toolOf(tool).draws && <MaskingOptions room={room} segments={segments} />}
      <section aria-label="View" className="px-3.5 py-3">
        <h2 className="heading-small mb-2">Window</h2>
        <div className="flex flex-wrap gap-1.5">
          {windowPresets.map(({ name, range }) => (
            <button key={name} type="button" className={`button min-h-7 px-2.5 ${window[0] === range[0] && window[1] === range[1] ? "border-accent" : ""}`} aria-pressed={window[0] === range[0] && window[1] === range[1]} onClick={() => room.store.set({ window: range })}>{name}</button>
          ))}
        </div>
        <label className="mt-3 flex items-center gap-2">
          <input type="checkbox" checked={convention === "radiological"} onChange={(event) => room.store.set({ convention: event.target.checked ? "radiological" : "neurological" })} />
          Radiological: patient's right at the left
        </label>
      </section>
    </>
  );
}

function BrushOptions({ room: { store }, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const isErasingAll = useRoomState(store, (s) => s.isErasingAll);
  const segment = useRoomState(store, (s) => s.segment);
  const chosen = segments.find(({ value }) => value === segment)?.name;
  const brush = useRoomState(store, (s) => s.brush);
  const isErasing = useRoomState(store, (s) => s.tool === "erase");
  return (
    <section aria-label="Brush" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">{isErasing ? "Eraser" : "Brush"}</h2>
      <div className="mb-2.5 flex gap-1.5">
        {(["disc", "ball"] as const).map((shape) => (
          <button key={shape} type="button" className={`button flex-1 ${brush.shape === shape ? "border-accent" : ""}`} aria-pressed={brush.shape === shape} onClick={() => store.set({ brush: { ...brush, shape } })}>
            {shape === "disc" ? "Disc, this slice" : "Ball, 3D"}
          </button>
        ))}
      </div>
      <label className="flex items-center gap-3">
        <span className="w-14">Radius</span>
        <input type="range" className="min-w-0 flex-1" min={0.3} max={30} step={0.1} value={brush.radiusMm} onChange={(event) => store.set({ brush: { ...brush, radiusMm: Number(event.target.value) } })} />
        <output className="w-14 text-right">{brush.radiusMm.toFixed(1)} mm</output>
      </label>
      {isErasing && (
        <label className="mt-1.5 flex items-center gap-2">
          <input type="checkbox" checked={!isErasingAll} onChange={(event) => store.set({ isErasingAll: !event.target.checked })} />
          {chosen ? `Erase ${chosen} only` : "Erase the chosen segment only"}
        </label>
      )}
    </section>
  );
}

function ThresholdOptions({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, store, session, volume } = room;
  const trpc = useTRPC(), client = useQueryClient();
  // The surface lies where the CT takes the lower value, wherever the mask's boundary does.
  const follow = useMutation(trpc.segments.setIso.mutationOptions({
    onSuccess: () => client.invalidateQueries(trpc.segments.pathFilter()), onError: (error: unknown) => store.set({ notice: errorSentence(error) }),
  }));
  const range = useRoomState(store, (s) => s.threshold);
  const segment = useRoomState(store, (s) => s.segment);
  const running = useRef<AbortController | null>(null);
  const [step, setStep] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const setRange = (min: number, max: number) => {
    if (Number.isFinite(min) && Number.isFinite(max)) store.set({ threshold: [Math.min(min, max), Math.max(min, max)] });
  };
  const preset = huPresets.find(({ min, max }) => min === range[0] && max === range[1]);
  const commit = async () => {
    const refusal = brushRefusal(room, segments);
    if (refusal !== null || segment === null) return setProblem(refusal);
    const stop = new AbortController();
    running.current = stop;
    setProblem(null);
    setStep("Selecting voxels…");
    try {
      const bricks = await thresholdRuns(session.fold, volume.hu, range, protectedValues(store.get(), segments), stop.signal);
      setStep("Storing the stroke…");
      if (await session.commit(segment, bricks)) {
        store.set({ tool: "navigate" });
        follow.mutate({ caseId, value: segment, iso: Math.round(range[0]) });
      } else setProblem("No voxel lies in this range.");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The threshold failed. Nothing was changed.");
    } finally {
      running.current = null;
      setStep(null);
    }
  };
  const name = segments.find(({ value }) => value === segment)?.name;
  return (
    <section aria-label="Threshold" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">Threshold</h2>
      <label className="mb-2 flex items-center gap-3">
        <span className="w-14">Preset</span>
        <select className="field min-w-0 flex-1" value={preset?.id ?? ""} onChange={(event) => { const found = huPresets.find(({ id }) => id === event.target.value); if (found) setRange(found.min, found.max); }}>
          <option value="">Own range</option>
          {huPresets.map(({ id, name: shown, min, max }) => <option key={id} value={id}>{shown} · {min}…{max}</option>)}
        </select>
      </label>
      {([["From", 0], ["To", 1]] as const).map(([label, end]) => (
        <div key={label} className="mb-1.5 flex items-center gap-3">
          <label className="w-14" htmlFor={`hu-${label}`}>{label}</label>
          <input
            type="range" aria-label={`${label}, HU`} className="min-w-0 flex-1" min={lowestHu} max={highestHu} value={range[end]}
            onChange={(event) => (end === 0 ? setRange(Math.min(Number(event.target.value), range[1]), range[1]) : setRange(range[0], Math.max(Number(event.target.value), range[0])))}
          />
          <input
            key={range[end]} id={`hu-${label}`} type="number" className="field w-20 text-right" min={-32768} max={32767} defaultValue={range[end]}
            onBlur={(event) => (end === 0 ? setRange(Number(event.target.value), range[1]) : setRange(range[0], Number(event.target.value)))}
            onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
          />
          <span className="text-muted">HU</span>
        </div>
      ))}
      {step !== null ? (
        <div className="mt-3" role="status">
          <div className="mb-1.5 flex justify-between text-sm text-muted"><span>{step}</span><button type="button" className="underline" onClick={() => running.current?.abort()}>Cancel</button></div>
          <ProgressBar fraction={null} label={step} />
        </div>
      ) : (
        <button type="button" className="button button-primary mt-2 w-full" disabled={segment === null || !room.canDraw} onClick={() => void commit()}>
          {name ? `Put this range into ${name}` : "Add a segment first"}
        </button>
      )}
      {problem && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
    </section>
  );
}

"use client";
import { isMeasurementKind } from "../../../core/draft/measurements.ts";
import { useRoomState } from "../roomStore.ts";
import { windowPresets } from "../actions.ts";
import { toolOf } from "../tools/toolList.ts";
import { MeasurementList } from "../measure/MeasurementList.tsx";
import { PrepareOptions } from "../prepare/PrepareOptions.tsx";
import { OutlineOptions } from "./OutlineOptions.tsx";
import { isEffectTool } from "../tools/effectChoices.ts";
import { EffectOptions } from "./EffectOptions.tsx";
import { ThresholdOptions } from "./ThresholdOptions.tsx";
import { MaskingOptions } from "./MaskingOptions.tsx";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

/** Options of the tool in hand, and the window. */
export function ToolOptions({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const tool = useRoomState(room.store, (s) => s.tool);
  const window = useRoomState(room.store, (s) => s.window);
  const convention = useRoomState(room.store, (s) => s.convention);
  return (
    <>
      {(tool === "brush" || tool === "erase" || tool === "settle") && <BrushOptions room={room} segments={segments} />}
      {(tool === "draw" || tool === "scissors") && <OutlineOptions room={room} segments={segments} tool={tool} />}
      {tool === "trace" && <p className="border-b border-line px-3.5 py-3 text-muted">The edge at the HU under the pointer is followed through the slice. A click fills what it holds; a finger shows it and fills when it is lifted.</p>}
      {tool === "threshold" && <ThresholdOptions room={room} segments={segments} />}
      {(tool === "wall" || isMeasurementKind(tool)) && <MeasurementList room={room} hintFor={tool} />}
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
  const tool = useRoomState(store, (s) => s.tool), isErasing = tool === "erase", isSettling = tool === "settle";
  const settling = useRoomState(store, (s) => s.settling);
  return (
    <section aria-label="Brush" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">{isErasing ? "Eraser" : isSettling ? "What is proposed under the brush" : "Brush"}</h2>
      {isSettling && (
        <div className="mb-2.5 flex gap-1.5">
          {(["accept", "discard"] as const).map((one) => (
            <button key={one} type="button" data-settling={one} className={`button flex-1 ${settling === one ? "border-accent" : ""}`} aria-pressed={settling === one} onClick={() => store.set({ settling: one })}>{one === "accept" ? "Accept" : "Discard"}</button>
          ))}
        </div>
      )}
      <div className="mb-2.5 flex gap-1.5">
        {(["disc", "ball"] as const).map((shape) => (
          <button key={shape} type="button" className={`button flex-1 ${brush.shape === shape ? "border-accent" : ""}`} aria-pressed={brush.shape === shape} onClick={() => store.set({ brush: { ...brush, shape } })}>
            {shape === "disc" ? "Disc, this slice" : "Ball, 3D"}
          </button>
        ))}
      </div>
      <label className="flex items-center gap-3">
        <span className="w-14">Radius</span>
        <input type="range" className="min-w-0 flex-1" min={0.3} max={60} step={0.1} value={brush.radiusMm} onChange={(event) => store.set({ brush: { ...brush, radiusMm: Number(event.target.value) } })} />
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

import { Circle, Lasso, Pentagon, Square, type LucideIcon } from "lucide-react";
import { type CutDepth, type ScissorsOperation, scissorsOperations } from "../../../core/mask/drawing/intent.ts";
import { useRoomState } from "../roomStore.ts";
import { sideOf } from "../tools/intents.ts";
import { depthWords, operationWords, shapeWords } from "../tools/outlineWords.ts";
import { type ShapeKind, shapeKinds } from "../tools/outlineDraft.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

const icons: Readonly<Record<ShapeKind, LucideIcon>> = { freeForm: Lasso, polygon: Pentagon, circle: Circle, rectangle: Square };
const hints: Readonly<Record<ShapeKind, string>> = {
  freeForm: "Hold the button and go round.",
  polygon: "Click corner by corner; corners can be dragged. A double click, Enter or the first corner closes, Backspace takes the last corner back, Esc drops it.",
  circle: "Drag from the middle outwards.",
  rectangle: "Drag from corner to corner.",
};

function ShapeButtons({ shape, onChange }: { shape: ShapeKind; onChange(shape: ShapeKind): void }) {
  return (
    <>
      <div role="group" aria-label="Shape" className="mb-2 grid grid-cols-4 gap-1.5">
        {shapeKinds.map((one) => {
          const Icon = icons[one];
          return <button key={one} type="button" data-shape={one} className={`button flex-col gap-0.5 px-1 py-1 text-xs ${one === shape ? "border-accent" : ""}`} aria-pressed={one === shape} onClick={() => onChange(one)}><Icon aria-hidden size={16} strokeWidth={1.75} />{shapeWords[one]}</button>;
        })}
      </div>
      <p className="mb-2 text-sm text-muted">{hints[shape]}</p>
    </>
  );
}

/** How the outline is drawn, and for scissors what they cut and how deep. */
export function OutlineOptions({ room: { store }, segments, tool }: { room: RoomContext; segments: readonly RoomSegment[]; tool: "draw" | "scissors" }) {
  const drawShape = useRoomState(store, (s) => s.drawShape), scissors = useRoomState(store, (s) => s.scissors), convention = useRoomState(store, (s) => s.convention);
  const chosen = useRoomState(store, (s) => segments.find(({ value }) => value === s.segment)?.name);
  const set = (change: Partial<typeof scissors>) => store.set({ scissors: { ...scissors, ...change }, outline: null });
  if (tool === "draw") return (
    <section aria-label="Draw outline" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">Draw outline</h2>
      <ShapeButtons shape={drawShape} onChange={(shape) => store.set({ drawShape: shape, outline: null })} />
      <p className="text-sm text-muted">What it holds is filled in this slice.</p>
    </section>
  );
  const letter = (plane: "axial" | "coronal" | "sagittal") => sideOf(plane, convention)[0].toUpperCase();
  const facing = `axial ${letter("axial")}, coronal ${letter("coronal")}, sagittal ${letter("sagittal")}`;
  return (
    <section aria-label="Scissors" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">Scissors</h2>
      <ShapeButtons shape={scissors.shape} onChange={(shape) => set({ shape })} />
      <select aria-label="What to cut" className="field mb-2 w-full" value={scissors.operation} onChange={(event) => set({ operation: event.target.value as ScissorsOperation })}>
        {scissorsOperations.map((one) => <option key={one} value={one}>{operationWords[one]}</option>)}
      </select>
      <select aria-label="How deep" className="field w-full" value={scissors.depth} onChange={(event) => set({ depth: event.target.value as CutDepth["kind"] })}>
        {Object.entries(depthWords).map(([kind, words]) => <option key={kind} value={kind}>{words}</option>)}
      </select>
      {scissors.depth === "symmetric" && (
        <label className="mt-1.5 flex items-center gap-3"><span className="w-20">To each side</span>
          <input type="number" aria-label="Depth to each side, mm" className="field min-w-0 flex-1 text-right" min={0} max={300} step={0.5} value={scissors.depthMm} onChange={(event) => { const next = Number(event.target.value); if (Number.isFinite(next) && next >= 0 && next <= 300) set({ depthMm: next }); }} />
          <span className="w-8 text-muted">mm</span>
        </label>
      )}
      {scissors.depth !== "unlimited" && (
        <p className="mt-1.5 text-sm text-muted">Counted from this slice{scissors.depth === "symmetric" ? "" : ` (you are at: ${facing})`}; in 3D from the surface where the shape was begun, or the foremost inside it. Beyond the depth nothing changes.</p>
      )}
      {scissors.operation.startsWith("erase") && (
        <label className="mt-2 flex items-center gap-2">
          <input type="checkbox" checked={scissors.of === "segment"} onChange={(event) => set({ of: event.target.checked ? "segment" : "all" })} />
          {chosen ? `Erase ${chosen} only` : "Erase the chosen segment only"}
        </label>
      )}
      <p className="mt-2 text-sm text-muted">In 3D the right button turns.</p>
    </section>
  );
}

"use client";
import { useRef, useState } from "react";
import { effectIntent, type EffectIntent } from "../../../core/mask/effects/intent.ts";
import { runVoxels } from "../../../core/mask/brickRuns.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { useRoomState } from "../roomStore.ts";
import { brushRefusal } from "../tools/refusals.ts";
import { effectStrokes } from "../tools/runEffect.ts";
import { lockedValues, type RoomContext, type RoomSegment } from "../useRoom.ts";

/** A number that an effect asks for. */
interface Field { key: string; label: string; unit: string; min: number; max: number; step: number; initial: number }
/** One thing that can be done to a segment. */
interface Choice {
  id: string;
  label: string;
  fields: readonly Field[];
  /** The intent without segment and masking. `at` is the crosshair, RAS mm; `range` the threshold's, HU. */
  intent: (values: Readonly<Record<string, number>>, at: readonly [number, number, number], range: readonly [number, number], visible: readonly number[]) => Record<string, unknown>;
  /** It only adds, so its result may be proposed first. */
  isProposable?: boolean;
  hint?: string;
}
const millimetres = (key: string, label: string, initial: number, min = 0.1, max = 20): Field => ({ key, label, unit: "mm", min, max, step: 0.1, initial });

const choices: Readonly<Record<string, readonly Choice[]>> = {
  islands: [
    { id: "keepLargest", label: "Keep the largest", fields: [], intent: () => ({ effect: "islands", operation: "keepLargest" }) },
    { id: "removeSmall", label: "Remove smaller than", fields: [{ key: "minMm3", label: "Volume", unit: "mm³", min: 1, max: 10_000, step: 1, initial: 50 }], intent: ({ minMm3 }) => ({ effect: "islands", operation: "removeSmall", minMm3 }) },
    { id: "keepAt", label: "Keep the one at the crosshair", fields: [], intent: (_values, at) => ({ effect: "islands", operation: "keepAt", at }) },
    { id: "removeAt", label: "Remove the one at the crosshair", fields: [], intent: (_values, at) => ({ effect: "islands", operation: "removeAt", at }) },
  ],
  smooth: [
    { id: "median", label: "Median", fields: [millimetres("mm", "Kernel", 1)], intent: ({ mm }) => ({ effect: "smooth", method: "median", mm }) },
    { id: "gaussian", label: "Gaussian", fields: [millimetres("mm", "Deviation", 1, 0.1, 10)], intent: ({ mm }) => ({ effect: "smooth", method: "gaussian", mm }) },
    {
      id: "joint", label: "Joint: all visible segments, no gaps between", fields: [millimetres("mm", "Deviation", 1, 0.1, 10)], hint: "Between the visible segments no gap opens. Hidden ones are left as they are; a locked one among the visible makes it impossible.",
      intent: ({ mm }, _at, _range, visible) => ({ effect: "jointSmooth", segments: visible, mm }),
    },
    { id: "closing", label: "Close gaps", fields: [millimetres("mm", "Radius", 1.5)], intent: ({ mm }) => ({ effect: "smooth", method: "closing", mm }) },
    { id: "opening", label: "Remove spikes and bridges", fields: [millimetres("mm", "Radius", 1)], intent: ({ mm }) => ({ effect: "smooth", method: "opening", mm }) },
    { id: "fillHoles", label: "Fill cavities", fields: [], intent: () => ({ effect: "fillHoles" }) },
    { id: "wrap", label: "Wrap: close gaps, fill all inside", fields: [millimetres("gapMm", "Gap", 3)], intent: ({ gapMm }) => ({ effect: "wrap", gapMm }) },
  ],
  margin: [
    { id: "grow", label: "Grow by", fields: [millimetres("mm", "Margin", 1)], intent: ({ mm }) => ({ effect: "margin", mm }) },
    { id: "shrink", label: "Shrink by", fields: [millimetres("mm", "Margin", 1)], intent: ({ mm }) => ({ effect: "margin", mm: -mm }) },
    { id: "hollowInside", label: "Hollow, shell inside", fields: [millimetres("thicknessMm", "Thickness", 2)], intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "inside" }) },
    { id: "hollowMedial", label: "Hollow, shell in the middle", fields: [millimetres("thicknessMm", "Thickness", 2)], intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "medial" }) },
    { id: "hollowOutside", label: "Hollow, shell outside", fields: [millimetres("thicknessMm", "Thickness", 2)], intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "outside" }) },
  ],
  fill: (["axial", "coronal", "sagittal"] as const).map((plane) => ({
    id: plane, label: `Between ${plane} slices`, fields: [], isProposable: true, hint: "Draw the segment on some slices; the empty ones between go over from one drawn shape to the next, where they overlap. Other segments are left as they are.",
    intent: () => ({ effect: "fillBetween", plane }),
  })),
  grow: [{
    id: "regionGrow", label: "From the crosshair, within the threshold's range", isProposable: true, hint: "Stops where the structure is narrower than the channel. The range is the threshold's (T).",
    fields: [millimetres("channelMm", "Channel", 0, 0, 20)], intent: ({ channelMm }, at, [min, max]) => ({ effect: "regionGrow", at, min, max, channelMm }),
  }],
};
const titles: Readonly<Record<string, string>> = { islands: "Islands", smooth: "Smooth and fill", margin: "Margin and hollow", fill: "Fill between slices", grow: "Grow" };

/** Whether a tool is one of those that work on the whole segment at once. */
export const isEffectTool = (tool: string): boolean => Object.hasOwn(choices, tool);

/** Options of an effect, and the button that applies it: one undoable step a stroke, or a proposal. */
export function EffectOptions({ room, segments, tool }: { room: RoomContext; segments: readonly RoomSegment[]; tool: string }) {
  const { store, session, volume, grid } = room;
  const list = choices[tool], segment = useRoomState(store, (s) => s.segment), range = useRoomState(store, (s) => s.threshold);
  const [chosenId, choose] = useState(list[0].id);
  const choice = list.find(({ id }) => id === chosenId) ?? list[0];
  const [values, setValues] = useState<Readonly<Record<string, number>>>({});
  const [isProposed, setProposed] = useState(true);
  const [isRunning, setRunning] = useState(false);
  const [told, setTold] = useState<{ text: string; isProblem: boolean } | null>(null);
  const stop = useRef<AbortController | null>(null);
  const valueOf = ({ key, initial }: Field) => values[`${choice.id}.${key}`] ?? initial;
  const apply = async () => {
    const refusal = brushRefusal(room, segments);
    if (refusal !== null || segment === null) return setTold({ text: refusal ?? "Choose a segment first.", isProblem: true });
    const controller = new AbortController();
    stop.current = controller;
    setTold(null);
    setRunning(true);
    try {
      const { crosshair, hidden } = store.get();
      const fields = Object.fromEntries(choice.fields.map((field) => [field.key, valueOf(field)]));
      const intent: EffectIntent = effectIntent.parse({ ...choice.intent(fields, [crosshair[0], crosshair[1], crosshair[2]], range, segments.map(({ value }) => value).filter((value) => !hidden.has(value))), segment, locked: [...lockedValues(segments)] });
      const strokes = await effectStrokes(session.fold, volume.hu, intent, controller.signal);
      const ml = (value: number) => ((strokes.filter((stroke) => (stroke.value === 0) === (value === 0)).reduce((sum, { bricks }) => sum + runVoxels(bricks), 0)) * voxelVolumeMm3(grid)) / 1000;
      if (strokes.length === 0) return setTold({ text: "This changes nothing.", isProblem: false });
      const layer = choice.isProposable && isProposed ? "proposal" : "anatomy";
      await session.commitTogether(strokes.filter(({ value }) => layer === "anatomy" || value !== 0), layer);
      setTold({ text: layer === "proposal" ? `${ml(segment).toFixed(2)} mL proposed. Accept or discard it above.` : `${ml(segment).toFixed(2)} mL added, ${ml(0).toFixed(2)} mL taken away.`, isProblem: false });
    } catch (error) {
      setTold({ text: error instanceof Error ? error.message : "This did not work. Nothing was changed.", isProblem: true });
    } finally {
      stop.current = null;
      setRunning(false);
    }
  };
  const name = segments.find(({ value }) => value === segment)?.name;
  return (
    <section aria-label={titles[tool]} className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">{titles[tool]}</h2>
      {list.length > 1 && (
        <select aria-label="What to do" className="field mb-2 w-full" value={choice.id} onChange={(event) => choose(event.target.value)}>
          {list.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
        </select>
      )}
      {choice.hint && <p className="mb-2 text-sm text-muted">{choice.hint}</p>}
      {choice.fields.map((field) => (
        <label key={`${choice.id}.${field.key}`} className="mb-1.5 flex items-center gap-3">
          <span className="w-20">{field.label}</span>
          <input type="number" className="field min-w-0 flex-1 text-right" min={field.min} max={field.max} step={field.step} value={valueOf(field)} onChange={(event) => { const next = Number(event.target.value); if (Number.isFinite(next)) setValues({ ...values, [`${choice.id}.${field.key}`]: next }); }} />
          <span className="w-8 text-muted">{field.unit}</span>
        </label>
      ))}
      {choice.isProposable && (
        <label className="mb-1.5 mt-1 flex items-center gap-2">
          <input type="checkbox" checked={isProposed} onChange={(event) => setProposed(event.target.checked)} />
          As a proposal, to be accepted
        </label>
      )}
      {isRunning ? (
        <div className="mt-3" role="status">
          <div className="mb-1.5 flex justify-between text-sm text-muted"><span>Computing…</span><button type="button" className="underline" onClick={() => stop.current?.abort()}>Cancel</button></div>
          <ProgressBar fraction={null} label="Computing" />
        </div>
      ) : (
        <button type="button" data-apply-effect="" className="button button-primary mt-1 w-full" disabled={segment === null || !room.canDraw} onClick={() => void apply()}>{name ? `Apply to ${name}` : "Add a segment first"}</button>
      )}
      {told && <p role={told.isProblem ? "alert" : "status"} data-effect-told="" className={`mt-2 text-sm ${told.isProblem ? "text-fail" : "text-muted"}`}>{told.text}</p>}
    </section>
  );
}

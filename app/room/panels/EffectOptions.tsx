"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { EffectStroke } from "../../../core/mask/effects/apply.ts";
import { effectIntent, type EffectIntent } from "../../../core/mask/effects/intent.ts";
import { runVoxels } from "../../../core/mask/brickRuns.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { useTRPC, useTRPCClient } from "../../api/client.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { useRoomState } from "../roomStore.ts";
import { brushRefusal } from "../tools/refusals.ts";
import { effectStrokes } from "../tools/runEffect.ts";
import { maskingOf } from "../tools/masking.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";
import { segmentColor } from "./SegmentsPanel.tsx";

/** A number that an effect asks for. */
interface Field { key: string; label: string; unit: string; min: number; max: number; step: number; initial: number }
/** One thing that can be done to a segment. */
interface Choice {
  id: string;
  label: string;
  fields: readonly Field[];
  /** The intent without segment and masking. `at` is the crosshair, RAS mm; `range` the threshold's, HU. */
  intent: (values: Readonly<Record<string, number>>, at: readonly [number, number, number], range: readonly [number, number], visible: readonly number[], other: number | null) => Record<string, unknown>;
  /** It works with a second segment: another one, or what is proposed. */
  other?: "segment" | "proposal";
  /** Its parts go to segments of their own, which are made first. */
  splitsInto?: (values: Readonly<Record<string, number>>) => number;
  /** What it takes by its meaning, whatever the rule is. */
  ownMasking?: { overwrite: "all" };
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
    {
      id: "split", label: "Split to segments", fields: [{ key: "parts", label: "At most", unit: "", min: 2, max: 20, step: 1, initial: 5 }], hint: "The largest part stays; each other one, by size, goes to a new segment.",
      intent: () => ({ effect: "split" }), splitsInto: ({ parts }) => parts - 1,
    },
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
  }, {
    id: "seeds", label: "From seeds, all visible segments", isProposable: true, hint: "What you drew in the visible segments are seeds: each voxel around goes to the seed that is nearest along the CT. Draw a second segment for what lies around.",
    fields: [millimetres("marginMm", "Around by", 10, 0, 100)], intent: ({ marginMm }, _at, _range, visible) => ({ effect: "growFromSeeds", segments: visible, marginMm }),
  }],
  logic: [
    { id: "union", label: "Add another segment to it", fields: [], other: "segment", ownMasking: { overwrite: "all" }, hint: "The other segment's voxels become this one's.", intent: (_values, _at, _range, _visible, other) => ({ effect: "logic", operation: "union", other }) },
    { id: "copy", label: "Become another segment", fields: [], other: "segment", ownMasking: { overwrite: "all" }, hint: "A voxel holds one segment: what this one held goes, what the other one holds becomes this one's.", intent: (_values, _at, _range, _visible, other) => ({ effect: "logic", operation: "copy", other }) },
    ...([["subtract", "Subtract what is proposed"], ["intersect", "Keep what is also proposed"], ["copy", "Become what is proposed"]] as const).map(([operation, label]): Choice => ({
      id: `${operation}Proposal`, label, fields: [], other: "proposal", hint: "Segments share no voxel; a proposal may lie over one.", intent: (_values, _at, _range, _visible, other) => ({ effect: "logic", operation, other, of: "proposal" }),
    })),
    { id: "invert", label: "Invert", fields: [], hint: "Everything that no segment holds.", intent: () => ({ effect: "logic", operation: "invert" }) },
    { id: "clear", label: "Clear", fields: [], intent: () => ({ effect: "logic", operation: "clear" }) },
  ],
};
const titles: Readonly<Record<string, string>> = { islands: "Islands", smooth: "Smooth and fill", margin: "Margin and hollow", fill: "Fill between slices", grow: "Grow", logic: "Combine" };

/** Label values that no segment has, for parts that get their own once they are known. */
const freeValues = (segments: readonly RoomSegment[], count: number): number[] => {
  const taken = new Set(segments.map(({ value }) => value));
  return Array.from({ length: 127 }, (_, i) => i + 1).filter((value) => !taken.has(value)).slice(0, count);
};

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
  const [otherValue, setOther] = useState<number | null>(null);
  const proposed = useSession(session, (s) => s.proposedVoxels), trpc = useTRPCClient(), trpcKeys = useTRPC(), client = useQueryClient();
  const others = choice.other === "proposal" ? segments.filter(({ value }) => (proposed.get(value) ?? 0) > 0) : segments.filter(({ value }) => value !== segment);
  const other = others.some(({ value }) => value === otherValue) ? otherValue : (others[0]?.value ?? null);
  const valueOf = ({ key, initial }: Field) => values[`${choice.id}.${key}`] ?? initial;
  const apply = async () => {
    const refusal = brushRefusal(room, segments);
    if (refusal !== null || segment === null) return setTold({ text: refusal ?? "Choose a segment first.", isProblem: true });
    if (choice.other && other === null) return setTold({ text: choice.other === "proposal" ? "Nothing is proposed." : "There is no other segment.", isProblem: true });
    const controller = new AbortController();
    stop.current = controller;
    setTold(null);
    setRunning(true);
    try {
      const { crosshair, hidden } = store.get();
      const fields = Object.fromEntries(choice.fields.map((field) => [field.key, valueOf(field)]));
      const intent: EffectIntent = effectIntent.parse({ ...choice.intent(fields, [crosshair[0], crosshair[1], crosshair[2]], range, segments.map(({ value }) => value).filter((value) => !hidden.has(value)), other), ...(choice.splitsInto ? { into: freeValues(segments, choice.splitsInto(fields)) } : {}), ...maskingOf(store.get(), segments), segment, ...choice.ownMasking });
      let strokes = await effectStrokes(session.fold, volume.hu, intent, controller.signal);
      if (choice.splitsInto) strokes = await intoNewSegments(strokes);
      const ml = (value: number) => ((strokes.filter((stroke) => (stroke.value === 0) === (value === 0)).reduce((sum, { bricks }) => sum + runVoxels(bricks), 0)) * voxelVolumeMm3(grid)) / 1000;
      if (strokes.length === 0) return setTold({ text: "This changes nothing.", isProblem: false });
      const layer = choice.isProposable && isProposed ? "proposal" : "anatomy";
      await session.commitTogether(strokes.filter(({ value }) => layer === "anatomy" || value !== 0).map((stroke) => ({ ...stroke, layer } as const)));
      setTold({ text: layer === "proposal" ? `${ml(segment).toFixed(2)} mL proposed. Accept or discard it above.` : `${ml(segment).toFixed(2)} mL added, ${ml(0).toFixed(2)} mL taken away.`, isProblem: false });
    } catch (error) {
      setTold({ text: error instanceof Error ? error.message : "This did not work. Nothing was changed.", isProblem: true });
    } finally {
      stop.current = null;
      setRunning(false);
    }
  };
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
  return (
    <section aria-label={titles[tool]} className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">{titles[tool]}</h2>
      {list.length > 1 && (
        <select aria-label="What to do" className="field mb-2 w-full" value={choice.id} onChange={(event) => choose(event.target.value)}>
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

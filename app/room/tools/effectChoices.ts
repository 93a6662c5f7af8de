import { effectIntent, type EffectIntent } from "../../../core/mask/effects/intent.ts";
import type { RoomState } from "../roomStore.ts";
import type { RoomSegment } from "../useRoom.ts";
import { maskingOf } from "./masking.ts";

/** A number that an effect asks for. */
export interface Field { key: string; label: string; unit: string; min: number; max: number; step: number; initial: number }
/** One thing that can be done to a segment. */
export interface Choice {
  id: string;
  label: string;
  fields: readonly Field[];
  /** The intent without segment and masking. `at` is the crosshair, RAS mm; `range` the threshold's, HU. */
  intent: (values: Readonly<Record<string, number>>, at: readonly [number, number, number], range: readonly [number, number], visible: readonly number[], other: number | null) => Record<string, unknown>;
  /** It works with a second segment: another one, or what is proposed. */
  other?: "segment" | "proposal";
  /** Its parts go to segments of their own, which are made first. */
  splitsInto?: (values: Readonly<Record<string, number>>) => number;
  /** It goes on while one draws, in a panel of its own, until it is proposed or stopped. */
  isLive?: boolean;
  /** What it takes by its meaning, whatever the rule is. */
  ownMasking?: { overwrite: "all" };
  /** It only adds, so its result may be proposed first. */
  isProposable?: boolean;
  /** It looks at the threshold's range, which is shown and set with it. */
  takesRange?: true;
  /** How far it reaches, mm: nothing changes across voxels that lie farther apart. */
  reachMm?: (values: Readonly<Record<string, number>>) => number;
  hint?: string;
}
const millimetres = (key: string, label: string, initial: number, min = 0.1, max = 20): Field => ({ key, label, unit: "mm", min, max, step: 0.1, initial });

export const effectChoices: Readonly<Record<string, readonly Choice[]>> = {
  islands: [
    { id: "keepLargest", label: "Keep the largest", fields: [], intent: () => ({ effect: "islands", operation: "keepLargest" }) },
    { id: "removeSmall", label: "Remove smaller than", fields: [{ key: "minMm3", label: "Volume", unit: "mm³", min: 1, max: 10_000, step: 1, initial: 50 }], intent: ({ minMm3 }) => ({ effect: "islands", operation: "removeSmall", minMm3 }) },
    { id: "keepAt", label: "Keep the one clicked", fields: [], hint: "Click the island in a view: it is the one at the crosshair.", intent: (_values, at) => ({ effect: "islands", operation: "keepAt", at }) },
    { id: "removeAt", label: "Remove the one clicked", fields: [], hint: "Click the island in a view: it is the one at the crosshair.", intent: (_values, at) => ({ effect: "islands", operation: "removeAt", at }) },
    {
      id: "split", label: "Split to segments", fields: [{ key: "parts", label: "At most", unit: "", min: 2, max: 20, step: 1, initial: 5 }], hint: "The largest part stays; each other one, by size, goes to a new segment.",
      intent: () => ({ effect: "split" }), splitsInto: ({ parts }) => parts - 1,
    },
  ],
  smooth: [
    { id: "median", label: "Median", fields: [millimetres("mm", "Radius", 1)], reachMm: ({ mm }) => 2 * mm, intent: ({ mm }) => ({ effect: "smooth", method: "median", mm }) },
    { id: "gaussian", label: "Gaussian", fields: [millimetres("mm", "Deviation", 1, 0.1, 10)], intent: ({ mm }) => ({ effect: "smooth", method: "gaussian", mm }) },
    {
      id: "joint", label: "Joint: all visible segments, no gaps between", fields: [millimetres("mm", "Deviation", 1, 0.1, 10)], hint: "Between the visible segments no gap opens. Hidden ones are left as they are; a locked one among the visible makes it impossible.",
      intent: ({ mm }, _at, _range, visible) => ({ effect: "jointSmooth", segments: visible, mm }),
    },
    { id: "closing", label: "Close gaps", fields: [millimetres("mm", "Radius", 1.5)], reachMm: ({ mm }) => mm, intent: ({ mm }) => ({ effect: "smooth", method: "closing", mm }) },
    { id: "opening", label: "Remove spikes and bridges", fields: [millimetres("mm", "Radius", 1)], reachMm: ({ mm }) => mm, intent: ({ mm }) => ({ effect: "smooth", method: "opening", mm }) },
    { id: "fillHoles", label: "Fill cavities", fields: [], hint: "What the outside does not reach in 3D.", intent: () => ({ effect: "fillHoles" }) },
    { id: "fillSmallHoles", label: "Fill small cavities", fields: [{ key: "largestMm3", label: "Up to", unit: "mm³", min: 0.1, max: 100_000, step: 1, initial: 100 }], intent: ({ largestMm3 }) => ({ effect: "fillHoles", largestMm3 }) },
    ...(["axial", "coronal", "sagittal"] as const).map((plane): Choice => ({ id: `holes-${plane}`, label: `Fill holes in ${plane} slices`, fields: [], hint: "What is closed within its slice, though it may be open across it.", intent: () => ({ effect: "fillHoles", plane }) })),
    {
      id: "wrap", label: "Wrap: a solid of all it encloses", fields: [millimetres("gapMm", "Gap", 3, 0.1, 60), millimetres("detailMm", "Detail", 1)], hint: "Openings narrower than the gap are closed and all inside is filled; folds and pores narrower than the smallest detail are covered, wider ones are followed.",
      intent: ({ gapMm, detailMm }) => ({ effect: "wrap", gapMm, detailMm }),
    },
  ],
  margin: [
    { id: "grow", label: "Grow by", fields: [millimetres("mm", "Margin", 1)], reachMm: ({ mm }) => mm, intent: ({ mm }) => ({ effect: "margin", mm }) },
    { id: "shrink", label: "Shrink by", fields: [millimetres("mm", "Margin", 1)], reachMm: ({ mm }) => mm, intent: ({ mm }) => ({ effect: "margin", mm: -mm }) },
    { id: "hollowInside", label: "Hollow, shell inside", fields: [millimetres("thicknessMm", "Thickness", 2)], reachMm: ({ thicknessMm }) => thicknessMm, intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "inside" }) },
    { id: "hollowMedial", label: "Hollow, shell in the middle", fields: [millimetres("thicknessMm", "Thickness", 2)], reachMm: ({ thicknessMm }) => thicknessMm / 2, intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "medial" }) },
    { id: "hollowOutside", label: "Hollow, shell outside", fields: [millimetres("thicknessMm", "Thickness", 2)], reachMm: ({ thicknessMm }) => thicknessMm, intent: ({ thicknessMm }) => ({ effect: "hollow", thicknessMm, shell: "outside" }) },
  ],
  fill: (["axial", "coronal", "sagittal"] as const).map((plane) => ({
    id: plane, label: `Between ${plane} slices`, fields: [millimetres("joinMm", "Join up to", 20, 0, 200)], isProposable: true, hint: "Draw the segment on some slices; the empty ones between go over from one drawn shape to the next. Shapes that do not overlap are joined with the nearest one when their centres are no farther apart in the slice than this (0: never). Other segments are left as they are.",
    intent: ({ joinMm }) => ({ effect: "fillBetween", plane, joinMm }),
  })),
  grow: [{
    id: "regionGrow", label: "From the crosshair, within the threshold's range", isProposable: true, takesRange: true, hint: "Click where it begins. It stops where the structure is narrower than the channel. The range is the threshold's too (T).",
    fields: [millimetres("channelMm", "Channel", 0, 0, 20)], intent: ({ channelMm }, at, [min, max]) => ({ effect: "regionGrow", at, min, max, channelMm }),
  }, {
    id: "seeds", label: "From seeds, all visible segments", isProposable: true, isLive: true, hint: "What you drew in the visible segments are seeds: each voxel around goes to the seed that is nearest along the CT. Draw a second segment for what lies around. It goes on while you draw more.",
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
export const effectTitles: Readonly<Record<string, string>> = { islands: "Islands", smooth: "Smooth and fill", margin: "Margin and hollow", fill: "Fill between slices", grow: "Grow", logic: "Combine" };

const axisWords = ["left–right", "front–back", "up–down"] as const;

/** Across which axes an effect of so many mm changes nothing, because voxels lie farther apart there; null: across none. */
export function reachNote(spacing: readonly number[], reachMm: number): string | null {
  const still = axisWords.filter((_, axis) => spacing[axis] > reachMm + 1e-6), voxel = spacing.map((step) => Number(step.toFixed(2))).join(" × ");
  if (still.length === 0 || !Number.isFinite(reachMm)) return null;
  return still.length === 3 ? `Voxels are ${voxel} mm: this reaches no neighbour.` : `Voxels are ${voxel} mm: this reaches no neighbour ${still.join(", ")}.`;
}

/** Label values that no segment has, for parts that get their own once they are known. */
const freeValues = (segments: readonly RoomSegment[], count: number): number[] => {
  const taken = new Set(segments.map(({ value }) => value));
  return Array.from({ length: 127 }, (_, i) => i + 1).filter((value) => !taken.has(value)).slice(0, count);
};

/** Whether a tool is one of those that work on the whole segment at once. */
export const isEffectTool = (tool: string): boolean => Object.hasOwn(effectChoices, tool);

/** What is to be done, or why it cannot be, for people. */
export type ChosenIntent = { intent: EffectIntent } | { problem: string };

/** The intent of a choice with these numbers, under the masking rules of the room. */
export function intentOf(choice: Choice, values: Readonly<Record<string, number>>, state: Pick<RoomState, "segment" | "hidden" | "crosshair" | "threshold" | "area" | "overwrite" | "onlyHu">, segments: readonly RoomSegment[], other: number | null): ChosenIntent {
  const { segment, hidden, crosshair, threshold } = state;
  if (segment === null) return { problem: "Choose a segment first." };
  if (choice.other && other === null) return { problem: choice.other === "proposal" ? "Nothing is proposed." : "There is no other segment." };
  for (const { key, label, min, max, unit } of choice.fields) {
    if (!(values[key] >= min && values[key] <= max)) return { problem: `${label} must lie between ${min} and ${max}${unit && ` ${unit}`}.` };
  }
  const visible = segments.map(({ value }) => value).filter((value) => !hidden.has(value));
  const read = effectIntent.safeParse({
    ...choice.intent(values, [crosshair[0], crosshair[1], crosshair[2]], threshold, visible, other),
    ...(choice.splitsInto ? { into: freeValues(segments, choice.splitsInto(values)) } : {}), ...maskingOf(state, segments), segment, ...choice.ownMasking,
  });
  if (read.success) return { intent: read.data };
  const [issue] = read.error.issues;
  return { problem: issue.path[0] === "segments" ? "No segment is visible. Show those that are meant." : `This cannot be done: ${issue.path.join(".")}: ${issue.message}.` };
}

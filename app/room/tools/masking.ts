import { maxLabelValue } from "../../../core/mask/brick.ts";
import type { EffectIntent } from "../../../core/mask/effects/intent.ts";
import { type Protection, protectionOf } from "../../../core/mask/masking.ts";
import type { RoomState } from "../roomStore.ts";
import type { RoomSegment } from "../useRoom.ts";

/** Where tools may change voxels: in all of the volume, inside or outside what is visible, or inside one segment (its value). */
export type EditableArea = "anywhere" | "insideVisible" | "outsideVisible" | number;
/** Whose voxels a tool may take: every other segment's, only visible ones', nobody's. */
export type OverwriteRule = "all" | "visible" | "none";
type Rules = Pick<RoomState, "area" | "overwrite" | "hidden" | "segment">;

const visibleOf = ({ hidden }: Pick<RoomState, "hidden">, segments: readonly RoomSegment[]): number[] => segments.map(({ value }) => value).filter((value) => !hidden.has(value));

/** For each label value whose voxels may not be changed, 0 for no segment and those of removed segments among them, why. Those that may are absent. */
export function protectedLabels(rules: Rules, segments: readonly RoomSegment[]): Map<number, Protection> {
  const why = protectionOf(maskingOf({ ...rules, onlyHu: null }, segments), rules.segment), found = new Map<number, Protection>();
  for (let value = 0; value <= maxLabelValue; value++) {
    const protection = why(value);
    if (protection) found.set(value, protection);
  }
  return found;
}

/** Values of `protectedLabels`. */
export const protectedValues = (rules: Rules, segments: readonly RoomSegment[]): Set<number> => new Set(protectedLabels(rules, segments).keys());

/** The same rules as an effect takes them. Where all may be overwritten an effect keeps its own, gentler, default. */
export function maskingOf(rules: Rules & Pick<RoomState, "onlyHu">, segments: readonly RoomSegment[]): Pick<EffectIntent, "locked" | "editableArea" | "editableRange" | "overwrite"> {
  const { area, overwrite, onlyHu } = rules, visible = visibleOf(rules, segments);
  return {
    locked: segments.filter(({ isLocked }) => isLocked).map(({ value }) => value),
    ...(area === "anywhere" ? {} : { editableArea: area === "insideVisible" ? { inside: visible } : area === "outsideVisible" ? { outside: visible } : { inside: area } }),
    ...(onlyHu ? { editableRange: [onlyHu[0], onlyHu[1]] } : {}),
    ...(overwrite === "all" ? {} : { overwrite: overwrite === "none" ? "none" : { only: visible } }),
  };
}

/** HU as people write them. */
const huWord = (hu: number): string => (hu < 0 ? `−${-hu}` : String(hu));
/** A range of HU, both ends in. */
export const huRangeWords = ([low, high]: readonly [number, number]): string => `inside ${huWord(low)}…${huWord(high)} HU`;

const nameOf = (segments: readonly RoomSegment[], value: number): string => segments.find((one) => one.value === value)?.name ?? "a segment that is gone";

/** The rules that are not the plainest, for people; always on the canvas. */
export function maskingWords({ area, overwrite, onlyHu }: Pick<RoomState, "area" | "overwrite" | "onlyHu">, segments: readonly RoomSegment[]): string[] {
  return [
    ...(area === "anywhere" ? [] : [area === "insideVisible" ? "only inside visible segments" : area === "outsideVisible" ? "only outside visible segments" : `only inside ${nameOf(segments, area)}`]),
    ...(onlyHu ? [huRangeWords(onlyHu)] : []),
    ...(overwrite === "all" ? [] : [overwrite === "visible" ? "leaves hidden segments" : "leaves other segments"]),
  ];
}

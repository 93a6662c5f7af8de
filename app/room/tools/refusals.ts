import { isAllowed } from "../../../core/review/permissions.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { toolInHand, type RoomState } from "../roomStore.ts";
import type { DrawingIntent } from "../../../core/mask/drawing/intent.ts";
import type { KeptOut, Protection } from "../../../core/mask/masking.ts";
import { huRangeWords, maskingWords } from "./masking.ts";

/** Why this person cannot draw here at all, for people; null: they can. */
export function roleRefusal(room: Pick<RoomContext, "canDraw" | "isArchived">): string | null {
  if (room.canDraw) return null;
  return room.isArchived ? "This case is archived; nothing can be drawn." : "Your role in this case may look, not draw.";
}

/** Why this person cannot change the list of segments, for people; null: they can. */
export function segmentsRefusal({ role, isArchived }: Pick<RoomContext, "role" | "isArchived">): string | null {
  if (isAllowed(role, "segments.write", isArchived)) return null;
  return isArchived ? "This case is archived; its segments stay as they are." : "Your role in this case may look at segments, not change them.";
}

/** Why nothing can be changed while another instant is shown. */
export const pastRefusal = "You are looking at the mask as it was. Go back to now (History) to change it.";

/** Why the brush cannot be used now, for people; null: it can. */
export function brushRefusal(room: RoomContext, segments: readonly RoomSegment[]): string | null {
  const role = roleRefusal(room);
  if (role !== null) return role;
  const { session, store } = room;
  if (session.state().refused !== null) return "The room is closed for this page. Reload it to go on drawing.";
  const state = store.get();
  if (state.past !== null) return pastRefusal;
  const tool = toolInHand(state);
  // Accepting and discarding work on what is proposed, for whatever segment.
  if (tool === "settle") return session.state().proposedVoxels.size === 0 ? "Nothing is proposed. Results of automatic tools wait here, hatched, until they are accepted." : null;
  const isErasing = tool === "erase" || (tool === "scissors" && state.scissors.operation.startsWith("erase"));
  const chosen = segments.find(({ value }) => value === state.segment);
  if (!chosen) return "Add a segment first; tools write into it.";
  // An eraser of every segment leaves the locked ones by the masking rule.
  if (isErasing && (tool === "erase" ? state.isErasingAll : state.scissors.of === "all")) return null;
  if (chosen.isLocked) return `${chosen.name} is locked. Unlock it to ${isErasing ? "erase" : "draw in"} it.`;
  return state.hidden.has(chosen.value) ? `${chosen.name} is hidden. Show it to ${isErasing ? "erase" : "draw in"} it.` : null;
}

const doneOf = (intent: Pick<DrawingIntent, "effect"> & { operation?: string }): "drawn" | "erased" | "accepted" | "discarded" =>
  intent.effect === "accept" || intent.effect === "acceptAll" ? "accepted" : intent.effect === "discard" || intent.effect === "discardAll" ? "discarded" : intent.effect === "erase" || intent.operation?.startsWith("erase") ? "erased" : "drawn";

type Rules = Pick<RoomState, "onlyHu" | "segment" | "area" | "overwrite">;

/** What kept voxels out, each reason in words. */
function reasonsOf(keptOut: KeptOut, segments: readonly RoomSegment[], { onlyHu, area, overwrite }: Rules): string[] {
  const isRemoved = (value: number) => value !== 0 && !segments.some((one) => one.value === value);
  const namesOf = (why: Protection) => [
    ...segments.filter(({ value }) => keptOut.protection.get(value) === why).map(({ name }) => name),
    ...([...keptOut.protection].some(([value, reason]) => reason === why && isRemoved(value)) ? ["a segment that is gone"] : []),
  ], names = namesOf("locked"), others = namesOf("overwrite");
  const isOutside = [...keptOut.protection.values()].includes("area"), [words] = maskingWords({ area, overwrite: "all", onlyHu: null }, segments);
  return [
    ...(names.length > 0 ? [`${names.join(" and ")} ${names.length === 1 ? "is" : "are"} locked here`] : []),
    ...(isOutside ? [`the editable area is ${words ?? "elsewhere"}`] : []),
    ...(others.length > 0 ? [`${others.join(" and ")} ${others.length === 1 ? "is" : "are"} not to be overwritten (${overwrite === "visible" ? "only visible segments are" : "no other segment is"})`] : []),
    ...(keptOut.isOutsideHu && onlyHu ? [`the voxels here are not ${huRangeWords(onlyHu)}`] : []),
  ];
}

/** What of a proposal was not accepted, and why; null: all of it was. */
export function staysProposed(keptOut: KeptOut, segments: readonly RoomSegment[], rules: Rules): string | null {
  const reasons = reasonsOf(keptOut, segments, rules);
  return reasons.length === 0 ? null : `Part of the proposal was not accepted and stays proposed: ${reasons.join("; ")}.`;
}

/** Why a stroke changed nothing. */
export function nothingDrawn(keptOut: KeptOut, segments: readonly RoomSegment[], rules: Rules, intent: Pick<DrawingIntent, "effect"> & { operation?: string; of?: string }): string {
  const done = doneOf(intent), own = intent.of === "all" ? "segment" : segments.find(({ value }) => value === rules.segment)?.name ?? "such segment";
  const reasons = [...reasonsOf(keptOut, segments, rules), ...(keptOut.isOtherLabel ? [`there is no ${own} here`] : [])];
  const plain = done === "drawn" ? "this is outside the CT" : done === "erased" ? `there is no ${own} here` : "nothing that is shown is proposed here";
  return `Nothing was ${done}: ${reasons.length > 0 ? reasons.join("; ") : plain}.`;
}

/** A sentence of core/mask, which knows label values only, with the segments' names in their place. */
export function withNames(sentence: string, segments: readonly RoomSegment[]): string {
  const nameOf = (value: string) => segments.find((one) => one.value === Number(value))?.name ?? `segment ${value}`;
  return sentence.replace(/\bsegments (\d+(?:(?:, | and )\d+)+)/gi, (_, list: string) => list.replace(/\d+/g, nameOf)).replace(/\bsegment (\d+)\b/gi, (_, value: string) => nameOf(value));
}

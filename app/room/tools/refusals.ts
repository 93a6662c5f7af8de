import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { toolInHand, type RoomState } from "../roomStore.ts";
import type { KeptOut } from "./brushStroke.ts";

/** Why this person cannot draw here at all, for people; null: they can. */
export function roleRefusal(room: Pick<RoomContext, "canDraw" | "isArchived">): string | null {
  if (room.canDraw) return null;
  return room.isArchived ? "This case is archived; nothing can be drawn." : "Your role in this case may look, not draw.";
}

/** Why the brush cannot be used now, for people; null: it can. */
export function brushRefusal(room: RoomContext, segments: readonly RoomSegment[]): string | null {
  const role = roleRefusal(room);
  if (role !== null) return role;
  if (room.session.state().refused !== null) return "The room is closed for this page. Reload it to go on drawing.";
  const state = room.store.get();
  const isErasing = toolInHand(state) === "erase";
  if (isErasing && state.isErasingAll) return null;
  const chosen = segments.find(({ value }) => value === state.segment);
  if (!chosen) return "Add a segment first; the brush writes into it.";
  if (chosen.isLocked) return `${chosen.name} is locked. Unlock it to ${isErasing ? "erase" : "draw in"} it.`;
  return state.hidden.has(chosen.value) ? `${chosen.name} is hidden. Show it to ${isErasing ? "erase" : "draw in"} it.` : null;
}

/** Why a stroke changed nothing. */
export function nothingDrawn(keptOut: KeptOut, segments: readonly RoomSegment[], { onlyHu, segment }: Pick<RoomState, "onlyHu" | "segment">, isErasing: boolean): string {
  const names = segments.filter(({ value }) => keptOut.locked.has(value)).map(({ name }) => name);
  const reasons = [
    ...(names.length > 0 ? [`${names.join(" and ")} ${names.length === 1 ? "is" : "are"} locked here`] : []),
    ...(keptOut.isOutsideHu && onlyHu ? [`the voxels here are not inside ${onlyHu[0]}…${onlyHu[1]} HU`] : []),
    ...(keptOut.isOtherLabel ? [`there is no ${segments.find(({ value }) => value === segment)?.name ?? "such segment"} here`] : []),
  ];
  return `Nothing was ${isErasing ? "erased" : "drawn"}: ${reasons.length > 0 ? reasons.join("; ") : "this is outside the CT"}.`;
}

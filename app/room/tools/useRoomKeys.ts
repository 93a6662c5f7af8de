"use client";
import { useEffect } from "react";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import type { Tool } from "../roomStore.ts";
import { onSlice, sliceIndex } from "../view/tileGeometry.ts";

/** Keys of the tools, shown in the rail and in the list of keys. */
export const toolKeys: Readonly<Record<string, Tool>> = { v: "navigate", b: "brush", e: "erase", t: "threshold", c: "comment" };

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT" || (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox"));

/** The room's keys (LOOK.md); silent while somebody writes text. */
export function useRoomKeys(room: RoomContext, segments: readonly RoomSegment[]): void {
  useEffect(() => {
    const { store, session, canDraw, grid } = room;
    const onKey = (event: KeyboardEvent) => {
      if (isWriting(event.target)) return;
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
        event.preventDefault();
        if (!canDraw) return;
        if (key === "y" || event.shiftKey) session.redo();
        else session.undo();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const state = store.get();
      const tool = toolKeys[key];
      if (tool !== undefined) {
        if (tool === "navigate" || tool === "comment" || canDraw) store.set({ tool });
        else store.set({ notice: room.isArchived ? "This case is archived; nothing can be drawn." : "Your role in this case may look, not draw." });
      } else if (key === "[" || key === "]") {
        const factor = key === "]" ? 1.25 : 0.8;
        store.set({ brush: { ...state.brush, radiusMm: Math.min(60, Math.max(0.3, Math.round(state.brush.radiusMm * factor * 10) / 10)) } });
      } else if (/^[1-9]$/.test(key)) {
        const segment = segments[Number(key) - 1];
        if (segment) store.set({ segment: segment.value });
      } else if (key === "?") store.set({ isHelpOpen: !state.isHelpOpen });
      else if (key === "escape") store.set({ isHelpOpen: false, draftComment: null, tool: "navigate" });
      else if (key === "pageup" || key === "pagedown") {
        const index = sliceIndex(grid, "axial", state.crosshair) + (key === "pageup" ? 1 : -1);
        store.set({ crosshair: onSlice(grid, "axial", state.crosshair, index) });
      } else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [room, segments]);
}

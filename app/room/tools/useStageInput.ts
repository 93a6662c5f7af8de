"use client";
import { useEffect, type RefObject } from "react";
import { rasPoint } from "../../../core/space/grid.ts";
import { lockedValues, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { canvasToRas, clampToVolume, mmPerPixel, normalAxis, onSlice, sliceIndex, type Tile, tileAt } from "../view/tileGeometry.ts";
import { BrushStrokeInput } from "./brushStroke.ts";

type Drag = { kind: "crosshair" | "pan" | "window"; tile: Tile } | { kind: "stroke"; tile: Tile; stroke: BrushStrokeInput } | null;

/** Why the brush cannot be used now, for people; null: it can. */
export function brushRefusal(room: RoomContext, segments: readonly RoomSegment[]): string | null {
  const { tool, segment } = room.store.get();
  if (!room.canDraw) return room.isArchived ? "This case is archived; nothing can be drawn." : "Your role in this case may look, not draw.";
  if (room.session.state().refused !== null) return "The room is closed for this page. Reload it to go on drawing.";
  if (tool === "erase") return null;
  const chosen = segments.find(({ value }) => value === segment);
  if (!chosen) return "Add a segment first; the brush writes into it.";
  return chosen.isLocked ? `${chosen.name} is locked. Unlock it to draw in it.` : null;
}

/** Pointer and wheel on the slices (LOOK.md): left the tool, middle pans, right changes the window, wheel the slice, Ctrl+wheel zooms. */
export function useStageInput(surface: RefObject<HTMLElement | null>, room: RoomContext, segments: readonly RoomSegment[], tiles: readonly Tile[]): void {
  useEffect(() => {
    const element = surface.current;
    if (!element) return;
    const { store, session, grid, volume } = room;
    let drag: Drag = null;
    let last: [number, number] = [0, 0];
    let wheelSum = 0;
    const place = (event: MouseEvent): [number, number] => {
      const box = element.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const at = (tile: Tile, x: number, y: number) => canvasToRas(grid, tile, store.get(), x, y);

    const beginStroke = (tile: Tile, x: number, y: number): Drag => {
      const refusal = brushRefusal(room, segments);
      if (refusal !== null) { store.set({ notice: refusal }); return null; }
      const { tool, segment, brush, onlyHu } = store.get();
      const restriction = { locked: lockedValues(segments), onlyHu: tool === "erase" ? null : onlyHu, hu: volume.hu };
      const value = tool === "erase" ? 0 : (segment ?? 0);
      const stroke = new BrushStrokeInput(session.author, session.fold, value, { ...brush, plane: normalAxis[tile.plane] }, restriction, () => {});
      stroke.to(at(tile, x, y));
      return { kind: "stroke", tile, stroke };
    };
    const onDown = (event: PointerEvent) => {
      const [x, y] = place(event);
      const tile = tileAt(tiles, x, y);
      if (!tile || drag !== null || (event.target instanceof Element && event.target.closest("[data-own-input]"))) return;
      element.setPointerCapture(event.pointerId);
      last = [x, y];
      const { tool } = store.get();
      if (event.button === 1) drag = { kind: "pan", tile };
      else if (event.button === 2) drag = { kind: "window", tile };
      else if (tool === "brush" || tool === "erase") drag = beginStroke(tile, x, y);
      else if (tool === "comment") {
        const position = clampToVolume(grid, at(tile, x, y));
        store.set({ draftComment: { position, plane: tile.plane }, crosshair: position, tab: "talk", tool: "navigate" });
      } else {
        drag = { kind: "crosshair", tile };
        store.set({ crosshair: clampToVolume(grid, at(tile, x, y)) });
      }
      event.preventDefault();
    };
    const onMove = (event: PointerEvent) => {
      const [x, y] = place(event);
      const state = store.get();
      const over = drag?.tile ?? tileAt(tiles, x, y);
      store.set({ pointer: over ? at(over, x, y) : null });
      if (drag === null) return;
      if (drag.kind === "stroke") {
        // Every sample that the browser kept back, so that a fast hand leaves no gaps in its curve.
        for (const each of event.getCoalescedEvents?.() ?? [event]) drag.stroke.to(at(drag.tile, ...place(each)));
      } else if (drag.kind === "crosshair") store.set({ crosshair: clampToVolume(grid, at(drag.tile, x, y)) });
      else if (drag.kind === "pan") {
        const [a, b] = [at(drag.tile, ...last), at(drag.tile, x, y)];
        store.set({ center: rasPoint(state.center[0] + a[0] - b[0], state.center[1] + a[1] - b[1], state.center[2] + a[2] - b[2]) });
      } else {
        const middle = (state.window[0] + state.window[1]) / 2 + (y - last[1]) * 3;
        const width = Math.max(2, state.window[1] - state.window[0] + (x - last[0]) * 4);
        store.set({ window: [Math.round(middle - width / 2), Math.round(middle + width / 2)] });
      }
      last = [x, y];
    };
    const endDrag = () => {
      if (drag?.kind === "stroke" && !drag.stroke.end()) store.set({ notice: "Nothing was drawn here: a locked segment or the HU range keeps it out." });
      drag = null;
    };
    const onWheel = (event: WheelEvent) => {
      const [x, y] = place(event);
      const tile = tileAt(tiles, x, y);
      if (!tile) return;
      event.preventDefault();
      const state = store.get();
      if (event.ctrlKey || event.metaKey) {
        const zoom = Math.min(24, Math.max(0.5, state.zoom * Math.exp(-event.deltaY * 0.0015)));
        // What is under the pointer stays there.
        const p = at(tile, x, y);
        const share = mmPerPixel(grid, tile, zoom) / mmPerPixel(grid, tile, state.zoom);
        const axis = normalAxis[tile.plane];
        const mm: [number, number, number] = [0, 0, 0];
        for (const a of [0, 1, 2] as const) mm[a] = a === axis ? state.center[a] : p[a] + (state.center[a] - p[a]) * share;
        store.set({ zoom, center: rasPoint(...mm) });
        return;
      }
      wheelSum += event.deltaMode === 1 ? event.deltaY * 40 : event.deltaY;
      const steps = Math.trunc(wheelSum / 40);
      if (steps === 0) return;
      wheelSum -= steps * 40;
      const bounded = Math.sign(steps) * Math.min(8, Math.abs(steps) > 3 ? 1 + Math.round(Math.abs(steps) / 4) : 1);
      store.set({ crosshair: onSlice(grid, tile.plane, state.crosshair, sliceIndex(grid, tile.plane, state.crosshair) - bounded) });
    };
    const onLeave = () => store.set({ pointer: null });
    const noMenu = (event: MouseEvent) => event.preventDefault();
    element.addEventListener("pointerdown", onDown);
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerup", endDrag);
    element.addEventListener("pointercancel", endDrag);
    element.addEventListener("pointerleave", onLeave);
    element.addEventListener("wheel", onWheel, { passive: false });
    element.addEventListener("contextmenu", noMenu);
    return () => {
      endDrag();
      element.removeEventListener("pointerdown", onDown);
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerup", endDrag);
      element.removeEventListener("pointercancel", endDrag);
      element.removeEventListener("pointerleave", onLeave);
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("contextmenu", noMenu);
    };
  }, [surface, room, segments, tiles]);
}

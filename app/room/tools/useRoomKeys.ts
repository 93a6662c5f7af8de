"use client";
import { useEffect } from "react";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import type { RoomState } from "../roomStore.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { clampToVolume, onSlice, type Plane, shownAxesOf, sliceIndex } from "../view/tileGeometry.ts";
import { BrushStrokeInput } from "./brushStroke.ts";
import { carryOut } from "./carryOut.ts";
import { brushIntent, outlineIntent, traceIntent } from "./intents.ts";
import { backOutline, closeOutline, cornerByKeys, dropOutline, followByKeys, shapeInHand } from "./outlineHand.ts";
import { placePoint, planRefusal, setsPoints, stopPlacing } from "../measure/placing.ts";
import { brushRefusal, nothingDrawn, pastRefusal, roleRefusal } from "./refusals.ts";
import { type Tool, toolList, toolOf } from "./toolList.ts";

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT" || (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox"));
const isControl = (target: EventTarget | null): boolean => target instanceof Element && target.closest("button, a, input, select, textarea, [role=tab]") !== null;

/** Takes a tool in hand, or says why not. */
export function takeTool(room: RoomContext, tool: Tool): void {
  const { draws, plans } = toolOf(tool), refusal = draws ? roleRefusal(room) : plans ? planRefusal(room) : null;
  stopPlacing(room);
  if (refusal !== null) room.store.set({ notice: refusal });
  else room.store.set({ tool, ...(tool === "threshold" || tool === "prepare" ? { tab: "segments", isPanelOpen: true } : {}) });
}

/** The brush a step larger or smaller, 0.3 … 60 mm. */
export function resizeBrush({ store }: RoomContext, factor: number): void {
  const { brush } = store.get();
  store.set({ brush: { ...brush, radiusMm: Math.min(60, Math.max(0.3, Math.round(brush.radiusMm * factor * 10) / 10)) } });
}

/** The slice of a plane some steps on. */
export function stepSlice({ store, grid }: RoomContext, plane: Plane, steps: number): void {
  const { crosshair } = store.get();
  store.set({ crosshair: onSlice(grid, plane, crosshair, sliceIndex(grid, plane, crosshair) + steps) });
}

/** The crosshair a voxel on in the plane of a layout, by an arrow key. */
function stepCrosshair({ store, grid }: RoomContext, plane: Plane, key: string, size: number): void {
  const { crosshair, convention } = store.get();
  const [across, up] = shownAxesOf(plane);
  const isAcross = key === "arrowleft" || key === "arrowright";
  const axis = isAcross ? across : up;
  const mirrored = convention === "radiological" ? -1 : 1;
  const sign = isAcross ? (key === "arrowright" ? mirrored : -mirrored) : key === "arrowup" ? 1 : -1;
  const mm: [number, number, number] = [crosshair[0], crosshair[1], crosshair[2]];
  mm[axis] += sign * grid.spacing[axis] * size;
  store.set({ crosshair: clampToVolume(grid, rasPoint(...mm)) });
}

/** One dab, one corner or one comment at the crosshair: what a click does, for the keyboard. */
function toolAtCrosshair(room: RoomContext, segments: readonly RoomSegment[], plane: Plane): void {
  const { store, session, volume } = room;
  const { tool, crosshair } = store.get();
  if (tool === "comment") return store.set({ draftComment: { position: crosshair, plane }, tab: "talk", isPanelOpen: true, tool: "navigate" });
  if (setsPoints(store.get())) return placePoint(room, crosshair);
  if (shapeInHand(room) !== null) return cornerByKeys(room, segments, plane);
  if (!toolOf(tool).hasTip && tool !== "trace") return;
  const refusal = brushRefusal(room, segments);
  if (refusal !== null) return store.set({ notice: refusal });
  if (tool === "trace") {
    const intent = traceIntent(crosshair, plane, store.get(), segments);
    if (intent) void carryOut(room, segments, intent);
    return;
  }
  if (tool === "settle") {
    const intent = outlineIntent({ pane: plane, shape: "trail", points: [crosshair], next: null, held: null, pressedAtMs: 0 }, store.get(), segments, room.grid);
    if (intent) void carryOut(room, segments, intent);
    return;
  }
  const intent = brushIntent(store.get(), segments, plane);
  session.beginEdit();
  const stroke = new BrushStrokeInput(session.author, session.fold, intent, volume.hu), keptOut = stroke.end(crosshair);
  if (keptOut) store.set({ notice: nothingDrawn(keptOut, segments, store.get(), intent) });
}

/** The plane that keys act on: the one alone on screen, else axial. */
const planeOfKeys = ({ layout }: RoomState): Plane => (layout === "coronal" || layout === "sagittal" ? layout : "axial");

/** The room's keys (LOOK.md); silent while somebody writes text or a dialog is open. */
export function useRoomKeys(room: RoomContext, segments: readonly RoomSegment[]): void {
  useEffect(() => {
    const { store, session } = room;
    // A list that was opened by the pointer gives the keys back to the room once something is chosen; one that is worked by keys keeps them.
    let isByPointer = false;
    const onDown = (event: PointerEvent) => { isByPointer = event.target instanceof HTMLSelectElement; };
    const onChange = (event: Event) => { if (isByPointer && event.target instanceof HTMLSelectElement) event.target.blur(); };
    const onKey = (event: KeyboardEvent) => {
      isByPointer = false;
      const key = event.key.toLowerCase();
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && key === "k") {
        event.preventDefault();
        if (document.querySelector("dialog[open]") === null) store.set({ dialog: "palette" });
        return;
      }
      if (isWriting(event.target) || document.querySelector("dialog[open]") !== null) return;
      if (isCommand && (key === "z" || key === "y")) {
        event.preventDefault();
        const refusal = roleRefusal(room) ?? (store.get().past ? pastRefusal : null);
        if (refusal !== null) store.set({ notice: refusal });
        else if (key === "y" || event.shiftKey) session.redo();
        else session.undo();
        return;
      }
      if (isCommand || event.altKey) return;
      const state = store.get();
      const tool = toolList.find((one) => one.key.toLowerCase() === key);
      const isOnStage = event.target instanceof Element && event.target.closest("[data-stage]") !== null && !isControl(event.target);
      if (key === " ") {
        // A focused button keeps its Space, unless the pointer is over a view.
        if (state.pointer === null && isControl(event.target)) return;
        if (!state.isSpaceHeld) store.set({ isSpaceHeld: true });
      } else if (key === "enter" && !isControl(event.target) && !(isOnStage && state.outline?.isByKeys) && closeOutline(room, segments)) {
        // The polygon under way comes before what Enter does else.
      } else if (key === "backspace") { if (!backOutline(room)) return; } else if (key === "escape" && (state.work || (state.outline && state.outline.shape !== "edge"))) {
        // First what is under way; the tool stays in hand.
        state.work?.cancel();
        dropOutline(room);
      } else if (tool) takeTool(room, tool.id);
      else if (key === "[" || key === "]") resizeBrush(room, key === "]" ? 1.25 : 0.8);
      else if (/^[1-9]$/.test(key)) {
        const segment = segments[Number(key) - 1];
        if (segment) store.set({ segment: segment.value });
        else store.set({ notice: `There is no segment ${key}.` });
      } else if (key === "?") store.set({ dialog: "keys" });
      else if (key === "escape" && (state.measuring !== null || state.placing !== null)) stopPlacing(room);
      else if (key === "escape") store.set({ draftComment: null, notice: null, isPanelOpen: false, tool: "navigate" });
      else if (key === "pageup" || key === "pagedown") stepSlice(room, planeOfKeys(state), key === "pageup" ? 1 : -1);
      else if (key.startsWith("arrow") && isOnStage) {
        stepCrosshair(room, planeOfKeys(state), key, event.shiftKey ? 10 : 1);
        followByKeys(room, planeOfKeys(state));
      }
      else if (key === "enter" && isOnStage) toolAtCrosshair(room, segments, planeOfKeys(state));
      else return;
      event.preventDefault();
    };
    const onUp = (event: KeyboardEvent) => {
      if (event.key !== " " || !store.get().isSpaceHeld) return;
      store.set({ isSpaceHeld: false });
      event.preventDefault();
    };
    // A key let go in another window never comes up here.
    const onBlur = () => { if (store.get().isSpaceHeld) store.set({ isSpaceHeld: false }); };
    window.addEventListener("pointerdown", onDown, true);
    window.addEventListener("change", onChange);
    window.addEventListener("keydown", onKey);
    window.addEventListener("keyup", onUp);
    window.addEventListener("blur", onBlur);
    return () => {
      window.removeEventListener("pointerdown", onDown, true);
      window.removeEventListener("change", onChange);
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("keyup", onUp);
      window.removeEventListener("blur", onBlur);
    };
  }, [room, segments]);
}

"use client";
import { useEffect, useRef, type HTMLAttributes, type KeyboardEvent, type PointerEvent, type WheelEvent } from "react";
import { pickedPoint } from "../../../core/mask/drawing/pick.ts";
import { breakOff, moveOutline, type OutlinePlace, pressOutline, releaseOutline } from "../tools/outlineHand.ts";
import { isOpenPolygon } from "../tools/outlineDraft.ts";
import { toolInHand } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";

type Handlers = Pick<HTMLAttributes<HTMLElement>, "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onWheel" | "onKeyDown" | "onContextMenu">;
type XY = [number, number];

const sameRow = (a: readonly number[], b: readonly number[]): boolean => a.every((part, n) => Math.abs(part - b[n]) < 1e-6);

/**
 * Turning and zooming the surfaces: drag or arrows turn; wheel, two fingers, + and − zoom. With scissors in hand the
 * left button or one finger draws what is cut; the right button, two fingers or Space and a drag turn.
 */
export function useSurfaceInput(view: SurfaceView | null, room: RoomContext, segments: readonly RoomSegment[]): Handlers {
  const { store, session } = room;
  const pointers = useRef(new Map<number, XY>());
  /** The pointer that draws. */
  const drawing = useRef<number | null>(null);
  useEffect(() => () => { if (store.get().outline?.pane === "surface") store.set({ outline: null }); }, [store]);

  const local = (event: PointerEvent): XY => { const box = event.currentTarget.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const place = (event: PointerEvent): OutlinePlace => ({ pane: "surface", reach: { px: event.pointerType === "touch" ? 22 : 9, toPixels: (p) => [p[0], p[1]] } });
  const isCutting = () => toolInHand(store.get()) === "scissors";
  /** A shape drawn corner by corner belongs to the view that it was begun in. */
  const isHeldStill = () => { const { outline } = store.get(); return isOpenPolygon(outline) && outline.pane === "surface"; };
  const both = () => { const [a, b] = [...pointers.current.values()]; return a && b ? { apart: Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1])), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] } : null; };

  const beginCut = (event: PointerEvent): boolean => {
    const seenNow = view?.projection(), xy = local(event), { outline, hidden } = store.get();
    if (!seenNow) { store.set({ notice: "There is no surface to cut yet." }); return true; }
    if (isOpenPolygon(outline) && outline.seen && !(sameRow(outline.seen.view.across, seenNow.across) && sameRow(outline.seen.view.down, seenNow.down))) {
      store.set({ outline: null, notice: "The view has moved since the outline was begun, so it was dropped." });
      return true;
    }
    const at = pickedPoint(session.fold, seenNow, xy, (label) => !hidden.has(label));
    return pressOutline(room, segments, { ...place(event), seen: { view: seenNow, at } }, xy, event.timeStamp);
  };
  const up = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    if (drawing.current !== event.pointerId) return;
    drawing.current = null;
    if (event.type === "pointercancel") breakOff(room);
    else releaseOutline(room, segments, place(event));
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      if (pointers.current.size > 1) {
        // A second finger: the first one's line is none.
        if (drawing.current !== null) { drawing.current = null; breakOff(room); }
      } else if (isCutting() && event.button === 0 && beginCut(event)) drawing.current = event.pointerId;
    },
    onPointerMove: (event: PointerEvent) => {
      const before = pointers.current.get(event.pointerId);
      if (!before) { if (isHeldStill()) moveOutline(room, place(event), [local(event)]); return; }
      if (drawing.current === event.pointerId) {
        const box = event.currentTarget.getBoundingClientRect(), all = event.nativeEvent.getCoalescedEvents?.() ?? [];
        return moveOutline(room, place(event), (all.length > 0 ? all : [event.nativeEvent]).map((each): XY => [each.clientX - box.left, each.clientY - box.top]));
      }
      const was = both();
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      if (isHeldStill() || drawing.current !== null) return;
      const is = both();
      if (was && is) {
        view?.zoomBy(is.apart / was.apart);
        // With a tool in one finger, two turn as well.
        if (isCutting()) view?.turn((is.middle[0] - was.middle[0]) * 0.5, (is.middle[1] - was.middle[1]) * 0.5);
      } else view?.turn((event.clientX - before[0]) * 0.5, (event.clientY - before[1]) * 0.5);
    },
    onPointerUp: up, onPointerCancel: up,
    onContextMenu: (event) => event.preventDefault(),
    onWheel: (event: WheelEvent) => { if (!isHeldStill()) view?.zoomBy(Math.exp(-event.deltaY * 0.001)); },
    onKeyDown: (event: KeyboardEvent) => {
      if (isHeldStill()) return;
      const turn = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] }[event.key];
      if (turn) view?.turn(turn[0], turn[1]);
      else if (event.key === "+" || event.key === "=") view?.zoomBy(1.15);
      else if (event.key === "-") view?.zoomBy(1 / 1.15);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

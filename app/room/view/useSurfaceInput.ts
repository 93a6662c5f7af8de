"use client";
import { useEffect, useRef, useState, type HTMLAttributes, type KeyboardEvent, type PointerEvent, type WheelEvent } from "react";
import { breakOff, moveOutline, type OutlinePlace, pressOutline, releaseOutline } from "../tools/outlineHand.ts";
import { isUsedOnSurfaces, markMoved, middleOf, movedMark, pickOnSurface, seenAt, surfacePlace, takenBack, toolAtMark } from "../tools/surfaceHand.ts";
import { isOpenPolygon } from "../tools/outlineDraft.ts";
import { toolInHand } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";

type Handlers = Pick<HTMLAttributes<HTMLElement>, "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onPointerLeave" | "onWheel" | "onKeyDown" | "onBlur" | "onContextMenu">;
type XY = [number, number];

/** A press that moves less than this is a click, CSS pixels. */
const slackPx = 4;

/**
 * Turning and zooming the surfaces: drag or arrows turn; wheel, two fingers, + and − zoom. With scissors in hand the
 * left button or one finger draws what is cut; the right button, two fingers or Space and a drag turn. With islands in
 * hand a click picks one. For both tools arrows move a mark, at which Enter does what a click does.
 * @returns the handlers of the pane, and where the mark is, CSS pixels
 */
export function useSurfaceInput(view: SurfaceView | null, room: RoomContext, segments: readonly RoomSegment[]): { input: Handlers; mark: XY | null } {
  const { store } = room;
  const pointers = useRef(new Map<number, XY>());
  /** The pointer that draws. */
  const drawing = useRef<number | null>(null);
  /** Where the first pointer went down, as long as it has not left there. */
  const clicked = useRef<XY | null>(null);
  const [mark, showMark] = useState<XY | null>(null), markNow = useRef<XY | null>(null);
  const setMark = (xy: XY | null) => { markNow.current = xy; showMark(xy); };
  useEffect(() => () => { if (store.get().outline?.pane === "surface") store.set({ outline: null }); }, [store]);

  const local = (event: PointerEvent): XY => { const box = event.currentTarget.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const place = (event: PointerEvent): OutlinePlace => ({ pane: "surface", reach: { px: event.pointerType === "touch" ? 22 : 9, toPixels: (p) => [p[0], p[1]] } });
  const isCutting = () => toolInHand(store.get()) === "scissors";
  /** Others see where a tool is used on the surfaces, and whoever comes near is told. */
  const tellPlace = (xy: XY | null) => {
    const sight = xy && isUsedOnSurfaces(room) ? view?.projection() : null;
    store.set({ pointer: (sight && xy && seenAt(room, sight, xy)) ?? null });
  };
  /** A shape drawn corner by corner belongs to the view that it was begun in. */
  const isHeldStill = () => { const { outline } = store.get(); return outline?.pane === "surface" && (isOpenPolygon(outline) || outline.isByKeys === true); };
  const both = () => { const [a, b] = [...pointers.current.values()]; return a && b ? { apart: Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1])), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] } : null; };

  const beginCut = (event: PointerEvent): boolean => {
    const sight = view?.projection(), xy = local(event);
    if (!sight) { store.set({ notice: "There is no surface to cut yet." }); return true; }
    const there = surfacePlace(room, sight, xy, place(event).reach.px);
    return there === null || pressOutline(room, segments, there, xy, event.timeStamp);
  };
  /** A key with scissors or islands in hand. @returns whether it was one of theirs */
  const takeKey = (event: KeyboardEvent): boolean => {
    const back = takenBack(room, event.key);
    if (back !== null) { store.set({ said: back }); return true; }
    if (!isUsedOnSurfaces(room)) return false;
    if (event.key === "Escape") { setMark(null); tellPlace(null); return false; }
    const { clientWidth, clientHeight } = event.currentTarget, size: XY = [clientWidth, clientHeight], moved = movedMark(markNow.current, event.key, event.shiftKey, size), sight = view?.projection();
    if (!moved && event.key !== "Enter") return false;
    if (!sight) { store.set({ notice: "There is no surface yet." }); return true; }
    const at = moved ?? markNow.current ?? middleOf(size);
    setMark(at);
    tellPlace(at);
    store.set({ said: moved ? markMoved(room, segments, sight, at, size) : toolAtMark(room, segments, sight, at) });
    return true;
  };
  const up = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    const sight = view?.projection();
    if (clicked.current && event.type === "pointerup" && event.button === 0 && sight && toolInHand(store.get()) === "islands") store.set({ said: pickOnSurface(room, segments, sight, clicked.current) });
    clicked.current = null;
    if (drawing.current !== event.pointerId) return;
    drawing.current = null;
    if (event.type === "pointercancel") breakOff(room);
    else releaseOutline(room, segments, place(event));
  };
  const input: Handlers = {
    onPointerDown: (event: PointerEvent) => {
      setMark(null);
      event.currentTarget.setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      clicked.current = pointers.current.size > 1 ? null : local(event);
      if (pointers.current.size > 1) {
        // A second finger: the first one's line is none.
        if (drawing.current !== null) { drawing.current = null; breakOff(room); }
      } else if (isCutting() && event.button === 0 && beginCut(event)) drawing.current = event.pointerId;
    },
    onPointerMove: (event: PointerEvent) => {
      const before = pointers.current.get(event.pointerId), xy = local(event);
      tellPlace(xy);
      if (clicked.current && Math.hypot(xy[0] - clicked.current[0], xy[1] - clicked.current[1]) > slackPx) clicked.current = null;
      if (!before) { if (isHeldStill()) moveOutline(room, place(event), [xy]); return; }
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
    onPointerLeave: () => tellPlace(null),
    onBlur: () => { if (markNow.current) { setMark(null); tellPlace(null); } },
    onContextMenu: (event) => event.preventDefault(),
    onWheel: (event: WheelEvent) => { if (!isHeldStill()) view?.zoomBy(Math.exp(-event.deltaY * 0.001)); },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.target === event.currentTarget && takeKey(event)) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
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
  return { input, mark };
}

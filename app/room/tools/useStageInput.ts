"use client";
import { useEffect, useRef, type RefObject } from "react";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { toolInHand } from "../roomStore.ts";
import { panned, wheelSteps, windowed, zoomedAt } from "../view/stageMoves.ts";
import { canvasToRas, clampToVolume, onSlice, rasToCanvas, sliceIndex, type Tile, tileAt } from "../view/tileGeometry.ts";
import { levelLoop } from "../../../core/mask/drawing/levelTrace.ts";
import type { IntentOf } from "../../../core/mask/drawing/intent.ts";
import { rasPoint, type RasPoint } from "../../../core/space/grid.ts";
import { BrushStrokeInput } from "./brushStroke.ts";
import { carryOut } from "./carryOut.ts";
import { brushIntent, traceIntent } from "./intents.ts";
import { breakOff, moveOutline, type OutlinePlace, pressOutline, releaseOutline, shapeInHand } from "./outlineHand.ts";
import { lengthMm } from "../../../core/draft/measurements.ts";
import { keepDrawnArea, placePoint, setsPoints } from "../measure/placing.ts";
import { brushRefusal, nothingDrawn } from "./refusals.ts";
import { toolOf } from "./toolList.ts";

type XY = [number, number];
type Drag =
  | { kind: "crosshair" | "pan" | "window"; tile: Tile }
  | { kind: "stroke"; tile: Tile; stroke: BrushStrokeInput; intent: IntentOf<"paint" | "erase">; /** Of the last sample that it went through, the browser's time. */ seenMs: number }
  | { kind: "outline" | "trace"; tile: Tile }
  /** A point of the plan was set where the pointer went down; let go elsewhere, it sets the next one there. */
  | { kind: "point"; tile: Tile; from: XY; line: RasPoint[] }
  /** A finger is down: a second one makes it a pinch, a movement or its lifting uses the tool. */
  | { kind: "finger"; tile: Tile; from: XY }
  | { kind: "pinch"; tile: Tile }
  | null;

/** Whether a line goes round something, more than from corner to corner. */
const isRound = (line: readonly RasPoint[]): boolean => line.length > 2
  && line.slice(1).reduce((sum, p, n) => sum + lengthMm(line[n], p), 0) > 2 * lengthMm(line[0], line[line.length - 1]) + 1;

/** How far a finger moves before it is the tool, CSS pixels. */
const fingerSlack = 6;

/**
 * Pointer and wheel on the slices (LOOK.md): left the tool, middle pans, right changes the window, wheel the slice,
 * Ctrl+wheel zooms. Touch: one finger the tool, two pan and zoom.
 */
export function useStageInput(surface: RefObject<HTMLElement | null>, room: RoomContext, segments: readonly RoomSegment[], tiles: readonly Tile[]): void {
  // Read at each event: somebody renaming a segment must not cut the stroke under way.
  const live = useRef({ segments, tiles });
  useEffect(() => { live.current = { segments, tiles }; }, [segments, tiles]);
  useEffect(() => {
    const element = surface.current;
    if (!element) return;
    const { store, session, grid, volume } = room;
    const fingers = new Map<number, XY>();
    let drag: Drag = null;
    let last: XY = [0, 0];
    let wheelTravel = 0;
    const place = (event: MouseEvent): XY => {
      const box = element.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const at = (tile: Tile, [x, y]: XY) => canvasToRas(grid, tile, store.get(), x, y);
    const isOwn = (event: Event) => event.target instanceof Element && event.target.closest("[data-own-input]") !== null;

    const beginStroke = (tile: Tile, from: XY): Drag => {
      const refusal = brushRefusal(room, live.current.segments);
      if (refusal !== null) { store.set({ notice: refusal }); return null; }
      const intent = brushIntent(store.get(), live.current.segments, tile.plane);
      session.beginEdit();
      const stroke = new BrushStrokeInput(session.author, session.fold, intent, volume.hu);
      stroke.to(at(tile, from));
      // Told of every sample only while it draws: that costs the page a task each.
      element.addEventListener("pointerrawupdate", followPointer);
      return { kind: "stroke", tile, stroke, intent, seenMs: -Infinity };
    };
    /** Where an outline is drawn in a tile; a finger takes corners from farther away. */
    const placeIn = (tile: Tile, isFinger: boolean): OutlinePlace => ({
      pane: tile.plane, reach: { px: isFinger ? 22 : 9, toPixels: (p) => rasToCanvas(grid, tile, store.get(), rasPoint(p[0], p[1], p[2] ?? 0)) },
    });
    /** Shows the edge under the pointer, once a frame. */
    let tracing = 0;
    const showEdge = (tile: Tile, p: RasPoint) => {
      cancelAnimationFrame(tracing);
      tracing = requestAnimationFrame(() => {
        const loop = toolInHand(store.get()) === "trace" ? levelLoop(grid, volume.hu, tile.plane, p) : undefined;
        store.set({ outline: loop ? { pane: tile.plane, shape: "edge", points: loop.points, next: null, held: null, pressedAtMs: 0 } : null });
      });
    };
    const hideEdge = () => {
      cancelAnimationFrame(tracing);
      if (store.get().outline?.shape === "edge") store.set({ outline: null });
    };
    const fillEdge = (tile: Tile, p: RasPoint) => {
      const refusal = brushRefusal(room, live.current.segments), intent = traceIntent(p, tile.plane, store.get(), live.current.segments);
      if (refusal !== null) store.set({ notice: refusal });
      else if (intent) void carryOut(room, live.current.segments, intent);
    };
    /** Uses the tool in hand at a point; what goes on while the pointer stays down is the drag. */
    const takeUp = (tile: Tile, from: XY, timeMs: number, isFinger = false): Drag => {
      const tool = toolInHand(store.get());
      if (tool === "settle" || shapeInHand(room) !== null) return pressOutline(room, live.current.segments, placeIn(tile, isFinger), at(tile, from), timeMs, tool === "settle" ? "trail" : undefined) ? { kind: "outline", tile } : null;
      if (toolOf(tool).hasTip) return beginStroke(tile, from);
      if (tool === "trace") { showEdge(tile, at(tile, from)); return { kind: "trace", tile }; }
      const position = clampToVolume(grid, at(tile, from));
      if (setsPoints(store.get())) {
        placePoint(room, position);
        return { kind: "point", tile, from, line: [] };
      }
      if (tool === "comment") {
        store.set({ draftComment: { position, plane: tile.plane }, crosshair: position, tab: "talk", isPanelOpen: true, tool: "navigate" });
        return null;
      }
      const { prepare } = store.get();
      if (tool === "prepare" && prepare.kind === "reorient" && prepare.picking) {
        store.set({ crosshair: position, prepare: { ...prepare, landmarks: { ...prepare.landmarks, [prepare.picking]: position }, picking: null } });
        return null;
      }
      store.set({ crosshair: position });
      return { kind: "crosshair", tile };
    };
    /** A shape that was broken off (a second finger, a lost pointer) is none. */
    const dropDrawing = () => {
      if (drag?.kind === "outline") breakOff(room);
      if (drag?.kind === "trace") hideEdge();
      if (drag?.kind === "outline" || drag?.kind === "trace") drag = null;
    };
    const endDrag = (isFinger = false) => {
      const ended = drag;
      drag = null;
      if (ended?.kind === "outline") releaseOutline(room, live.current.segments, placeIn(ended.tile, isFinger));
      if (ended?.kind === "trace") {
        fillEdge(ended.tile, at(ended.tile, last));
        if (isFinger) hideEdge();
      }
      if (ended?.kind === "stroke") {
        element.removeEventListener("pointerrawupdate", followPointer);
        const keptOut = ended.stroke.end();
        if (keptOut) store.set({ notice: nothingDrawn(keptOut, live.current.segments, store.get(), ended.intent) });
      }
    };

    const onDown = (event: PointerEvent) => {
      const xy = place(event);
      const tile = tileAt(live.current.tiles, ...xy);
      if (!tile || isOwn(event)) return;
      // What was in hand before (a field, a button) no longer gets the keys.
      element.focus({ preventScroll: true });
      event.preventDefault();
      if (event.pointerType === "touch") {
        element.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, xy);
        if (fingers.size === 1) drag = { kind: "finger", tile, from: xy };
        else { dropDrawing(); endDrag(); drag = { kind: "pinch", tile }; }
        return;
      }
      if (drag !== null) return;
      element.setPointerCapture(event.pointerId);
      last = xy;
      if (event.button === 1) drag = { kind: "pan", tile };
      else if (event.button === 2) drag = { kind: "window", tile };
      else if (event.button === 0) drag = takeUp(tile, xy, event.timeStamp);
    };

    const pinch = (tile: Tile, before: [XY, XY], after: [XY, XY]) => {
      const middle = ([a, b]: [XY, XY]): XY => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      const apart = ([a, b]: [XY, XY]) => Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1]));
      store.set({ center: panned(store.get().center, at(tile, middle(before)), at(tile, middle(after))) });
      store.set(zoomedAt(grid, tile, store.get(), apart(after) / apart(before), at(tile, middle(after))));
    };
    const onFinger = (event: PointerEvent, xy: XY) => {
      const before = [...fingers.values()];
      fingers.set(event.pointerId, xy);
      const after = [...fingers.values()];
      if (drag?.kind === "pinch" && after.length === 2) pinch(drag.tile, [before[0], before[1]], [after[0], after[1]]);
      if (drag?.kind !== "finger" || Math.hypot(xy[0] - drag.from[0], xy[1] - drag.from[1]) < fingerSlack) return;
      drag = takeUp(drag.tile, drag.from, event.timeStamp, true);
    };
    /**
     * The stroke goes on through every sample that the browser kept back, so that a fast hand leaves no gaps in its curve; as
     * soon as the pointer tells it (pointerrawupdate), where the browser does so before the next frame.
     */
    const followPointer = (event: Event) => {
      if (drag?.kind !== "stroke" || !(event instanceof PointerEvent)) return;
      const { tile, stroke, seenMs } = drag, all = event.getCoalescedEvents?.() ?? [], fresh = (all.length > 0 ? all : [event]).filter(({ timeStamp }) => timeStamp > seenMs);
      if (fresh.length === 0) return;
      drag.seenMs = fresh[fresh.length - 1].timeStamp;
      stroke.to(...fresh.map((each) => at(tile, place(each))));
    };
    const onMove = (event: PointerEvent) => {
      const xy = place(event);
      if (fingers.has(event.pointerId)) onFinger(event, xy);
      const state = store.get();
      const over = drag?.tile ?? (isOwn(event) ? undefined : tileAt(live.current.tiles, ...xy));
      // Over the surfaces their own input says where the pointer is.
      if (over || !(event.target instanceof Element && event.target.closest("[data-own-pointer]"))) store.set({ pointer: over ? at(over, xy) : null });
      if (drag?.kind === "stroke") {
        followPointer(event);
      } else if (drag?.kind === "outline") {
        const { tile } = drag;
        moveOutline(room, placeIn(tile, fingers.size > 0), (event.getCoalescedEvents?.() ?? [event]).map((each) => at(tile, place(each))));
      } else if (drag?.kind === "trace") showEdge(drag.tile, at(drag.tile, xy));
      else if (drag === null && over && toolInHand(state) === "trace") showEdge(over, at(over, xy));
      else if (drag === null && over && state.outline?.pane === over.plane) moveOutline(room, placeIn(over, false), [at(over, xy)]);
      else if (drag === null && !over) hideEdge();
      else if (drag?.kind === "point" && toolInHand(state) === "area" && state.placing === null) {
        for (const each of event.getCoalescedEvents?.() ?? [event]) drag.line.push(clampToVolume(grid, at(drag.tile, place(each))));
        store.set({ outline: { pane: drag.tile.plane, shape: "freeForm", points: drag.line, next: null, held: null, pressedAtMs: 0 } });
      } else if (drag?.kind === "crosshair") store.set({ crosshair: clampToVolume(grid, at(drag.tile, xy)) });
      else if (drag?.kind === "pan") store.set({ center: panned(state.center, at(drag.tile, last), at(drag.tile, xy)) });
      else if (drag?.kind === "window") store.set({ window: windowed(state.window, xy[0] - last[0], xy[1] - last[1]) });
      last = xy;
    };
    const onUp = (event: PointerEvent) => {
      // A tap: the finger never moved.
      if (drag?.kind === "finger" && event.type === "pointerup") { last = drag.from; drag = takeUp(drag.tile, drag.from, event.timeStamp, true); }
      if (event.type === "pointercancel") dropDrawing();
      if (drag?.kind === "point" && drag.line.length > 0) store.set({ outline: null });
      if (drag?.kind === "point" && event.type === "pointerup" && isRound(drag.line)) keepDrawnArea(room, drag.line);
      else if (drag?.kind === "point" && store.get().measuring !== null && Math.hypot(last[0] - drag.from[0], last[1] - drag.from[1]) > fingerSlack) placePoint(room, clampToVolume(grid, at(drag.tile, last)));
      const wasFinger = fingers.delete(event.pointerId);
      endDrag(wasFinger);
      if (wasFinger) store.set({ pointer: null });
    };
    const onWheel = (event: WheelEvent) => {
      const xy = place(event);
      const tile = tileAt(live.current.tiles, ...xy);
      if (!tile) return;
      event.preventDefault();
      const state = store.get();
      const travel = event.deltaMode === 1 ? event.deltaY * 40 : event.deltaY;
      if (event.ctrlKey || event.metaKey) return store.set(zoomedAt(grid, tile, state, Math.exp(-travel * 0.0015), at(tile, xy)));
      const { steps, rest } = wheelSteps(wheelTravel + travel);
      wheelTravel = rest;
      if (steps !== 0) store.set({ crosshair: onSlice(grid, tile.plane, state.crosshair, sliceIndex(grid, tile.plane, state.crosshair) - steps) });
    };
    const onLeave = () => { store.set({ pointer: null }); if (drag === null) hideEdge(); };
    const noMenu = (event: MouseEvent) => event.preventDefault();
    const listeners: [string, (event: never) => void, AddEventListenerOptions?][] = [
      ["pointerdown", onDown], ["pointermove", onMove], ["pointerup", onUp], ["pointercancel", onUp], ["pointerleave", onLeave],
      ["wheel", onWheel, { passive: false }], ["contextmenu", noMenu],
    ];
    for (const [name, listener, options] of listeners) element.addEventListener(name, listener as EventListener, options);
    return () => {
      dropDrawing();
      endDrag();
      hideEdge();
      for (const [name, listener] of listeners) element.removeEventListener(name, listener as EventListener);
    };
  }, [surface, room]);
}

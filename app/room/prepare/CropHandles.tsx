"use client";
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { rasPoint } from "../../../core/space/grid.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { canvasToRas, normalAxis, rasToCanvas, shownAxesOf, type Tile } from "../view/tileGeometry.ts";
import { type Box, faceAt, faceMm, faceOn } from "./prepare.ts";

type End = "low" | "high";
const faceNames: readonly Readonly<Record<End, string>>[] = [{ low: "left", high: "right" }, { low: "back", high: "front" }, { low: "lower", high: "upper" }];
const letters = [["R", "L"], ["A", "P"], ["S", "I"]] as const;
/** «R 35.2»: a place along an axis. */
export const placeWords = (axis: number, mm: number): string => `${letters[axis][mm < 0 ? 1 : 0]} ${Math.abs(mm).toFixed(1)}`;

interface Handle { across: End | null; up: End | null }
const handles: readonly Handle[] = ([["low", null], ["high", null], [null, "low"], [null, "high"], ["low", "low"], ["low", "high"], ["high", "low"], ["high", "high"]] as const).map(([across, up]) => ({ across, up }));

/**
 * The box to crop to, in a slice: its faces and corners are dragged or moved by the arrow keys (Shift: ten voxels), Escape
 * while dragging puts it back. Faces lie between voxels.
 */
export function CropHandles({ room, tile, state }: { room: RoomContext; tile: Tile; state: StillState }) {
  const { grid, store } = room, { box } = state.prepare, [h, v] = shownAxesOf(tile.plane), normal = normalAxis[tile.plane];
  const held = useRef<{ before: Box; handle: Handle } | null>(null);
  const set = (next: Box) => store.set({ prepare: { ...store.get().prepare, box: next } });
  const inTile = (across: number, up: number): [number, number] => {
    const p: [number, number, number] = [state.crosshair[0], state.crosshair[1], state.crosshair[2]];
    p[h] = across;
    p[v] = up;
    const [x, y] = rasToCanvas(grid, tile, state, rasPoint(...p));
    return [x - tile.left, y - tile.top];
  };
  const mm = (axis: number, end: End) => faceMm(grid, box, axis, end), middle = (axis: number) => (mm(axis, "low") + mm(axis, "high")) / 2;
  const [xa, ya] = inTile(mm(h, "low"), mm(v, "low")), [xb, yb] = inTile(mm(h, "high"), mm(v, "high")), [left, top, right, bottom] = [Math.min(xa, xb), Math.min(ya, yb), Math.max(xa, xb), Math.max(ya, yb)];
  const isInside = state.crosshair[normal] > mm(normal, "low") && state.crosshair[normal] < mm(normal, "high");
  const moved = (from: Box, { across, up }: Handle, p: readonly number[]) => {
    const once = across ? faceAt(grid, from, h, across, p[h]) : from;
    return up ? faceAt(grid, once, v, up, p[v]) : once;
  };
  const pointAt = (event: PointerEvent<HTMLElement>) => {
    const frame = event.currentTarget.closest("[data-tile]")?.getBoundingClientRect();
    return canvasToRas(grid, tile, state, event.clientX - (frame?.left ?? 0) + tile.left, event.clientY - (frame?.top ?? 0) + tile.top);
  };
  const onKeyDown = (event: KeyboardEvent, { across, up }: Handle) => {
    if (event.key === "Escape" && held.current) {
      set(held.current.before);
      held.current = null;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const toLeft = state.convention === "radiological" ? 1 : -1, steps = { ArrowLeft: [toLeft, 0], ArrowRight: [-toLeft, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!steps) return;
    event.preventDefault();
    event.stopPropagation();
    const size = event.shiftKey ? 10 : 1;
    let next = box;
    if (across && steps[0] !== 0) next = faceOn(grid, next, h, across, next[across][h] + steps[0] * size);
    if (up && steps[1] !== 0) next = faceOn(grid, next, v, up, next[up][v] + steps[1] * size);
    set(next);
  };
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full">
        <path d={`M0 0H${tile.width}V${tile.height}H0ZM${left} ${top}V${bottom}H${right}V${top}Z`} fillRule="evenodd" fill="#000" fillOpacity={0.5} />
        <rect data-crop-box={tile.plane} x={left} y={top} width={right - left} height={bottom - top} fill={isInside ? "none" : "#000"} fillOpacity={0.5} stroke="#f5b84a" strokeWidth={1.5} strokeDasharray={isInside ? undefined : "5 3"} />
      </svg>
      {handles.map((handle) => {
        const { across, up } = handle, [x, y] = inTile(across ? mm(h, across) : middle(h), up ? mm(v, up) : middle(v));
        const name = [up && faceNames[v][up], across && faceNames[h][across]].filter(Boolean).join(" "), place = [across && placeWords(h, mm(h, across)), up && placeWords(v, mm(v, up))].filter(Boolean).join(", "), isFace = !across || !up;
        // Handles stay in sight where the box reaches beyond the view.
        const [cx, cy] = [Math.min(tile.width - 12, Math.max(12, x)), Math.min(tile.height - 12, Math.max(12, y))], isRight = cx > tile.width - 80;
        return (
          <button
            key={`${across ?? ""}-${up ?? ""}`} type="button" data-own-input="" data-crop-handle={`${tile.plane} ${name}`} aria-label={`Crop, ${name} ${isFace ? "face" : "corner"} in the ${tile.plane} view, ${place} mm: drag, or move with the arrow keys`}
            className={`pointer-events-auto absolute -translate-x-1/2 -translate-y-1/2 touch-none border-2 border-attention bg-pane/90 before:absolute before:-inset-2 ${isFace ? across ? "h-6 w-3 cursor-ew-resize rounded-full" : "h-3 w-6 cursor-ns-resize rounded-full" : "size-3.5 cursor-move rounded-sm"}`} style={{ left: cx, top: cy }}
            onKeyDown={(event) => onKeyDown(event, handle)}
            onPointerDown={(event) => { event.preventDefault(); event.stopPropagation(); event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); held.current = { before: box, handle }; }}
            onPointerMove={(event) => { if (held.current?.handle === handle) set(moved(held.current.before, handle, pointAt(event))); }}
            onPointerUp={() => { held.current = null; }} onPointerCancel={() => { if (held.current) set(held.current.before); held.current = null; }}
          >
            {isFace && <span aria-hidden className={`pointer-events-none absolute whitespace-nowrap rounded-sm bg-pane/85 px-1 text-xs tabular-nums text-ink ${across ? `top-1/2 -translate-y-1/2 ${isRight ? "right-full mr-1.5" : "left-full ml-1.5"}` : "left-full top-1/2 ml-1.5 -translate-y-1/2"}`}>{place}</span>}
          </button>
        );
      })}
    </>
  );
}

"use client";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { rasPoint } from "../../../core/space/grid.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { canvasToRas, normalAxis, rasToCanvas, type Tile } from "../view/tileGeometry.ts";

type Vec = readonly [number, number, number];
const keyStep: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where a point of the world lies in a tile, CSS pixels from its top left. */
export function placeInTile(room: Pick<RoomContext, "grid">, tile: Tile, state: StillState, p: Vec): [number, number] {
  const [x, y] = rasToCanvas(room.grid, tile, state, rasPoint(p[0], p[1], p[2]));
  return [x - tile.left, y - tile.top];
}

/**
 * A point of the plan to take hold of, in a slice: dragged, moved by the arrow keys (a pixel; ten with Shift) and taken out
 * by Delete. What is across the slice stays. The plan changes when it is let go.
 */
export function PointHandle({ room, tile, state, at, label, color, onMove, onRemove }: { room: RoomContext; tile: Tile; state: StillState; at: Vec; label: string; color: string; onMove(to: Vec): void; onRemove?: () => void }) {
  const [held, setHeld] = useState<Vec | null>(null);
  const [x, y] = placeInTile(room, tile, state, held ?? at), normal = normalAxis[tile.plane];
  const onPlane = (p: Vec): Vec => [0, 1, 2].map((axis) => (axis === normal ? at[axis] : p[axis])) as unknown as Vec;
  const pointAt = (event: PointerEvent<HTMLElement>): Vec => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    return onPlane(canvasToRas(room.grid, tile, state, event.clientX - (box?.left ?? 0) + tile.left, event.clientY - (box?.top ?? 0) + tile.top));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = keyStep[event.key], times = event.shiftKey ? 10 : 1;
    if (step) onMove(onPlane(canvasToRas(room.grid, tile, state, x + step[0] * times + tile.left, y + step[1] * times + tile.top)));
    else if ((event.key === "Delete" || event.key === "Backspace") && onRemove) onRemove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <button
      type="button" data-own-input="" data-plan-point={label} aria-label={`${label}, ${tile.plane}: drag, or move with the arrow keys${onRemove ? "; Delete takes it out" : ""}`}
      className="pointer-events-auto absolute size-4 -translate-x-1/2 -translate-y-1/2 cursor-move touch-none rounded-full border-2 bg-pane/70" style={{ left: x, top: y, borderColor: color }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => { if (event.button !== 0) return; event.preventDefault(); event.stopPropagation(); event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); setHeld(at); }}
      onPointerMove={(event) => { if (held) setHeld(pointAt(event)); }}
      onPointerUp={() => { if (held && held.some((mm, axis) => mm !== at[axis])) onMove(held); setHeld(null); }} onPointerCancel={() => setHeld(null)}
    />
  );
}

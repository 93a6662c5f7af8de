"use client";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import type { HandlePlace, Vec } from "./handlePlace.ts";

const keyStep: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * A point of the plan to take hold of, in a slice or on the surfaces: dragged, moved by the arrow keys (a pixel; ten with
 * Shift) and taken out by Delete. The plan changes when it is let go. `isFaint`: it lies behind what is seen; the pointer
 * goes through it, the keys do not.
 */
export function PointHandle({ place, at, label, color, isFaint = false, onMove, onRemove }: { place: HandlePlace; at: Vec; label: string; color: string; isFaint?: boolean; onMove(to: Vec): void; onRemove?: () => void }) {
  const [held, setHeld] = useState<Vec | null>(null), [x, y] = place.toPixels(held ?? at);
  const pointAt = (event: PointerEvent<HTMLElement>, from: Vec): Vec => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    return place.dragged(event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0), from);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = keyStep[event.key], times = event.shiftKey ? 10 : 1;
    if (step) onMove(place.dragged(x + step[0] * times, y + step[1] * times, at));
    else if ((event.key === "Delete" || event.key === "Backspace") && onRemove) onRemove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <button
      type="button" data-own-input="" data-plan-point={label} aria-label={`${label}, ${place.name}: drag, or move with the arrow keys${onRemove ? "; Delete takes it out" : ""}`}
      className={`absolute size-4 -translate-x-1/2 -translate-y-1/2 cursor-move touch-none rounded-full border-2 bg-pane/70 ${isFaint ? "pointer-events-none opacity-30" : "pointer-events-auto"}`} style={{ left: x, top: y, borderColor: color }}
      onKeyDown={onKeyDown} onDoubleClick={(event) => event.stopPropagation()}
      onPointerDown={(event) => { if (event.button !== 0) return; event.preventDefault(); event.stopPropagation(); event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); setHeld(at); }}
      onPointerMove={(event) => { if (held) setHeld(pointAt(event, held)); }}
      onPointerUp={() => { if (held && held.some((mm, axis) => mm !== at[axis])) onMove(held); setHeld(null); }} onPointerCancel={() => setHeld(null)}
    />
  );
}

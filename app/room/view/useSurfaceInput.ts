"use client";
import { useRef, type HTMLAttributes, type KeyboardEvent, type PointerEvent, type WheelEvent } from "react";
import type { SurfaceView } from "./niivueView.ts";

type Handlers = Pick<HTMLAttributes<HTMLElement>, "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onWheel" | "onKeyDown">;

/** Turning and zooming the surfaces: drag or arrows turn; wheel, two fingers, + and − zoom. */
export function useSurfaceInput(view: SurfaceView | null): Handlers {
  const pointers = useRef(new Map<number, [number, number]>());
  const apart = () => {
    const [a, b] = [...pointers.current.values()];
    return a && b ? Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1])) : 0;
  };
  const up = (event: PointerEvent) => { pointers.current.delete(event.pointerId); };
  return {
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
    },
    onPointerMove: (event: PointerEvent) => {
      const before = pointers.current.get(event.pointerId);
      if (!before) return;
      const distance = apart();
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      if (distance > 0) view?.zoomBy(apart() / distance);
      else view?.turn((event.clientX - before[0]) * 0.5, (event.clientY - before[1]) * 0.5);
    },
    onPointerUp: up, onPointerCancel: up,
    onWheel: (event: WheelEvent) => view?.zoomBy(Math.exp(-event.deltaY * 0.001)),
    onKeyDown: (event: KeyboardEvent) => {
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

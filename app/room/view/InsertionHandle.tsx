"use client";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import type { RoomImplant } from "../implantState.ts";
import type { HandlePlace, Vec } from "../measure/handlePlace.ts";
import type { RoomContext } from "../useRoom.ts";

/** Length of the arrow, mm. */
const armMm = 35;
const keyMm = 1.5;
const unit = (v: Vec): Vec => {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
};
const isVec = (value: unknown): value is Vec => Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === "number");

/**
 * The insertion axis as an arrow from the defect's middle, in a slice or over the surfaces: its end is dragged (or moved by
 * the arrow keys), what lies across the picture stays. The plan changes when it is let go. Who only looks sees the arrow.
 */
export function InsertionHandle({ room, place, implant, canMove }: { room: RoomContext; place: HandlePlace; implant: RoomImplant; canMove: boolean }) {
  const facts = implant.mesh?.facts as { insertionAxis?: unknown; defect?: { centreRas?: unknown } } | undefined;
  const [held, setHeld] = useState<Vec | null>(null);
  const centre = facts?.defect?.centreRas, built = facts?.insertionAxis;
  if (!isVec(centre) || !isVec(built)) return null;
  const own = implant.plan?.insertionAxis ?? built, axis = unit(held ?? own);
  const tip: Vec = [centre[0] + armMm * axis[0], centre[1] + armMm * axis[1], centre[2] + armMm * axis[2]];
  const [x0, y0] = place.toPixels(centre), [x1, y1] = place.toPixels(tip);
  const towards = (x: number, y: number): Vec => {
    const end = place.dragged(x, y, tip);
    return unit([end[0] - centre[0], end[1] - centre[1], end[2] - centre[2]]);
  };
  const commit = (to: Vec) => {
    const rounded = to.map((part) => Math.round(part * 10_000) / 10_000);
    try { room.plan.set(implant.id, { insertionAxis: rounded }); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "The axis was not taken." }); }
  };
  const under = (event: PointerEvent<HTMLElement>): Vec => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    return towards(event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [-keyMm, 0], ArrowRight: [keyMm, 0], ArrowUp: [0, -keyMm], ArrowDown: [0, keyMm] }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const pxPerMm = Math.max(0.1, (Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)) || armMm) / armMm);
    commit(towards(x1 + move[0] * pxPerMm, y1 + move[1] * pxPerMm));
  };
  return (
    <>
      <svg aria-hidden data-insertion-axis={place.name} className="pointer-events-none absolute inset-0 size-full"><path d={`M${x0} ${y0}L${x1} ${y1}`} stroke="#f5b84a" strokeWidth={2} strokeDasharray={implant.plan?.insertionAxis ? undefined : "5 3"} /><circle cx={x0} cy={y0} r={3} fill="#f5b84a" />{!canMove && <circle cx={x1} cy={y1} r={4} fill="none" stroke="#f5b84a" strokeWidth={2} />}</svg>
      {canMove && (
        <button
          type="button" data-own-input="" data-insertion-handle={place.name} aria-label={`Insertion axis of ${implant.name}, ${place.name}: drag, or move with the arrow keys`}
          className="pointer-events-auto absolute size-5 -translate-x-1/2 -translate-y-1/2 cursor-move touch-none rounded-full border-2 border-attention bg-pane/80" style={{ left: x1, top: y1 }}
          onKeyDown={onKeyDown} onDoubleClick={(event) => event.stopPropagation()}
          onPointerDown={(event) => { if (event.button !== 0) return; event.preventDefault(); event.stopPropagation(); event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); setHeld(axis); }}
          onPointerMove={(event) => { if (held) setHeld(under(event)); }}
          onPointerUp={() => { if (held) commit(unit(held)); setHeld(null); }} onPointerCancel={() => setHeld(null)}
        />
      )}
    </>
  );
}

"use client";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { rasPoint } from "../../../core/space/grid.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import type { ImplantBody } from "./useImplantBodies.ts";
import { canvasToRas, normalAxis, rasToCanvas, type Tile } from "./tileGeometry.ts";

type Vec = readonly [number, number, number];
/** Length of the arrow, mm. */
const armMm = 35;
const keyMm = 1.5;
const unit = (v: Vec): Vec => {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
};
const isVec = (value: unknown): value is Vec => Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === "number");

/**
 * The insertion axis as an arrow from the defect's middle, in a slice: its end is dragged (or moved by the arrow keys), what
 * is across the slice stays. The plan changes when it is let go.
 */
export function InsertionHandle({ room, tile, state, body: { implant } }: { room: RoomContext; tile: Tile; state: StillState; body: ImplantBody }) {
  const facts = implant.mesh?.facts as { insertionAxis?: unknown; defect?: { centreRas?: unknown } } | undefined;
  const [held, setHeld] = useState<Vec | null>(null);
  const centre = facts?.defect?.centreRas, built = facts?.insertionAxis;
  if (!isVec(centre) || !isVec(built)) return null;
  const own = implant.plan?.insertionAxis ?? built, axis = unit(held ?? own), normal = normalAxis[tile.plane];
  const inTile = (p: Vec): [number, number] => {
    const [x, y] = rasToCanvas(room.grid, tile, state, rasPoint(p[0], p[1], p[2]));
    return [x - tile.left, y - tile.top];
  };
  const [x0, y0] = inTile(centre), [x1, y1] = inTile([centre[0] + armMm * axis[0], centre[1] + armMm * axis[1], centre[2] + armMm * axis[2]]);
  const towards = (end: Vec): Vec => unit([0, 1, 2].map((a) => (a === normal ? armMm * axis[a] : end[a] - centre[a])) as unknown as Vec);
  const commit = (to: Vec) => {
    const rounded = to.map((part) => Math.round(part * 10_000) / 10_000);
    try { room.plan.set(implant.id, { insertionAxis: rounded }); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "The axis was not taken." }); }
  };
  const pointAt = (event: PointerEvent<HTMLElement>): Vec => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    return canvasToRas(room.grid, tile, state, event.clientX - (box?.left ?? 0) + tile.left, event.clientY - (box?.top ?? 0) + tile.top);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [-keyMm, 0], ArrowRight: [keyMm, 0], ArrowUp: [0, -keyMm], ArrowDown: [0, keyMm] }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const zoom = Math.max(0.1, (Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)) || armMm) / armMm);
    commit(towards(canvasToRas(room.grid, tile, state, x1 + tile.left + move[0] * zoom, y1 + tile.top + move[1] * zoom)));
  };
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full"><path d={`M${x0} ${y0}L${x1} ${y1}`} stroke="#f5b84a" strokeWidth={2} strokeDasharray={implant.plan?.insertionAxis ? undefined : "5 3"} /><circle cx={x0} cy={y0} r={3} fill="#f5b84a" /></svg>
      <button
        type="button" data-own-input="" data-insertion-handle={tile.plane} aria-label={`Insertion axis of ${implant.name}, ${tile.plane}: drag, or move with the arrow keys`}
        className="pointer-events-auto absolute size-5 -translate-x-1/2 -translate-y-1/2 cursor-move touch-none rounded-full border-2 border-attention bg-pane/80" style={{ left: x1, top: y1 }}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => { event.preventDefault(); event.stopPropagation(); event.currentTarget.setPointerCapture(event.pointerId); setHeld(axis); }}
        onPointerMove={(event) => { if (held) setHeld(towards(pointAt(event))); }}
        onPointerUp={() => { if (held) commit(unit(held)); setHeld(null); }} onPointerCancel={() => setHeld(null)}
      />
    </>
  );
}

"use client";
import type { PlanValue } from "../../../core/draft/planDoc.ts";
import { type PlanPoint, pointsIn } from "../../../core/draft/planPoints.ts";
import type { StillState } from "../roomStore.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import type { Tile } from "../view/tileGeometry.ts";
import { inSlice, type HandlePlace } from "./handlePlace.ts";
import { isNear } from "./MeasureLayer.tsx";
import { changePoint } from "./placing.ts";
import { PointHandle } from "./PointHandle.tsx";

const colors = { outline: "#f5b84a", fixationPoints: "#4fd1c5" } as const;
const titles = { outline: "Outline point", fixationPoints: "Screw" } as const;

/** How a point stands in a view: where it is taken hold of; null where only the curve through it is drawn. */
export type PointLook = (point: PlanPoint, parameters: Readonly<Record<string, PlanValue>>) => { place: HandlePlace; isFaint?: boolean } | null;

/** The points that the plan has of its defects' outlines and its screws, in a view: the curve, and a handle of each; who only looks sees them without handles. */
export function PlanPoints({ room, toPixels, lookOf, canMove }: { room: RoomContext; toPixels: HandlePlace["toPixels"]; lookOf: PointLook; canMove: boolean }) {
  const implants = usePlan(room.plan, (s) => s.implants);
  return [...implants].flatMap(([implantId, parameters]) => (["outline", "fixationPoints"] as const).map((list) => {
    const points = pointsIn(parameters, list), color = colors[list];
    if (points.length === 0) return null;
    const path = points.map(({ at }, i) => { const [x, y] = toPixels(at); return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`; }).join("");
    return (
      <div key={`${implantId} ${list}`} data-plan-points={list}>
        {list === "outline" && <svg aria-hidden className="pointer-events-none absolute inset-0 size-full"><path d={`${path}Z`} fill="none" stroke={color} strokeOpacity={0.5} strokeDasharray="3 3" /></svg>}
        {points.map((point, i) => {
          const look = lookOf(point, parameters), label = `${titles[list]} ${i + 1}`;
          if (look === null) return null;
          if (canMove) return <PointHandle key={point.id} {...look} at={point.at} color={color} label={label} onMove={(to) => changePoint(room, implantId, list, point, to)} onRemove={() => changePoint(room, implantId, list, point, null)} />;
          const [x, y] = look.place.toPixels(point.at);
          return <span key={point.id} role="img" aria-label={label} data-plan-mark={label} className={`pointer-events-none absolute size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 ${look.isFaint ? "opacity-30" : ""}`} style={{ left: x, top: y, borderColor: color }} />;
        })}
      </div>
    );
  }));
}

/** The same in a slice: handles of the points near it. */
export function PlanPointsInSlice({ room, tile, state, canMove }: { room: RoomContext; tile: Tile; state: StillState; canMove: boolean }) {
  const place = inSlice(room, tile, state);
  return <PlanPoints room={room} toPixels={place.toPixels} canMove={canMove} lookOf={(point) => (isNear(room, tile, state, point) ? { place } : null)} />;
}

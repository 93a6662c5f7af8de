"use client";
import { isMeasurementKind, type Measurement, measurementText } from "../../../core/draft/measurements.ts";
import type { PlanPoint } from "../../../core/draft/planPoints.ts";
import { type StillState, toolInHand, useRoomState } from "../roomStore.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import { normalAxis, type Tile } from "../view/tileGeometry.ts";
import { inSlice } from "./handlePlace.ts";
import { changePoint } from "./placing.ts";
import { PointHandle } from "./PointHandle.tsx";

export const measureColor = "#ffd166";

/** Whether a point lies in the slab that a tile shows, its slice and a little more. */
export const isNear = (room: RoomContext, tile: Tile, state: StillState, { at }: PlanPoint): boolean => {
  const axis = normalAxis[tile.plane];
  return Math.abs(at[axis] - state.crosshair[axis]) <= Math.max(1, room.grid.spacing[axis]) / 2 + 1e-6;
};

/** The measurements that reach into a slice, with their values; handles where this person may change them. */
export function MeasureLayer({ room, tile, state, canPlan }: { room: RoomContext; tile: Tile; state: StillState; canPlan: boolean }) {
  const measurements = usePlan(room.plan, (s) => s.measurements), isMeasuring = isMeasurementKind(toolInHand(state));
  return measurements.map((one) => <Drawn key={one.id} room={room} tile={tile} state={state} measurement={one} canMove={canPlan && state.placing === null && (isMeasuring || state.tab === "implant")} />);
}

function Drawn({ room, tile, state, measurement, canMove }: { room: RoomContext; tile: Tile; state: StillState; measurement: Measurement; canMove: boolean }) {
  const { id, kind, name, points } = measurement, near = points.filter((point) => isNear(room, tile, state, point));
  const isOpen = state.measuring === id, pointer = useRoomState(room.store, (s) => (isOpen ? s.pointer : null));
  if (near.length === 0) return null;
  const axis = normalAxis[tile.plane], here = inSlice(room, tile, state), places = points.map(({ at }) => here.toPixels(at));
  const tip = pointer && pointer[axis] === state.crosshair[axis] ? [here.toPixels(pointer)] : [];
  const path = [...places, ...tip].map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") + (kind === "area" && !isOpen ? "Z" : "");
  // At the corner of an angle, else in the middle of the points.
  const [lx, ly] = kind === "angle" && places.length > 1 ? places[1] : [0, 1].map((i) => places.reduce((sum, place) => sum + place[i], 0) / places.length);
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full" opacity={near.length === points.length ? 1 : 0.45}>
        <path d={path} fill={kind === "area" ? measureColor : "none"} fillOpacity={0.12} stroke={measureColor} strokeWidth={1.5} strokeDasharray={isOpen ? "4 3" : undefined} />
        {places.map(([x, y], i) => <circle key={points[i].id} cx={x} cy={y} r={2.5} fill={measureColor} />)}
      </svg>
      {measurement.value !== null && (
        <span data-measurement={kind} className="absolute -translate-x-1/2 whitespace-nowrap rounded-sm bg-black/70 px-1.5 text-sm font-semibold" style={{ left: lx, top: ly + 8, color: measureColor }}>
          <span className="sr-only">{name} </span>{measurementText(measurement)}
        </span>
      )}
      {canMove && !isOpen && near.map((point) => (
        <PointHandle key={point.id} place={here} at={point.at} color={measureColor} label={`${name}, point ${points.indexOf(point) + 1}`} onMove={(to) => changePoint(room, id, "points", point, to)} />
      ))}
    </>
  );
}


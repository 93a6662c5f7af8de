"use client";
import { isMeasurementKind, type Measurement, measurementText } from "../../../core/draft/measurements.ts";
import { type PlanPoint, pointParameter, pointsIn, pointValue } from "../../../core/draft/planPoints.ts";
import { type StillState, toolInHand, useRoomState } from "../roomStore.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import { normalAxis, type Tile } from "../view/tileGeometry.ts";
import { placeInTile, PointHandle } from "./PointHandle.tsx";

export const measureColor = "#ffd166";
const outlineColor = "#f5b84a", screwColor = "#4fd1c5";
const titles = { outline: "Outline point", fixationPoints: "Screw" } as const;

/** Whether a point lies in the slab that a tile shows, its slice and a little more. */
const isNear = (room: RoomContext, tile: Tile, state: StillState, { at }: PlanPoint): boolean => {
  const axis = normalAxis[tile.plane];
  return Math.abs(at[axis] - state.crosshair[axis]) <= Math.max(1, room.grid.spacing[axis]) / 2 + 1e-6;
};

/** Moves or takes out a point of an entry of the plan; what the plan does not take is said. */
function change(room: RoomContext, entryId: string, list: "points" | "outline" | "fixationPoints", { id, order }: PlanPoint, to: readonly [number, number, number] | null): void {
  try { room.plan.set(entryId, { [pointParameter(list, id)]: to && pointValue(to, order) }); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "The point was not moved." }); }
}

/** The measurements that reach into a slice, with their values; handles where this person may change them. */
export function MeasureLayer({ room, tile, state, canPlan }: { room: RoomContext; tile: Tile; state: StillState; canPlan: boolean }) {
  const measurements = usePlan(room.plan, (s) => s.measurements), isMeasuring = isMeasurementKind(toolInHand(state));
  return measurements.map((one) => <Drawn key={one.id} room={room} tile={tile} state={state} measurement={one} canMove={canPlan && state.placing === null && (isMeasuring || state.tab === "implant")} />);
}

function Drawn({ room, tile, state, measurement, canMove }: { room: RoomContext; tile: Tile; state: StillState; measurement: Measurement; canMove: boolean }) {
  const { id, kind, name, points } = measurement, near = points.filter((point) => isNear(room, tile, state, point));
  const isOpen = state.measuring === id, pointer = useRoomState(room.store, (s) => (isOpen ? s.pointer : null));
  if (near.length === 0) return null;
  const axis = normalAxis[tile.plane], places = points.map(({ at }) => placeInTile(room, tile, state, at));
  const tip = pointer && pointer[axis] === state.crosshair[axis] ? [placeInTile(room, tile, state, pointer)] : [];
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
        <PointHandle key={point.id} room={room} tile={tile} state={state} at={point.at} color={measureColor} label={`${name}, point ${points.indexOf(point) + 1}`} onMove={(to) => change(room, id, "points", point, to)} />
      ))}
    </>
  );
}

/** The points that a plan has of its defect's outline and its screws, in a slice: the curve, and handles of the points near it. */
export function PlanPointsLayer({ room, tile, state }: { room: RoomContext; tile: Tile; state: StillState }) {
  const implants = usePlan(room.plan, (s) => s.implants);
  return [...implants].flatMap(([implantId, parameters]) => (["outline", "fixationPoints"] as const).map((list) => {
    const points = pointsIn(parameters, list), color = list === "outline" ? outlineColor : screwColor;
    if (points.length === 0) return null;
    const places = points.map(({ at }) => placeInTile(room, tile, state, at));
    return (
      <div key={`${implantId} ${list}`}>
        {list === "outline" && <svg aria-hidden className="absolute inset-0 size-full"><path d={`${places.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")}Z`} fill="none" stroke={color} strokeOpacity={0.5} strokeDasharray="3 3" /></svg>}
        {points.map((point, i) => isNear(room, tile, state, point) && (
          <PointHandle key={point.id} room={room} tile={tile} state={state} at={point.at} color={color} label={`${titles[list]} ${i + 1}`} onMove={(to) => change(room, implantId, list, point, to)} onRemove={() => change(room, implantId, list, point, null)} />
        ))}
      </div>
    );
  }));
}

"use client";
import { type PointerEvent, useRef, useSyncExternalStore } from "react";
import { isMeasurementKind, measurementText } from "../../../core/draft/measurements.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { pointOn, sightLineOf, wallAt } from "../../../core/surface/sightLine.ts";
import { toolInHand, useRoomState } from "../roomStore.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import type { SurfaceView } from "../view/niivueView.ts";
import { measureColor } from "./MeasureLayer.tsx";
import { SectionsIn3d } from "./SectionLayer.tsx";
import { closeMeasuring, keepWall, placePoint } from "./placing.ts";

type Vec = readonly [number, number, number];
/** A movement under this many pixels is a click; a longer one turns. A corner is met within so many. */
const slackPx = 4, cornerPx = 9;

/** Measurements over the 3D view; with a measuring tool in hand, or while an implant's points are placed, a click sets a point on the surface that is seen there. */
export function SurfaceMeasurements({ room, view }: { room: RoomContext; view: SurfaceView }) {
  const measurements = usePlan(room.plan, (s) => s.measurements), tool = useRoomState(room.store, toolInHand), placing = useRoomState(room.store, (s) => s.placing), isInHand = placing !== null || tool === "wall" || isMeasurementKind(tool);
  const open = useRoomState(room.store, (s) => s.measuring), root = useRef<HTMLDivElement>(null);
  useSyncExternalStore(view.subscribe, view.seen, view.seen);
  const origin = view.project([0, 0, 0]);
  if (origin === null) return null;
  const inPicture = (p: Vec): readonly [number, number] => view.project(p) ?? origin;
  const click = (x: number, y: number) => {
    const first = measurements.find(({ id, kind, points }) => id === open && kind === "area" && points.length >= 3)?.points[0], at = first && inPicture(first.at);
    if (at && Math.hypot(at[0] - x, at[1] - y) <= cornerPx) return closeMeasuring(room);
    // Points of an implant lie on its bone, whatever is shown before it.
    const bone = placing && room.plan.state().implants.get(placing.implantId)?.bone, line = sightLineOf(inPicture, [x, y]);
    const hit = line && (typeof bone === "number" ? view.hits(bone, line).map((one) => ({ ...one, value: bone }))[0] : view.firstHit(line));
    if (!line || !hit) return room.store.set({ notice: placing ? "No bone of this implant is seen there." : "No surface is seen there." });
    const point = pointOn(line, hit.at);
    if (!placing && tool === "wall") keepWall(room, wallAt((inward) => view.hits(hit.value, inward), point, hit.normal));
    else placePoint(room, rasPoint(point[0], point[1], point[2]));
  };
  const press = (from: PointerEvent) => {
    if (!isInHand || from.button !== 0) return;
    // The pane holds the pointer, to turn; so its end is heard of at the window.
    window.addEventListener("pointerup", (to) => {
      const box = root.current?.getBoundingClientRect();
      if (box && Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) <= slackPx) click(to.clientX - box.left, to.clientY - box.top);
    }, { once: true });
  };
  return (
    <div
      ref={root} className={`absolute inset-0 will-change-transform ${isInHand ? "cursor-crosshair" : "pointer-events-none"}`} data-measure-3d={isInHand} onPointerDown={press}
      onDoubleClick={(event) => { if (isInHand) event.stopPropagation(); }}
    >
      <svg aria-hidden className="pointer-events-none absolute inset-0 size-full">
        {measurements.map((one) => {
          const places = one.points.map((point) => inPicture(point.at)), path = `M${places.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}${one.kind === "area" && one.id !== open ? "Z" : ""}`;
          const [lx, ly] = one.kind === "angle" && places.length > 1 ? places[1] : [0, 1].map((i) => places.reduce((sum, place) => sum + place[i], 0) / places.length);
          return places.length > 0 && (
            <g key={one.id} data-measurement-3d={one.kind}>
              <path d={path} fill={one.kind === "area" ? measureColor : "none"} fillOpacity={0.12} stroke={measureColor} strokeWidth={1.5} strokeDasharray={one.id === open ? "4 3" : undefined} />
              {places.map(([x, y], i) => <circle key={one.points[i].id} cx={x} cy={y} r={places.length > 8 ? 1.5 : 2.5} fill={measureColor} />)}
              {one.value !== null && <text x={lx + 7} y={ly - 7} fill={measureColor} stroke="#000" strokeWidth={3} paintOrder="stroke" fontSize={12} fontWeight={600}>{measurementText(one)}</text>}
            </g>
          );
        })}
        <SectionsIn3d room={room} toPixels={inPicture} />
      </svg>
    </div>
  );
}

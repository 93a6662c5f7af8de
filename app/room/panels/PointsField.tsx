"use client";
import { Check, Crosshair, X } from "lucide-react";
import type { PlanValue } from "../../../core/draft/planDoc.ts";
import { pointParameter, pointsIn } from "../../../core/draft/planPoints.ts";
import { stopPlacing, takePoints } from "../measure/placing.ts";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { ruleText } from "./ParameterField.tsx";
import { parameterOf } from "./parameterGroups.ts";

/**
 * A list of points of an implant: how many there are, and placing them in the views.
 * @param built where the plate as it is built has such points by itself, RAS mm: to go on from
 */
export function PointsField({ room, implantId, list, parameters, fault, built, isDisabled }: { room: RoomContext; implantId: string; list: "outline" | "fixationPoints"; parameters: Readonly<Record<string, PlanValue>>; fault: string | null; built: readonly (readonly [number, number, number])[]; isDisabled: boolean }) {
  const placing = useRoomState(room.store, (s) => s.placing), points = pointsIn(parameters, list), parameter = parameterOf(list), { name } = parameter;
  const isPlacing = placing?.implantId === implantId && placing.list === list;
  const begin = () => room.store.set({ placing: { implantId, list }, tool: "navigate", measuring: null });
  const clear = () => room.plan.set(implantId, Object.fromEntries(points.map(({ id }) => [pointParameter(list, id), null])));
  return (
    <div data-points={list} data-count={points.length} {...isDisabled && { tabIndex: 0, role: "group", "aria-label": `${name}: the rule behind it` }} className="group rounded">
      <div className="flex items-center gap-2" title={ruleText(parameter)}>
        <span className="min-w-0 flex-1">{name}</span>
        <span className="text-muted">{points.length === 0 ? (list === "outline" ? "none drawn" : "spaced evenly") : `${points.length} ${points.length === 1 ? "point" : "points"}`}</span>
        {points.length > 0 && !isDisabled && <button type="button" className="button button-quiet px-1.5" aria-label={`Take out all points: ${name}`} onClick={clear}><X aria-hidden size={14} /></button>}
        {points.length === 0 && built.length > 0 && !isDisabled && <button type="button" className="button px-2 py-0.5 text-sm" data-take-built={list} title="Each becomes a point of the plan, with a handle in the views" onClick={() => takePoints(room.plan, implantId, list, built)}>Take these {built.length}</button>}
        <button type="button" className={`button px-2 py-0.5 text-sm ${isPlacing ? "border-accent" : ""}`} aria-pressed={isPlacing} disabled={isDisabled} onClick={() => (isPlacing ? stopPlacing(room) : begin())}>
          {isPlacing ? <><Check aria-hidden size={14} />Done</> : <><Crosshair aria-hidden size={14} />Place</>}
        </button>
      </div>
      {isPlacing && <p className="mt-1 text-sm text-muted">{list === "outline" ? "Click on the bone round the defect, in the slices or in 3D; drag a point to move it, Delete takes it out." : "Click on the bone where each screw goes, in the slices or in 3D; drag a point to move it, Delete takes it out."}</p>}
      <p data-rule={list} className="mt-1 hidden text-sm text-muted group-focus:block group-focus-within:block">{ruleText(parameter)}</p>
      {fault !== null && <p role="alert" className="mt-1 text-sm text-fail">{fault}</p>}
    </div>
  );
}

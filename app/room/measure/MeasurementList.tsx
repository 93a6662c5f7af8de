"use client";
import { Trash2 } from "lucide-react";
import { measurementText } from "../../../core/draft/measurements.ts";
import { usePlan, type RoomContext } from "../useRoom.ts";
import { planRefusal } from "./placing.ts";

const hints = {
  ruler: "Click its two ends, in a slice or on a surface.", angle: "Click an arm's end, the corner, and the other arm's end.",
  area: "Click or draw round it; close it at its first point, or by a double-click.", wall: "Click a surface in 3D: straight through the wall behind that point.",
} as const;

/** The measurements of the case: value, name, a jump to the place. `hintFor`: the tool in hand. */
export function MeasurementList({ room, hintFor }: { room: RoomContext; hintFor?: keyof typeof hints }) {
  const measurements = usePlan(room.plan, (s) => s.measurements), canPlan = planRefusal(room) === null;
  if (measurements.length === 0 && !hintFor) return null;
  const set = (id: string, values: Parameters<RoomContext["plan"]["set"]>[1]) => {
    try { room.plan.set(id, values); } catch (error) { room.store.set({ notice: error instanceof Error ? error.message : "This was not taken." }); }
  };
  return (
    <section aria-label="Measurements" className="border-t border-line px-3.5 py-3" data-measurements={measurements.length}>
      <h2 className="heading-small mb-1.5">Measurements</h2>
      {hintFor && <p className="mb-1.5 text-sm text-muted">{canPlan ? hints[hintFor] : planRefusal(room)}</p>}
      <ul>
        {measurements.map((one) => (
          <li key={one.id} className="flex items-center gap-2 py-0.5">
            <input key={one.name} aria-label={`Name of ${one.name}`} className="field min-w-0 flex-1" maxLength={60} defaultValue={one.name} disabled={!canPlan} onBlur={(event) => { const name = event.target.value.trim(); if (name !== one.name) set(one.id, { name }); }} onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }} />
            <button type="button" className="whitespace-nowrap text-accent hover:underline" aria-label={`Go to ${one.name}, ${measurementText(one)}`} disabled={one.points.length === 0} onClick={() => room.store.jump(one.points[0].at)}>{measurementText(one)}</button>
            {canPlan && <button type="button" className="button button-quiet px-1.5" aria-label={`Take out ${one.name}`} onClick={() => set(one.id, { isRemoved: true })}><Trash2 aria-hidden size={14} /></button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

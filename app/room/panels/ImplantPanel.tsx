"use client";
import { Plus, Redo2, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { isAllowed } from "../../../core/review/permissions.ts";
import type { RimFigures } from "../../../core/implant/cranial/rim.ts";
import { rimRows } from "../../../core/implant/cranial/rimWords.ts";
import { materialProfiles } from "../../../core/implant/materials.ts";
import { forMaterial } from "../../../core/implant/plan.ts";
import { materialPreset } from "../../../core/implant/presets.ts";
import { planKey, type PlanValue, PlanValueError } from "../../../core/draft/planDoc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { type RoomImplant, useImplants } from "../implantState.ts";
import { MeasurementList } from "../measure/MeasurementList.tsx";
import { newPlanId } from "../planIds.ts";
import { usePlan, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { FreshnessMark } from "./FreshnessMark.tsx";
import { ParameterField } from "./ParameterField.tsx";
import { PointsField } from "./PointsField.tsx";
import { isShown, parameterGroups, parameterOf } from "./parameterGroups.ts";

/** The plan's implants and their parameters, edited together. */
export function ImplantPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { plan, store } = room;
  const implants = useImplants(room);
  const canUndo = usePlan(plan, (s) => s.canUndo), canRedo = usePlan(plan, (s) => s.canRedo), refused = usePlan(plan, (s) => s.refused), isSynced = usePlan(plan, (s) => s.isSynced);
  const canPlan = isAllowed(room.role, "plan.write", room.isArchived) && refused === null;
  const say = (text: string | null) => { if (text !== null) store.set({ notice: text }); };
  const bone = segments.find(({ name }) => /bone|skull/i.test(name)) ?? segments[0];
  return (
    <div data-implants={implants.length}>
      <div className="flex items-center gap-1 px-3.5 py-2.5">
        <h2 className="heading-small flex-1">Implant</h2>
        {canPlan && (
          <>
            <button type="button" className="button button-quiet px-2" aria-label="Undo your last change of the plan" title="Undo your last change" disabled={!canUndo} onClick={() => say(plan.undo())}><Undo2 aria-hidden size={15} /></button>
            <button type="button" className="button button-quiet px-2" aria-label="Redo your last change of the plan" title="Redo" disabled={!canRedo} onClick={() => say(plan.redo())}><Redo2 aria-hidden size={15} /></button>
          </>
        )}
      </div>
      {refused !== null && <div className="px-3.5 pb-3"><Notice kind="fail">{refused}</Notice></div>}
      {!canPlan && refused === null && <p className="px-3.5 pb-2 text-sm text-muted">Surgeons and engineers change the plan; you see it as it is.</p>}
      {implants.map((implant) => <ImplantSection key={implant.id} room={room} segments={segments} implant={implant} canPlan={canPlan} />)}
      {implants.length === 0 && isSynced && (
        <div className="px-3.5 pb-4 text-muted">
          <p className="mb-3">No implant is planned yet. A cranial plate is made in the hole of the vault, or inside a painted region, and follows the plan by itself.</p>
          {canPlan && bone && <button type="button" className="button button-primary max-w-full" data-add-implant="" onClick={() => plan.set(newPlanId(), { family: "cranial", bone: bone.value })}><Plus aria-hidden size={15} className="shrink-0" /><span className="truncate">Plan a cranial plate in {bone.name}</span></button>}
          {canPlan && !bone && <p>Add a segment and draw the bone first.</p>}
        </div>
      )}
      <MeasurementList room={room} />
    </div>
  );
}

/** Lists of points, each in its group. */
const lists = [{ list: "outline", group: "Defect" }, { list: "fixationPoints", group: "Fixation" }] as const;

function ImplantSection({ room, segments, implant, canPlan }: { room: RoomContext; segments: readonly RoomSegment[]; implant: RoomImplant; canPlan: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const { id, parameters, faults, mesh } = implant;
  const fromPeers = usePlan(room.plan, (s) => s.fromPeers);
  const builtAxis = Array.isArray(mesh?.facts.insertionAxis) ? (mesh.facts.insertionAxis as readonly number[]) : null;
  const screws = (mesh?.facts.features as { screwHoles?: { centreRas: [number, number, number] }[] } | undefined)?.screwHoles?.map(({ centreRas }) => centreRas) ?? [];
  const valueOf = (key: string): PlanValue => parameters[key] ?? (parameterOf(key).default as PlanValue);
  const set = (key: string, value: PlanValue) => {
    try {
      room.plan.set(id, { [key]: value });
    } catch (error) {
      if (!(error instanceof PlanValueError)) throw error;
      room.store.set({ notice: error.message });
    }
  };
  const faultOf = (key: string) => faults.find((one) => one.key === key || one.key.startsWith(`${key}.`))?.message.replace(/^[^:]*: /, "") ?? null;
  const material = materialProfiles.find((one) => one.id === valueOf("material"));
  const preset = material ? Object.entries(materialPreset(material.id, { thickness: valueOf("thickness") === "bone" ? "bone" : 0 })) as [string, PlanValue][] : [];
  const offered = preset.filter(([key, value]) => isShown(key, valueOf) && valueOf(key) !== value);
  const loose = faults.filter(({ key }) => !lists.some(({ list }) => key === list || key.startsWith(`${list}.`)) && !parameterGroups.some(({ keys }) => keys.some((one) => key === one || key.startsWith(`${one}.`))));
  return (
    <section aria-label={implant.name} data-implant={id} data-implant-state={implant.freshness} className="border-t border-line px-3.5 py-3">
      <div className="mb-2 flex items-center gap-2">
        <h3 className="min-w-0 flex-1 truncate font-semibold">{implant.name}</h3>
        <FreshnessMark freshness={implant.freshness} />
        {canPlan && <button type="button" className="button button-quiet px-2" aria-label={`Take out ${implant.name}`} title="Take out" onClick={() => setAsking(true)}><Trash2 aria-hidden size={15} /></button>}
      </div>
      {implant.error !== null && <div className="mb-3"><Notice kind="fail">{implant.error}{mesh ? " What you see is the last plate that could be built." : ""}</Notice></div>}
      {faults.length > 0 && <p className="mb-2 text-sm text-attention">The plan is not built while a value breaks a rule{mesh ? "; what you see is the last plate" : ""}.</p>}
      {loose.map(({ key, message }) => <p key={key} role="alert" className="mb-2 text-sm text-fail">{message}</p>)}
      {mesh && <Figures facts={mesh.facts} densityGPerCm3={material?.densityGPerCm3 ?? null} />}
      {parameterGroups.map(({ title, keys }) => {
        const shown = keys.filter((key) => isShown(key, valueOf));
        return (
          <fieldset key={title} className="mt-3 flex flex-col gap-1.5">
            <legend className="heading-small mb-1">{title}</legend>
            {shown.map((key) => <ParameterField key={key} parameter={forMaterial(parameterOf(key), valueOf("material"))} value={valueOf(key)} segments={segments} fault={faultOf(key)} isFromPeer={fromPeers.has(planKey(id, key))} builtAxis={builtAxis} isDisabled={!canPlan} onSet={(value) => set(key, value)} />)}
            {lists.filter(({ group }) => group === title).map(({ list }) => isShown(list, valueOf) && <PointsField key={list} room={room} implantId={id} list={list} parameters={parameters} fault={faultOf(list)} built={list === "fixationPoints" ? screws : []} isDisabled={!canPlan} />)}
            {title === "Body" && canPlan && offered.length > 0 && material && (
              <button type="button" className="self-start text-left text-sm text-accent hover:underline" data-preset="" onClick={() => room.plan.set(id, Object.fromEntries(offered))}>
                Take what is usual for {material.name}: {offered.map(([key, value]) => `${parameterOf(key).name.toLowerCase()} ${String(value)} ${parameterOf(key).unit ?? ""}`.trim()).join(", ")}
              </button>
            )}
          </fieldset>
        );
      })}
      {isAsking && (
        <ConfirmDialog title={`Take out ${implant.name}?`} action="Take out" isBusy={false} onConfirm={() => { room.plan.set(id, { isRemoved: true }); setAsking(false); }} onClose={() => setAsking(false)}>
          Its parameters stay in the plan’s log, and undo brings it back.
        </ConfirmDialog>
      )}
    </section>
  );
}

interface ImplantFacts { volumeMm3: number; thickness: { medianMm: number; p5Mm: number }; /** Without `outerEdge`: of a plate that was built before PL5. */ rim: RimFigures | Omit<RimFigures, "outerEdge">; notes: { code: string; message: string }[] }

/** Numbers of the plate as it was built. */
function Figures({ facts, densityGPerCm3 }: { facts: Record<string, unknown>; densityGPerCm3: number | null }) {
  const { volumeMm3, thickness, rim, notes } = facts as unknown as ImplantFacts;
  const rows: [string, string][] = [
    ["Volume", `${(volumeMm3 / 1000).toFixed(2)} mL`], ...(densityGPerCm3 === null ? [] : [["Mass", `${(volumeMm3 / 1000 * densityGPerCm3).toFixed(1)} g`] as [string, string]]),
    ["Thickness, median", `${thickness.medianMm.toFixed(1)} mm`], ...("outerEdge" in rim ? rimRows(rim) : []).map(({ name, value }): [string, string] => [name, value]),
  ];
  return (
    <>
      <dl className="grid grid-cols-[1fr_auto] gap-x-3 text-sm text-muted">{rows.map(([name, value]) => <div key={name} className="contents"><dt>{name}</dt><dd className="text-right text-ink">{value}</dd></div>)}</dl>
      {notes.map(({ code, message }) => <p key={code} data-implant-note={code} className="mt-1.5 text-sm text-attention">{message}</p>)}
    </>
  );
}

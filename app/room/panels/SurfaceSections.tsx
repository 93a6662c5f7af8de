"use client";
import { RefreshCw, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { PlanValue } from "../../../core/draft/planDoc.ts";
import { freeName } from "../../../core/draft/measurements.ts";
import { planeOf, sectionFamily, sectionMiddle, sectionParameter, sectionText, sectionValue } from "../../../core/draft/sections.ts";
import { planeSection, type SectionPlane } from "../../../core/surface/planeSection.ts";
import { errorSentence } from "../../api/client.tsx";
import { planRefusal } from "../measure/placing.ts";
import { useSections } from "../measure/SectionLayer.tsx";
import { newPlanId } from "../planIds.ts";
import { useRoomState } from "../roomStore.ts";
import { meshAt, type SurfaceChoice, useSurfaceChoices } from "../surfaceChoices.ts";
import { usePlan, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { normalAxis, planes } from "../view/tileGeometry.ts";

/** All that is shown, instead of one surface. */
const allShown = "shown";

/** A plane that can be chosen; `read` when it is cut: a slice is the one that is shown then. */
interface PlaneChoice { id: string; name: string; read(): SectionPlane }

function usePlaneChoices({ plan, store }: RoomContext): readonly PlaneChoice[] {
  const measurements = usePlan(plan, (s) => s.measurements);
  return [
    ...planes.map((plane): PlaneChoice => ({
      id: plane, name: `The ${plane} slice`,
      read: () => { const [x, y, z] = store.get().crosshair; return { at: [x, y, z], normal: [0, 1, 2].map((axis) => (axis === normalAxis[plane] ? 1 : 0)) as unknown as SectionPlane["normal"] }; },
    })),
    ...measurements.flatMap((one): PlaneChoice[] => {
      const plane = planeOf(one);
      return plane ? [{ id: one.id, name: one.kind === "ruler" ? `Across «${one.name}», in its middle` : `Through the points of «${one.name}»`, read: () => plane }] : [];
    }),
  ];
}

/** Sections of surfaces: cut by the slice in view, or by the plane that a ruler, an angle or an area gives; exact, kept in the plan. */
export function SurfaceSections({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, plan, store } = room, choices = useSurfaceChoices(room, segments), cuts = usePlaneChoices(room), sections = useSections(room), refusal = planRefusal(room), hidden = useRoomState(store, (s) => s.hidden);
  const [source, setSource] = useState(allShown), [cut, setCut] = useState<string>("axial"), [isBusy, setBusy] = useState(false), [problem, setProblem] = useState<string | null>(null), stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  if (choices.length === 0 && sections.length === 0) return null;
  const one = choices.find((choice) => choice.source === source), plane = cuts.find(({ id }) => id === cut) ?? cuts[0];
  const shown = choices.filter((choice) => !segments.some(({ value }) => choice.source === `segment/${value}` && hidden.has(value)));
  /** Cuts surfaces one after the other; @returns how many the plane met */
  const measure = async (surfaces: readonly SurfaceChoice[], at: SectionPlane, keep: (choice: SurfaceChoice, value: PlanValue) => void): Promise<number> => {
    const own = stop.current = new AbortController();
    let met = 0;
    for (const choice of surfaces) {
      const section = planeSection(await meshAt(caseId, choice.path, own.signal), at);
      own.signal.throwIfAborted();
      if (section.lines.length === 0) continue;
      keep(choice, sectionValue({ source: choice.source, key: choice.key, plane: at }, section));
      met++;
    }
    return met;
  };
  const run = (act: () => Promise<string | null>) => {
    setBusy(true);
    act().then(setProblem, (error: unknown) => setProblem(errorSentence(error))).finally(() => setBusy(false));
  };
  const add = () => run(async () => {
    const chosen = one ? [one] : shown;
    const met = await measure(chosen, plane.read(), ({ name }, value) => plan.set(newPlanId(), { family: sectionFamily, name: freeName(name, plan.state().sections.map((kept) => kept.name)), [sectionParameter]: value }));
    return met > 0 ? null : `This plane does not meet ${one ? one.name : "any surface that is shown"}.`;
  });
  const again = (old: (typeof sections)[number]) => run(async () => {
    const choice = choices.find((each) => each.source === old.source);
    if (!choice) return `The surface of ${old.name} is gone, or is being rebuilt.`;
    return await measure([choice], old.plane, (_, value) => plan.set(old.id, { [sectionParameter]: value })) > 0 ? null : `This plane does not meet ${choice.name} any more. Take the section out.`;
  });
  return (
    <section aria-label="Sections of surfaces" className="border-b border-line px-3.5 py-3" data-sections={sections.length}>
      <h2 className="heading-small mb-1.5">Sections of surfaces</h2>
      {refusal === null && choices.length > 0 && (
        <div className="grid gap-1.5">
          <label className="flex items-center gap-3"><span className="w-14">Surface</span>
            <select className="field min-w-0 flex-1" data-section-surface value={one?.source ?? allShown} onChange={({ target: { value } }) => setSource(value)}><option value={allShown}>All that are shown</option>{choices.map((choice) => <option key={choice.source} value={choice.source}>{choice.name}</option>)}</select>
          </label>
          <label className="flex items-center gap-3"><span className="w-14">Plane</span>
            <select className="field min-w-0 flex-1" data-section-plane value={plane.id} onChange={({ target: { value } }) => setCut(value)}>{cuts.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select>
          </label>
          <button type="button" className="button justify-self-start" disabled={isBusy} onClick={add}>Measure the section</button>
        </div>
      )}
      {refusal !== null && <p className="text-sm text-muted">{refusal}</p>}
      {problem && <p role="alert" className="mt-1.5 text-sm text-fail">{problem}</p>}
      <ul className="mt-1.5">
        {sections.map((section) => (
          <li key={section.id} data-section={section.isOld ? "old" : "current"} className="flex items-center gap-2 py-0.5">
            <span className="min-w-0 flex-1">
              <span className="block truncate" title={section.name}>{section.name}</span>
              <button type="button" className="block text-left text-sm text-accent hover:underline" aria-label={`Go to ${section.name}, ${sectionText(section)}`} onClick={() => store.jump(sectionMiddle(section))}>{sectionText(section)}</button>
              {section.isOld && <span className="block text-sm text-attention">Out of date: its surface has changed since.</span>}
            </span>
            {refusal === null && section.isOld && <button type="button" className="button button-quiet px-1.5" aria-label={`Measure ${section.name} again`} disabled={isBusy} onClick={() => again(section)}><RefreshCw aria-hidden size={14} /></button>}
            {refusal === null && <button type="button" className="button button-quiet px-1.5" aria-label={`Take out ${section.name}`} onClick={() => plan.set(section.id, { isRemoved: true })}><Trash2 aria-hidden size={14} /></button>}
          </li>
        ))}
      </ul>
      {sections.some(({ areaMm2 }) => areaMm2 === null) && <p className="mt-1 text-sm text-muted">An open surface encloses nothing: only its outline has a length. Mend it first.</p>}
    </section>
  );
}

"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { MendOptions } from "../../../core/surface/mend.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { meshAt, useSurfaceChoices } from "../surfaceChoices.ts";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { MendReportLines, type Mend } from "./MendReportLines.tsx";

const ways = { repair: "Repair", wrap: "Wrap", remesh: "Repair and remesh", simplify: "Repair and simplify" } as const;
type Way = keyof typeof ways;
/** Numbers that a way asks for: name, mm to begin with, least and most (core/surface/mend). */
const lengths: Readonly<Record<Way, readonly { name: string; label: string; begin: number; least: number; most: number }[]>> = {
  repair: [],
  wrap: [{ name: "gapMm", label: "Bridges openings up to", begin: 2, least: 0, most: 50 }, { name: "detailMm", label: "Keeps nothing smaller than", begin: 0.5, least: 0.05, most: 50 }],
  remesh: [{ name: "edgeMm", label: "Edges of about", begin: 1, least: 0.05, most: 1000 }, { name: "maxErrorMm", label: "At most off by", begin: 0.1, least: 0.001, most: 1000 }],
  simplify: [{ name: "simplifyErrorMm", label: "At most off by", begin: 0.1, least: 0.001, most: 100 }],
};
const helps: Readonly<Record<Way, string>> = {
  repair: "Welds, turns flipped triangles, fills holes, splits what is not manifold, takes out what crosses.",
  wrap: "One closed shell around all of it, made anew; what lies inside is gone.",
  remesh: "Repairs first, then even triangles within the error on both sides.",
  simplify: "Repairs first, then as few triangles as lie within the error on both sides.",
};
const mendedRgba = new Uint8Array([245, 213, 122, 255]), colors = ["#f5d57a", "#8fe0b8", "#b9c7ff", "#ffb59b"] as const;

/** Mending a surface: in a worker, with the report to be looked at before the result is kept beside the first. */
export function MendSurfaces({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId } = room, trpc = useTRPC(), client = useQueryClient();
  const waiting = useQuery(trpc.surfaceMends.list.queryOptions({ caseId })).data ?? [], choices = useSurfaceChoices(room, segments).filter(({ source }) => !source.startsWith("implant/"));
  const [source, setSource] = useState(""), [way, setWay] = useState<Way>("repair"), [mm, setMm] = useState<Readonly<Record<string, number>>>({}), [problem, setProblem] = useState<string | null>(null);
  const ask = useMutation(trpc.surfaceMends.ask.mutationOptions({ onSuccess: () => { setProblem(null); return client.invalidateQueries(trpc.surfaceMends.pathFilter()); }, onError: (error) => setProblem(errorSentence(error)) }));
  const canWrite = isAllowed(room.role, "segments.write", room.isArchived), chosen = choices.find((one) => one.source === source) ?? choices.at(-1);
  if (waiting.length === 0 && (!canWrite || !chosen)) return null;
  const given = (name: string): number => mm[name] ?? lengths[way].find((one) => one.name === name)?.begin ?? 0;
  const options: MendOptions = way === "wrap" ? { wrap: { gapMm: given("gapMm"), detailMm: given("detailMm") } } : way === "remesh" ? { remesh: { edgeMm: given("edgeMm"), maxErrorMm: given("maxErrorMm") } } : way === "simplify" ? { simplify: { maxErrorMm: given("simplifyErrorMm") } } : {};
  const isWrong = lengths[way].some(({ name, least, most }) => !(given(name) >= least && given(name) <= most));
  return (
    <section aria-label="Mend a surface" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-1.5">Mend a surface</h2>
      {canWrite && chosen && (
        <form className="grid gap-1.5" onSubmit={(event) => { event.preventDefault(); ask.mutate({ caseId, source: chosen.source, options }); }}>
          <select aria-label="Surface to mend" className="field" data-mend-source="" value={chosen.source} onChange={(event) => setSource(event.target.value)}>{choices.map((one) => <option key={one.source} value={one.source}>{one.name}</option>)}</select>
          <select aria-label="How it is mended" className="field" data-mend-way="" value={way} onChange={(event) => setWay(event.target.value as Way)}>{Object.entries(ways).map(([value, label]) => <option key={value} value={value}>{label}</option>)}</select>
          {lengths[way].map(({ name, label, least, most }) => (
            <label key={name} className="flex items-center gap-2"><span className="flex-1">{label}</span><input type="number" className="field w-20 text-right" data-mend-mm={name} min={least} max={most} step="any" value={given(name)} onChange={(event) => setMm({ ...mm, [name]: event.target.valueAsNumber })} /><span className="text-muted">mm</span></label>
          ))}
          <p className="text-sm text-muted">{helps[way]} The surface itself stays as it is.</p>
          <button type="submit" className="button justify-self-start" disabled={isWrong || ask.isPending}>{ways[way]}</button>
        </form>
      )}
      {problem && <p role="alert" className="mt-1.5 text-sm text-fail">{problem}</p>}
      {waiting.map((mend, i) => <Waiting key={mend.id} room={room} mend={mend} canWrite={canWrite} color={colors[i % colors.length]} />)}
    </section>
  );
}

/** One result that waits, or is being made, or could not be. */
function Waiting({ room, mend, canWrite, color }: { room: RoomContext; mend: Mend; canWrite: boolean; color: string }) {
  const { caseId, store } = room, { id, name, by, state, error, facts, options } = mend, trpc = useTRPC(), client = useQueryClient();
  const word = options.wrap ? "wrapped" : options.remesh ? "remeshed" : options.simplify ? "simplified" : "repaired", key = `mend:${mend.key}`, isShown = useRoomState(store, (s) => s.solo?.key === key);
  const [newName, setName] = useState(`${name} ${word}`.slice(0, 80)), [problem, setProblem] = useState<string | null>(null);
  const hide = () => { if (store.get().solo?.key === key) store.set({ solo: null }); };
  const ended = { onSuccess: () => { hide(); return Promise.all([client.invalidateQueries(trpc.surfaceMends.pathFilter()), client.invalidateQueries(trpc.fileSurfaces.pathFilter())]); }, onError: (failed: unknown) => setProblem(errorSentence(failed)) };
  const keep = useMutation(trpc.surfaceMends.keep.mutationOptions(ended)), drop = useMutation(trpc.surfaceMends.drop.mutationOptions(ended));
  const show = async () => {
    if (isShown) return hide();
    try {
      store.set({ solo: { key, title: `${name}, ${word}: not kept yet`, mesh: await meshAt(caseId, `mends/${id}`, AbortSignal.timeout(60_000)), rgba: mendedRgba, legend: [] } });
    } catch (failed) {
      setProblem(errorSentence(failed));
    }
  };
  return (
    <div data-mend={state} className="mt-2 rounded-lg border border-line p-2 text-sm">
      <p><span className="font-medium">{name}</span>, {word}<span className="text-muted"> · asked by {by}</span></p>
      {state === "making" && <div className="my-1.5"><ProgressBar label={`${name} is being ${word}`} fraction={null} /></div>}
      {state === "failed" && <p role="alert" className="text-fail">{error}</p>}
      {facts && <MendReportLines facts={facts} onGo={(ras) => store.jump(ras)} />}
      {problem && <p role="alert" className="text-fail">{problem}</p>}
      {facts && canWrite && <label className="mt-1.5 flex items-center gap-2"><span className="text-muted">Name</span><input className="field min-w-0 flex-1" maxLength={80} value={newName} onChange={(event) => setName(event.target.value)} /></label>}
      <div className="mt-1.5 flex flex-wrap gap-1.5">
        {facts && canWrite && <button type="button" className="button button-primary" disabled={newName.trim() === "" || keep.isPending} onClick={() => keep.mutate({ caseId, id, name: newName.trim(), color })}>Keep it</button>}
        {facts && <button type="button" className="button" aria-pressed={isShown} onClick={() => void show()}>{isShown ? "Show all again" : "Look at it"}</button>}
        {canWrite && <button type="button" className="button" disabled={drop.isPending} onClick={() => drop.mutate({ caseId, id })}>{state === "making" ? "Cancel" : "Discard"}</button>}
      </div>
    </div>
  );
}

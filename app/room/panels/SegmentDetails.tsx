"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { authorsOf } from "../../../core/draft/authorship.ts";
import { type SegmentState, segmentStates, segmentStateTitles } from "../../../core/review/segmentState.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { readWholeFold } from "../session/maskHistory.ts";
import { segmentsRefusal } from "../tools/refusals.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";
import { SurfaceFollows } from "./SurfaceFollows.tsx";

/** The chosen segment: how far it is, and who made how much of what is there now. */
export function SegmentDetails({ room, segment }: { room: RoomContext; segment: RoomSegment }) {
  const { caseId, session, grid } = room;
  const trpc = useTRPC(), client = useQueryClient();
  const setState = useMutation(trpc.segments.setState.mutationOptions({
    onSuccess: () => client.invalidateQueries(trpc.segments.pathFilter()), onError: (error: unknown) => room.store.set({ notice: errorSentence(error) }),
  }));
  // A rebase leaves the hash as it is and takes the names of what is in the base: then the fold is another one.
  const maskHash = useSession(session, (s) => s.maskHash), fold = useSession(session, () => session.fold);
  const { data: people, refetch } = useQuery(trpc.members.clients.queryOptions({ caseId }, { staleTime: 10_000 }));
  /** Who made what lies in the base, told from the log on request; of the mask that it was asked of. */
  const [told, tell] = useState<{ maskHash: string | null; authors: ReadonlyMap<number, ReadonlyMap<number, number>> } | null>(null), [isReading, setReading] = useState(false);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  // The mask's hash stands for all that the contributions are made of.
  const { shares, folded, unnamed } = useMemo(() => {
    const voxelMl = voxelVolumeMm3(grid) / 1000, mlByName = new Map<string, number>(), nameless: number[] = [];
    for (const [clientId, voxels] of (told?.maskHash === maskHash ? told.authors : fold.contributions()).get(segment.value) ?? []) {
      const known = people?.find((person) => person.clientId === clientId)?.name, name = known ?? (people ? "someone just joined" : "names are being read");
      if (people && known === undefined) nameless.push(clientId);
      mlByName.set(name, (mlByName.get(name) ?? 0) + voxels * voxelMl);
    }
    const all = fold.voxelCounts().get(segment.value) ?? 0, sum = [...mlByName.values()].reduce((ml, one) => ml + one, 0), rest = all * voxelMl - sum;
    // A base knows no authors: what is in it is told apart. Half a voxel is rounding.
    return { shares: [...mlByName].sort((one, other) => other[1] - one[1]), folded: rest > voxelMl / 2 ? rest : 0, unnamed: nameless.sort().join() };
  }, [maskHash, people, fold, segment.value, grid, told]);
  // Somebody drew whose page came in after the names were read: they are read again, once for each such page.
  useEffect(() => { if (unnamed !== "") void refetch(); }, [unnamed, refetch]);
  const readLog = async () => {
    const { signal } = stop.current = new AbortController();
    setReading(true);
    try {
      const whole = await readWholeFold(caseId, grid, signal);
      if (!signal.aborted) tell({ maskHash: session.fold.hash(), authors: authorsOf(session.fold, whole) });
    } catch (error) {
      if (!signal.aborted) room.store.set({ notice: error instanceof Error ? error.message : "The history could not be read." });
    } finally {
      if (!signal.aborted) setReading(false);
    }
  };
  const refusal = segmentsRefusal(room), canWrite = refusal === null;
  return (
    <section aria-label={`About ${segment.name}`} className="border-b border-line px-3.5 py-3">
      <label className="flex items-center gap-3">
        <span className="w-14">State</span>
        <select className="field min-w-0 flex-1" data-segment-state={segment.state} value={segment.state} title={refusal ?? undefined} disabled={!canWrite || setState.isPending} onChange={(event) => setState.mutate({ caseId, value: segment.value, state: event.target.value as SegmentState })}>
          {segmentStates.map((state) => <option key={state} value={state}>{segmentStateTitles[state]}</option>)}
        </select>
      </label>
      <SurfaceFollows room={room} segment={segment} canWrite={canWrite} />
      {shares.length + folded > 0 && (
        <ul className="mt-2 text-sm text-muted" aria-label="Drawn by">
          {shares.map(([name, ml]) => <li key={name} data-share={name} className="flex justify-between gap-3"><span className="truncate">{name}</span><span className="whitespace-nowrap">{ml.toFixed(1)} mL</span></li>)}
          {folded > 0 && (
            <li data-share="" className="flex items-baseline justify-between gap-3">
              <span className="truncate">Older, folded together</span>
              {told?.maskHash !== maskHash && <button type="button" data-tell-authors="" className="ml-auto underline" disabled={isReading} onClick={() => void readLog()}>{isReading ? "Reading the log…" : "By whom?"}</button>}
              <span className="whitespace-nowrap">{folded.toFixed(1)} mL</span>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type SegmentState, segmentStates, segmentStateTitles } from "../../../core/review/segmentState.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
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
  const maskHash = useSession(session, (s) => s.maskHash);
  const { data: people, refetch } = useQuery(trpc.members.clients.queryOptions({ caseId }, { staleTime: 10_000 }));
  // The mask's hash stands for all that the contributions are made of.
  const { shares, unnamed } = useMemo(() => {
    void maskHash;
    const mlByName = new Map<string, number>(), nameless: number[] = [];
    for (const [clientId, voxels] of session.fold.contributions().get(segment.value) ?? []) {
      const known = people?.find((person) => person.clientId === clientId)?.name, name = known ?? "someone just joined";
      if (people && known === undefined) nameless.push(clientId);
      mlByName.set(name, (mlByName.get(name) ?? 0) + (voxels * voxelVolumeMm3(grid)) / 1000);
    }
    const all = session.fold.voxelCounts().get(segment.value) ?? 0, told = [...mlByName.values()].reduce((sum, ml) => sum + ml, 0);
    const folded = (all * voxelVolumeMm3(grid)) / 1000 - told;
    // A base knows no authors: what is in it is told apart. Half a voxel is rounding.
    const rest: [string, number][] = folded > voxelVolumeMm3(grid) / 2000 ? [["Older, folded together", folded]] : [];
    return { shares: [...[...mlByName].sort((one, other) => other[1] - one[1]), ...rest], unnamed: nameless.sort().join() };
  }, [maskHash, people, session, segment.value, grid]);
  // Somebody drew whose page came in after the names were read: they are read again, once for each such page.
  useEffect(() => { if (unnamed !== "") void refetch(); }, [unnamed, refetch]);
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
      {shares.length > 0 && (
        <ul className="mt-2 text-sm text-muted" aria-label="Drawn by">
          {shares.map(([name, ml]) => <li key={name} data-share={name} className="flex justify-between gap-3"><span className="truncate">{name}</span><span className="whitespace-nowrap">{ml.toFixed(1)} mL</span></li>)}
        </ul>
      )}
    </section>
  );
}

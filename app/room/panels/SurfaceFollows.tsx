"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

const [lowestHu, highestHu] = [-1024, 3071];

/** Whether the surface of a segment follows the CT where the mask's boundary does, and at which HU. */
export function SurfaceFollows({ room, segment: { value, iso }, canWrite }: { room: RoomContext; segment: RoomSegment; canWrite: boolean }) {
  const trpc = useTRPC(), client = useQueryClient(), [lower] = useRoomState(room.store, (s) => s.threshold);
  const setIso = useMutation(trpc.segments.setIso.mutationOptions({
    onSuccess: () => client.invalidateQueries(trpc.segments.pathFilter()), onError: (error: unknown) => room.store.set({ notice: errorSentence(error) }),
  }));
  const ask = (wanted: number | null) => { if (wanted !== iso) setIso.mutate({ caseId: room.caseId, value, iso: wanted }); };
  return (
    <div className="mt-2 flex items-center gap-3">
      <label className="w-14" htmlFor="surface-follows">Surface</label>
      <select id="surface-follows" className="field min-w-0 flex-1" data-surface-iso={iso ?? ""} value={iso === null ? "mask" : "ct"} disabled={!canWrite || setIso.isPending} onChange={(event) => ask(event.target.value === "mask" ? null : lower)}>
        <option value="mask">Smoothed mask</option>
        <option value="ct">Follows CT</option>
      </select>
      {iso !== null && (
        <>
          <input
            key={iso} type="number" aria-label="HU that the surface follows" className="field w-20 text-right" min={lowestHu} max={highestHu} step={1} defaultValue={iso} disabled={!canWrite || setIso.isPending}
            onBlur={(event) => { const hu = Math.round(Number(event.target.value)); if (Number.isFinite(hu) && hu >= lowestHu && hu <= highestHu) ask(hu); else event.target.value = String(iso); }}
            onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
          />
          <span className="text-muted">HU</span>
        </>
      )}
    </div>
  );
}

"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { useTRPC } from "../../api/client.tsx";
import { formatMoment } from "../../ui/format.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** Who drew what, when, newest first; one's own strokes can be taken out one by one and put back, until they are folded into a base. */
export function HistoryPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, session, grid } = room;
  const trpc = useTRPC();
  const history = useQuery(trpc.masks.history.queryOptions({ caseId }));
  const me = useQuery(trpc.me.queryOptions()).data?.userId;
  const unsaved = useSession(session, (s) => s.unsaved), maskHash = useSession(session, (s) => s.maskHash);
  const { refetch } = history;
  useEffect(() => { if (unsaved === 0) void refetch(); }, [refetch, unsaved, maskHash]);
  const strokes = history.data ?? [];
  if (history.isLoading) return <p role="status" className="px-3.5 py-3 text-muted">Reading the history…</p>;
  if (strokes.length === 0) return <p className="px-3.5 py-3 text-muted">Nothing has been drawn yet. Every stroke is kept here with its author, and can be taken out by them.</p>;
  return (
    <ul className="divide-y divide-line" aria-label="Strokes, newest first">
      {strokes.map(({ id, value, layer, voxels, blobs, userId, name, lastAt, hidden, folded }) => {
        const segment = segments.find((one) => one.value === value), ml = (voxels * voxelVolumeMm3(grid)) / 1000;
        return (
          <li key={`${id.clientId}:${id.counter}`} data-stroke={`${id.clientId}:${id.counter}`} data-hidden={hidden} className="flex items-center gap-2.5 px-3.5 py-2">
            <span aria-hidden className="size-3 shrink-0 rounded-sm border border-edge" style={value === 0 ? undefined : { background: segment?.color }} />
            <div className={`min-w-0 flex-1 ${hidden ? "text-muted line-through" : ""}`}>
              <p className="truncate">{value === 0 ? "Erased" : segment?.name ?? `Segment ${value}`}{layer === "proposal" && " (proposal)"} · {blobs.length > 0 ? "large stroke" : `${ml.toFixed(2)} mL`}</p>
              <p className="truncate text-sm text-muted">{name} · {formatMoment(lastAt)}</p>
            </div>
            {folded && <span className="text-sm text-muted" title="Folded with other old strokes; it cannot be taken out by itself any more.">folded</span>}
            {userId === me && room.canDraw && !folded && (
              <button type="button" className="button button-quiet" onClick={() => { if (!session.setHidden(id, !hidden)) room.store.set({ notice: "This stroke lies in the base by now, or is so already. Nothing was changed." }); }}>{hidden ? "Put back" : "Take out"}</button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

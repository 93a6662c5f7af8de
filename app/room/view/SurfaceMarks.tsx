"use client";
import { useThreads } from "../session/useThreads.ts";
import { useRoomState } from "../roomStore.ts";
import { useSession, type RoomContext } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";
import type { Rect } from "./tileGeometry.ts";

/** Over the surfaces: one's own crosshair, the others with their names, open comments. `frame` counts what was painted. */
export function SurfaceMarks({ room, view, rect }: { room: RoomContext; view: SurfaceView; frame: number; rect: Rect }) {
  const { store, session, caseId } = room;
  const crosshair = useRoomState(store, (s) => s.crosshair);
  const peers = useSession(session, (s) => s.peers);
  const threads = useThreads(caseId);
  const own = view.project(crosshair);
  const isInside = (at: [number, number] | null): at is [number, number] => at !== null && at[0] >= 0 && at[1] >= 0 && at[0] <= rect.width && at[1] <= rect.height;
  return (
    <div className="pointer-events-none absolute inset-0 overflow-hidden">
      {isInside(own) && <span aria-hidden data-own-mark="" className="absolute size-3 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-[#6f9fe8]" style={{ left: own[0], top: own[1] }} />}
      {threads.map((thread, i) => {
        const at = thread.position && thread.resolvedAt === null ? view.project(thread.position) : null;
        return isInside(at) && (
          <span key={thread.id} aria-hidden data-pin-3d="" className="absolute flex size-5 -translate-y-full items-center justify-center rounded-full rounded-bl-none bg-attention text-xs font-bold text-on-accent" style={{ left: at[0], top: at[1] }}>{i + 1}</span>
        );
      })}
      {peers.map(({ clientId, state: { crosshair: theirs, user } }) => {
        const at = theirs ? view.project(theirs) : null;
        return isInside(at) && (
          <span key={clientId} data-peer-3d={user.id} className="absolute" style={{ left: at[0], top: at[1] }}>
            <svg aria-hidden width="18" height="18" className="absolute -left-[9px] -top-[9px]"><path d="M1 9H17M9 1V17" stroke={user.color} strokeWidth="2" /></svg>
            <span className="absolute left-2 top-1.5 whitespace-nowrap rounded-sm px-1.5 text-xs font-semibold text-on-accent" style={{ background: user.color }}>{user.name}</span>
          </span>
        );
      })}
    </div>
  );
}

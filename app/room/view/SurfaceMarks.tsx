"use client";
import { useSyncExternalStore } from "react";
import { useThreads } from "../session/useThreads.ts";
import { useRoomState } from "../roomStore.ts";
import { useSession, type RoomContext } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";
import { isNameLeft, nameLeft, nameShifts, nameSlide, type NamePlace } from "./nameRows.ts";
import { OutlineMark } from "./OutlineMark.tsx";
import type { Rect } from "./tileGeometry.ts";

/** Over the surfaces: one's own crosshair, the others with their names, open comments. */
export function SurfaceMarks({ room, view, rect }: { room: RoomContext; view: SurfaceView; rect: Rect }) {
  const { store, session, caseId } = room;
  const crosshair = useRoomState(store, (s) => s.crosshair);
  const peers = useSession(session, (s) => s.peers);
  const threads = useThreads(caseId);
  useSyncExternalStore(view.subscribe, view.seen, view.seen);
  const own = view.project(crosshair);
  const isInside = (at: [number, number] | null): at is [number, number] => at !== null && at[0] >= 0 && at[1] >= 0 && at[0] <= rect.width && at[1] <= rect.height;
  // Somebody beside the picture stands at its edge, faintly.
  const places = peers.map(({ state: { crosshair: theirs } }) => {
    const at = theirs ? view.project(theirs) : null;
    return at && { at, left: Math.min(rect.width - 12, Math.max(12, at[0])), top: Math.min(rect.height - 12, Math.max(12, at[1])) };
  });
  const shifts = nameShifts(places.map((place): NamePlace | null => place && { left: nameLeft(place.left, rect.width), top: place.top > rect.height - 30 ? place.top - 24 : place.top + 6, away: place.top > rect.height - 30 ? -1 : 1 }), rect.height);
  // A layer of its own: without it Chromium leaves the sagittal slice black in some frames (quads under two canvases).
  return (
    <div className="pointer-events-none absolute inset-0 will-change-transform">
      {isInside(own) && <span aria-hidden data-own-mark="" className="absolute size-3 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-[#6f9fe8]" style={{ left: own[0], top: own[1] }} />}
      {threads.map((thread, i) => {
        const at = thread.position && thread.resolvedAt === null ? view.project(thread.position) : null;
        return isInside(at) && (
          <span key={thread.id} aria-hidden data-pin-3d="" className="absolute flex size-5 -translate-y-full items-center justify-center rounded-full rounded-bl-none bg-attention text-xs font-bold text-on-accent" style={{ left: at[0], top: at[1] }}>{i + 1}</span>
        );
      })}
      {peers.map(({ clientId, state: { outline, user } }) => {
        if (outline?.pane !== "surface") return null;
        const line = outline.points.map((p) => view.project(p)).filter((p) => p !== null), tip = line.at(-1);
        return tip && (
          <div key={`${clientId} outline`} data-peer-outline-3d={user.id} className="contents">
            <svg aria-hidden className="absolute inset-0 size-full"><OutlineMark draft={{ pane: "surface", shape: outline.shape, points: line, next: null, held: null, pressedAtMs: 0 }} toPixels={(p) => [p[0], p[1]]} color={user.color} isDashed /></svg>
            <span className="absolute whitespace-nowrap rounded-sm px-1.5 text-xs font-semibold text-on-accent" style={{ left: Math.min(rect.width - 110, Math.max(4, tip[0] + 8)), top: Math.min(rect.height - 22, Math.max(4, tip[1] + 6)), background: user.color }}>{user.name} · cut</span>
          </div>
        );
      })}
      {peers.map(({ clientId, state: { user } }, i) => {
        const place = places[i];
        if (place === null) return null;
        const { at, left: x, top: y } = place, isRight = isNameLeft(x, rect.width);
        return (
          <span key={clientId} data-peer-3d={user.id} className="absolute" style={{ left: x, top: y, opacity: isInside(at) ? 1 : 0.5 }}>
            <svg aria-hidden width="18" height="18" className="absolute -left-[9px] -top-[9px]"><path d="M1 9H17M9 1V17" stroke={user.color} strokeWidth="2" /></svg>
            <span className={`absolute whitespace-nowrap rounded-sm px-1.5 text-xs font-semibold text-on-accent ${isRight ? "right-2" : "left-2"} ${y > rect.height - 30 ? "bottom-1.5" : "top-1.5"}`} style={{ background: user.color, transform: `translateY(${shifts[i]}px)${isRight ? "" : ` ${nameSlide(x + 8, rect.width)}`}` }}>{user.name}</span>
          </span>
        );
      })}
    </div>
  );
}

"use client";
import { Users } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { roles } from "../../../core/review/permissions.ts";
import { initials, roleNames } from "../../ui/people.ts";
import { toolLabel } from "../tools/toolList.ts";
import { type RoomContext, type RoomSegment, type SessionPeer, useSession } from "../useRoom.ts";

/** «Brush · Bone»: what a person has in hand. */
export function doing({ state: { tool, segment } }: SessionPeer, segments: readonly RoomSegment[]): string {
  const name = segments.find(({ value }) => value === segment)?.name;
  return [toolLabel(tool) ?? "Looking", ...(name && tool !== "navigate" && tool !== "comment" ? [name] : [])].join(" · ");
}
const roleOf = (role: string): string => { const known = roles.find((one) => one === role); return known ? roleNames[known] : role; };

/** Faces of the others, each the way to where that person is; and the list of who does what with which segment. */
export function PeopleButton({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { store, session } = room;
  const peers = useSession(session, (s) => s.peers);
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: PointerEvent) => { if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false); };
    const escape = (event: KeyboardEvent) => { if (event.key === "Escape") { event.stopPropagation(); setOpen(false); opener.current?.focus(); } };
    window.addEventListener("pointerdown", outside);
    window.addEventListener("keydown", escape, true);
    return () => { window.removeEventListener("pointerdown", outside); window.removeEventListener("keydown", escape, true); };
  }, [isOpen]);
  return (
    <div ref={root} className="relative flex items-center gap-2">
      <ul aria-label="In the room" className="flex -space-x-1.5 max-sm:hidden">
        {peers.slice(0, 5).map(({ clientId, state: { user, crosshair, tool } }) => (
          <li key={clientId}>
            <button
              type="button" disabled={!crosshair} onClick={() => crosshair && store.jump(crosshair)} data-face={user.id}
              aria-label={`Go to ${user.name}`} title={`${user.name}${tool ? ` · ${toolLabel(tool) ?? tool}` : ""}: go there`}
              data-initials={initials(user.name)}
              className="flex size-7 items-center justify-center rounded-full text-xs font-semibold text-on-accent ring-2 ring-pane before:content-[attr(data-initials)]" style={{ background: user.color }}
            />
          </li>
        ))}
      </ul>
      <button
        ref={opener} type="button" className="button px-2.5" aria-expanded={isOpen} aria-controls={isOpen ? "people-list" : undefined} aria-label={`People, ${peers.length + 1} in the room`} onClick={() => setOpen(!isOpen)}
      ><Users aria-hidden size={15} /><span className="tabular-nums">{peers.length + 1}</span></button>
      {isOpen && (
        <div id="people-list" className="absolute right-0 top-10 z-40 w-72 rounded-xl border border-edge bg-pane p-1.5 shadow-2xl shadow-black">
          <p className="heading-small px-2.5 pb-1 pt-1.5">In the room</p>
          {peers.length === 0 && <p className="px-2.5 pb-2 text-muted">Nobody else. Sign in as another person in a second browser, or add people to the case.</p>}
          <ul>
            {peers.map((peer) => {
              const { clientId, state: { user, crosshair } } = peer;
              return (
                <li key={clientId}>
                  <button
                    type="button" disabled={!crosshair} data-person={user.id} onClick={() => { if (crosshair) store.jump(crosshair); setOpen(false); }}
                    className="flex w-full items-center gap-2.5 rounded-md px-2.5 py-1.5 text-left hover:bg-raised"
                  >
                    <span aria-hidden className="flex size-7 shrink-0 items-center justify-center rounded-full text-xs font-semibold text-on-accent" style={{ background: user.color }}>{initials(user.name)}</span>
                    <span className="min-w-0 flex-1"><span className="block truncate font-medium">{user.name}</span><span className="block truncate text-sm text-muted">{roleOf(user.role)} · {doing(peer, segments)}</span></span>
                    <span className="text-sm text-accent-strong">Go there</span>
                  </button>
                </li>
              );
            })}
          </ul>
          <div className="mt-1 border-t border-line pt-1">
            <button type="button" className="button button-quiet w-full justify-start" onClick={() => { setOpen(false); store.set({ dialog: "members" }); }}>People of this case…</button>
          </div>
        </div>
      )}
    </div>
  );
}

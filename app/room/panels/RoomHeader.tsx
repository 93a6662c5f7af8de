"use client";
import Link from "next/link";
import { Brand } from "../../ui/Brand.tsx";
import { initials, roleNames } from "../../ui/people.ts";
import { UserMenu } from "../../ui/UserMenu.tsx";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, useSession } from "../useRoom.ts";
import type { Layout } from "../view/tileGeometry.ts";

const layouts: readonly [Layout, string][] = [["four", "Four views"], ["surfaceBig", "3D big"], ["axial", "Axial"], ["coronal", "Coronal"], ["sagittal", "Sagittal"], ["surface", "3D"]];

/** Case, saved or not, who is here, layout. Clicking a face goes where that person is. */
export function RoomHeader({ room }: { room: RoomContext }) {
  const { store, session } = room;
  const layout = useRoomState(store, (s) => s.layout);
  const unsaved = useSession(session, (s) => s.unsaved);
  const isSynced = useSession(session, (s) => s.isSynced);
  const peers = useSession(session, (s) => s.peers);
  const pending = useSession(session, (s) => s.pendingBlobs);
  const [word, tone] = !isSynced ? [unsaved > 0 ? `Offline · ${unsaved} unsaved` : "Connecting…", "bg-attention"]
    : unsaved > 0 ? [`Saving ${unsaved}…`, "bg-attention"] : pending > 0 ? ["Receiving…", "bg-attention"] : ["Saved", "bg-pass"];
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-pane px-3.5">
      <Link href="/" aria-label="All cases" className="flex"><Brand /></Link>
      <h1 className="font-semibold">{room.code}</h1>
      <p className="text-muted max-md:hidden">{room.region[0]?.toUpperCase()}{room.region.slice(1)}</p>
      <span className="rounded-full border border-line px-2.5 py-0.5 text-sm text-muted max-md:hidden">{room.isArchived ? "Archived" : "Segmentation"}</span>
      <span role="status" className="flex items-center gap-1.5 rounded-full border border-line px-2.5 py-0.5 text-sm"><span aria-hidden className={`size-1.5 rounded-full ${tone}`} />{word}</span>
      <div className="ml-auto flex items-center gap-3">
        <ul aria-label="In the room" className="flex -space-x-1.5">
          {peers.map(({ clientId, state: { user, crosshair, tool } }) => (
            <li key={clientId}>
              <button
                type="button" disabled={!crosshair} onClick={() => crosshair && store.jump(crosshair)}
                aria-label={`Go to ${user.name}`} title={`${user.name}${tool ? ` · ${tool}` : ""}: go there`}
                className="flex size-7 items-center justify-center rounded-full text-xs font-semibold text-on-accent ring-2 ring-pane" style={{ background: user.color }}
              >{initials(user.name)}</button>
            </li>
          ))}
        </ul>
        <span className="text-sm text-muted max-lg:hidden">{roleNames[room.role]}</span>
        <label className="sr-only" htmlFor="room-layout">Layout</label>
        <select id="room-layout" className="field" value={layout} onChange={(event) => { const found = layouts.find(([one]) => one === event.target.value); if (found) store.set({ layout: found[0] }); }}>
          {layouts.map(([one, name]) => <option key={one} value={one}>{name}</option>)}
        </select>
        <UserMenu />
      </div>
    </header>
  );
}

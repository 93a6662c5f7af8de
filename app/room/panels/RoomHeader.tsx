"use client";
import { useQuery } from "@tanstack/react-query";
import { PanelRight, PenLine, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../api/client.tsx";
import { Brand } from "../../ui/Brand.tsx";
import { roleNames } from "../../ui/people.ts";
import { UserMenu } from "../../ui/UserMenu.tsx";
import { layouts } from "../actions.ts";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, type RoomSegment, usePlan, useSession } from "../useRoom.ts";
import { useMemberColors } from "../session/useMemberColors.ts";
import { TurnedMark } from "./TurnedMark.tsx";
import { PeopleButton } from "./PeopleButton.tsx";

const pill = "whitespace-nowrap rounded-full border border-line px-2.5 py-0.5 text-sm";
const edits = (count: number) => `${count} ${count === 1 ? "edit" : "edits"}`;

const versionWords = { frozen: "frozen", inReview: "in review", signed: "signed", released: "released", superseded: "superseded", voided: "voided" } as const;

const changedWords = ({ number, state }: { number: number; state: keyof typeof versionWords }): string => `Changed since version ${number}${state === "inReview" ? "" : "; its signatures do not cover this"}`;

/** What the header says of what is on the server's disk, and in which tone. */
function savedWord(isSynced: boolean, unsaved: number, pending: number): [string, string] {
  if (!isSynced) return [unsaved > 0 ? `Offline · ${edits(unsaved)} unsaved` : "Connecting…", "bg-attention"];
  if (unsaved > 0) return [`Saving ${edits(unsaved)}…`, "bg-attention"];
  return pending > 0 ? ["Receiving…", "bg-attention"] : ["Saved", "bg-pass"];
}

/** Whether what was drawn and planned is on the server's disk. */
function SavedWord({ room: { session, plan } }: { room: RoomContext }) {
  const unsaved = useSession(session, (s) => s.unsaved) + usePlan(plan, (s) => s.unsaved), pending = useSession(session, (s) => s.pendingBlobs);
  const [word, tone] = savedWord(useSession(session, (s) => s.isSynced), unsaved, pending);
  return <span role="status" data-saved-word="" className={`${pill} flex min-w-0 items-center gap-1.5 lg:shrink-0`}><span aria-hidden className={`size-1.5 shrink-0 rounded-full ${tone}`} /><span className="truncate">{word}</span></span>;
}

/** Case, its newest version and whether the draft differs from it, saved or not, who is here, layout, the way to the review. */
export function RoomHeader({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { store } = room;
  const layout = useRoomState(store, (s) => s.layout);
  const isPanelOpen = useRoomState(store, (s) => s.isPanelOpen);
  const colors = useMemberColors(room.caseId);
  const version = useQuery(useTRPC().versions.newest.queryOptions({ caseId: room.caseId })).data ?? null;
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-pane px-3.5 max-sm:gap-2 max-sm:px-2.5">
      <Link href="/" aria-label="All cases" className="flex" data-all-cases=""><Brand /></Link>
      <h1 className="whitespace-nowrap font-semibold">{room.code}</h1>
      <p className="text-muted max-lg:hidden">{room.region[0]?.toUpperCase()}{room.region.slice(1)}</p>
      <span className={`${pill} shrink-0 text-muted max-md:hidden`}>{room.isArchived ? "Archived" : version ? `Version ${version.number} · ${versionWords[version.state]}` : "Draft"}</span>
      {version?.isChangedSince && (version.state === "signed" || version.state === "released" || version.state === "inReview") && (
        <span data-changed-since={version.number} role="status" className="flex min-w-0 items-center gap-1.5 text-sm text-attention max-lg:hidden" title={changedWords(version)}><TriangleAlert aria-hidden size={14} className="shrink-0" /><span className="truncate">{changedWords(version)}</span></span>
      )}
      <SavedWord room={room} />
      <TurnedMark caseId={room.caseId} />
      <div className="ml-auto flex shrink-0 items-center gap-3 max-sm:gap-2">
        <PeopleButton room={room} segments={segments} />
        <span className="text-sm text-muted max-lg:hidden">{roleNames[room.role]}</span>
        <label className="sr-only" htmlFor="room-layout">Layout</label>
        <select id="room-layout" className="field max-sm:hidden" value={layout} onChange={(event) => { const found = layouts.find(({ id }) => id === event.target.value); if (found) store.set({ layout: found.id }); }}>
          {layouts.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
        </select>
        <button type="button" className="button px-2.5 md:hidden" aria-label="Panel" aria-expanded={isPanelOpen} aria-controls="room-panel" onClick={() => store.set({ isPanelOpen: !isPanelOpen })}><PanelRight aria-hidden size={16} /></button>
        <Link href={`/cases/${room.caseId}/review`} data-review-link="" className={`button ${room.role === "viewer" ? "" : "button-primary"} max-md:px-2.5`}>
          <PenLine aria-hidden size={15} className="md:hidden" /><span className="max-md:sr-only">Review & sign</span>
          {version?.isChangedSince && <span className="sr-only">, the draft was changed since version {version.number}</span>}
        </Link>
        <UserMenu colors={colors} />
      </div>
    </header>
  );
}

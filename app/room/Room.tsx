"use client";
import Link from "next/link";
import { type ReactNode, useEffect } from "react";
import { Notice } from "../ui/Notice.tsx";
import { ProgressBar } from "../ui/ProgressBar.tsx";
import { usePlan, useRoom, useSegments, useSession, type RoomContext } from "./useRoom.ts";
import { useRoomState } from "./roomStore.ts";
import { keepDrawingWorker } from "./tools/carryOut.ts";
import { useRoomKeys } from "./tools/useRoomKeys.ts";
import { MembersDialog } from "../members/MembersDialog.tsx";
import { Announcer } from "./panels/Announcer.tsx";
import { CommandPalette } from "./panels/CommandPalette.tsx";
import { ExportDialog } from "./panels/ExportDialog.tsx";
import { KeyHelp } from "./panels/KeyHelp.tsx";
import { DrawingBar } from "./panels/DrawingBar.tsx";
import { IdleLock } from "./panels/LockScreen.tsx";
import { NearbyNotice } from "./panels/NearbyNotice.tsx";
import { EarlierNotice } from "./panels/EarlierNotice.tsx";
import { BadStrokesNotice, LateNotice, OfflineBanner } from "./panels/OfflineBanner.tsx";
import { RoomHeader } from "./panels/RoomHeader.tsx";
import { SidePanel } from "./panels/SidePanel.tsx";
import { StatusBar } from "./panels/StatusBar.tsx";
import { ToolRail } from "./panels/ToolRail.tsx";
import { CoarseSight } from "./view/CoarseSight.tsx";
import { Stage } from "./view/Stage.tsx";

/** A case's room: loads the case, then shows it. */
export default function Room({ caseId }: { caseId: string }) {
  const state = useRoom(caseId);
  if (state.kind === "ready") return <RoomScreen room={state.room} />;
  return (
    <main className="flex h-full flex-col items-center justify-center gap-4 bg-ground px-6">
      {state.kind === "failed" ? (
        <>
          <div className="max-w-md"><Notice kind="fail">{state.text}</Notice></div>
          <div className="flex gap-2">
            <button type="button" className="button" onClick={() => window.location.reload()}>Try again</button>
            <Link href="/" className="button">Back to the cases</Link>
          </div>
        </>
      ) : (
        <>
          <CoarseSight caseId={caseId} />
          <div className="w-72" role="status">
            <p className="mb-2 text-center text-muted">{state.text}</p>
            {state.fraction !== null && <ProgressBar fraction={state.fraction} label="Reading the CT" />}
          </div>
        </>
      )}
    </main>
  );
}

/** The room's frame, which says how its documents stand: that changes with every increment of a stroke, and nothing inside is rendered for it. */
function RoomFrame({ room: { session, plan, store }, children }: { room: RoomContext; children: ReactNode }) {
  const unsaved = useSession(session, (s) => s.unsaved) + usePlan(plan, (s) => s.unsaved);
  const isPlanSynced = usePlan(plan, (s) => s.isSynced), isSynced = useSession(session, (s) => s.isSynced) && isPlanSynced;
  const maskHash = useSession(session, (s) => s.maskHash), isStageReady = useRoomState(store, (s) => s.isStageReady);
  return (
    <main
      className="flex h-full flex-col" data-room="" data-ready={isSynced && isStageReady} data-saved={isSynced && unsaved === 0} data-unsaved={unsaved}
      data-mask-hash={maskHash ?? ""}
    >
      {children}
    </main>
  );
}

/** The room does not have this page any more: why, and what is lost with it. */
function RefusedNotice({ room: { session, plan } }: { room: RoomContext }) {
  const refused = useSession(session, (s) => s.refused), unsaved = useSession(session, (s) => s.unsaved) + usePlan(plan, (s) => s.unsaved);
  if (refused === null) return null;
  return (
    <div className="border-b border-line bg-raised px-4 py-2">
      <Notice kind="fail">
        {refused} {unsaved > 0 && `${unsaved} of your edits did not reach the server and go when you reload. `}
        <button type="button" className="underline" onClick={() => window.location.reload()}>Reload</button>
      </Notice>
    </div>
  );
}

function RoomScreen({ room }: { room: RoomContext }) {
  const { store } = room;
  const dialog = useRoomState(store, (s) => s.dialog);
  const closeDialog = () => store.set({ dialog: null });
  const notice = useRoomState(store, (s) => s.notice);
  const segments = useSegments(room.caseId);
  useRoomKeys(room, segments);

  // What draws goes on without a server only where it is here already.
  const { effects, canDraw } = room;
  useEffect(() => {
    if (!canDraw) return;
    keepDrawingWorker();
    effects.keepReady();
  }, [effects, canDraw]);

  // The first segment is chosen until the person chooses.
  useEffect(() => {
    const { segment } = store.get();
    if (segments.some(({ value }) => value === segment)) return;
    const next = segments[0]?.value ?? null;
    if (next !== segment) store.set({ segment: next });
  }, [segments, store]);

  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => store.set({ notice: null }), 6000);
    return () => clearTimeout(timer);
  }, [notice, store]);

  return (
    <RoomFrame room={room}>
      <RoomHeader room={room} segments={segments} />
      <RefusedNotice room={room} />
      <OfflineBanner room={room} />
      <LateNotice room={room} />
      <BadStrokesNotice room={room} />
      <EarlierNotice room={room} />
      <div className="relative flex min-h-0 flex-1">
        <ToolRail room={room} />
        <div className="relative min-w-0 flex-1">
          <Stage room={room} segments={segments} />
          <NearbyNotice room={room} segments={segments} />
          <DrawingBar room={room} segments={segments} />
          {notice !== null && (
            <div role="alert" data-notice="" className="absolute left-1/2 top-9 z-20 w-max max-w-[calc(100%-32px)] -translate-x-1/2 rounded-lg border border-edge bg-pane px-3 py-2 shadow-xl shadow-black">{notice}</div>
          )}
        </div>
        <SidePanel room={room} segments={segments} />
      </div>
      <StatusBar room={room} segments={segments} />
      <Announcer room={room} segments={segments} />
      {dialog === "keys" && <KeyHelp onClose={closeDialog} />}
      {dialog === "palette" && <CommandPalette room={room} segments={segments} onClose={closeDialog} />}
      {dialog === "export" && <ExportDialog room={room} segments={segments} onClose={closeDialog} />}
      {dialog === "members" && <MembersDialog caseId={room.caseId} code={room.code} role={room.role} isArchived={room.isArchived} onClose={closeDialog} />}
      <IdleLock room={room} />
    </RoomFrame>
  );
}

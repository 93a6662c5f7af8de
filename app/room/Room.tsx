"use client";
import Link from "next/link";
import { useEffect } from "react";
import { Notice } from "../ui/Notice.tsx";
import { ProgressBar } from "../ui/ProgressBar.tsx";
import { useRoom, useSegments, useSession, type RoomContext } from "./useRoom.ts";
import { useRoomState } from "./roomStore.ts";
import { useRoomKeys } from "./tools/useRoomKeys.ts";
import { KeyHelp } from "./panels/KeyHelp.tsx";
import { RoomHeader } from "./panels/RoomHeader.tsx";
import { SidePanel } from "./panels/SidePanel.tsx";
import { StatusBar } from "./panels/StatusBar.tsx";
import { ToolRail } from "./panels/ToolRail.tsx";
import { Stage } from "./view/Stage.tsx";

/** A case's room: loads the case, then shows it. */
export default function Room({ caseId }: { caseId: string }) {
  const state = useRoom(caseId);
  if (state.kind === "ready") return <RoomScreen room={state.room} />;
  return (
    <main className="flex h-full flex-col items-center justify-center gap-4 bg-ground px-6">
      {state.kind === "failed" ? (
        <>
          <Notice kind="fail">{state.text}</Notice>
          <div className="flex gap-2">
            <button type="button" className="button" onClick={() => window.location.reload()}>Try again</button>
            <Link href="/" className="button">Back to the cases</Link>
          </div>
        </>
      ) : (
        <div className="w-72" role="status">
          <p className="mb-2 text-center text-muted">{state.text}</p>
          {state.fraction !== null && <ProgressBar fraction={state.fraction} label="Reading the CT" />}
        </div>
      )}
    </main>
  );
}

function RoomScreen({ room }: { room: RoomContext }) {
  const { session, store } = room;
  const unsaved = useSession(session, (s) => s.unsaved);
  const isSynced = useSession(session, (s) => s.isSynced);
  const maskHash = useSession(session, (s) => s.maskHash);
  const refused = useSession(session, (s) => s.refused);
  const isHelpOpen = useRoomState(store, (s) => s.isHelpOpen);
  const isStageReady = useRoomState(store, (s) => s.isStageReady);
  const notice = useRoomState(store, (s) => s.notice);
  const segments = useSegments(room.caseId);
  useRoomKeys(room, segments);

  // The first segment is chosen until the person chooses.
  useEffect(() => {
    const { segment } = store.get();
    if (segments.some(({ value }) => value === segment)) return;
    const next = segments[0]?.value ?? null;
    if (next !== segment) store.set({ segment: next });
  }, [segments, store]);

  useEffect(() => {
    if (unsaved === 0) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [unsaved]);

  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => store.set({ notice: null }), 6000);
    return () => clearTimeout(timer);
  }, [notice, store]);

  return (
    <main
      className="flex h-full flex-col" data-room="" data-ready={isSynced && isStageReady} data-saved={isSynced && unsaved === 0} data-unsaved={unsaved}
      data-mask-hash={maskHash ?? ""}
    >
      <RoomHeader room={room} />
      {refused !== null && (
        <div className="border-b border-line bg-raised px-4 py-2">
          <Notice kind="fail">{refused} <button type="button" className="underline" onClick={() => window.location.reload()}>Reload</button></Notice>
        </div>
      )}
      <div className="flex min-h-0 flex-1">
        <ToolRail room={room} />
        <div className="relative min-w-0 flex-1">
          <Stage room={room} segments={segments} />
          {notice !== null && (
            <div role="alert" className="absolute left-1/2 top-3 z-20 -translate-x-1/2 rounded-lg border border-line bg-pane px-3 py-2 shadow-xl shadow-black">{notice}</div>
          )}
        </div>
        <SidePanel room={room} segments={segments} />
      </div>
      <StatusBar room={room} segments={segments} />
      {isHelpOpen && <KeyHelp onClose={() => store.set({ isHelpOpen: false })} />}
    </main>
  );
}

"use client";
import { X } from "lucide-react";
import type { KeyboardEvent } from "react";
import { useThreads } from "../session/useThreads.ts";
import { type PanelTab, useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { BuildsPanel } from "./BuildsPanel.tsx";
import { ChecksPanel } from "./ChecksPanel.tsx";
import { FileSurfaces } from "./FileSurfaces.tsx";
import { GrowthPanel } from "./GrowthPanel.tsx";
import { HistoryPanel } from "./HistoryPanel.tsx";
import { ImplantPanel } from "./ImplantPanel.tsx";
import { MendSurfaces } from "./MendSurfaces.tsx";
import { ProposalPanel } from "./ProposalPanel.tsx";
import { SegmentDetails } from "./SegmentDetails.tsx";
import { SegmentsPanel } from "./SegmentsPanel.tsx";
import { SurfaceDistance } from "./SurfaceDistance.tsx";
import { SurfaceSections } from "./SurfaceSections.tsx";
import { TalkPanel, useLinkedPlace } from "./TalkPanel.tsx";
import { ToolOptions } from "./ToolOptions.tsx";

/** The panel at the right: segments with the tool's options, or talk. On a narrow screen it is a drawer. */
export function SidePanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const tab = useRoomState(room.store, (s) => s.tab);
  const isOpen = useRoomState(room.store, (s) => s.isPanelOpen);
  const threads = useThreads(room.caseId);
  const segment = useRoomState(room.store, (s) => s.segment);
  const chosen = segments.find(({ value }) => value === segment);
  useLinkedPlace(room, threads);
  const open = threads.filter(({ resolvedAt }) => resolvedAt === null).length;
  const tabs: readonly [PanelTab, string, number][] = [["segments", "Segments", 0], ["implant", "Implant", 0], ["checks", "Checks", 0], ["talk", "Talk", open], ["history", "History", 0], ["builds", "Builds", 0]];
  const show = (next: PanelTab) => room.store.set({ tab: next });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = tabs[(tabs.findIndex(([one]) => one === tab) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length][0];
    show(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <aside
      id="room-panel" aria-label="Panel"
      className={`flex shrink-0 flex-col border-l border-line bg-pane md:w-[300px] lg:w-[340px] max-md:absolute max-md:inset-y-0 max-md:right-0 max-md:z-30 max-md:w-[min(340px,calc(100%-44px))] max-md:shadow-2xl max-md:shadow-black ${isOpen ? "" : "max-md:hidden"}`}
    >
      <div className="flex items-stretch border-b border-line px-2">
        <div role="tablist" aria-label="Panel" className="flex min-w-0 flex-1 overflow-x-auto [scrollbar-width:none]" onKeyDown={onKeyDown}>
          {tabs.map(([one, name, count]) => (
            <button
              key={one} type="button" role="tab" id={`tab-${one}`} aria-selected={tab === one} tabIndex={tab === one ? 0 : -1} aria-controls="side-panel" onClick={() => show(one)}
              className={`shrink-0 border-b-2 px-1.5 py-2.5 text-sm -outline-offset-2 ${tab === one ? "border-accent font-semibold" : "border-transparent text-muted hover:text-ink"}`}
            >{name}{count > 0 && <span className="ml-1.5 font-semibold text-attention">{count}<span className="sr-only"> open</span></span>}</button>
          ))}
        </div>
        <button type="button" aria-label="Close the panel" className="my-auto flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink md:hidden" onClick={() => room.store.set({ isPanelOpen: false })}><X aria-hidden size={16} /></button>
      </div>
      <div id="side-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto">
        {tab === "segments" && (
          <>
            <ProposalPanel room={room} segments={segments} />
            <GrowthPanel room={room} segments={segments} />
            <SegmentsPanel room={room} segments={segments} />
            {chosen && <SegmentDetails key={chosen.value} room={room} segment={chosen} />}
            <ToolOptions room={room} segments={segments} />
            <FileSurfaces room={room} />
            <MendSurfaces room={room} segments={segments} />
            <SurfaceDistance room={room} segments={segments} />
            <SurfaceSections room={room} segments={segments} />
          </>
        )}
        {tab === "implant" && <ImplantPanel room={room} segments={segments} />}
        {tab === "checks" && <ChecksPanel room={room} />}
        {tab === "talk" && <TalkPanel room={room} threads={threads} />}
        {tab === "history" && <HistoryPanel room={room} segments={segments} />}
        {tab === "builds" && <BuildsPanel room={room} segments={segments} />}
      </div>
    </aside>
  );
}

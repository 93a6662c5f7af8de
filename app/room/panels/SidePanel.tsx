"use client";
import { useThreads } from "../session/useThreads.ts";
import { type PanelTab, useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { SegmentsPanel } from "./SegmentsPanel.tsx";
import { TalkPanel, useLinkedComment } from "./TalkPanel.tsx";
import { ToolOptions } from "./ToolOptions.tsx";

/** The panel at the right: segments with the tool's options, or talk. */
export function SidePanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const tab = useRoomState(room.store, (s) => s.tab);
  const threads = useThreads(room.caseId);
  useLinkedComment(room, threads);
  const open = threads.filter(({ resolvedAt }) => resolvedAt === null).length;
  const tabs: readonly [PanelTab, string, number][] = [["segments", "Segments", 0], ["talk", "Talk", open]];
  return (
    <aside aria-label="Panel" className="flex w-[340px] shrink-0 flex-col border-l border-line bg-pane max-md:hidden">
      <div role="tablist" aria-label="Panel" className="flex border-b border-line px-2">
        {tabs.map(([one, name, count]) => (
          <button
            key={one} type="button" role="tab" id={`tab-${one}`} aria-selected={tab === one} aria-controls="side-panel" onClick={() => room.store.set({ tab: one })}
            className={`-mb-px border-b-2 px-3 py-2.5 ${tab === one ? "border-accent font-semibold" : "border-transparent text-muted hover:text-ink"}`}
          >{name}{count > 0 && <span className="ml-1.5 font-semibold text-attention">{count}</span>}</button>
        ))}
      </div>
      <div id="side-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} className="min-h-0 flex-1 overflow-y-auto">
        {tab === "segments" ? <><SegmentsPanel room={room} segments={segments} /><ToolOptions room={room} segments={segments} /></> : <TalkPanel room={room} threads={threads} />}
      </div>
    </aside>
  );
}

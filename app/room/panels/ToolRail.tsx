"use client";
import { BarChart3, Brush, CircleHelp, Eraser, MessageSquare, MousePointer2, Redo2, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { type Tool, useRoomState } from "../roomStore.ts";
import { type RoomContext, useSession } from "../useRoom.ts";

const tools: readonly { tool: Tool; name: string; key: string; icon: typeof Brush; draws: boolean }[] = [
  { tool: "navigate", name: "Navigate", key: "V", icon: MousePointer2, draws: false },
  { tool: "brush", name: "Brush", key: "B", icon: Brush, draws: true },
  { tool: "erase", name: "Erase", key: "E", icon: Eraser, draws: true },
  { tool: "threshold", name: "Threshold", key: "T", icon: BarChart3, draws: true },
  { tool: "comment", name: "Comment", key: "C", icon: MessageSquare, draws: false },
];

function RailButton({ label, hint, isOn, isDisabled, onClick, children }: { label: string; hint: string; isOn?: boolean; isDisabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button" aria-label={label} aria-pressed={isOn} title={`${label} (${hint})`} disabled={isDisabled} onClick={onClick}
      className={`relative flex size-9 items-center justify-center rounded-lg disabled:opacity-35 ${isOn ? "bg-accent/20 text-accent-strong ring-1 ring-accent/50" : "text-muted enabled:hover:bg-raised enabled:hover:text-ink"}`}
    >
      {children}
      {hint.length === 1 && <span aria-hidden className="absolute bottom-0 right-1 text-[9px] leading-3 text-muted">{hint}</span>}
    </button>
  );
}

/** The tools at the left edge. */
export function ToolRail({ room: { store, session, canDraw } }: { room: RoomContext }) {
  const tool = useRoomState(store, (s) => s.tool);
  const canUndo = useSession(session, (s) => s.canUndo);
  const canRedo = useSession(session, (s) => s.canRedo);
  return (
    <div role="toolbar" aria-label="Tools" aria-orientation="vertical" className="flex w-[52px] shrink-0 flex-col items-center gap-1.5 border-r border-line bg-pane py-3">
      {tools.map(({ tool: one, name, key, icon: Icon, draws }) => (
        <RailButton key={one} label={name} hint={key} isOn={tool === one} isDisabled={draws && !canDraw} onClick={() => store.set({ tool: one, ...(one === "threshold" ? { tab: "segments" } : {}) })}>
          <Icon aria-hidden size={17} strokeWidth={1.75} />
        </RailButton>
      ))}
      <hr className="my-1 w-7 border-line" />
      <RailButton label="Undo" hint="Ctrl+Z" isDisabled={!canDraw || !canUndo} onClick={() => session.undo()}><Undo2 aria-hidden size={17} strokeWidth={1.75} /></RailButton>
      <RailButton label="Redo" hint="Ctrl+Shift+Z" isDisabled={!canDraw || !canRedo} onClick={() => session.redo()}><Redo2 aria-hidden size={17} strokeWidth={1.75} /></RailButton>
      <div className="mt-auto"><RailButton label="Keys" hint="?" onClick={() => store.set({ isHelpOpen: true })}><CircleHelp aria-hidden size={17} strokeWidth={1.75} /></RailButton></div>
    </div>
  );
}

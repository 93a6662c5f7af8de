"use client";
import { CircleHelp, Command, Redo2, Undo2 } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { planRefusal } from "../measure/placing.ts";
import { toolInHand, useRoomState } from "../roomStore.ts";
import { toolList } from "../tools/toolList.ts";
import { roleRefusal } from "../tools/refusals.ts";
import { takeTool } from "../tools/useRoomKeys.ts";
import { type RoomContext, useSession } from "../useRoom.ts";

function RailButton({ label, hint, isOn, isDisabled, reason, onClick, children }: { label: string; hint: string; isOn?: boolean; isDisabled?: boolean; /** Why it cannot be used. */ reason?: string | null; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button" aria-label={label} aria-pressed={isOn} aria-keyshortcuts={hint.replace("Ctrl", "Control")} title={reason ? `${label}: ${reason}` : `${label} (${hint})`} disabled={isDisabled} onClick={onClick}
      className={`relative flex size-9 items-center justify-center rounded-lg disabled:opacity-35 ${isOn ? "bg-accent/20 text-accent-strong ring-1 ring-accent/50" : "text-muted enabled:hover:bg-raised enabled:hover:text-ink"}`}
    >
      {children}
      {hint.length === 1 && <span aria-hidden className="absolute bottom-0 right-1 text-[9px] leading-3 text-muted">{hint}</span>}
    </button>
  );
}

/** The tools at the left edge, in their groups. */
export function ToolRail({ room }: { room: RoomContext }) {
  const { store, session, canDraw } = room;
  const tool = useRoomState(store, toolInHand);
  const isNow = useRoomState(store, (s) => s.past === null);
  const canUndo = useSession(session, (s) => s.canUndo) && isNow;
  const canRedo = useSession(session, (s) => s.canRedo) && isNow;
  const line = <hr className="my-0.5 w-7 border-line" />;
  const look = { "aria-hidden": true, size: 17, strokeWidth: 1.75 } as const;
  return (
    <div role="toolbar" aria-label="Tools" aria-orientation="vertical" className="flex w-[52px] shrink-0 flex-col items-center gap-1.5 overflow-y-auto border-r border-line bg-pane py-3 max-sm:w-11">
      {toolList.map(({ id, label, key, icon: Icon, draws, group, ...entry }, i) => (
        <Fragment key={id}>
          {i > 0 && toolList[i - 1].group !== group && line}
          <RailButton label={label} hint={key} isOn={tool === id} isDisabled={(draws && !canDraw) || ("plans" in entry && planRefusal(room) !== null)} reason={draws ? roleRefusal(room) : "plans" in entry ? planRefusal(room) : null} onClick={() => takeTool(room, id)}><Icon {...look} /></RailButton>
        </Fragment>
      ))}
      {line}
      <RailButton label="Undo" hint="Ctrl+Z" isDisabled={!canDraw || !canUndo} onClick={() => session.undo()}><Undo2 {...look} /></RailButton>
      <RailButton label="Redo" hint="Ctrl+Shift+Z" isDisabled={!canDraw || !canRedo} onClick={() => session.redo()}><Redo2 {...look} /></RailButton>
      <div className="mt-auto flex flex-col gap-1.5">
        <RailButton label="All actions" hint="Ctrl+K" onClick={() => store.set({ dialog: "palette" })}><Command {...look} /></RailButton>
        <RailButton label="Keys" hint="?" onClick={() => store.set({ dialog: "keys" })}><CircleHelp {...look} /></RailButton>
      </div>
    </div>
  );
}

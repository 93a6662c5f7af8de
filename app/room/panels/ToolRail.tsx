"use client";
import { CircleHelp, Command, type LucideIcon, Redo2, Undo2 } from "lucide-react";
import { Fragment, type KeyboardEvent, useState } from "react";
import { planRefusal } from "../measure/placing.ts";
import { toolInHand, useRoomState } from "../roomStore.ts";
import { toolList } from "../tools/toolList.ts";
import { roleRefusal } from "../tools/refusals.ts";
import { takeTool } from "../tools/useRoomKeys.ts";
import { type RoomContext, useSession } from "../useRoom.ts";

/** `reason`: why it cannot be used. `begins`: a line stands before it; `sinks`: it stands at the lower end, with what follows. */
interface RailEntry { label: string; hint: string; icon: LucideIcon; isOn?: boolean; isDisabled?: boolean; reason?: string | null; begins?: boolean; sinks?: boolean; onClick: () => void }

function RailButton({ entry: { label, hint, icon: Icon, isOn, isDisabled, reason, onClick }, isStop }: { entry: RailEntry; isStop: boolean }) {
  return (
    <button
      type="button" aria-label={label} aria-pressed={isOn} aria-keyshortcuts={hint.replace("Ctrl", "Control")} title={reason ? `${label}: ${reason}` : `${label} (${hint})`} disabled={isDisabled} tabIndex={isStop ? 0 : -1} onClick={onClick}
      className={`relative flex h-9 min-h-6 w-9 items-center justify-center rounded-lg disabled:opacity-35 pointer-coarse:h-10 pointer-coarse:shrink-0 ${isOn ? "bg-accent/20 text-accent-strong ring-1 ring-accent/50" : "text-muted enabled:hover:bg-raised enabled:hover:text-ink"}`}
    >
      <Icon aria-hidden size={17} strokeWidth={1.75} />
      {hint.length === 1 && <span aria-hidden className="absolute bottom-0 right-1 text-[9px] leading-3 text-muted">{hint}</span>}
    </button>
  );
}

/** Moves on within the rail; where there are no more buttons it begins anew (ARIA's pattern of a toolbar). */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button:enabled")], at = buttons.indexOf(event.target as HTMLButtonElement);
  const to = { ArrowDown: (at + 1) % buttons.length, ArrowUp: (at - 1 + buttons.length) % buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[to].focus();
}

/** The tools at the left edge, in their groups: one stop for Tab, arrows within. */
export function ToolRail({ room }: { room: RoomContext }) {
  const { store, session, canDraw } = room;
  const tool = useRoomState(store, toolInHand);
  const isNow = useRoomState(store, (s) => s.past === null);
  const canUndo = useSession(session, (s) => s.canUndo) && isNow;
  const canRedo = useSession(session, (s) => s.canRedo) && isNow;
  const [focused, setFocused] = useState<string | null>(null);
  const entries: RailEntry[] = [
    ...toolList.map(({ id, label, key, icon, draws, group, ...entry }, i) => ({
      label, hint: key, icon, isOn: tool === id, begins: i > 0 && toolList[i - 1].group !== group, onClick: () => takeTool(room, id),
      isDisabled: (draws && !canDraw) || ("plans" in entry && planRefusal(room) !== null), reason: draws ? roleRefusal(room) : "plans" in entry ? planRefusal(room) : null,
    })),
    { label: "Undo", hint: "Ctrl+Z", icon: Undo2, begins: true, isDisabled: !canDraw || !canUndo, reason: roleRefusal(room), onClick: () => session.undo() },
    { label: "Redo", hint: "Ctrl+Shift+Z", icon: Redo2, isDisabled: !canDraw || !canRedo, reason: roleRefusal(room), onClick: () => session.redo() },
    { label: "All actions", hint: "Ctrl+K", icon: Command, sinks: true, onClick: () => store.set({ dialog: "palette" }) },
    { label: "Keys", hint: "?", icon: CircleHelp, sinks: true, onClick: () => store.set({ dialog: "keys" }) },
  ];
  const usable = entries.filter(({ isDisabled }) => !isDisabled), stop = usable.find(({ label }) => label === focused) ?? usable.find(({ isOn }) => isOn) ?? usable[0];
  const button = (entry: RailEntry) => <RailButton key={entry.label} entry={entry} isStop={entry === stop} />;
  return (
    <div
      role="toolbar" aria-label="Tools" aria-orientation="vertical" onKeyDown={moveFocus} onFocus={({ target }) => setFocused(target.getAttribute("aria-label"))}
      className="flex w-[52px] shrink-0 flex-col items-center gap-1.5 overflow-y-auto border-r border-line bg-pane py-3 [@media(max-height:900px)]:gap-0.5 [@media(max-height:900px)]:py-2 max-sm:w-11"
    >
      {entries.filter(({ sinks }) => !sinks).map((entry) => (
        <Fragment key={entry.label}>
          {entry.begins && <hr className="my-0.5 w-7 shrink-0 border-line" />}
          {button(entry)}
        </Fragment>
      ))}
      <div className="sticky bottom-0 mt-auto flex shrink-0 flex-col gap-1.5 bg-pane [@media(max-height:900px)]:gap-0.5">{entries.filter(({ sinks }) => sinks).map(button)}</div>
    </div>
  );
}

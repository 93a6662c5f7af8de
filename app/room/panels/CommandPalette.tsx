"use client";
import { useId, useMemo, useState, type KeyboardEvent } from "react";
import { Dialog } from "../../ui/Dialog.tsx";
import { roomActions } from "../actions.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

/** Every action of the room, found by typing (Ctrl+K). */
export function CommandPalette({ room, segments, onClose }: { room: RoomContext; segments: readonly RoomSegment[]; onClose(): void }) {
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [actions] = useState(() => roomActions(room, segments));
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return actions.filter(({ group, label }) => words.every((word) => `${group} ${label}`.toLowerCase().includes(word)));
  }, [actions, text]);
  const chosen = Math.min(at, found.length - 1);
  const run = (index: number) => {
    const action = found[index];
    if (!action || action.isEnabled === false) return;
    onClose();
    action.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(found.length - 1, chosen + step));
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="What would you like to do?" onClose={onClose} width={560} label="palette">
      <input
        data-autofocus="" role="combobox" aria-label="Search the actions" aria-expanded aria-controls={`${id}-list`} aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined} aria-autocomplete="list"
        value={text} placeholder="Type an action, a segment, a person" className="field mb-2 min-h-9 w-full" onKeyDown={onKeyDown}
        onChange={(event) => { setText(event.target.value); setAt(0); }}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Actions" className="h-[min(360px,50dvh)] overflow-y-auto">
        {found.map((action, i) => (
          <li
            key={action.id} id={`${id}-${i}`} role="option" aria-selected={i === chosen} aria-disabled={action.isEnabled === false} data-action={action.id}
            onPointerMove={() => setAt(i)} onClick={() => run(i)}
            className={`flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-1.5 ${i === chosen ? "bg-accent/20" : ""} ${action.isEnabled === false ? "opacity-60" : ""}`}
          >
            <span className={`w-20 shrink-0 text-sm ${i === chosen ? "text-ink" : "text-muted"}`}>{action.group}</span><span className="min-w-0 flex-1 truncate">{action.label}{action.isEnabled === false && action.reason && <span className="text-muted"> · {action.reason}</span>}</span>
            {action.keys && <kbd className="rounded border border-edge px-1.5 font-sans text-xs">{action.keys}</kbd>}
          </li>
        ))}
        {found.length === 0 && <li role="option" aria-selected={false} aria-disabled className="px-2.5 py-3 text-muted">Nothing is called that here.</li>}
      </ul>
    </Dialog>
  );
}

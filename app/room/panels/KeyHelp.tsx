"use client";
import { Dialog } from "../../ui/Dialog.tsx";
import { toolList } from "../tools/toolList.ts";

const groups: readonly [string, readonly (readonly [string, string])[]][] = [
  ["Tools", [...toolList.map(({ key, label }) => [key, label] as const), ["Space held", "Navigate meanwhile"], ["Esc", "Back to navigating"]]],
  ["Drawing", [["[   ]", "Brush smaller, larger"], ["1 … 9", "Choose a segment"], ["Ctrl+Z", "Undo your own last stroke"], ["Ctrl+Shift+Z", "Redo"], ["Enter", "Use the tool, or set an outline's corner, at the crosshair; close an open outline"], ["Double-click", "Close an open outline"], ["Backspace", "Its last corner back"], ["Esc", "Drop an outline, stop a cut"], ["Right drag, 3D", "Turn while scissors are in hand"], ["Arrows, 3D", "With scissors or islands in hand move a mark over the surfaces, with Shift farther; with Space held turn"], ["Enter, 3D", "Set a cut's corner, or pick the island, at the mark"]]],
  ["Views", [["Wheel", "Slice"], ["Ctrl+wheel", "Zoom"], ["Middle drag", "Pan"], ["Right drag", "Window"], ["Double-click", "Enlarge a view, and back"], ["Page Up, Down", "Slice"], ["Arrows", "Crosshair, in a view"], ["Two fingers", "Pan and zoom"]]],
  ["Everything", [["Ctrl+K", "All actions"], ["?", "This list"]]],
];

/** All keys of the room. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys and mouse" onClose={onClose} width={600} label="keys">
      <div className="mt-2 gap-8 sm:columns-2">
        {groups.map(([name, keys]) => (
          <section key={name} className="mb-4 break-inside-avoid">
            <h3 className="heading-small mb-1.5">{name}</h3>
            <dl className="grid grid-cols-[112px_1fr] gap-y-1">
              {keys.map(([key, what]) => <div key={key} className="contents"><dt className="font-medium">{key}</dt><dd className="text-muted">{what}</dd></div>)}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

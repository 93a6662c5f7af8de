"use client";
import { useEffect, useRef } from "react";

const keys: readonly [string, string][] = [
  ["V", "Navigate"], ["B", "Brush"], ["E", "Erase"], ["T", "Threshold"], ["C", "Comment"], ["[  ]", "Brush smaller, larger"], ["1 … 9", "Choose a segment"],
  ["Ctrl+Z", "Undo your own last stroke"], ["Ctrl+Shift+Z", "Redo"], ["Page Up, Page Down", "Axial slice"], ["Wheel", "Slice"], ["Ctrl+wheel", "Zoom"],
  ["Middle drag", "Pan"], ["Right drag", "Window"], ["Double-click", "Enlarge a view, and back"], ["Esc", "Back to navigating"], ["?", "This list"],
];

/** All keys of the room. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="key-help" className="m-auto w-96 rounded-xl border border-line bg-pane p-5 text-ink backdrop:bg-black/60">
      <h2 id="key-help" className="mb-3 text-lg font-semibold">Keys and mouse</h2>
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5">
        {keys.map(([key, what]) => (
          <div key={key} className="contents"><dt className="font-medium">{key}</dt><dd className="text-muted">{what}</dd></div>
        ))}
      </dl>
      <form method="dialog" className="mt-4 text-right"><button className="button">Close</button></form>
    </dialog>
  );
}

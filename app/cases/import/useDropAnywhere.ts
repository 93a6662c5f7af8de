import { useEffect, useState } from "react";
import { filesOfDrop, type PickedFile } from "./pickFiles.ts";

/** Takes files dropped anywhere on the page; returns whether some are being held over it. */
export function useDropAnywhere(isEnabled: boolean, onFiles: (files: Promise<PickedFile[]>) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0; // enter and leave fire for every element crossed
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => { if (hasFiles(event)) { depth++; setOver(isEnabled); } };
    const leave = (event: DragEvent) => { if (hasFiles(event)) { depth = Math.max(0, depth - 1); if (depth === 0) setOver(false); } };
    const over = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = isEnabled ? "copy" : "none";
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault(); // never let the browser navigate to the file
      depth = 0;
      setOver(false);
      if (isEnabled) onFiles(filesOfDrop(event.dataTransfer).catch((error: unknown) => { throw new Error(`What was dropped could not be read: ${String(error)}.`); }));
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop } as const;
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    return () => { for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener as EventListener); };
  }, [isEnabled, onFiles]);
  return isOver;
}

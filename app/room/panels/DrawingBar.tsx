"use client";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { useRoomState } from "../roomStore.ts";
import { isOpenPolygon } from "../tools/outlineDraft.ts";
import { backOutline, closeOutline, dropOutline } from "../tools/outlineHand.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

/** Over the views: an open polygon is closed, stepped back or dropped (a finger has no keys); a long cut shows how far it is. */
export function DrawingBar({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { store } = room, outline = useRoomState(store, (s) => s.outline), work = useRoomState(store, (s) => s.work);
  const box = "absolute bottom-9 left-1/2 z-20 -translate-x-1/2 rounded-lg border border-edge bg-pane p-1.5 shadow-xl shadow-black";
  if (work) return (
    <div role="status" data-work="" className={`${box} w-64 px-3 py-2`}>
      <div className="mb-1.5 flex justify-between text-sm"><span>{work.label}</span><button type="button" className="underline" onClick={() => work.cancel()}>Cancel</button></div>
      <ProgressBar fraction={work.fraction} label={work.label} />
    </div>
  );
  if (!isOpenPolygon(outline)) return null;
  return (
    <div role="toolbar" aria-label="Open outline" data-open-outline="" className={`${box} flex gap-1.5`}>
      <button type="button" className="button button-primary" title="Enter" disabled={outline.points.length < 3} onClick={() => closeOutline(room, segments)}>Close</button>
      <button type="button" className="button whitespace-nowrap" title="Backspace" onClick={() => backOutline(room)}>Last corner back</button>
      <button type="button" className="button" title="Esc" onClick={() => dropOutline(room)}>Drop</button>
    </div>
  );
}

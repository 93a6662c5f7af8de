"use client";
import { useEffect } from "react";
import { maxOutlinePoints, type PresenceView } from "../../../core/protocol/room.ts";
import type { RoomState } from "../roomStore.ts";
import type { OutlineDraft } from "../tools/outlineDraft.ts";
import type { RoomContext } from "../useRoom.ts";

const tenth = (mm: number): number => Math.round(mm * 10) / 10;

/** What others see of what is being drawn: shapes in a slice, thinned evenly to what an entry has room for; the edge under the pointer is nobody else's. */
export function outlineOf(draft: OutlineDraft | null): PresenceView["outline"] {
  if (draft === null || draft.pane === "surface" || draft.shape === "edge") return undefined;
  const { pane, shape, points } = draft, step = Math.max(1, Math.ceil(points.length / maxOutlinePoints));
  // The last point is the hand's: it stays.
  const kept = points.filter((_, n) => (points.length - 1 - n) % step === 0);
  return { pane, shape, points: kept.map((p) => [tenth(p[0]), tenth(p[1]), tenth(p[2] ?? 0)]) };
}

/** What the others are told of this person: the pointer if it is over a slice, else the crosshair; tool, segment, and what is being drawn. */
export function viewOf({ pointer, crosshair, tool, segment, outline }: Pick<RoomState, "pointer" | "crosshair" | "tool" | "segment" | "outline">): PresenceView {
  const [x, y, z] = pointer ?? crosshair, drawn = outlineOf(outline);
  return { crosshair: [tenth(x), tenth(y), tenth(z)], tool, ...(segment === null ? {} : { segment }), ...(drawn ? { outline: drawn } : {}) };
}

/** Tells the others where this person is and what they draw. */
export function usePresence({ store, session }: RoomContext): void {
  useEffect(() => {
    let last = "";
    const tell = () => {
      const view = viewOf(store.get()), text = JSON.stringify(view);
      if (text === last) return;
      last = text;
      session.present(view);
    };
    tell();
    return store.subscribe(tell);
  }, [store, session]);
}

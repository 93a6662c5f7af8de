"use client";
import { useEffect } from "react";
import { draped, screenLine } from "../../../core/mask/drawing/drape.ts";
import { maxOutlinePoints, type PresenceView } from "../../../core/protocol/room.ts";
import type { RoomState } from "../roomStore.ts";
import type { OutlineDraft } from "../tools/outlineDraft.ts";
import type { RoomContext } from "../useRoom.ts";

const tenth = (mm: number): number => Math.round(mm * 10) / 10;

type Drape = (draft: OutlineDraft) => readonly (readonly [number, number, number])[];

/** The line of what is cut on the surfaces, laid over them. */
function drapeOn({ store, session, middle }: RoomContext): Drape {
  return ({ shape, points, seen }) => {
    if (!seen || shape === "edge" || shape === "trail") return [];
    const { hidden } = store.get(), line = screenLine({ kind: shape, points: points.map((p) => [p[0], p[1]]) }, maxOutlinePoints);
    return draped(session.fold, seen.view, line, seen.at ?? middle, (label) => !hidden.has(label));
  };
}

/**
 * What others see of what is being drawn: shapes in a slice, thinned evenly to what an entry has room for, and the line of a
 * cut on the surfaces, laid over them, since others look from elsewhere; the edge under the pointer is nobody else's.
 */
export function outlineOf(draft: OutlineDraft | null, drape: Drape = () => []): PresenceView["outline"] {
  if (draft === null || draft.shape === "edge") return undefined;
  if (draft.pane === "surface") {
    const line = drape(draft);
    return line.length === 0 ? undefined : { pane: "surface", shape: "freeForm", points: line.map(([x, y, z]) => [tenth(x), tenth(y), tenth(z)]) };
  }
  const { pane, shape, points } = draft, step = Math.max(1, Math.ceil(points.length / maxOutlinePoints));
  // The last point is the hand's: it stays.
  const kept = points.filter((_, n) => (points.length - 1 - n) % step === 0);
  return { pane, shape, points: kept.map((p) => [tenth(p[0]), tenth(p[1]), tenth(p[2] ?? 0)]) };
}

/** What the others are told of this person: the pointer if it is over a slice, else the crosshair; tool, segment, and what is being drawn. */
export function viewOf({ pointer, crosshair, tool, segment, outline }: Pick<RoomState, "pointer" | "crosshair" | "tool" | "segment" | "outline">, drape?: Drape): PresenceView {
  const [x, y, z] = pointer ?? crosshair, drawn = outlineOf(outline, drape);
  return { crosshair: [tenth(x), tenth(y), tenth(z)], tool, ...(segment === null ? {} : { segment }), ...(drawn ? { outline: drawn } : {}) };
}

/** Tells the others where this person is and what they draw. */
export function usePresence(room: RoomContext): void {
  const { store, session } = room;
  useEffect(() => {
    let last = "", line: { of: OutlineDraft; at: ReturnType<Drape> } | null = null;
    const drape = drapeOn(room);
    // The pointer moves on while the line stays: it is laid over the surfaces once.
    const kept: Drape = (draft) => { if (line?.of !== draft) line = { of: draft, at: drape(draft) }; return line.at; };
    const tell = () => {
      const view = viewOf(store.get(), kept), text = JSON.stringify(view);
      if (text === last) return;
      last = text;
      session.present(view);
    };
    tell();
    return store.subscribe(tell);
  }, [room, store, session]);
}

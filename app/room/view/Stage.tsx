"use client";
import { useEffect, useMemo, useRef, useState } from "react";
import { Notice } from "../../ui/Notice.tsx";
import { type Layout, type Pane, panesOf, planes, type Tile, tileAt } from "./tileGeometry.ts";
import { SliceOverlay } from "./SliceOverlay.tsx";
import { SurfacePane } from "./SurfacePane.tsx";
import { useImplantBodies } from "./useImplantBodies.ts";
import { useImplantMaps } from "./useImplantMaps.ts";
import { useSliceView } from "./useSliceView.ts";
import { usePresence } from "../session/usePresence.ts";
import { useStageInput } from "../tools/useStageInput.ts";
import { toolOf } from "../tools/toolList.ts";
import { toolInHand, useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

/** The four linked views: one canvas for the slices, one for the surfaces, and what is drawn over them. */
export function Stage({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { store } = room;
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<{ width: number; height: number }>({ width: 0, height: 0 });
  const layout = useRoomState(store, (s) => s.layout);
  const tool = useRoomState(store, toolInHand);
  const before = useRef<Layout>("four");

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => setSize({ width: entry.contentRect.width, height: entry.contentRect.height }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const panes = useMemo(() => panesOf(layout, size.width, size.height), [layout, size]);
  const tiles = useMemo<Tile[]>(() => planes.flatMap((plane) => { const rect = panes[plane]; return rect ? [{ plane, ...rect }] : []; }), [panes]);
  const { isReady, problem } = useSliceView(canvas, room, segments, tiles);
  useEffect(() => { store.set({ isStageReady: isReady }); }, [store, isReady]);
  useStageInput(root, room, segments, tiles);
  usePresence(room);
  const bodies = useImplantBodies(room), maps = useImplantMaps(room, bodies);

  /** Double-click enlarges a pane, and again gives the layout back. */
  const enlarge = (pane: Pane) => {
    if (layout === pane) store.set({ layout: before.current });
    else { before.current = layout; store.set({ layout: pane }); }
  };
  return (
    <div
      ref={root} data-stage="" tabIndex={0} role="group" aria-label="Views. Arrows move the crosshair, Page Up and Page Down the slice, Enter uses the tool."
      className="absolute inset-0 touch-none select-none overflow-hidden bg-black -outline-offset-2" style={{ cursor: toolOf(tool).cursor }}
      onDoubleClick={(event) => {
        if (tool !== "navigate") return;
        const box = event.currentTarget.getBoundingClientRect();
        const tile = tileAt(tiles, event.clientX - box.left, event.clientY - box.top);
        if (tile) enlarge(tile.plane);
      }}
    >
      <canvas ref={canvas} aria-label="Slices of the CT" role="img" className="absolute inset-0 size-full" data-slices-ready={isReady} />
      {panes.surface && <SurfacePane room={room} segments={segments} maps={maps} rect={panes.surface} onEnlarge={() => enlarge("surface")} />}
      {size.width > 0 && <SliceOverlay room={room} segments={segments} bodies={bodies} maps={maps} tiles={tiles} />}
      {Object.entries(panes).map(([pane, rect]) => (
        <div key={pane} aria-hidden className="pointer-events-none absolute border border-line/80" style={rect} />
      ))}
      {!isReady && problem === null && <p role="status" className="absolute bottom-3 left-3 text-muted">Preparing the views…</p>}
      {problem !== null && <div className="absolute inset-x-0 top-1/3 mx-auto max-w-md rounded-xl border border-line bg-pane p-4"><Notice kind="fail">{problem}</Notice></div>}
    </div>
  );
}

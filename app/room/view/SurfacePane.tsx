"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import { rgbOf, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { SurfaceView } from "./niivueView.ts";
import type { Rect } from "./tileGeometry.ts";

/** The surfaces that the server made of the mask, and whether they are current. */
export function SurfacePane({ room, segments, rect, onEnlarge }: { room: RoomContext; segments: readonly RoomSegment[]; rect: Rect; onEnlarge: () => void }) {
  const { caseId, store } = room;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<SurfaceView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const builds = useQuery(useTRPC().builds.list.queryOptions({ caseId })).data;
  const hidden = useRoomState(store, (s) => s.hidden);
  const drag = useRef<[number, number] | null>(null);

  useEffect(() => {
    if (!canvas.current) return;
    let isGone = false;
    let opened: SurfaceView | undefined;
    SurfaceView.open(canvas.current).then((made) => {
      if (isGone) return made.close();
      opened = made;
      setView(made);
    }, () => setProblem("This browser cannot draw 3D here (WebGL 2)."));
    return () => { isGone = true; opened?.close(); setView(null); };
  }, []);

  useEffect(() => {
    if (!view || !builds) return;
    const stop = new AbortController();
    const load = async (value: number, key: string, color: string) => {
      const answer = await fetch(`/api/cases/${caseId}/surface/${value}`, { signal: stop.signal });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const mesh = decodeMesh(new Uint8Array(await answer.arrayBuffer()));
      if (!stop.signal.aborted) view.put(value, key, mesh, rgbOf(color));
    };
    for (const { value, color } of segments) {
      const build = builds.find((one) => one.segment === value);
      if (!build || build.state === "empty") view.remove(value);
      else if (build.state === "current" && !view.has(value, build.key)) {
        load(value, build.key, color).then(() => setProblem(null), (error: unknown) => {
          if (!stop.signal.aborted) setProblem(`The surface could not be read (${error instanceof Error ? error.message : "unknown"}).`);
        });
      }
    }
    view.keepOnly(new Set(segments.map(({ value }) => value)));
    return () => stop.abort();
  }, [view, builds, segments, caseId]);

  useEffect(() => {
    for (const { value, color } of segments) view?.setColor(value, rgbOf(color), !hidden.has(value));
  }, [view, segments, hidden, builds]);

  const known = builds?.filter(({ segment }) => segments.some(({ value }) => value === segment)) ?? [];
  const failed = known.find(({ state }) => state === "failed");
  const status = failed ? { word: "failed", tone: "bg-fail" } : known.some(({ state }) => state === "rebuilding") ? { word: "rebuilding", tone: "bg-attention animate-pulse" }
    : known.some(({ state }) => state === "current") ? { word: "current", tone: "bg-pass" } : null;
  const slowest = Math.max(0, ...known.map(({ ms }) => ms ?? 0));
  return (
    <section
      aria-label="Surfaces in 3D" data-surface-state={status?.word ?? "none"} data-own-input="" className="absolute cursor-grab touch-none active:cursor-grabbing" style={rect}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); drag.current = [event.clientX, event.clientY]; }}
      onPointerMove={(event) => {
        if (!drag.current) return;
        view?.turn((event.clientX - drag.current[0]) * 0.5, (event.clientY - drag.current[1]) * 0.5);
        drag.current = [event.clientX, event.clientY];
      }}
      onPointerUp={() => { drag.current = null; }} onPointerCancel={() => { drag.current = null; }}
      onWheel={(event) => view?.zoomBy(Math.exp(-event.deltaY * 0.001))}
      onDoubleClick={(event) => { event.stopPropagation(); onEnlarge(); }}
    >
      <div className="absolute inset-0"><canvas ref={canvas} aria-hidden className="size-full" /></div>
      <p className="pointer-events-none absolute left-2.5 top-2 text-sm [text-shadow:0_0_3px_#000]">3D · surfaces of the segments</p>
      {status && (
        <p role="status" className="pointer-events-none absolute right-2.5 top-2 flex items-center gap-1.5 rounded-full border border-line bg-pane/90 px-2.5 py-0.5 text-sm">
          <span aria-hidden className={`size-1.5 rounded-full ${status.tone}`} />{status.word}{status.word === "current" && slowest > 0 ? ` · ${(slowest / 1000).toFixed(1)} s` : ""}
        </p>
      )}
      {(problem ?? failed?.error) && <p role="alert" className="absolute inset-x-3 bottom-3 text-sm text-fail">{problem ?? failed?.error}</p>}
      {!status && !problem && <p className="pointer-events-none absolute inset-0 flex items-center justify-center text-sm text-muted">Draw or threshold a segment; its surface appears here.</p>}
    </section>
  );
}

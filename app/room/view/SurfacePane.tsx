"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { decodeMesh } from "../../../core/surface/meshBlob.ts";
import { useTRPC } from "../../api/client.tsx";
import { useImplants } from "../implantState.ts";
import { planRefusal } from "../measure/placing.ts";
import { toolInHand, useRoomState } from "../roomStore.ts";
import { rgbOf, useSession, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { facing } from "./facing.ts";
import { SurfaceHandles } from "../measure/SurfaceHandles.tsx";
import { SurfaceMeasurements } from "../measure/SurfaceMeasurements.tsx";
import { SurfaceView } from "./niivueView.ts";
import { OutlineMark } from "./OutlineMark.tsx";
import { SurfaceMarks } from "./SurfaceMarks.tsx";
import { type Build, lacksSurface, pastStatus, staleWords, surfaceStatus } from "./surfaceStatus.ts";
import type { Rect } from "./tileGeometry.ts";
import { MapLegend } from "./MapLegend.tsx";
import { isFileSurface, useFileSurfaces } from "./useFileSurfaces.ts";
import { useLiveSurfaces } from "./useLiveSurfaces.ts";
import { type ImplantMap, legendOf } from "./useImplantMaps.ts";
import { isImplantSurface, useImplantMeshes } from "./useImplantMeshes.ts";
import { soloSurface, useSolo } from "./useSolo.ts";
import { useSurfaceInput } from "./useSurfaceInput.ts";

/** Fetches and shows the surfaces that are current. @returns what could not be read, for people */
function useSurfaces(view: SurfaceView | null, room: RoomContext, segments: readonly RoomSegment[], builds: readonly Build[] | undefined): string | null {
  const { caseId, store } = room;
  const hidden = useRoomState(store, (s) => s.hidden);
  const [problem, setProblem] = useState<string | null>(null);
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
      if (view.isLive(value)) continue;
      if (!build || build.state === "empty") view.remove(value);
      else if (build.state === "current" && !view.has(value, build.key)) {
        load(value, build.key, color).then(() => setProblem(null), (error: unknown) => {
          if (!stop.signal.aborted) setProblem(`The surface could not be read (${error instanceof Error ? error.message : "unknown"}). It is tried again with the next change.`);
        });
      }
    }
    view.keepOnlyOf((value) => !isFileSurface(value) && !isImplantSurface(value) && value !== soloSurface, new Set(segments.map(({ value }) => value)));
    return () => stop.abort();
  }, [view, builds, segments, caseId]);
  useEffect(() => {
    for (const { value, color } of segments) view?.setColor(value, rgbOf(color), !hidden.has(value));
  }, [view, segments, hidden, builds]);
  return problem;
}

/** A pane lower than this has no room for the whole legend beside the bone. */
const smallPanePx = 280;

/** The surfaces that the server made of the mask, and whether they are current. */
export function SurfacePane({ room, segments, maps, rect, onEnlarge }: { room: RoomContext; segments: readonly RoomSegment[]; maps: ReadonlyMap<string, ImplantMap>; rect: Rect; onEnlarge: () => void }) {
  const { caseId, store, session } = room;
  const pane = useRef<HTMLElement>(null), canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<SurfaceView | null>(null);
  const [isMissing, setMissing] = useState(false);
  const builds = useQuery(useTRPC().builds.list.queryOptions({ caseId })).data;
  const maskHash = useSession(session, (s) => (s.isSynced && s.pendingBlobs === 0 ? s.maskHash : null));
  const isConnected = useSession(session, (s) => s.isSynced);
  const voxels = useSession(session, (s) => s.voxels);
  const camera = useRoomState(store, (s) => s.camera);

  useEffect(() => {
    if (!canvas.current) return;
    let isGone = false;
    let opened: SurfaceView | undefined;
    SurfaceView.open(canvas.current).then((made) => {
      if (isGone) return made.close();
      opened = made;
      setView(made);
    }, () => setMissing(true));
    return () => { isGone = true; opened?.close(); setView(null); };
  }, []);
  useEffect(() => { view?.lookFrom(camera.azimuth, camera.elevation); }, [view, camera]);
  const live = useLiveSurfaces(view, pane, room, segments, builds);
  const unread = useSurfaces(view, room, segments, builds);
  const fromFiles = useFileSurfaces(view, caseId);
  const implants = useImplants(room), map = useRoomState(store, (s) => s.implantMap);
  const shown = useImplantMeshes(view, caseId, implants, maps), legend = legendOf(maps);
  const solo = useRoomState(store, (s) => s.solo);
  useSolo(view, solo);
  // A case that opens with a plate shows the side where it is; after that the view is the person's own.
  const centre = (implants.find(({ mesh }) => mesh !== null)?.mesh?.facts.defect as { centreRas?: [number, number, number] } | undefined)?.centreRas;
  const isFaced = useRef(false);
  useEffect(() => {
    if (!view || !centre || isFaced.current) return;
    isFaced.current = true;
    store.set({ camera: facing(room.middle, centre) });
  }, [view, centre, store, room.middle]);
  const stale = implants.find(({ mesh }) => mesh !== null && mesh.freshness !== "current");
  const { input, mark } = useSurfaceInput(view, room, segments);
  const isPlanning = useRoomState(store, (s) => s.tab === "implant"), tool = useRoomState(store, toolInHand), outline = useRoomState(store, (s) => (s.outline?.pane === "surface" ? s.outline : null)), segment = useRoomState(store, (s) => s.segment);

  const known = builds?.filter(({ segment }) => segments.some(({ value }) => value === segment)) ?? [];
  const isPast = useRoomState(store, (s) => s.past !== null);
  const status = isPast ? pastStatus(live.isLive, implants.some(({ mesh }) => mesh !== null)) : surfaceStatus(known, maskHash, live.isLive, isConnected);
  const problem = isMissing ? "This browser cannot draw 3D here (WebGL 2)." : unread ?? (status?.state === "failed" ? status.error : null);
  // Rounded, if by one pixel: without a GPU Chromium takes a square canvas for hiding all that lies below it, the sagittal view too.
  return (
    <section
      ref={pane} aria-label="Surfaces in 3D" data-surface-state={status?.state ?? "none"} data-implant-shown={shown} data-solo={solo?.key ?? ""} data-live={live.state} data-own-input="" data-own-pointer="" tabIndex={0} className={`absolute touch-none overflow-hidden rounded-[1px] -outline-offset-2 ${tool === "scissors" || tool === "islands" ? "cursor-crosshair" : "cursor-grab active:cursor-grabbing"}`} style={rect}
      {...input} onDoubleClick={(event) => { event.stopPropagation(); if (tool !== "scissors" && tool !== "islands") onEnlarge(); }}
    >
      <div className="absolute inset-0"><canvas ref={canvas} aria-hidden className="size-full" /></div>
      {view && <SurfaceMeasurements room={room} view={view} />}
      {view && isPlanning && !solo && <SurfaceHandles room={room} view={view} implants={implants} canMove={planRefusal(room) === null} />}
      {view && <SurfaceMarks room={room} view={view} rect={rect} />}
      {outline && (
        <svg aria-hidden className="pointer-events-none absolute inset-0 size-full will-change-transform"><OutlineMark draft={outline} toPixels={(p) => [p[0], p[1]]} color={segments.find(({ value }) => value === segment)?.color ?? "#e6eaf2"} isDashed /></svg>
      )}
      {mark && (tool === "scissors" || tool === "islands") && (
        <svg aria-hidden data-surface-mark="" className="pointer-events-none absolute inset-0 size-full will-change-transform">
          {["#0e1116", "#ffffff"].map((color, n) => <path key={color} d={`M${mark[0] - 10} ${mark[1]}h7m6 0h7M${mark[0]} ${mark[1] - 10}v7m0 6v7`} stroke={color} strokeWidth={n === 0 ? 4 : 1.75} fill="none" />)}
        </svg>
      )}
      <p className="pointer-events-none absolute left-2.5 top-2 text-sm [text-shadow:0_0_3px_#000]">3D</p>
      {status && (
        <p role="status" title={status.detail} className="pointer-events-auto absolute right-2.5 top-2 flex max-w-[calc(100%-56px)] items-center gap-1.5 rounded-full border border-line bg-pane/90 px-2.5 py-0.5 text-sm">
          <span aria-hidden className={`size-1.5 shrink-0 rounded-full ${status.tone}`} /><span className="truncate">{status.text}</span>
        </p>
      )}
      {stale && <p role="status" data-implant-stale="" className="pointer-events-none absolute right-2.5 top-9 max-w-[calc(100%-56px)] truncate rounded-full border border-line bg-pane/90 px-2.5 py-0.5 text-sm text-attention">{staleWords(stale, legend !== null)}</p>}
      {solo && <MapLegend map={{ title: solo.title }} legend={solo.legend} isSmall={rect.height < smallPanePx} onClose={() => store.set({ solo: null })} />}
      {!solo && map !== null && legend && <MapLegend map={map} {...legend} isSmall={rect.height < smallPanePx} />}
      {problem && <p role="alert" className="absolute inset-x-3 bottom-3 rounded-lg bg-pane/90 px-2.5 py-1.5 text-sm text-fail">{problem}</p>}
      {lacksSurface(status, voxels) && !problem && fromFiles === 0 && <p className="pointer-events-none absolute inset-0 flex items-center justify-center px-6 text-center text-sm text-muted">Draw or threshold a segment; its surface appears here.</p>}
    </section>
  );
}

"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import type { EarlierWork } from "../../core/draft/earlierWork.ts";
import { isAllowed, type Role } from "../../core/review/permissions.ts";
import type { CaseEvent } from "../../core/protocol/room.ts";
import type { Grid, RasPoint } from "../../core/space/grid.ts";
import { errorCode, errorSentence, useTRPC } from "../api/client.tsx";
import { CalmEvents } from "./session/calmEvents.ts";
import type { LargeStrokes } from "./session/largeStrokes.ts";
import { MaskSession, type SessionState } from "./session/maskSession.ts";
import { PlanSession, type PlanState } from "./session/planSession.ts";
import { RoomStore } from "./roomStore.ts";
import { EffectWork } from "./tools/effectWork.ts";
import type { SegmentState } from "../../core/review/segmentState.ts";
import { loadVolume, type LoadedVolume } from "./view/loadVolume.ts";
import { middleOf } from "./view/tileGeometry.ts";

/** A segment as the room uses it. */
export interface RoomSegment {
  value: number; name: string; color: string; isLocked: boolean; state: SegmentState;
  /** HU that its surface follows where the mask's boundary does; null: the mask alone. */
  iso: number | null;
}

/** Everything a part of the room needs, made once a case. */
export interface RoomContext {
  caseId: string;
  code: string;
  region: string;
  role: Role;
  isArchived: boolean;
  grid: Grid;
  volume: LoadedVolume;
  /** Content hash of the stored CT. */
  volumeHash: string;
  session: MaskSession;
  plan: PlanSession;
  store: RoomStore;
  effects: EffectWork;
  canDraw: boolean;
  /** Middle of the volume, RAS mm. */
  middle: RasPoint;
}

/** Asks again for what the server says has changed. */
function useCaseEvents(): (event: CaseEvent) => void {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMemo(() => (event: CaseEvent) => {
    const filters = {
      case: trpc.cases.pathFilter(), segments: trpc.segments.pathFilter(), comments: trpc.comments.pathFilter(),
      builds: trpc.builds.pathFilter(), members: trpc.members.pathFilter(), versions: trpc.versions.pathFilter(),
    };
    void client.invalidateQueries(filters[event.topic]);
    // A new fold may differ from the version that was signed.
    if (event.topic === "builds") void client.invalidateQueries(trpc.versions.newest.pathFilter());
    // Results of the plan come with builds, judgements on them with versions.
    if (event.topic === "builds" || event.topic === "versions") void client.invalidateQueries(trpc.implants.pathFilter());
    if (event.topic === "members") void client.invalidateQueries(filters.case);
    if (event.topic === "case") for (const listed of [trpc.fileSurfaces, trpc.surfaceMends]) void client.invalidateQueries(listed.pathFilter());
  }, [trpc, client]);
}

export type RoomLoading =
  | { kind: "loading"; text: string; fraction: number | null }
  | { kind: "failed"; text: string }
  | { kind: "ready"; room: RoomContext };

/** Loads a case and enters its room; leaves it when the component goes. */
export function useRoom(caseId: string): RoomLoading {
  const found = useQuery(useTRPC().cases.get.queryOptions({ caseId }, { refetchInterval: ({ state }) => (state.data && !state.data.grid ? 2000 : false) }));
  const onEvent = useCaseEvents();
  const [volume, setVolume] = useState<LoadedVolume | null>(null);
  const [fraction, setFraction] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [inside, setInside] = useState<Pick<RoomContext, "session" | "plan" | "store" | "effects"> | null>(null);
  // The grid of a case never changes, but each answer holds a new object.
  const gridText = found.data?.grid ? JSON.stringify(found.data.grid) : null;
  const grid = useMemo<Grid | null>(() => (gridText === null ? null : JSON.parse(gridText)), [gridText]);

  useEffect(() => {
    if (!grid) return;
    const stop = new AbortController();
    let loaded: LoadedVolume | undefined;
    loadVolume(caseId, grid, stop.signal, setFraction).then((made) => { loaded = made; setVolume(made); }, (error: unknown) => {
      if (!stop.signal.aborted) setProblem(error instanceof Error ? error.message : "The CT could not be read.");
    });
    const effectsOf = (of: MaskSession) => new EffectWork(of, () => {
      if (!loaded) throw new Error("The CT is still being read.");
      return loaded;
    });
    // A10: a session whose document is not the case's any more hands its work to a new one.
    const events = new CalmEvents(() => session.author.isDrawing, onEvent);
    const openSession = (earlier: EarlierWork | null, held?: LargeStrokes): MaskSession => new MaskSession(caseId, grid, {
      onEvent: events.hear,
      onEarlier: (work, large) => {
        session.close();
        effects.close();
        session = openSession(work, large);
        effects = effectsOf(session);
        setInside((now) => now && { ...now, session, effects });
      },
    }, earlier, held);
    const openPlan = (earlier: Y.Doc | null): PlanSession => new PlanSession(caseId, (held) => {
      plan.close();
      plan = openPlan(held);
      setInside((now) => now && { ...now, plan });
    }, earlier);
    let session = openSession(null), plan = openPlan(null), effects = effectsOf(session);
    setInside({ session, plan, effects, store: new RoomStore(grid, middleOf(grid)) });
    return () => { stop.abort(); events.close(); effects.close(); session.leave(); plan.leave(); setInside(null); setVolume(null); };
  }, [caseId, grid, onEvent]);

  const isOpen = found.data !== undefined;
  const code = found.data?.code ?? "";
  const region = found.data?.region ?? "";
  const role = found.data?.role ?? "viewer";
  const isArchived = found.data?.isArchived ?? false;
  const volumeHash = found.data?.volumeHash ?? "";
  // One object as long as nothing changes: a stroke under way must not be cut by a render.
  const room = useMemo<RoomContext | null>(() => (grid && volume && inside && isOpen
    ? { caseId, code, region, role, isArchived, grid, volume, volumeHash, middle: middleOf(grid), canDraw: isAllowed(role, "masks.write", isArchived), ...inside }
    : null), [caseId, code, region, role, isArchived, grid, volume, volumeHash, inside, isOpen]);

  if (room) return { kind: "ready", room };
  if (errorCode(found.error) === "UNAUTHORIZED") {
    window.location.replace(`/sign-in?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
    return { kind: "loading", text: "You are signed out…", fraction: null };
  }
  if (found.error) return { kind: "failed", text: errorSentence(found.error) };
  if (problem !== null) return { kind: "failed", text: problem };
  if (!found.data) return { kind: "loading", text: "Opening the case…", fraction: null };
  if (!grid) return { kind: "loading", text: "This case's CT is still being prepared…", fraction: null };
  return { kind: "loading", text: "Reading the CT…", fraction };
}

/** Another person in the room. */
export type SessionPeer = SessionState["peers"][number];

/** The session's state in a component. */
export function useSession<T>(session: MaskSession, select: (state: SessionState) => T): T {
  return useSyncExternalStore(session.subscribe, () => select(session.state()), () => select(session.state()));
}

/** The plan's state in a component. */
export function usePlan<T>(plan: PlanSession, select: (state: PlanState) => T): T {
  return useSyncExternalStore(plan.subscribe, () => select(plan.state()), () => select(plan.state()));
}

/** The case's segments, in their order. */
export function useSegments(caseId: string): readonly RoomSegment[] {
  const list = useQuery(useTRPC().segments.list.queryOptions({ caseId }));
  return list.data ?? noSegments;
}
const noSegments: readonly RoomSegment[] = [];

/** Values that nobody may change now. */
export const lockedValues = (segments: readonly RoomSegment[]): Set<number> => new Set(segments.filter((s) => s.isLocked).map((s) => s.value));

/** `#rrggbb` as three numbers 0…255. */
export function rgbOf(color: string): [number, number, number] {
  const n = Number.parseInt(color.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

import { type RefObject, useEffect, useRef, useState } from "react";
import { foldDifference } from "../../../core/mask/maskFold.ts";
import { useRoomState } from "../roomStore.ts";
import { rgbOf, useSession, type RoomContext, type RoomSegment } from "../useRoom.ts";
import type { SurfaceView } from "./niivueView.ts";
import type { SurfaceSaying, SurfaceTold } from "./surface.worker.ts";
import type { Build } from "./surfaceStatus.ts";

/**
 * How the surfaces stand that follow the mask: `off` before the first is whole, `ahead` while they show strokes of which the
 * server has not made the surface yet, `made` once all bricks on screen are, by their hashes, those of the artifacts.
 */
export interface LiveSurfaces { isLive: boolean; state: "off" | "ahead" | "made" }

/**
 * Keeps a worker that follows the mask, one's own strokes and the others', and paints the bricks it re-meshes; while one looks
 * back, the mask as it was.
 * @param pane told, as `data-live-ms`, the time from the last change of the mask to its bricks being on the GPU; no render for that
 */
export function useLiveSurfaces(view: SurfaceView | null, pane: RefObject<HTMLElement | null>, room: RoomContext, segments: readonly RoomSegment[], builds: readonly Build[] | undefined): LiveSurfaces {
  const { session, store, grid, volume: { hu }, volumeHash } = room;
  const isSynced = useSession(session, (s) => s.isSynced), hidden = useRoomState(store, (s) => s.hidden);
  const [hasBegun, setBegun] = useState(false), [lists, setLists] = useState<ReadonlyMap<number, string>>(new Map()), [, setCount] = useState(0);
  const looks = useRef({ segments, hidden }), worker = useRef<Worker | null>(null);
  looks.current = { segments, hidden };
  // A page that was synced once goes on without a connection: what is drawn meanwhile is shown.
  useEffect(() => { if (isSynced) setBegun(true); }, [isSynced]);

  useEffect(() => {
    if (!view || !hasBegun) return;
    const made = worker.current = new Worker(new URL("./surface.worker.ts", import.meta.url), { type: "module" });
    const say = (saying: SurfaceSaying) => made.postMessage(saying);
    const followed = () => looks.current.segments.map(({ value, iso }) => ({ value, iso }));
    let past = store.get().past;
    const foldNow = () => past?.fold ?? session.fold, contentOf = (brick: number) => [brick, foldNow().brick(brick) ?? null] as const;
    let dirty = new Set<number>(), isStopped = false;
    made.onmessage = ({ data }: MessageEvent<SurfaceTold>) => {
      const segment = looks.current.segments.find(({ value }) => value === data.value);
      if (!segment) return;
      if ("list" in data) return setLists((known) => new Map(known).set(data.value, data.list));
      view.putBricks(data.value, data.bricks, rgbOf(segment.color), !looks.current.hidden.has(data.value), data.isRest);
      const { cut, isOutlining } = store.get();
      if (cut === null || isOutlining) store.set({ cut: { linesOf: (value, axis, at) => view.cut(value, axis, at) } });
      if (data.bricks.length > 0) setLists((known) => { const rest = new Map(known); return rest.delete(data.value) ? rest : known; });
      setCount(looks.current.segments.filter(({ value }) => view.isLive(value)).length);
      if (data.isRest && data.bricks.length > 0) pane.current?.setAttribute("data-live-ms", String(performance.now() - data.at));
    };
    made.onerror = () => { worker.current = null; made.terminate(); };
    say({ grid, hu, volume: volumeHash });
    past?.takeDirty("surfaces");
    say({ segments: followed(), bricks: [...foldNow().labelmap().bricks].map(([brick, content]) => [brick, content] as const), at: performance.now() });
    const gather = (changed: Iterable<number>) => {
      const isFirst = dirty.size === 0, since = performance.now();
      for (const brick of changed) dirty.add(brick);
      // What changes in one task goes together; the worker gathers what comes while it is at work.
      if (isFirst && dirty.size > 0) queueMicrotask(() => {
        if (!isStopped) say({ segments: followed(), bricks: [...dirty].map(contentOf), at: since });
        dirty = new Set();
      });
    };
    // What is drawn while one looks back comes with the return: the two folds are compared then.
    const stopFollowing = session.followBricks((changed) => { if (past === null) gather(changed); });
    const stopLooking = store.subscribe(() => {
      const before = past, next = store.get().past;
      if (next === before) return;
      const from = foldNow();
      past = next;
      const changed = new Set(next?.takeDirty("surfaces"));
      if (from !== foldNow()) for (const brick of foldDifference(from, foldNow())) changed.add(brick);
      gather(changed);
    });
    return () => { store.set({ cut: null }); isStopped = true; stopFollowing(); stopLooking(); made.terminate(); worker.current = null; };
  }, [view, pane, hasBegun, session, store, grid, hu, volumeHash]);

  const followed = JSON.stringify(segments.map(({ value, iso }) => ({ value, iso })));
  useEffect(() => {
    const saying: SurfaceSaying = { segments: JSON.parse(followed), bricks: [], at: performance.now() };
    worker.current?.postMessage(saying);
  }, [followed]);

  const shown = segments.filter(({ value }) => view?.isLive(value));
  const isMade = shown.every(({ value }) => {
    const build = builds?.find(({ segment }) => segment === value), list = lists.get(value);
    return build?.state === "empty" || !build || (list !== undefined && build.bricks === list);
  });
  return { isLive: shown.length > 0, state: shown.length === 0 ? "off" : isMade ? "made" : "ahead" };
}

"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { brickIndex, brickOrigin } from "../../../core/mask/brick.ts";
import { actKey, strokeKey } from "../../../core/mask/stroke.ts";
import { ijkPoint, ijkToRas, rasToIjk, voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { useTRPC } from "../../api/client.tsx";
import { formatMoment } from "../../ui/format.ts";
import { useRoomState } from "../roomStore.ts";
import { localOf, markedPreview } from "../tools/preview.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";
import { ReplayControls } from "./ReplayControls.tsx";

function useStrokes({ caseId, session }: RoomContext) {
  const history = useQuery(useTRPC().masks.history.queryOptions({ caseId })), { refetch } = history;
  const unsaved = useSession(session, (s) => s.unsaved), maskHash = useSession(session, (s) => s.maskHash);
  useEffect(() => { if (unsaved === 0) void refetch(); }, [refetch, unsaved, maskHash]);
  return history;
}
type Told = NonNullable<ReturnType<typeof useStrokes>["data"]>[number];

/** Who drew what, when, newest first; one's own acts can be taken out one by one and put back, until they are folded into a base. */
export function HistoryPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const history = useStrokes(room), strokes = history.data ?? [];
  const [shown, show] = useState<string | null>(null), { store } = room;
  useEffect(() => () => store.set({ preview: null }), [store]);
  // MK7: what is taken out together stands together; the list is in fold order, so that an act's strokes are neighbours.
  const acts: Told[][] = [];
  for (const stroke of strokes) {
    const act = acts.at(-1);
    if (act && actKey(act[0]) === actKey(stroke)) act.push(stroke); else acts.push([stroke]);
  }
  if (history.isLoading) return <p role="status" className="px-3.5 py-3 text-muted">Reading the history…</p>;
  if (strokes.length === 0) return <p className="px-3.5 py-3 text-muted">Nothing has been drawn yet. Every stroke is kept here with its author, and can be taken out by them.</p>;
  return (
    <>
      <ReplayControls room={room} />
      <AtCrosshair room={room} segments={segments} strokes={strokes} />
      <ul className="divide-y divide-line" aria-label="Strokes, newest first">
        {acts.map((act) => {
          const key = strokeKey(act[0].id);
          return <ActRow key={key} room={room} segments={segments} act={act} isShown={shown === key} onShow={(isShown) => show(isShown ? key : null)} />;
        })}
      </ul>
    </>
  );
}

/** Voxels of an act in the slices, and the crosshair in the middle of them. */
function pointOut({ session: { fold }, store, grid }: RoomContext, act: readonly Told[]): boolean {
  const bricks = act.flatMap(({ id }) => fold.runsOf(id));
  if (bricks.length === 0) return false;
  const { brick, runs } = bricks[bricks.length >> 1], run = 2 * (runs.length >> 2), voxel = runs[run] + (runs[run + 1] >> 1), [x, y, z] = brickOrigin(grid, brick);
  store.set({ preview: markedPreview(bricks), crosshair: ijkToRas(grid, ijkPoint(x + (voxel & 31), y + ((voxel >> 5) & 31), z + (voxel >> 10))) });
  return true;
}

function ActRow({ room, segments, act, isShown, onShow }: { room: RoomContext; segments: readonly RoomSegment[]; act: readonly Told[]; isShown: boolean; onShow: (isShown: boolean) => void }) {
  const [{ id, name, lastAt, folded }] = act, hidden = act.every((stroke) => stroke.hidden);
  // Colour and name are those of what is drawn, if the act does not only erase.
  const main = act.find(({ value }) => value !== 0) ?? act[0], segment = segments.find((one) => one.value === main.value);
  const isLarge = act.some(({ blobs }) => blobs.length > 0), ml = act.reduce((sum, { voxels }) => sum + voxels, 0) * voxelVolumeMm3(room.grid) / 1000;
  const words = [...new Set(act.map(({ value, layer }) => `${value === 0 ? "Erased" : segments.find((one) => one.value === value)?.name ?? `Segment ${value}`}${layer === "proposal" ? " (proposal)" : ""}`))];
  return (
    <li data-stroke={strokeKey(id)} data-hidden={hidden} className="flex items-center gap-2.5 px-3.5 py-2">
      <span aria-hidden className="size-3 shrink-0 rounded-sm border border-edge" style={main.value === 0 ? undefined : { background: segment?.color }} />
      <button
        type="button" aria-pressed={isShown} title="Show where this was drawn" disabled={folded} className={`min-w-0 flex-1 rounded-md text-left ${isShown ? "bg-accent/15" : ""} ${hidden ? "text-muted line-through" : ""}`}
        onClick={() => {
          if (isShown) { room.store.set({ preview: null }); return onShow(false); }
          if (pointOut(room, act)) onShow(true); else room.store.set({ notice: "The voxels of this stroke are not here yet." });
        }}
      >
        <span className="block truncate">{words.join(", ")} · {isLarge ? "large stroke" : `${ml.toFixed(2)} mL`}</span>
        <span className="block truncate text-sm text-muted">{name} · {formatMoment(lastAt)}</span>
      </button>
      {folded && <span className="text-sm text-muted" title="Folded with other old strokes; it cannot be taken out by itself any more.">folded</span>}
      <TakeOut room={room} stroke={{ ...act[0], hidden }} />
    </li>
  );
}

function TakeOut({ room, stroke: { id, userId, hidden, folded } }: { room: RoomContext; stroke: Told }) {
  const me = useQuery(useTRPC().me.queryOptions()).data?.userId, past = useRoomState(room.store, (s) => s.past);
  if (userId !== me || !room.canDraw || folded) return null;
  return (
    <button type="button" className="button button-quiet" disabled={past !== null} onClick={() => { if (!room.session.setHidden(id, !hidden)) room.store.set({ notice: "This stroke lies in the base by now, or is so already. Nothing was changed." }); }}>{hidden ? "Put back" : "Take out"}</button>
  );
}

/** Who drew the voxel at the crosshair: a click in a view asks. */
function AtCrosshair({ room, segments, strokes }: { room: RoomContext; segments: readonly RoomSegment[]; strokes: readonly Told[] }) {
  const { session, store, grid } = room, past = useRoomState(store, (s) => s.past), crosshair = useRoomState(store, (s) => s.crosshair), maskHash = useSession(session, (s) => s.maskHash);
  const found = useMemo(() => {
    void maskHash;
    const fold = past?.fold ?? session.fold, [x, y, z] = rasToIjk(grid, crosshair).map(Math.round), brick = brickIndex(grid, x >> 5, y >> 5, z >> 5), local = localOf(x, y, z);
    const layer = fold.brick(brick, "proposal")?.[local] ? "proposal" : "anatomy";
    return { label: fold.brick(brick, layer)?.[local] ?? 0, writer: fold.lastWriter(brick, local, layer), layer };
  }, [past, session, grid, crosshair, maskHash]);
  const writer = found.writer, stroke = writer && strokes.find(({ id }) => strokeKey(id) === strokeKey(writer));
  const what = `${found.label === 0 ? "Nothing" : segments.find(({ value }) => value === found.label)?.name ?? `Segment ${found.label}`}${found.layer === "proposal" ? " (proposal)" : ""}`;
  return (
    <section aria-label="At the crosshair" data-writer={writer ? strokeKey(writer) : ""} className="flex items-center gap-2.5 border-b border-line px-3.5 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate">At the crosshair: {what}</p>
        <p className="truncate text-sm text-muted">
          {stroke ? `${found.label === 0 ? "erased by " : ""}${stroke.name} · ${formatMoment(stroke.lastAt)}` : writer ? "An older stroke" : found.label === 0 ? "Click in a view to see who drew there." : "Older, folded together"}
        </p>
      </div>
      {stroke && <TakeOut room={room} stroke={stroke} />}
    </section>
  );
}

"use client";
import { useQuery } from "@tanstack/react-query";
import { ijkPoint, rasToIjk, voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

const sign = (mm: number) => (mm < 0 ? `−${Math.abs(mm).toFixed(1)}` : mm.toFixed(1));

/** HU and place of what is under the pointer, else of the crosshair: all of the bar that follows the hand. */
function UnderPointer({ room: { grid, volume, store } }: { room: RoomContext }) {
  const point = useRoomState(store, (s) => s.pointer ?? s.crosshair);
  const v = rasToIjk(grid, point);
  const [i, j, k] = ijkPoint(Math.round(v[0]), Math.round(v[1]), Math.round(v[2]));
  const isInside = i >= 0 && j >= 0 && k >= 0 && i < grid.dims[0] && j < grid.dims[1] && k < grid.dims[2];
  const hu = isInside ? volume.hu[i + j * grid.dims[0] + k * grid.dims[0] * grid.dims[1]] : null;
  return (
    <>
      <span className="min-w-14">HU <b className="font-semibold text-ink" data-hu="">{hu === null ? "–" : hu < 0 ? `−${-hu}` : hu}</b></span>
      <span className="min-w-40">RAS <b className="font-semibold text-ink" data-ras="">{sign(point[0])} {sign(point[1])} {sign(point[2])}</b> mm</span>
    </>
  );
}

/** What is under the pointer (or the crosshair), and who is here. */
export function StatusBar({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { grid, session, store } = room;
  const window = useRoomState(store, (s) => s.window);
  const segment = useRoomState(store, (s) => s.segment);
  const voxels = useSession(session, (s) => s.voxels);
  const peers = useSession(session, (s) => s.peers);
  const chosen = segments.find(({ value }) => value === segment);
  const ml = chosen ? ((voxels.get(chosen.value) ?? 0) * voxelVolumeMm3(grid)) / 1000 : 0;
  const me = useQuery(useTRPC().me.queryOptions()).data?.userId, isTwice = peers.some(({ state }) => state.user.id === me);
  const isConnected = useSession(session, (s) => s.isSynced);
  const names = [...new Set(peers.filter(({ state }) => state.user.id !== me).map(({ state }) => state.user.name))];
  return (
    <footer aria-label="Status" className="flex h-7 shrink-0 items-center gap-5 overflow-hidden whitespace-nowrap border-t border-line bg-pane px-3.5 text-sm text-muted">
      <UnderPointer room={room} />
      <span className="max-sm:hidden">W {window[1] - window[0]} · L {Math.round((window[0] + window[1]) / 2)}</span>
      {chosen && <span className="flex min-w-0 max-sm:hidden"><span className="truncate">{chosen.name}</span><span className="whitespace-pre"> · </span><b className="font-semibold text-ink">{ml.toFixed(1)} mL</b></span>}
      <span className="ml-auto truncate max-sm:hidden">{!isConnected ? "Not connected: who else is here is not known" : names.length === 0 ? `Nobody else is in the room${isTwice ? "; you have it open twice" : ""}` : `${names.join(", ")} ${names.length === 1 ? "is" : "are"} here too`}</span>
    </footer>
  );
}

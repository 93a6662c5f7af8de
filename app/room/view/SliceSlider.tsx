"use client";
import { rasToIjk, rasPoint } from "../../../core/space/grid.ts";
import type { Thread } from "../session/useThreads.ts";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { normalAxis, onSlice, sliceIndex, type Tile } from "./tileGeometry.ts";

/** The slider at a tile's right edge: slices, with a tick for every open comment. */
export function SliceSlider({ room: { grid, store }, tile, threads }: { room: RoomContext; tile: Tile; threads: readonly Thread[] }) {
  const crosshair = useRoomState(store, (s) => s.crosshair);
  const axis = normalAxis[tile.plane];
  const last = grid.dims[axis] - 1;
  const share = (index: number) => `${(1 - index / Math.max(1, last)) * 100}%`;
  return (
    <div data-own-input="" data-slider={tile.plane} className="pointer-events-auto absolute bottom-9 right-1 top-9 w-5 rounded has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <div aria-hidden className="absolute inset-y-0 left-1/2 w-0.5 -translate-x-1/2 rounded bg-edge" />
      {threads.map((thread) => {
        if (thread.resolvedAt || !thread.position) return null;
        const at = rasToIjk(grid, rasPoint(...thread.position))[axis];
        return <span key={thread.id} aria-hidden data-tick="" className="absolute left-1/2 h-0.5 w-4 -translate-x-1/2 rounded bg-attention" style={{ top: share(Math.min(last, Math.max(0, at))) }} />;
      })}
      <span aria-hidden className="absolute left-1/2 h-1 w-3 -translate-x-1/2 -translate-y-1/2 rounded bg-ink" style={{ top: share(sliceIndex(grid, tile.plane, crosshair)) }} />
      <input
        type="range" data-slice-input={tile.plane} aria-label={`Slice, ${tile.plane}`} aria-orientation="vertical" min={0} max={last} step={1} value={sliceIndex(grid, tile.plane, crosshair)}
        onChange={(event) => store.set({ crosshair: onSlice(grid, tile.plane, store.get().crosshair, Number(event.target.value)) })}
        className="absolute inset-0 m-0 h-full w-full cursor-ns-resize opacity-0 [direction:rtl] [writing-mode:vertical-lr]"
      />
    </div>
  );
}

"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Eye, EyeOff, Lock, LockOpen, Plus, Spline, Trash2 } from "lucide-react";
import { useState } from "react";
import { isAllowed } from "../../../core/review/permissions.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { MaskFileButton } from "./MaskFileButton.tsx";
import { useRoomState } from "../roomStore.ts";
import { segmentsRefusal } from "../tools/refusals.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** Colours of new segments, told apart with any colour vision. */
const palette = ["#e8b864", "#4f9cf9", "#e879a6", "#4fd1c5", "#b794f6", "#a3d977", "#f28e5c", "#9fb4d0"] as const;
/** The colour of a case's n-th segment. */
export const segmentColor = (n: number): string => palette[n % palette.length];
const small = "flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink disabled:opacity-40";

/** Segments: choose, add, name, colour, eye, lock, volume, surface. */
export function SegmentsPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, store } = room;
  const trpc = useTRPC();
  const client = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [toRemove, setToRemove] = useState<RoomSegment | null>(null);
  const after = { onSuccess: () => { setProblem(null); return client.invalidateQueries(trpc.segments.pathFilter()); }, onError: (error: unknown) => setProblem(errorSentence(error)) };
  const add = useMutation(trpc.segments.add.mutationOptions({ ...after, onSuccess: async ({ value }) => { await after.onSuccess(); store.set({ segment: value }); } }));
  const rename = useMutation(trpc.segments.rename.mutationOptions(after));
  const setColor = useMutation(trpc.segments.setColor.mutationOptions(after));
  const setLocked = useMutation(trpc.segments.setLocked.mutationOptions(after));
  const remove = useMutation(trpc.segments.remove.mutationOptions({ ...after, onSettled: () => setToRemove(null) }));
  const canWrite = segmentsRefusal(room) === null;
  const isOutlining = useRoomState(store, (s) => s.isOutlining);
  const free = palette.find((color) => !segments.some((s) => s.color.toLowerCase() === color)) ?? segmentColor(segments.length);
  return (
    <section aria-label="Segments" className="border-b border-line px-3.5 py-3">
      <div className="flex items-center justify-between">
        <h2 className="heading-small">Segments</h2>
        {canWrite && <button type="button" className="button button-quiet -mr-2 px-2" disabled={add.isPending} onClick={() => add.mutate({ caseId, name: `Segment ${segments.length + 1}`, color: free })}><Plus aria-hidden size={15} />Add segment</button>}
      </div>
      <div className="-mx-2 mb-1.5 flex flex-wrap items-center">
        {segments.length > 0 && <button type="button" className="button button-quiet px-2" aria-pressed={isOutlining} title="Draw the surfaces' outlines on the slices" onClick={() => store.set({ isOutlining: !isOutlining })}><Spline aria-hidden size={15} />Outlines</button>}
        {segments.length > 0 && isAllowed(room.role, "surface.export", room.isArchived) && <button type="button" className="button button-quiet px-2" data-export onClick={() => store.set({ dialog: "export" })}><Download aria-hidden size={15} />Export</button>}
        {canWrite && <MaskFileButton room={room} freeColor={(at) => segmentColor(segments.length + at)} />}
      </div>
      {segments.length === 0 && <p className="py-1 text-muted">{canWrite ? "No segment yet. Add one, then draw with the brush (B) or the threshold (T)." : "No segment yet."}</p>}
      <ul className="-mx-1.5">
        {segments.map((segment, i) => (
          <SegmentRow
            key={segment.value} room={room} segment={segment} number={i + 1} canWrite={canWrite}
            onRename={(name) => rename.mutate({ caseId, value: segment.value, name })}
            onColor={(color) => setColor.mutate({ caseId, value: segment.value, color })}
            onLock={(isLocked) => setLocked.mutate({ caseId, value: segment.value, isLocked })}
            onRemove={() => setToRemove(segment)}
          />
        ))}
      </ul>
      {problem && <p role="alert" className="mt-1.5 text-sm text-fail">{problem}</p>}
      {toRemove && (
        <ConfirmDialog
          title={`Remove ${toRemove.name}?`} action="Remove" isBusy={remove.isPending}
          onConfirm={() => remove.mutate({ caseId, value: toRemove.value })} onClose={() => setToRemove(null)}
        >It disappears for everyone in this case. Its strokes stay in the record.</ConfirmDialog>
      )}
    </section>
  );
}

interface RowProps {
  room: RoomContext; segment: RoomSegment; number: number; canWrite: boolean;
  onRename: (name: string) => void; onColor: (color: string) => void; onLock: (isLocked: boolean) => void; onRemove: () => void;
}

function SegmentRow({ room, segment, number, canWrite, onRename, onColor, onLock, onRemove }: RowProps) {
  const { store, session, grid, caseId } = room;
  const isChosen = useRoomState(store, (s) => s.segment === segment.value);
  const isHidden = useRoomState(store, (s) => s.hidden.has(segment.value));
  const voxels = useSession(session, (s) => s.voxels.get(segment.value) ?? 0);
  const build = useQuery(useTRPC().builds.list.queryOptions({ caseId })).data?.find((one) => one.segment === segment.value);
  const [isNaming, setNaming] = useState(false);
  const { value, name, color, isLocked } = segment;
  const toggleHidden = () => {
    const hidden = new Set(store.get().hidden);
    if (!hidden.delete(value)) hidden.add(value);
    store.set({ hidden });
  };
  const canExport = isAllowed(room.role, "surface.export", room.isArchived) && build?.state === "current";
  return (
    <li data-segment={value} data-voxels={voxels} className={`group flex items-center gap-1 rounded-lg px-1.5 py-1 ${isChosen ? "bg-accent/15 ring-1 ring-accent/40" : "hover:bg-raised"}`}>
      <input
        key={color} type="color" aria-label={`Colour of ${name}`} title={segmentsRefusal(room) ?? undefined} defaultValue={color} disabled={!canWrite} ref={(element) => {
          // The browser's own «change» comes once, when the picker closes; React's comes with each step in it.
          const changed = () => { if (element && element.value !== color) onColor(element.value); };
          element?.addEventListener("change", changed);
          return () => element?.removeEventListener("change", changed);
        }}
        className="size-4 shrink-0 appearance-none overflow-hidden rounded border-0 bg-transparent p-0 [&::-webkit-color-swatch-wrapper]:p-0 [&::-webkit-color-swatch]:border-0"
      />
      {isNaming ? (
        <input
          autoFocus aria-label="Name" defaultValue={name} maxLength={80} className="field min-h-7 min-w-0 flex-1"
          onBlur={(event) => { setNaming(false); const next = event.target.value.trim(); if (next && next !== name) onRename(next); }}
          onKeyDown={(event) => { if (event.key === "Enter" || event.key === "Escape") { if (event.key === "Escape") event.currentTarget.value = name; event.currentTarget.blur(); } }}
        />
      ) : (
        <button
          type="button" aria-pressed={isChosen} title="Choose; double-click or F2 renames" onKeyDown={(event) => { if (event.key === "F2" && canWrite) setNaming(true); }} onClick={() => store.set({ segment: value })} onDoubleClick={() => canWrite && setNaming(true)}
          className="flex min-w-0 flex-1 items-baseline gap-2 px-1 py-0.5 text-left"
        >
          <span className="truncate">{name}</span>
          {number <= 9 && <span aria-hidden className="text-xs text-muted">{number}</span>}
          <span className="ml-auto whitespace-nowrap text-sm text-muted">{((voxels * voxelVolumeMm3(grid)) / 1000).toFixed(1)} mL</span>
        </button>
      )}
      <button type="button" className={small} aria-label={`${isHidden ? "Show" : "Hide"} ${name}`} aria-pressed={isHidden} onClick={toggleHidden}>{isHidden ? <EyeOff aria-hidden size={15} /> : <Eye aria-hidden size={15} />}</button>
      <button type="button" className={small} aria-label={`${isLocked ? "Unlock" : "Lock"} ${name}`} aria-pressed={isLocked} title={segmentsRefusal(room) ?? undefined} disabled={!canWrite} onClick={() => onLock(!isLocked)}>{isLocked ? <Lock aria-hidden size={15} /> : <LockOpen aria-hidden size={15} />}</button>
      {canExport && <a className={small} aria-label={`Download ${name} as STL`} title="Download STL (LPS, mm)" href={`/api/cases/${caseId}/surface/${value}.stl`} download><Download aria-hidden size={15} /></a>}
      {canWrite && <button type="button" className={small} aria-label={`Remove ${name}`} title={isLocked ? `${name} is locked. Unlock it to remove it.` : undefined} disabled={isLocked} onClick={onRemove}><Trash2 aria-hidden size={15} /></button>}
    </li>
  );
}

"use client";
import { useState } from "react";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { carryOut } from "../tools/carryOut.ts";
import { maskingOf } from "../tools/masking.ts";
import { roleRefusal } from "../tools/refusals.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** What automatic tools propose and nobody has accepted yet: shown hatched in the views; here it is accepted or discarded. */
export function ProposalPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { session, store, grid } = room;
  const voxels = useSession(session, (s) => s.proposedVoxels);
  const [isBusy, setBusy] = useState(false), refusal = roleRefusal(room);
  if (voxels.size === 0) return null;
  /** As one act, within the masking rules: undo takes back what was accepted and proposes it again. */
  const settle = async (effect: "acceptAll" | "discardAll") => {
    setBusy(true);
    try {
      await carryOut(room, segments, { effect, ...maskingOf(store.get(), segments) });
    } finally {
      setBusy(false);
    }
  };
  const list = [...voxels].map(([value, count]) => `${((count * voxelVolumeMm3(grid)) / 1000).toFixed(1)} mL of ${segments.find((segment) => segment.value === value)?.name ?? `segment ${value}`}`);
  return (
    <section aria-label="Proposal" data-proposal="" className="border-b border-line bg-raised px-3.5 py-3">
      <h2 className="heading-small mb-1.5">Proposal</h2>
      <p className="mb-2.5">{list.join(", ")}, shown hatched. Nothing of it is in the mask until somebody accepts it.</p>
      <div className="flex gap-1.5">
        <button type="button" className="button button-primary flex-1" disabled={isBusy || !room.canDraw} title={refusal ?? undefined} onClick={() => void settle("acceptAll")}>Accept</button>
        <button type="button" className="button flex-1" disabled={isBusy || !room.canDraw} title={refusal ?? undefined} onClick={() => void settle("discardAll")}>Discard</button>
      </div>
      {refusal !== null && <p className="mt-2 text-sm text-muted">{refusal}</p>}
    </section>
  );
}

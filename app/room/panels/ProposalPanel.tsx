"use client";
import { useState } from "react";
import { proposalRuns, proposed } from "../../../core/mask/proposal.ts";
import { voxelVolumeMm3 } from "../../../core/space/grid.ts";
import { lockedValues, type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** What automatic tools propose and nobody has accepted yet: shown hatched in the views; here it is accepted or discarded. */
export function ProposalPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { session, grid } = room;
  const voxels = useSession(session, (s) => s.proposedVoxels);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (voxels.size === 0) return null;
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "This did not work. Nothing was changed.");
    } finally {
      setBusy(false);
    }
  };
  const discard = async () => { await session.commit(0, proposalRuns(session.fold), "proposal"); };
  const accept = async () => {
    const locked = lockedValues(segments), parts = proposed(session.fold, (value) => locked.has(value));
    if (parts.length === 0) throw new Error("All of it lies in locked segments. Unlock one, or discard the proposal.");
    // One act: undo takes back what was accepted and proposes it again.
    await session.commitTogether([...parts, { value: 0, bricks: proposalRuns(session.fold), layer: "proposal" }]);
  };
  const list = [...voxels].map(([value, count]) => `${((count * voxelVolumeMm3(grid)) / 1000).toFixed(1)} mL of ${segments.find((segment) => segment.value === value)?.name ?? `segment ${value}`}`);
  return (
    <section aria-label="Proposal" data-proposal="" className="border-b border-line bg-raised px-3.5 py-3">
      <h2 className="heading-small mb-1.5">Proposal</h2>
      <p className="mb-2.5">{list.join(", ")}, shown hatched. Nothing of it is in the mask until somebody accepts it.</p>
      <div className="flex gap-1.5">
        <button type="button" className="button button-primary flex-1" disabled={isBusy || !room.canDraw} onClick={() => void act(accept)}>Accept</button>
        <button type="button" className="button flex-1" disabled={isBusy || !room.canDraw} onClick={() => void act(discard)}>Discard</button>
      </div>
      {problem && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
    </section>
  );
}

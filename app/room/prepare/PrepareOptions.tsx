"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { isAllowed } from "../../../core/review/permissions.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { DerivedList } from "../../cases/import/DerivePanel.tsx";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { boxMm, derivationOf, faceMm, type Prepare, turnShown, wholeBox } from "./prepare.ts";
import { TurnOptions } from "./TurnOptions.tsx";
import { placeWords } from "./CropHandles.tsx";

const kinds = [["crop", "Crop"], ["reorient", "Turn the head"]] as const;

/** Another volume made of this one: cropped by handles in the views, or turned to the mid-sagittal plane. A case of its own. */
export function PrepareOptions({ room }: { room: RoomContext }) {
  const { store, grid, caseId } = room, prepare = useRoomState(store, (s) => s.prepare), trpc = useTRPC(), client = useQueryClient();
  const report = useQuery(trpc.imports.report.queryOptions({ caseId }, { refetchInterval: (query) => query.state.data?.derived.some(({ state }) => state === "making") ? 800 : false }));
  const derive = useMutation(trpc.imports.derive.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.imports.pathFilter()) }));
  const set = (change: Partial<Prepare>) => store.set({ prepare: { ...store.get().prepare, ...change } });
  const mayDerive = isAllowed(room.role, "segments.write", room.isArchived), derived = report.data?.derived ?? [], isMaking = derive.isPending || derived.some(({ state }) => state === "making");
  const size = boxMm(grid, prepare.box), shown = turnShown(grid, prepare), isWhole = prepare.kind === "crop" && JSON.stringify(prepare.box) === JSON.stringify(wholeBox(grid)), isReady = prepare.kind === "crop" ? !isWhole : "turn" in shown;
  return (
    <section aria-label="Prepare the volume" className="flex flex-col gap-2.5 border-b border-line px-3.5 py-3">
      <h2 className="heading-small">Prepare the volume</h2>
      <div className="flex gap-1.5">
        {kinds.map(([kind, name]) => <button key={kind} type="button" className={`button flex-1 ${prepare.kind === kind ? "border-accent" : ""}`} aria-pressed={prepare.kind === kind} onClick={() => set({ kind, picking: null })}>{name}</button>)}
      </div>
      {prepare.kind === "crop" ? (
        <>
          <p className="text-sm text-muted">Drag the faces and corners of the box in the views, or focus one and use the arrow keys.</p>
          <dl className="grid grid-cols-[1fr_auto] gap-x-3 tabular-nums">
            {(["Left to right", "Back to front", "Lower to upper"] as const).map((name, axis) => (
              <div key={name} className="contents"><dt className="text-muted">{name}</dt><dd>{placeWords(axis, faceMm(grid, prepare.box, axis, "low"))} to {placeWords(axis, faceMm(grid, prepare.box, axis, "high"))} mm</dd></div>
            ))}
            <dt className="text-muted">Size</dt><dd data-crop-size="">{size.map((mm) => mm.toFixed(1)).join(" × ")} mm</dd>
            <dt className="text-muted">Voxels</dt><dd data-crop-voxels="">{prepare.box.high.map((n, axis) => n - prepare.box.low[axis] + 1).join(" × ")}</dd>
          </dl>
          <button type="button" className="button self-start" disabled={isWhole} onClick={() => set({ box: wholeBox(grid) })}>Whole volume again</button>
        </>
      ) : <TurnOptions room={room} prepare={prepare} set={set} shown={shown} />}
      <p className="text-sm text-muted">A case of its own is made, with the same people, segments and what is drawn. This one stays as it is.{prepare.kind === "reorient" ? " Positions in the new volume differ from the scan's." : " Its voxels are those of this volume."}</p>
      <button type="button" data-make-derived="" className="button button-primary w-full" disabled={!mayDerive || isMaking || !isReady} onClick={() => derive.mutate({ caseId, derivation: derivationOf(prepare) })}>{isMaking ? "Being made…" : "Make derived volume"}</button>
      {!mayDerive && <p className="text-sm text-muted">Your role in this case does not make volumes.</p>}
      {derive.error && <p role="alert" className="text-sm text-fail">{errorSentence(derive.error)}</p>}
      <DerivedList derived={derived} />
    </section>
  );
}

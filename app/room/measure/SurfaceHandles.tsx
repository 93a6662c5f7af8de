"use client";
import { useSyncExternalStore } from "react";
import { screenFrame, valueAt } from "../../../core/mask/drawing/frame.ts";
import { pickedPoint } from "../../../core/mask/drawing/pick.ts";
import type { RoomImplant } from "../implantState.ts";
import { useRoomState } from "../roomStore.ts";
import { useSession, type RoomContext } from "../useRoom.ts";
import { InsertionHandle } from "../view/InsertionHandle.tsx";
import type { SurfaceView } from "../view/niivueView.ts";
import { onSurfaces, type Vec } from "./handlePlace.ts";
import { type PointLook, PlanPoints } from "./PlanPoints.tsx";

/** Bone this much nearer to the viewer than a point hides it, mm: a point set in a slice may lie inside the bone it belongs to. */
const hiddenMm = 15;

/** What the plan has a place for, over the surfaces: outline, screws and insertion axis, with handles for who may change the plan. Points slide over their bone. */
export function SurfaceHandles({ room, view, implants, canMove }: { room: RoomContext; view: SurfaceView; implants: readonly RoomImplant[]; canMove: boolean }) {
  const { session, store } = room, hidden = useRoomState(store, (s) => s.hidden), seen = useSyncExternalStore(view.subscribe, view.seen, view.seen);
  // Bone that is drawn or cut hides other points.
  useSession(session, (s) => s.maskHash);
  const freely = onSurfaces(view);
  if (seen === null || freely === null) return null;
  const { toward } = screenFrame(seen);
  const isBehind = (at: Vec, bone: number): boolean => {
    if (hidden.has(bone)) return false;
    const [x, y] = freely.toPixels(at), first = pickedPoint(session.fold, seen, [x, y], (label) => label === bone);
    return first !== undefined && valueAt(toward, first) - valueAt(toward, at) > hiddenMm;
  };
  const lookOf: PointLook = ({ at }, { bone }) => {
    const value = typeof bone === "number" ? bone : -1, isFaint = isBehind(at, value);
    const place = onSurfaces(view, (line) => view.hits(value, line), isFaint);
    return place && { place, isFaint };
  };
  return (
    <div data-plan-handles="3D" className="pointer-events-none absolute inset-0 will-change-transform">
      <PlanPoints room={room} toPixels={freely.toPixels} lookOf={lookOf} canMove={canMove} />
      {implants.map((implant) => <InsertionHandle key={implant.id} room={room} place={freely} implant={implant} canMove={canMove} />)}
    </div>
  );
}

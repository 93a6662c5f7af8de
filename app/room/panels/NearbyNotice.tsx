"use client";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** So near to each other that one may not see the other's next stroke coming. */
const nearMm = 10;
const drawing = new Set(["brush", "erase", "draw", "trace", "scissors"]);

/** A soft word when somebody else draws in the same segment close by; nobody is stopped. */
export function NearbyNotice({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const segment = useRoomState(room.store, (s) => s.segment), peers = useSession(room.session, (s) => s.peers);
  // Names in one text, not people: the pointer moves all the time, and who is near changes seldom.
  const near = useRoomState(room.store, ({ tool, pointer }) => (!drawing.has(tool) || pointer === null ? "" : peers
    .filter(({ state: { crosshair, tool: theirs = "", segment: their } }) => crosshair && their === segment && drawing.has(theirs)
      && Math.hypot(crosshair[0] - pointer[0], crosshair[1] - pointer[1], crosshair[2] - pointer[2]) <= nearMm)
    .map(({ state }) => state.user.name).join("\n")));
  if (near === "") return null;
  const names = near.split("\n"), name = segments.find(({ value }) => value === segment)?.name ?? "this segment";
  return (
    <p role="status" data-nearby="" className="pointer-events-none absolute bottom-2 left-1/2 z-10 -translate-x-1/2 rounded-md bg-pane/90 px-2.5 py-1 text-sm text-attention">
      {names.join(", ")} {names.length === 1 ? "is" : "are"} drawing in {name} within {nearMm} mm
    </p>
  );
}

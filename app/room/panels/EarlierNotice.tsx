"use client";
import { Notice } from "../../ui/Notice.tsx";
import { type RoomContext, usePlan, useSession } from "../useRoom.ts";

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** A10: the case was taken back to another state; says what of one's own that lacks, and asks what is to become of it. */
export function EarlierNotice({ room: { session, plan } }: { room: RoomContext }) {
  const strokes = useSession(session, (s) => s.earlier), changes = usePlan(plan, (s) => s.earlier);
  if (strokes + changes === 0) return null;
  const what = [strokes > 0 ? many(strokes, "edit") : "", changes > 0 ? many(changes, "change") : ""].filter(Boolean).join(" of the masks and ");
  return (
    <div data-earlier={strokes + changes} className="flex flex-wrap items-center gap-3 border-b border-line bg-raised px-4 py-2">
      <Notice kind="attention">
        The server was taken back to another state of this case. {what}{changes > 0 ? " of the plan" : " of the masks"} of yours {strokes + changes === 1 ? "belongs" : "belong"} to the earlier one and {strokes + changes === 1 ? "is" : "are"} only in this page.
      </Notice>
      <button type="button" className="button" onClick={() => { session.putEarlier(); plan.putEarlier(); }}>Put into the present one</button>
      <button type="button" className="button" onClick={() => { session.dropEarlier(); plan.dropEarlier(); }}>Discard</button>
    </div>
  );
}

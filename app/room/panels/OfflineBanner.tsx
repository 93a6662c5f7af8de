"use client";
import { useEffect, useState } from "react";
import { Notice } from "../../ui/Notice.tsx";
import { type RoomContext, useSession } from "../useRoom.ts";

const patienceMs = 2500;

/** Says that own strokes, drawn long out of touch, lie below what others drew since. */
export function LateNotice({ room: { session } }: { room: RoomContext }) {
  const late = useSession(session, (s) => s.late);
  if (late === 0) return null;
  return (
    <div data-late={late} className="flex items-center gap-3 border-b border-line bg-raised px-4 py-2">
      <Notice kind="attention">
        {late} of your strokes came after their place had been folded: {late === 1 ? "it lies" : "they lie"} below what others drew since. Nothing of theirs was changed; look whether yours still shows as you meant it.
      </Notice>
      <button type="button" className="button" onClick={() => session.lateSeen()}>I have looked</button>
    </div>
  );
}

/** MK3: says once that strokes of the log show nothing, and why; they are the same for everybody, and nothing else is touched. */
export function BadStrokesNotice({ room: { session } }: { room: RoomContext }) {
  const problems = useSession(session, (s) => s.problems);
  if (problems.length === 0) return null;
  return (
    <div data-bad-strokes={problems.length} className="flex items-center gap-3 border-b border-line bg-raised px-4 py-2">
      <Notice kind="attention">
        {problems.length === 1 ? "A stroke" : `${problems.length} strokes`} in this case cannot be shown, for nobody: {problems[0]}{problems.length > 1 ? `, and ${problems.length - 1} more` : ""}. All other work is as it was drawn. Whoever drew {problems.length === 1 ? "it" : "them"} has to draw again.
      </Notice>
      <button type="button" className="button" onClick={() => session.problemsSeen()}>I have read it</button>
    </div>
  );
}

/** Says after a moment without a server that drawing goes on, how much waits, and what not to do. */
export function OfflineBanner({ room: { session, canDraw } }: { room: RoomContext }) {
  const isSynced = useSession(session, (s) => s.isSynced);
  const isOver = useSession(session, (s) => s.refused !== null || s.isSignedOut);
  const unsaved = useSession(session, (s) => s.unsaved);
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (isSynced) return;
    const timer = setTimeout(() => setLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, [isSynced]);
  if (!isLong || isOver) return null;
  return (
    <div data-offline="" className="border-b border-line bg-raised px-4 py-2">
      <Notice kind="attention">
        The server cannot be reached; trying again by itself. {canDraw ? "Go on drawing: " : ""}
        {unsaved > 0 ? `${unsaved} ${unsaved === 1 ? "edit waits" : "edits wait"} in this page and will be delivered. Do not close it.` : "what you see is the last state this page knew."}
      </Notice>
    </div>
  );
}

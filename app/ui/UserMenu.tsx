"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { SessionsDialog } from "../account/SessionsDialog.tsx";
import { endSessions } from "../account/signOut.ts";
import { useTRPC } from "../api/client.tsx";
import { Avatar } from "./Avatar.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { forgetUnsaved, unsavedEdits } from "./unsavedEdits.ts";

type Asked = "here" | "everywhere";

/** Who is signed in (in their colour of a case, where `colors` tells it), their sessions, and the way out. Escape and a click elsewhere close it. */
export function UserMenu({ colors }: { colors?: ReadonlyMap<string, string> }) {
  const me = useQuery(useTRPC().me.queryOptions());
  const [isOpen, setOpen] = useState(false);
  const [isListing, setListing] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: PointerEvent) => { if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false); };
    const escape = (event: KeyboardEvent) => { if (event.key === "Escape") { setOpen(false); opener.current?.focus(); } };
    window.addEventListener("pointerdown", outside);
    window.addEventListener("keydown", escape);
    return () => { window.removeEventListener("pointerdown", outside); window.removeEventListener("keydown", escape); };
  }, [isOpen]);
  if (!me.data) return <span aria-hidden className="size-6 rounded-full bg-raised" />;
  const leave = (how: Asked) => {
    endSessions(how === "everywhere").then(() => { forgetUnsaved(); window.location.assign("/sign-in"); }, (error: unknown) => {
      setAsked(null);
      setOpen(true);
      setProblem(error instanceof TypeError ? "The server cannot be reached. You are still signed in." : error instanceof Error ? error.message : String(error));
    });
  };
  const ask = (how: Asked) => { setListing(false); setOpen(false); if (unsavedEdits() > 0) setAsked(how); else leave(how); };
  const item = "button button-quiet w-full justify-start";
  return (
    <div ref={root} className="relative">
      <button
        ref={opener} type="button" className="flex items-center justify-center rounded-full pointer-coarse:-mx-2 pointer-coarse:size-11" aria-expanded={isOpen} aria-controls={isOpen ? "user-menu" : undefined}
        aria-label={`Account of ${me.data.name}`} onClick={() => setOpen(!isOpen)}
      >
        <Avatar userId={me.data.userId} name={me.data.name} color={colors?.get(me.data.userId)} />
      </button>
      {isOpen && (
        <div id="user-menu" className="absolute right-0 top-9 z-40 w-60 rounded-xl border border-edge bg-pane p-1.5 shadow-2xl shadow-black">
          <div className="px-2.5 pb-2 pt-1.5">
            <p className="font-semibold">{me.data.name}</p>
            <p className="truncate text-sm text-muted">{me.data.email}</p>
          </div>
          <div className="border-t border-line pt-1.5">
            <button type="button" className={item} onClick={() => { setOpen(false); setListing(true); }}>Where you are signed in</button>
            <button type="button" className={item} onClick={() => ask("here")}>Sign out</button>
            <button type="button" className={item} onClick={() => ask("everywhere")}>Sign out everywhere</button>
          </div>
          {problem && <p role="alert" className="px-2.5 pb-1.5 pt-1 text-sm text-fail">{problem}</p>}
        </div>
      )}
      {isListing && <SessionsDialog onClose={() => setListing(false)} onEverywhere={() => ask("everywhere")} />}
      {asked && (
        <ConfirmDialog title="Sign out and lose unsaved edits?" action="Sign out anyway" cancel="Stay" onConfirm={() => leave(asked)} onClose={() => setAsked(null)}>
          {unsavedEdits()} {unsavedEdits() === 1 ? "edit has" : "edits have"} not reached the server yet. They are only in this page and go when you sign out.
        </ConfirmDialog>
      )}
    </div>
  );
}

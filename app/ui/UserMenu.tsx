"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { caseroomHeader, useTRPC } from "../api/client.tsx";
import { Avatar } from "./Avatar.tsx";

async function signOut(everywhere: boolean): Promise<void> {
  const post = (path: string) => fetch(path, { method: "POST", headers: { "content-type": "application/json", ...caseroomHeader }, body: "{}" });
  const answers = everywhere ? [await post("/api/auth/revoke-sessions"), await post("/api/auth/sign-out")] : [await post("/api/auth/sign-out")];
  const refused = answers.find((answer) => !answer.ok && answer.status !== 401);
  if (refused) throw new Error(`Signing out failed (HTTP ${refused.status}). You are still signed in.`);
  window.location.assign("/sign-in");
}

/** Who is signed in, and the way out. Escape and a click elsewhere close it. */
export function UserMenu() {
  const me = useQuery(useTRPC().me.queryOptions());
  const [isOpen, setOpen] = useState(false);
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
  const leave = (everywhere: boolean) => signOut(everywhere).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  return (
    <div ref={root} className="relative">
      <button
        ref={opener} type="button" className="flex rounded-full" aria-expanded={isOpen} aria-controls="user-menu"
        aria-label={`Account of ${me.data.name}`} onClick={() => setOpen(!isOpen)}
      >
        <Avatar userId={me.data.userId} name={me.data.name} />
      </button>
      {isOpen && (
        <div id="user-menu" className="absolute right-0 top-9 z-30 w-60 rounded-xl border border-line bg-pane p-1.5 shadow-2xl shadow-black">
          <div className="px-2.5 pb-2 pt-1.5">
            <p className="font-semibold">{me.data.name}</p>
            <p className="truncate text-sm text-muted">{me.data.email}</p>
          </div>
          <div className="border-t border-line pt-1.5">
            <button type="button" className="button button-quiet w-full justify-start" onClick={() => leave(false)}>Sign out</button>
            <button type="button" className="button button-quiet w-full justify-start" onClick={() => leave(true)}>Sign out everywhere</button>
          </div>
          {problem && <p role="alert" className="px-2.5 pb-1.5 pt-1 text-sm text-fail">{problem}</p>}
        </div>
      )}
    </div>
  );
}

"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LockKeyhole } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { endSessions } from "../../account/signOut.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { demoSignIn, passwordSignIn } from "../../sign-in/passwordSignIn.ts";
import { Notice } from "../../ui/Notice.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { forgetUnsaved } from "../../ui/unsavedEdits.ts";
import { useIdleness } from "../session/idle.ts";
import { type RoomContext, useSession } from "../useRoom.ts";

interface Me { userId: string; name: string; email: string }

/**
 * Locks the room when nobody has touched it for a while, or when the session ended elsewhere. Unsaved edits stay in
 * this page's memory and go out after the same person has signed in again.
 */
export function IdleLock({ room }: { room: RoomContext }) {
  const { session } = room;
  const trpc = useTRPC();
  const me = useQuery(trpc.me.queryOptions()).data;
  const demo = useQuery(trpc.demo.people.queryOptions(undefined, { staleTime: Infinity })).data;
  const isSignedOut = useSession(session, (s) => s.isSignedOut);
  const [isIdle, setIdle] = useState(false);
  const isLocked = isIdle || isSignedOut;
  const idleness = useIdleness(!isLocked);
  useEffect(() => {
    if (idleness !== "idle") return;
    setIdle(true);
    session.pause();
    room.plan.pause();
    // Whoever comes to the desk next must not find an open session; when the server is away the page is locked all the same.
    endSessions(false).catch((error: unknown) => console.warn("The session could not be ended:", error));
  }, [idleness, session]);
  const unlock = () => { setIdle(false); session.resume(); room.plan.resume(); };
  if (isLocked && me) return <LockScreen room={room} me={me} isDemo={demo?.some(({ id }) => id === me.userId) ?? false} isIdle={isIdle} onUnlock={unlock} />;
  if (idleness === "warned") {
    return <div className="pointer-events-none absolute inset-x-0 top-16 z-30 flex justify-center"><p role="alert" className="rounded-lg border border-edge bg-pane px-3 py-2 shadow-xl shadow-black">Nobody has touched this for a while. The page locks in two minutes.</p></div>;
  }
  return null;
}

function LockScreen({ room: { session }, me, isDemo, isIdle, onUnlock }: { room: RoomContext; me: Me; isDemo: boolean; isIdle: boolean; onUnlock(): void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const unsaved = useSession(session, (s) => s.unsaved);
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    element?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => element?.close();
  }, []);
  const signIn = async (password: string) => {
    const refusal = isDemo ? await demoSignIn(me.userId) : await passwordSignIn(me.email, password);
    if (refusal !== null) return setProblem(refusal);
    await queryClient.invalidateQueries(trpc.me.pathFilter());
    onUnlock();
    await queryClient.invalidateQueries();
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    signIn(String(new FormData(event.currentTarget).get("password") ?? "")).catch((error: unknown) => {
      setProblem(error instanceof TypeError ? "The server cannot be reached. Your edits are kept here; try again in a moment." : errorSentence(error));
    }).finally(() => setBusy(false));
  };
  const leave = () => {
    if (unsaved > 0 && !isLeaving) return setLeaving(true);
    forgetUnsaved();
    window.location.assign("/sign-in");
  };
  const edits = `${unsaved} unsaved ${unsaved === 1 ? "edit" : "edits"}`;
  return (
    <dialog ref={dialog} data-dialog="lock" aria-labelledby="lock-title" onCancel={(event) => event.preventDefault()} className="m-0 h-dvh max-h-none w-screen max-w-none bg-ground p-0 text-ink backdrop:bg-ground">
      <div className="flex h-full items-center justify-center p-6">
        <form onSubmit={onSubmit} className="flex w-full max-w-[360px] flex-col gap-4">
          <LockKeyhole aria-hidden size={26} className="text-muted" />
          <div>
            <h2 id="lock-title" className="text-xl font-semibold">{isIdle ? "Locked" : "You were signed out"}</h2>
            <p className="mt-1 text-muted">{isIdle ? "Nobody touched this page for a while." : "This session ended, here or elsewhere."} Sign in as {me.name} to go on where you were.</p>
          </div>
          {unsaved > 0 && <Notice kind="attention">{edits} {unsaved === 1 ? "is" : "are"} kept behind this lock and will be delivered.</Notice>}
          {!isDemo && <TextField label={`Password of ${me.email}`} name="password" type="password" autoComplete="current-password" required data-autofocus="" />}
          {problem && <Notice kind="fail">{problem}</Notice>}
          <button type="submit" className="button button-primary min-h-9" disabled={isBusy} data-autofocus={isDemo ? "" : undefined}>{isBusy ? "Signing in…" : isDemo ? `Continue as ${me.name}` : "Sign in and go on"}</button>
          {isLeaving && <Notice kind="attention">Signing in as somebody else loses {edits}. Press again to do it anyway.</Notice>}
          <button type="button" className="button button-quiet" onClick={leave}>Sign in as somebody else</button>
        </form>
      </div>
    </dialog>
  );
}

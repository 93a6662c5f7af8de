"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { isAllowed } from "../../../core/review/permissions.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { Avatar } from "../../ui/Avatar.tsx";
import { formatMoment } from "../../ui/format.ts";
import { formatNumber } from "../../ui/quantity.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import { useMemberColors } from "../session/useMemberColors.ts";
import { clampToVolume } from "../view/tileGeometry.ts";
import type { Said, Thread } from "../session/useThreads.ts";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";

/** Threads pinned to points: write, answer, resolve, go there, link. */
export function TalkPanel({ room, threads }: { room: RoomContext; threads: readonly Thread[] }) {
  const { caseId, store } = room;
  const trpc = useTRPC();
  const client = useQueryClient();
  const draft = useRoomState(store, (s) => s.draftComment);
  const isShowingResolved = useRoomState(store, (s) => s.isShowingResolved);
  const chosen = useRoomState(store, (s) => s.chosenThread);
  const colors = useMemberColors(caseId);
  useChosenThread(chosen);
  const [problem, setProblem] = useState<string | null>(null);
  const after = { onSuccess: () => { setProblem(null); return client.invalidateQueries(trpc.comments.pathFilter()); }, onError: (error: unknown) => setProblem(errorSentence(error)) };
  const add = useMutation(trpc.comments.add.mutationOptions({ ...after, onSuccess: async () => { store.set({ draftComment: null }); await after.onSuccess(); } }));
  const reply = useMutation(trpc.comments.reply.mutationOptions(after));
  const resolve = useMutation(trpc.comments.resolve.mutationOptions(after));
  const reopen = useMutation(trpc.comments.reopen.mutationOptions(after));
  const canWrite = isAllowed(room.role, "comments.write", room.isArchived);
  const shown = threads.filter(({ resolvedAt }) => isShowingResolved || resolvedAt === null);
  return (
    <section aria-label="Talk" className="flex flex-col">
      {draft && (
        <div className="border-b border-line px-3.5 py-3">
          <h2 className="heading-small mb-2">New comment · {draft.plane} · {draft.position.map((mm) => formatNumber(mm, 1)).join(" ")} <span className="normal-case">mm</span></h2>
          <Writing label="Comment" action="Comment" onSend={(body) => add.mutateAsync({ caseId, body, plane: draft.plane, position: [draft.position[0], draft.position[1], draft.position[2]] })} onCancel={() => store.set({ draftComment: null })} />
        </div>
      )}
      {problem && <p role="alert" className="px-3.5 pt-3 text-sm text-fail">{problem}</p>}
      {shown.length === 0 && !draft && <p className="px-3.5 py-4 text-muted">{canWrite ? "No open comment. Press C and click a slice to pin one." : "No open comment."}</p>}
      <ol>
        {shown.map((thread) => (
          <li key={thread.id} id={`comment-${thread.id}`} data-thread={thread.id} data-resolved={thread.resolvedAt !== null} data-chosen={thread.id === chosen} className={`border-b border-line px-3.5 py-3 ${thread.id === chosen ? "bg-raised" : ""}`}>
            <div className="mb-2 flex items-center gap-2">
              <span aria-hidden className="flex size-5 items-center justify-center rounded-full rounded-bl-none bg-attention text-xs font-bold text-on-accent">{threads.indexOf(thread) + 1}</span>
              {thread.position && <button type="button" className="text-sm text-accent-strong hover:underline" onClick={() => goTo(room, thread)}>Go there</button>}
              <button type="button" className="text-sm text-muted hover:text-ink" onClick={() => copyLink(room, thread.id)}>Copy link</button>
              {thread.resolvedAt && <span className="text-sm text-pass">Resolved</span>}
              {canWrite && (
                <button type="button" className="ml-auto text-sm text-muted hover:text-ink" onClick={() => (thread.resolvedAt ? reopen : resolve).mutate({ caseId, threadId: thread.id })}>
                  {thread.resolvedAt ? "Reopen" : "Resolve"}
                </button>
              )}
            </div>
            {[thread, ...thread.replies].map((said) => <Words key={said.id} said={said} color={colors.get(said.authorId)} />)}
            {canWrite && !thread.resolvedAt && <Writing label={`Answer to ${thread.author}`} action="Reply" onSend={(body) => reply.mutateAsync({ caseId, threadId: thread.id, body })} />}
          </li>
        ))}
      </ol>
      {threads.some(({ resolvedAt }) => resolvedAt !== null) && (
        <button type="button" className="button button-quiet m-2 self-start" onClick={() => store.set({ isShowingResolved: !isShowingResolved })}>{isShowingResolved ? "Hide resolved" : "Show resolved"}</button>
      )}
    </section>
  );
}

/** Opens the room where a link points: to a comment (`?comment=<id>`) or a place (`?at=<x>,<y>,<z>`, RAS mm). */
export function useLinkedPlace(room: RoomContext, threads: readonly Thread[]): void {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (isDone) return;
    const query = new URLSearchParams(window.location.search);
    const [x, y, z] = (query.get("at") ?? "").split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if ([x, y, z].every(Number.isFinite)) {
      setDone(true);
      room.store.set({ crosshair: clampToVolume(room.grid, rasPoint(x, y, z)) });
      return;
    }
    const thread = threads.find(({ id }) => id === query.get("comment"));
    if (!thread) return;
    setDone(true);
    goTo(room, thread);
    room.store.set({ chosenThread: thread.id });
  }, [room, threads, isDone]);
}

/** Brings every view to a thread's place; the plane where it was said comes up if it is not on screen. */
export function goTo({ store }: RoomContext, { id, position, plane, resolvedAt }: Thread): void {
  const { layout } = store.get();
  if (position) store.jump(position);
  const isShown = layout === "four" || layout === "surfaceBig" || layout === plane;
  store.set({ tab: "talk", chosenThread: id, ...(resolvedAt ? { isShowingResolved: true } : {}), ...(isShown || plane === null ? {} : { layout: plane }) });
}

function copyLink({ store }: RoomContext, threadId: string): void {
  const link = `${window.location.origin}${window.location.pathname}?comment=${threadId}`;
  navigator.clipboard.writeText(link).then(() => store.set({ notice: "The link is copied. It opens at this comment for members of the case." }), () => store.set({ notice: link }));
}

/** Scrolls a chosen thread into sight. */
function useChosenThread(chosen: string | null): void {
  useEffect(() => {
    if (chosen !== null) document.getElementById(`comment-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
}

function Words({ said, color }: { said: Said; color?: string }) {
  return (
    <div className="mb-2 flex gap-2.5">
      <Avatar userId={said.authorId} name={said.author} color={color} />
      <div className="min-w-0">
        <p><b className="font-semibold">{said.author}</b> <time className="text-sm text-muted" dateTime={said.createdAt.toISOString()}>{formatMoment(said.createdAt)}</time></p>
        <p className="whitespace-pre-wrap break-words">{said.body}</p>
      </div>
    </div>
  );
}

function Writing({ label, action, onSend, onCancel }: { label: string; action: string; onSend: (body: string) => Promise<unknown>; onCancel?: () => void }) {
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const send = () => {
    const body = text.trim();
    if (!body || isSending) return;
    setSending(true);
    // What was written stays in the field when sending fails; the panel shows why.
    onSend(body).then(() => setText(""), () => undefined).finally(() => setSending(false));
  };
  return (
    <div className="flex flex-col gap-1.5">
      <textarea
        aria-label={label} autoFocus={onCancel !== undefined} rows={onCancel ? 3 : 1} maxLength={4000} value={text} placeholder={onCancel ? "What should the others see here?" : "Reply"}
        onChange={(event) => setText(event.target.value)} className="field w-full resize-y py-1.5"
        onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(); if (event.key === "Escape") onCancel?.(); }}
      />
      {(text.trim() !== "" || onCancel) && (
        <div className="flex justify-end gap-1.5">
          {onCancel && <button type="button" className="button" onClick={onCancel}>Cancel</button>}
          <button type="button" className="button button-primary" disabled={text.trim() === "" || isSending} onClick={send}>{action}</button>
        </div>
      )}
    </div>
  );
}

"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { formatMoment } from "../ui/format.ts";
import { Notice } from "../ui/Notice.tsx";
import { deviceName } from "./deviceName.ts";

/** Where this person is signed in; each can be ended, or all. */
export function SessionsDialog({ onClose, onEverywhere }: { onClose(): void; onEverywhere(): void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const sessions = useQuery(trpc.sessions.list.queryOptions());
  const end = useMutation(trpc.sessions.end.mutationOptions({ onSuccess: () => client.invalidateQueries(trpc.sessions.pathFilter()) }));
  return (
    <Dialog title="Where you are signed in" onClose={onClose} width={480} label="sessions">
      <ul className="divide-y divide-line">
        {sessions.data?.map((session) => (
          <li key={session.id} data-session={session.isCurrent ? "current" : "other"} className="flex items-center gap-3 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="font-medium">{deviceName(session.userAgent)}{session.isCurrent && <span className="ml-2 text-sm text-pass">this one</span>}</p>
              <p className="text-sm text-muted">Since {formatMoment(session.createdAt)}</p>
            </div>
            {!session.isCurrent && <button type="button" className="button" disabled={end.isPending} onClick={() => end.mutate({ id: session.id })}>End</button>}
          </li>
        ))}
      </ul>
      {(sessions.error ?? end.error) && <Notice kind="fail">{errorSentence(sessions.error ?? end.error)}</Notice>}
      <div className="mt-4 flex justify-end"><button type="button" className="button" onClick={onEverywhere}>Sign out everywhere</button></div>
    </Dialog>
  );
}

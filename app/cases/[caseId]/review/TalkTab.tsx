"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "../../../api/client.tsx";
import { formatMoment } from "../../../ui/format.ts";

/** The threads of a case that are not settled; answered in the room, where they are pinned. */
export function TalkTab({ caseId }: { caseId: string }) {
  const comments = useQuery(useTRPC().comments.list.queryOptions({ caseId })).data ?? [];
  const open = comments.filter(({ threadId, resolvedAt }) => threadId === null && resolvedAt === null);
  return (
    <div>
      {open.length === 0 && <p className="py-3 text-muted">No open comment.</p>}
      {open.map(({ id, author, body, plane, createdAt }) => (
        <article key={id} className="border-b border-line py-2.5">
          <p><strong className="font-semibold">{author}</strong> <span className="text-muted">{formatMoment(createdAt)}{plane ? ` · ${plane}` : ""}</span></p>
          <p className="whitespace-pre-wrap break-words">{body}</p>
          <p className="text-sm text-muted">{comments.filter(({ threadId }) => threadId === id).length} answers</p>
        </article>
      ))}
      <Link href={`/cases/${caseId}`} className="button mt-3 min-h-11">Open the room</Link>
    </div>
  );
}

"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { isAllowed } from "../../../core/review/permissions.ts";
import { errorSentence, useTRPC } from "../../api/client.tsx";
import { formatMoment } from "../../ui/format.ts";
import { roleNames } from "../../ui/people.ts";
import type { RoomContext } from "../useRoom.ts";

/** A reason shorter than this says nothing, characters. */
const leastReason = 10;

/**
 * What people judged of one report in writing, and the field for it. A judgement is on a result by its key, which is the hash
 * of everything it was computed from: when an input changes the judgement falls by itself.
 * @param isCurrent whether the report is of the plan and the bone as they stand; only then can it be judged
 */
export function CheckJudgement({ room, reportKey, isPassed, isCurrent }: { room: RoomContext; reportKey: string; isPassed: boolean; isCurrent: boolean }) {
  const { caseId, role, isArchived, store } = room, trpc = useTRPC(), client = useQueryClient(), field = useId();
  const [reason, setReason] = useState("");
  const rows = useQuery(trpc.implants.list.queryOptions({ caseId })).data ?? [];
  const said = rows.find(({ goodKey }) => goodKey === reportKey)?.judgements ?? [];
  const judge = useMutation(trpc.versions.judge.mutationOptions({
    onSuccess: () => { setReason(""); void client.invalidateQueries(trpc.implants.pathFilter()); },
    onError: (error) => store.set({ notice: errorSentence(error) }),
  }));
  const mayJudge = isAllowed(role, "version.judge", isArchived) && isCurrent && !isPassed;
  if (said.length === 0 && !mayJudge) return null;
  return (
    <div className="flex flex-col gap-1.5">
      {said.map(({ name, role: by, at, reason: text }) => (
        <p key={`${name}${String(at)}`} data-judgement="" className="border-l-2 border-attention pl-2"><span className="font-medium">{name}</span>, {roleNames[by]}, {formatMoment(new Date(at))}: {text}</p>
      ))}
      {mayJudge && (
        <form className="flex flex-col gap-1.5" onSubmit={(event) => { event.preventDefault(); if (reason.trim().length >= leastReason) judge.mutate({ caseId, reportHash: reportKey, reason: reason.trim() }); }}>
          <label className="text-muted" htmlFor={field}>Your judgement in writing: why this may be accepted all the same. It falls when the plan or the bone changes.</label>
          <textarea id={field} className="field py-1.5" rows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} data-judge-reason="" />
          <button type="submit" className="button self-start" disabled={reason.trim().length < leastReason || judge.isPending}>Accept with this reason</button>
        </form>
      )}
    </div>
  );
}

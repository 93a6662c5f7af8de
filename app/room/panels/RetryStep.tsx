"use client";
import { useMutation } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { errorSentence, useTRPC } from "../../api/client.tsx";

/** Has a failed step of the build graph made once more of the same inputs; the case's event says how it goes on. @param stepKey the key under which it failed */
export function RetryStep({ caseId, stepKey }: { caseId: string; stepKey: string }) {
  const retry = useMutation(useTRPC().builds.retry.mutationOptions());
  return (
    <div className="pl-6 pt-1">
      <button type="button" data-retry-step="" className="button px-2 py-0.5 text-sm" disabled={retry.isPending} title="Made once more of the same mask and plan; what was refused because of them is refused again" onClick={() => retry.mutate({ caseId, key: stepKey })}><RotateCw aria-hidden size={14} />Try again</button>
      {retry.isError && <p role="alert" className="pt-1 text-sm text-fail">{errorSentence(retry.error)}</p>}
    </div>
  );
}

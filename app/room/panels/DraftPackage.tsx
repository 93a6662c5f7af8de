"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, Package } from "lucide-react";
import { useState } from "react";
import { type PackageVolume, packageVolumes } from "../../../core/review/packageVolume.ts";
import { useTRPC } from "../../api/client.tsx";
import { DownloadLink } from "../../ui/DownloadLink.tsx";
import { formatBytes } from "../../ui/format.ts";
import { ProgressBar } from "../../ui/ProgressBar.tsx";

const stages = ["queued", "reading", "implant", "surfaces", "checks", "pictures", "DICOM", "report", "face", "packing", "done"];
const volumeNames: Readonly<Record<PackageVolume, string>> = { whole: "with the CT", defaced: "with the CT, face covered", none: "without the CT, only its hash" };

/** The package of the case as it is drawn now: made by a worker, while everybody goes on; nobody has signed it. */
export function DraftPackage({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useQueryClient(), [volume, setVolume] = useState<PackageVolume>("none");
  const job = useQuery(trpc.versions.newestDraftPackage.queryOptions({ caseId })).data ?? null, isMaking = job?.state === "queued" || job?.state === "running";
  const ask = useMutation(trpc.versions.packageDraft.mutationOptions({ onSettled: () => client.invalidateQueries(trpc.versions.newestDraftPackage.pathFilter()) }));
  const problem = ask.error?.message ?? (job?.state === "failed" ? job.error ?? "The package was not made: the worker stopped. Try again." : null);
  return (
    <section aria-label="Package of the draft" data-draft-package={job?.state ?? "none"} className="mt-3">
      <h3 className="heading-small">Package of the draft</h3>
      <p className="py-1 text-sm text-muted">All of it in one zip, as it is drawn now: labelmap, plan, surface, implant, checks, pictures, report. It is no version: nobody signs it.</p>
      {isMaking ? (
        <div><p role="status" className="pb-1 text-muted">Packaging: {job.stage}</p><ProgressBar label="Packaging" fraction={stages.indexOf(job.stage) / (stages.length - 1)} /></div>
      ) : (
        <div className="flex items-center gap-2">
          <select aria-label="CT in the package" className="field min-w-0 flex-1" value={volume} onChange={(event) => setVolume(event.target.value as PackageVolume)}>
            {packageVolumes.map((one) => <option key={one} value={one}>{volumeNames[one]}</option>)}
          </select>
          <button type="button" className="button" disabled={ask.isPending} onClick={() => ask.mutate({ caseId, volume })}><Package aria-hidden size={15} /> Make the package</button>
        </div>
      )}
      {job?.state === "done" && <DownloadLink className="mt-1 flex min-h-9 items-center gap-2 rounded-md px-2 py-1 hover:bg-raised" href={`/api/cases/${caseId}/versions/draft/package?job=${job.id}`} label="package of the draft"><Download aria-hidden size={15} className="text-muted" /> Download the package, {volumeNames[job.volume]}{job.bytes === null ? "" : ` · ${formatBytes(job.bytes)}`}</DownloadLink>}
      {problem && <p role="alert" className="mt-1 text-fail">{problem}</p>}
    </section>
  );
}

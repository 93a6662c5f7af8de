"use client";
import { Download, Package } from "lucide-react";
import { useState } from "react";
import { transitions, type VersionAction } from "../../../../core/review/lifecycle.ts";
import { type PackageVolume, packageVolumes } from "../../../../core/review/packageVolume.ts";
import { isAllowed, type Role } from "../../../../core/review/permissions.ts";
import { useTRPCClient } from "../../../api/client.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { DownloadLink } from "../../../ui/DownloadLink.tsx";
import { formatBytes } from "../../../ui/format.ts";
import { ProgressBar } from "../../../ui/ProgressBar.tsx";
import type { ReviewJob, ReviewVersion } from "./reviewData.ts";

type Change = Exclude<VersionAction, "sign" | "reject">;
const words: Readonly<Record<Change, { name: string; done: string; asks: string | null }>> = {
  submit: { name: "Submit for review", done: "In review.", asks: null },
  withdraw: { name: "Withdraw", done: "Withdrawn.", asks: "Why you withdraw it" },
  release: { name: "Release for manufacture", done: "Released.", asks: null },
  supersede: { name: "Supersede", done: "Superseded.", asks: "What takes its place" },
  void: { name: "Void", done: "Voided.", asks: "Why it is void" },
};
const stages = ["queued", "reading", "files", "face", "report", "packing", "done"];
const volumeNames: Readonly<Record<PackageVolume, string>> = { whole: "As it is", defaced: "Face covered", none: "Left out, only its hash" };

interface Props { caseId: string; version: ReviewVersion; role: Role; jobs: readonly ReviewJob[]; attempt(done: string | null, act: () => Promise<unknown>): Promise<void> }

/** What can be done to a version as it stands, as the lifecycle's table allows, and its package. */
export function VersionActions({ caseId, version, role, jobs, attempt }: Props) {
  const client = useTRPCClient(), [volume, setVolume] = useState<PackageVolume>("whole"), [asking, setAsking] = useState<Change | null>(null), [reason, setReason] = useState("");
  const { number, state } = version, may = (Object.keys(words) as Change[]).filter((action) => transitions[state][action]?.by.includes(role));
  const change = (action: Change, why: string | null) => { setAsking(null); setReason(""); void attempt(words[action].done, () => client.versions.change.mutate({ caseId, number, action, reason: why })); };
  const job = jobs.find((one) => one.kind === "package" && one.number === number), isMaking = job?.state === "queued" || job?.state === "running";
  return (
    <section aria-label="What can be done" className="flex flex-col gap-2">
      {may.filter((action) => words[action].asks === null).map((action) => <button key={action} type="button" data-change={action} className={`button min-h-11 ${version.manifest.prescription ? "button-primary" : ""}`} onClick={() => change(action, null)}>{words[action].name}</button>)}
      {isAllowed(role, "package.export", true) && version.manifest.artifacts.length > 0 && (
        <div data-package={job?.state ?? "none"} className="flex flex-col gap-2">
          {!isMaking && (
            <label className="flex flex-col gap-1 text-sm text-muted">CT in the package
              <select className="field min-h-11 text-base text-ink" value={volume} onChange={(event) => setVolume(event.target.value as PackageVolume)}>
                {packageVolumes.map((one) => <option key={one} value={one}>{volumeNames[one]}</option>)}
              </select>
              {volume === "whole" && <span>A head CT shows the patient's face, also without a name.</span>}
              {volume === "defaced" && <span>Bone and what lies round the implant stay as they are, and still tell of the person. Slices of the CT are left out, and so is what segments (skin, soft tissue) have under the cover: the labelmap lacks it, their surfaces and the DICOM SEG are not packed.</span>}
            </label>
          )}
          {!isMaking && <button type="button" className="button min-h-11" onClick={() => void attempt(null, () => client.versions.package.mutate({ caseId, number, volume }))}><Package aria-hidden size={15} /> {job?.state === "done" ? "Make the package anew" : "Make the package"}</button>}
          {isMaking && <div><p role="status" className="pb-1 text-muted">Packaging: {job.stage}</p><ProgressBar label="Packaging" fraction={stages.indexOf(job.stage) / (stages.length - 1)} /></div>}
          {job?.state === "failed" && <p role="alert" className="text-fail">{job.error ?? "The package was not made: the worker stopped. Try again."}</p>}
          {job?.state === "done" && <DownloadLink className="button button-primary min-h-11" href={`/api/cases/${caseId}/versions/${number}/package?job=${job.id}`} label="Download the package"><Download aria-hidden size={15} /> Download the package{job.volume === "whole" ? "" : `, ${volumeNames[job.volume].toLowerCase()}`}{job.bytes === null ? "" : ` · ${formatBytes(job.bytes)}`}</DownloadLink>}
          {job?.state === "done" && <p className="text-sm text-muted">Check it anywhere with <code>npm run job -- verify --package FILE.zip --trust KEY.pub</code>; the <a className="underline" href={`/api/cases/${caseId}/versions/key.pub`} download>workspace's key</a> comes from here, not from the package. The package tells of the case up to the moment it was made.</p>}
        </div>
      )}
      {may.some((action) => words[action].asks !== null) && (
        <div className="flex flex-wrap gap-1">
          {may.filter((action) => words[action].asks !== null).map((action) => <button key={action} type="button" data-change={action} className="button button-quiet min-h-11 flex-1" onClick={() => setAsking(action)}>{words[action].name}</button>)}
        </div>
      )}
      {asking && (
        <Dialog title={words[asking].name} onClose={() => setAsking(null)} label="change">
          <form className="flex flex-col gap-3" onSubmit={(event) => { event.preventDefault(); change(asking, reason.trim()); }}>
            <label className="flex flex-col gap-1 text-sm text-muted">{words[asking].asks}<textarea data-autofocus="" className="field min-h-16 py-2 text-base text-ink" maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} /></label>
            <button type="submit" className="button button-primary min-h-11" disabled={reason.trim() === ""}>{words[asking].name}</button>
          </form>
        </Dialog>
      )}
    </section>
  );
}

"use client";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { allSurfacesFile, labelExports, surfaceExports } from "../../../core/protocol/exports.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import { useTRPC } from "../../api/client.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { DownloadLink } from "../../ui/DownloadLink.tsx";
import { useRoomState } from "../roomStore.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { DraftPackage } from "./DraftPackage.tsx";

interface RowProps { title: string; hint: string; href: string; body?: object | null; isDisabled?: boolean }
function Row({ title, hint, href, body, isDisabled }: RowProps) {
  return (
    <li className="py-0.5">
      <DownloadLink href={href} label={title} body={body} isDisabled={isDisabled} className="flex min-h-9 items-center gap-2 rounded-md px-2 py-1 hover:bg-raised">
        <Download aria-hidden size={15} className="shrink-0 text-muted" /><span className="whitespace-nowrap font-medium">{title}</span><span className="min-w-0 flex-1 truncate text-right text-sm text-muted">{hint}</span>
      </DownloadLink>
    </li>
  );
}

/** What can be taken out of the room: the masks, and the surface of a segment or one that a file or mending gave, each in every format that is written. */
export function ExportDialog({ room, segments, onClose }: { room: RoomContext; segments: readonly RoomSegment[]; onClose(): void }) {
  const { caseId, role, isArchived } = room, chosen = useRoomState(room.store, (s) => s.segment), trpc = useTRPC();
  const [source, setSource] = useState(`segment-${segments.find((one) => one.value === chosen)?.value ?? segments[0]?.value ?? 0}`), [isOriginal, setOriginal] = useState(false), [password, setPassword] = useState("");
  const hasSource = useQuery(trpc.cases.get.queryOptions({ caseId })).data?.hasSource ?? false, isDemo = useQuery(trpc.signingKeys.factors.queryOptions()).data?.isDemo ?? false;
  const held = useQuery(trpc.fileSurfaces.list.queryOptions({ caseId })).data ?? [], builds = useQuery(trpc.builds.list.queryOptions({ caseId })).data;
  const isBuilt = source.startsWith("surface-") || (builds?.some((one) => source === `segment-${one.segment}` && one.state === "current") ?? false);
  const href = (name: string) => `/api/cases/${caseId}/exports/${name}`;
  const dicom = (isDicom: boolean) => (isDicom ? { body: isOriginal ? { password: isDemo ? null : password } : null, isDisabled: !hasSource || (isOriginal && !isDemo && password === "") } : {});
  return (
    <Dialog title="Export" label="export" width={520} onClose={onClose}>
      <h3 className="heading-small mt-1">Masks</h3>
      <ul className="-mx-2">{labelExports.map(({ file, title, hint, isDicom }) => <Row key={file} title={title} hint={hint} href={href(file)} {...dicom(isDicom)} />)}</ul>
      <div className="mt-3 flex items-center gap-3">
        <h3 className="heading-small">Surface of</h3>
        <select aria-label="Surface" data-export-source="" className="field min-w-0 flex-1" value={source} onChange={(event) => setSource(event.target.value)}>
          {segments.map((segment) => <option key={segment.value} value={`segment-${segment.value}`}>{segment.name}</option>)}
          {held.map(({ id, name }) => <option key={id} value={`surface-${id}`}>{name}</option>)}
        </select>
      </div>
      {!isBuilt && <p className="py-1 text-muted">This segment has no current surface yet.</p>}
      <ul className="-mx-2">
        {surfaceExports.map(({ ending, title, hint, isDicom }) => <Row key={ending} title={title} hint={hint} href={href(`${source}.${ending}`)} {...dicom(isDicom)} isDisabled={!isBuilt || dicom(isDicom).isDisabled} />)}
        <Row title="All surfaces in one 3MF" hint="a part each, with name, colour and id" href={href(allSurfacesFile)} />
      </ul>
      {isAllowed(role, "package.export", isArchived) && <DraftPackage caseId={caseId} />}
      {!hasSource && <p className="mt-2 text-sm text-muted">The CT did not come from a DICOM series: there is none that a DICOM file could refer to.</p>}
      {hasSource && isAllowed(role, "source.originals", isArchived) && (
        <fieldset className="mt-3 rounded-md border border-line px-3 py-2">
          <label className="flex items-center gap-2"><input type="checkbox" data-original-uids checked={isOriginal} onChange={(event) => setOriginal(event.target.checked)} />DICOM files with the hospital&apos;s own UIDs</label>
          {isOriginal && <p className="mt-1 text-sm text-attention">They lead back to the patient. The audit trail tells who took them.</p>}
          {isOriginal && !isDemo && <label className="mt-2 flex flex-col gap-1 text-sm text-muted">Your password<input type="password" autoComplete="current-password" className="field text-base text-ink" value={password} onChange={(event) => setPassword(event.target.value)} /></label>}
        </fieldset>
      )}
    </Dialog>
  );
}

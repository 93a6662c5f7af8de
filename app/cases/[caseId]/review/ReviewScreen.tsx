"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, KeyRound, ShieldCheck, Snowflake } from "lucide-react";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { type KeyboardEvent, useEffect, useState } from "react";
import { meaningsDue, meaningsOf, releaseObstacle } from "../../../../core/review/lifecycle.ts";
import { isAllowed, roles } from "../../../../core/review/permissions.ts";
import type { Prescription } from "../../../../core/review/manifest.ts";
import { errorCode, errorSentence, useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { formatMoment, formatRecordTime } from "../../../ui/format.ts";
import { Notice } from "../../../ui/Notice.tsx";
import { roleNames } from "../../../ui/people.ts";
import { ProgressBar } from "../../../ui/ProgressBar.tsx";
import { UserMenu } from "../../../ui/UserMenu.tsx";
import { ChangesTab } from "./ChangesTab.tsx";
import { ChecksTab } from "./ChecksTab.tsx";
import { FactorsDialog } from "./FactorsDialog.tsx";
import { firstPrescription, FreezeDialog, type PrescriptionFields } from "./FreezeDialog.tsx";
import { picturesOf, type ReviewVersion, versionFile } from "./reviewData.ts";
import { meaningWords, stateWords } from "./words.ts";
import { SignPanel } from "./SignPanel.tsx";
import { TalkTab } from "./TalkTab.tsx";
import { VersionActions } from "./VersionActions.tsx";
import { VersionPictures } from "./VersionPictures.tsx";

const freezeStages = ["queued", "masks", "implant", "surfaces", "checks", "pictures", "record", "DICOM", "done"];
const titleOf = ({ manifest: { prescription: p } }: ReviewVersion): string => (p ? `${p.kind}, ${p.side} ${p.region}, ${p.material}` : "Prescription not complete");

/** Freezing, reading and signing the versions of a case; made for a phone first. */
export function ReviewScreen({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useTRPCClient(), cache = useQueryClient(), router = useRouter();
  const asked = Number(useSearchParams().get("version"));
  const review = useQuery(trpc.versions.list.queryOptions({ caseId }, { refetchInterval: ({ state }) => (state.data?.jobs.some((job) => job.state === "queued" || job.state === "running") ? 700 : 5000) }));
  const own = useQuery(trpc.cases.get.queryOptions({ caseId })).data, me = useQuery(trpc.me.queryOptions()).data, comments = useQuery(trpc.comments.list.queryOptions({ caseId })).data ?? [];
  const [tab, setTab] = useState<"changes" | "slices" | "checks" | "talk">("changes"), [open, setOpen] = useState<"freeze" | "factors" | null>(null);
  /** What was filled in for the last freeze: one that is refused is mended, not written anew. */
  const [filledIn, setFilledIn] = useState<PrescriptionFields | null>(null);
  const [said, setSaid] = useState<{ kind: "pass" | "fail"; text: string } | null>(null);
  const signedOut = errorCode(review.error) === "UNAUTHORIZED";
  useEffect(() => { if (signedOut) window.location.replace(`/sign-in?next=${encodeURIComponent(window.location.pathname + window.location.search)}`); }, [signedOut]);
  const attempt = async (done: string | null, act: () => Promise<unknown>) => {
    try {
      await act();
      setSaid(done === null ? null : { kind: "pass", text: done });
    } catch (error) {
      setSaid({ kind: "fail", text: error instanceof Error && error.name === "NotAllowedError" ? "The passkey was not used: it was cancelled, or took too long. Nothing was signed." : errorSentence(error) });
    }
    await cache.invalidateQueries(trpc.versions.pathFilter());
  };
  const versions = review.data?.versions ?? [], jobs = review.data?.jobs ?? [], version = versions.find(({ number }) => number === asked) ?? versions[0];
  const role = own?.role, next = (versions[0]?.number ?? 0) + 1, freezing = jobs.find(({ kind }) => kind === "freeze"), isFreezing = freezing?.state === "queued" || freezing?.state === "running";
  const freeze = (fields: PrescriptionFields, prescription: Prescription | null) => { setOpen(null); setFilledIn(fields); void attempt(null, async () => { await client.versions.freeze.mutate({ caseId, expectedNumber: next, prescription, acknowledgements: [] }); router.replace(`/cases/${caseId}/review`); }); };
  const mayFreeze = role !== undefined && isAllowed(role, "version.freeze", own?.isArchived), openComments = comments.filter(({ threadId, resolvedAt }) => threadId === null && resolvedAt === null).length;
  const maySign = version?.state === "inReview" && me !== undefined && role !== undefined && meaningsOf[role].length > 0 && !version.signatures.some(({ userId }) => userId === me.userId);
  const notReleased = version && ["frozen", "inReview", "signed"].includes(version.state) ? releaseObstacle(version) : null;
  const tabs = [["changes", version?.difference?.since ? `Since v${version.difference.since}` : "Content"], ["slices", "Slices"], ["checks", "Checks"], ["talk", "Talk"]] as const;
  const onTabKey = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const [next] = tabs[(tabs.findIndex(([one]) => one === tab) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <div className="flex h-full flex-col">
      <header className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line bg-pane px-3 py-1.5">
        <Link href={`/cases/${caseId}`} aria-label="Back to the room" className="button button-quiet min-h-11 px-2.5"><ArrowLeft aria-hidden size={17} /></Link>
        <div className="min-w-0 flex-1">
          <p className="text-sm text-muted sm:truncate">Case {own?.code}{version && <> · version {version.number} of {versions[0].number}<span className="max-sm:hidden"> · frozen {formatRecordTime(version.frozenAt)}</span></>}</p>
          <h1 className="text-lg font-semibold leading-tight first-letter:uppercase sm:truncate">{version ? titleOf(version) : "Review and sign"}</h1>
        </div>
        <Link href={`/cases/${caseId}/audit`} className="button button-quiet min-h-11 px-2.5" aria-label="Audit"><ShieldCheck aria-hidden size={16} /><span className="max-sm:hidden">Audit</span></Link>
        <button type="button" className="button button-quiet min-h-11 px-2.5" aria-label="How you sign" onClick={() => setOpen("factors")}><KeyRound aria-hidden size={16} /><span className="max-sm:hidden">How you sign</span></button>
        <UserMenu />
      </header>
      <main data-review={version?.number ?? 0} data-state={version?.state ?? "none"} className="min-h-0 flex-1 overflow-y-auto lg:grid lg:grid-cols-[minmax(0,1fr)_380px] lg:grid-rows-[minmax(0,1fr)] lg:overflow-hidden">
        <div className="lg:overflow-y-auto">
          {version && <VersionPictures caseId={caseId} version={version} />}
          <div className="flex flex-col gap-2 px-4 pt-3">
            {review.error && !signedOut && <Notice kind="fail">{errorSentence(review.error)}</Notice>}
            {said && <Notice kind={said.kind}>{said.text}</Notice>}
            {isFreezing && <div data-freezing={freezing.number}><p role="status" className="pb-1">{freezing.by} freezes version {freezing.number}: {freezing.stage}. You can go on drawing.</p><ProgressBar label="Freezing" fraction={Math.max(0, freezeStages.indexOf(freezing.stage)) / (freezeStages.length - 1)} /></div>}
            {freezing?.state === "failed" && freezing.number === next && <Notice kind="fail">{freezing.error ?? "The version was not frozen: the worker stopped. Try again."}</Notice>}
            {version?.isChangedSince && <Notice kind="attention">The draft was changed since version {version.number}{version.signatures.length > 0 ? "; the signatures stay with this version and do not cover the change" : ""}.</Notice>}
            {review.isSuccess && !version && !isFreezing && <p className="py-6 text-muted">No version yet. {mayFreeze ? "Freeze one when masks and plan are as they should be signed." : "A surgeon or an engineer of the case freezes one when masks and plan are ready."}</p>}
          </div>
          {version && (
            <div className="px-4 pb-4">
              <div role="tablist" aria-label="About this version" className="my-2 grid grid-cols-4 gap-2" onKeyDown={onTabKey}>
                {tabs.map(([id, name]) => <button key={id} id={`tab-${id}`} type="button" role="tab" aria-selected={tab === id} tabIndex={tab === id ? 0 : -1} aria-controls="tab-panel" onClick={() => setTab(id)} className={`button min-h-10 px-1 ${tab === id ? "border-accent bg-accent/15" : "text-muted"}`}>{name}</button>)}
              </div>
              <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
                {tab === "changes" && <ChangesTab caseId={caseId} version={version} versions={versions} />}
                {tab === "slices" && (picturesOf(version).length === 0 ? <p className="py-3 text-muted">No implant was built for this version, so there is no slice through it.</p>
                  : <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">{picturesOf(version).slice(1).map(({ name, title, alt }) => <figure key={name}><img src={versionFile(caseId, version.number, `pictures/${name}.png`)} alt={alt} className="w-full rounded-lg bg-black" /><figcaption className="pt-1 text-muted">{title}: bone mask amber, implant blue</figcaption></figure>)}</div>)}
                {tab === "checks" && <ChecksTab caseId={caseId} version={version} mayJudge={role !== undefined && isAllowed(role, "version.judge", own?.isArchived)} onJudge={(reportHash, reason) => void attempt("Your judgement is recorded.", () => client.versions.judge.mutate({ caseId, reportHash, reason }))} />}
                {tab === "talk" && <TalkTab caseId={caseId} />}
              </div>
            </div>
          )}
          {maySign && <div className="sticky bottom-0 bg-ground/95 px-4 py-2 lg:hidden"><a href="#sign" data-to-signature="" className="button button-primary min-h-12 w-full text-lg">To the signature</a></div>}
        </div>
        <aside aria-label="Sign and release" className="flex flex-col gap-4 px-4 pb-6 pt-2 lg:overflow-y-auto lg:border-l lg:border-line lg:bg-pane lg:pt-4">
          {version && <p className="flex items-center gap-2"><span className="rounded-full border border-line px-2.5 py-0.5 font-medium">{stateWords[version.state]}</span><span className="text-muted">frozen by {version.frozenBy}<span className="sm:hidden">, {formatRecordTime(version.frozenAt)}</span></span></p>}
          {version?.manifest.leftOut.filter(({ what }) => what === "Implant").map(({ why }) => <Notice key={why} kind="fail">No implant could be built: {why}</Notice>)}
          {version && version.state !== "voided" && version.state !== "superseded" && version.obstacles.map((text) => <Notice key={text} kind="attention">{text}</Notice>)}
          {version && notReleased !== null && <Notice kind="attention">{notReleased} <Link href={`/cases/${caseId}/report`} className="underline">The CT report</Link></Notice>}
          {maySign && me && role && <SignPanel key={version.manifestHash} caseId={caseId} version={version} me={me} role={role} openComments={openComments} attempt={attempt} onFactors={() => setOpen("factors")} />}
          {version?.state === "inReview" && <p data-due="" className="text-muted">Still to be signed: {meaningsDue(version.signatures).map((meaning) => `«${meaningWords[meaning]}» by the ${roles.filter((one) => meaningsOf[one].includes(meaning)).map((one) => roleNames[one].toLowerCase()).join(" or ")}`).join(", ")}.</p>}
          {version && version.signatures.length > 0 && (
            <section aria-label="Signatures">
              <h2 className="heading-small pb-1">Signatures</h2>
              {version.signatures.map((one) => (
                <div key={one.userId} data-signature={one.meaning} className="border-b border-line py-2">
                  <p><strong className="font-semibold">{meaningWords[one.meaning]}</strong> by {one.name}, {roleNames[one.role].toLowerCase()}</p>
                  {one.reason && <p className="break-words">{one.reason}</p>}
                  <p className="text-sm text-muted">{formatMoment(new Date(one.at))} · {one.at.slice(0, 19).replace("T", " ")} UTC · {one.method === "passkey" ? "passkey" : "password and code"}</p>
                </div>
              ))}
              <p className="break-all pt-1.5 font-mono text-xs text-muted">sha256 {version.manifestHash}</p>
            </section>
          )}
          {version && role && !own?.isArchived && <VersionActions key={version.number} caseId={caseId} version={version} role={role} jobs={jobs} attempt={attempt} />}
          {mayFreeze && !isFreezing && <button type="button" className={`button min-h-11 ${version?.manifest.prescription ? "" : "button-primary"}`} onClick={() => setOpen("freeze")}><Snowflake aria-hidden size={15} /> Freeze version {next}</button>}
          {versions.length > 1 && (
            <nav aria-label="Versions">
              <h2 className="heading-small pb-1">Versions</h2>
              {versions.map(({ number, state, frozenAt }) => <Link key={number} href={`/cases/${caseId}/review?version=${number}`} aria-current={number === version?.number ? "page" : undefined} className={`flex min-h-11 items-center justify-between border-b border-line ${number === version?.number ? "font-semibold" : "text-muted hover:text-ink"}`}><span>Version {number}</span><span className="text-sm">{stateWords[state]} · {formatMoment(frozenAt)}</span></Link>)}
            </nav>
          )}
        </aside>
      </main>
      {open === "freeze" && <FreezeDialog caseId={caseId} number={next} fields={filledIn ?? versions[0]?.manifest.prescription ?? firstPrescription(own?.region ?? "", review.data?.draft.material ?? null)} blockedFindings={review.data?.draft.blockedFindings ?? 0} onFreeze={freeze} onClose={() => setOpen(null)} />}
      {open === "factors" && <FactorsDialog onClose={() => setOpen(null)} />}
    </div>
  );
}

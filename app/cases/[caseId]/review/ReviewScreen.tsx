"use client";
import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { type Meaning, meaningsOf } from "../../../../core/review/lifecycle.ts";
import { meaningSentence } from "../../../../core/review/statements.ts";
import { errorSentence, useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { Notice } from "../../../ui/Notice.tsx";

/** Freezing, reading and signing the versions of a case; made for a phone first. */
export function ReviewScreen({ caseId }: { caseId: string }) {
  const trpc = useTRPC(), client = useTRPCClient(), cache = useQueryClient();
  const versions = useQuery(trpc.versions.list.queryOptions({ caseId })), own = useQuery(trpc.cases.get.queryOptions({ caseId }));
  const [fields, setFields] = useState({ indication: "", region: "", kind: "", material: "" });
  const [side, setSide] = useState<"" | "left" | "right" | "both" | "midline">("");
  const [reason, setReason] = useState(""), [password, setPassword] = useState(""), [said, setSaid] = useState<{ kind: "pass" | "fail"; text: string } | null>(null);
  const attempt = async (done: string, act: () => Promise<unknown>) => {
    try {
      await act();
      setSaid({ kind: "pass", text: done });
    } catch (error) {
      setSaid({ kind: "fail", text: errorSentence(error) });
    }
    await cache.invalidateQueries(trpc.versions.pathFilter());
  };
  const [last] = versions.data ?? [];
  const freeze = () => attempt("Frozen. Others go on drawing.", () => client.versions.freeze.mutate({ caseId, expectedNumber: (last?.number ?? 0) + 1, prescription: side === "" ? null : { ...fields, side }, acknowledgements: [] }));
  const enrol = () => attempt("Your passkey is enrolled.", async () => {
    const { nonce, options } = await client.signingKeys.begin.mutate({ password: password || null });
    await client.signingKeys.finish.mutate({ nonce, response: await startRegistration({ optionsJSON: options }) });
  });
  const sign = (meaning: Meaning) => attempt("Signed.", async () => {
    const { nonce, options } = await client.versions.beginSignature.mutate({ caseId, number: last.number, manifestHash: last.manifestHash, meaning, reason: reason.trim() || null });
    await client.versions.finishSignature.mutate({ caseId, number: last.number, nonce, response: await startAuthentication({ optionsJSON: options }) });
  });
  return (
    <main className="flex-1 overflow-auto p-4">
      <div className="mx-auto flex max-w-xl flex-col gap-4">
        <Link href={`/cases/${caseId}`} className="text-muted">Back to the room</Link>
        <h1 className="text-xl font-semibold">Review and sign {own.data?.code}</h1>
        {versions.error && <Notice kind="fail">{errorSentence(versions.error)}</Notice>}
        {said && <Notice kind={said.kind}>{said.text}</Notice>}
        {(versions.data ?? []).map((version) => (
          <section key={version.number} aria-label={`Version ${version.number}`} className="rounded-xl border border-line p-4">
            <h2 className="text-lg font-semibold">Version {version.number}, {version.state}</h2>
            <p className="text-muted">Frozen by {version.frozenBy}, {version.frozenAt.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })}</p>
            {version.isChangedSince && <Notice kind="attention">The draft was changed since; a signature stays with this version.</Notice>}
            {version.manifest.reports.map(({ check, verdict }) => <p key={check} className="border-b border-line py-2">{check}: {verdict === "needsJudgement" ? "needs judgement" : verdict}</p>)}
            {version.obstacles.map((text) => <Notice key={text} kind="attention">{text}</Notice>)}
            {version.signatures.map((one) => <p key={one.name}>{one.name} ({one.role}): {one.meaning}, {one.at} UTC</p>)}
            <p className="break-all font-mono text-xs">sha256 {version.manifestHash}</p>
            {version.state === "frozen" && <button type="button" className="button mt-2 min-h-11" onClick={() => void attempt("In review.", () => client.versions.change.mutate({ caseId, number: version.number, action: "submit", reason: null }))}>Submit for review</button>}
          </section>
        ))}
        {last?.state === "inReview" && own.data?.role && meaningsOf[own.data.role].map((meaning) => (
          <button key={meaning} type="button" className="button button-primary min-h-12 whitespace-normal" onClick={() => void sign(meaning)}>Sign with passkey: {meaningSentence[meaning]}</button>
        ))}
        <input aria-label="Reason, when rejecting" className="field min-h-11" placeholder="Reason, when rejecting" value={reason} onChange={(e) => setReason(e.target.value)} />
        <input aria-label="Your password, to enrol a passkey" type="password" autoComplete="current-password" className="field min-h-11" placeholder="Your password, to enrol a passkey" value={password} onChange={(e) => setPassword(e.target.value)} />
        <button type="button" className="button min-h-11" onClick={() => void enrol()}>Enrol a passkey for signing</button>
        <h2 className="text-lg font-semibold">Freeze a version</h2>
        {(["indication", "region", "kind", "material"] as const).map((name) => <input key={name} aria-label={name} placeholder={name} className="field min-h-11" value={fields[name]} onChange={(e) => setFields({ ...fields, [name]: e.target.value })} />)}
        <select aria-label="Side" className="field min-h-11" value={side} onChange={(e) => setSide(e.target.value as typeof side)}><option value="">Choose the side</option>{["left", "right", "both", "midline"].map((name) => <option key={name}>{name}</option>)}</select>
        <button type="button" className="button min-h-11" onClick={() => void freeze()}>Freeze</button>
      </div>
    </main>
  );
}

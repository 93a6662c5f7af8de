"use client";
import { startAuthentication } from "@simplewebauthn/browser";
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { type Meaning, meaningsOf, requiredReports } from "../../../../core/review/lifecycle.ts";
import type { Role } from "../../../../core/review/permissions.ts";
import { meaningSentence } from "../../../../core/review/statements.ts";
import { useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { roleNames } from "../../../ui/people.ts";
import { TextField } from "../../../ui/TextField.tsx";
import type { ReviewVersion } from "./reviewData.ts";
import { meaningWords } from "./words.ts";

interface Props { caseId: string; version: ReviewVersion; me: { userId: string; name: string }; role: Role; openComments: number; attempt(done: string, act: () => Promise<unknown>): Promise<void>; onFactors(): void }

/** The statement, who makes it, and how it is signed: by a passkey, or by password and one-time code. */
export function SignPanel({ caseId, version, me, role, openComments, attempt, onFactors }: Props) {
  const factors = useQuery(useTRPC().signingKeys.factors.queryOptions()).data, client = useTRPCClient();
  const choices = meaningsOf[role], [chosen, setChosen] = useState<Meaning | null>(null), [reason, setReason] = useState("");
  const [isByCode, setByCode] = useState(false), [password, setPassword] = useState(""), [code, setCode] = useState(""), [isBusy, setBusy] = useState(false);
  if (choices.length === 0) return null;
  const meaning = chosen ?? choices[0], isRejecting = meaning === "rejected", { number, manifestHash, manifest, obstacles } = version;
  const canPasskey = (factors?.passkeys ?? 0) > 0, canCode = factors?.hasCodes === true, byCode = isByCode || (!canPasskey && canCode);
  const why = reason.trim() || null, isBlocked = (obstacles.length > 0 && !isRejecting) || (isRejecting && why === null);
  const act = async (signing: () => Promise<unknown>) => {
    setBusy(true);
    await attempt(isRejecting ? "Rejected, with your signature." : "Signed.", signing);
    setBusy(false);
  };
  const withPasskey = () => act(async () => {
    const { nonce, options } = await client.versions.beginSignature.mutate({ caseId, number, manifestHash, meaning, reason: why });
    await client.versions.finishSignature.mutate({ caseId, number, nonce, response: await startAuthentication({ optionsJSON: options }) });
  });
  const withCode = () => {
    // Taken out of the fields at once: what was shown for one signature is not there for the next.
    setPassword("");
    setCode("");
    return act(() => client.versions.signWithCode.mutate({ caseId, number, manifestHash, meaning, reason: why, password, code }));
  };
  const field = manifest.prescription;
  return (
    <section id="sign" aria-label="Sign this version" className="flex flex-col gap-3">
      <div className="rounded-xl border border-line bg-raised p-3.5">
        <p className="font-semibold">You, {me.name}, sign as {roleNames[role].toLowerCase()}: “{meaningSentence[meaning]}”</p>
        <p className="text-muted first-letter:uppercase">{field ? `${field.side} side · ${field.region} · ${field.kind} · ${field.material} · ` : ""}reports {requiredReports.filter(({ check }) => manifest.reports.some((one) => one.check === check)).length} of {requiredReports.length} for this version · {openComments} open {openComments === 1 ? "comment" : "comments"}</p>
        {field && <p className="break-words text-muted">Indication: <span className="text-ink">{field.indication}</span></p>}
        <p className="mt-1 break-all font-mono text-xs" data-manifest-hash={manifestHash}>sha256 {manifestHash.match(/.{1,8}/g)?.join(" ")}</p>
      </div>
      {choices.length > 1 && (
        <fieldset className="flex gap-2"><legend className="sr-only">What you state</legend>
          {choices.map((one) => <button key={one} type="button" aria-pressed={one === meaning} onClick={() => setChosen(one)} className={`button min-h-11 flex-1 ${one === meaning ? "border-accent bg-accent/15" : ""}`}>{one === meaning && <Check aria-hidden size={15} />}{one === "rejected" ? "Reject with reason" : meaningWords[one]}</button>)}
        </fieldset>
      )}
      {isRejecting && <label className="flex flex-col gap-1 text-sm text-muted">Why you reject it<textarea name="reason" className="field min-h-16 py-2 text-base text-ink" maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} /></label>}
      {byCode ? (
        <form className="flex flex-col gap-2" onSubmit={(event) => { event.preventDefault(); void withCode(); }}>
          <TextField label="Your password" name="password" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
          <TextField label="Code of your authenticator app" name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={6} value={code} onChange={(event) => setCode(event.target.value.replace(/\D/g, ""))} />
          <button type="submit" className="button button-primary min-h-12 text-lg" disabled={isBusy || isBlocked || password === "" || code.length !== 6}>{isRejecting ? "Reject" : "Sign"} with password and code</button>
        </form>
      ) : canPasskey && <button type="button" className="button button-primary min-h-12 text-lg" disabled={isBusy || isBlocked} onClick={() => void withPasskey()}>{isBusy ? "Waiting for your passkey…" : `${isRejecting ? "Reject" : "Sign"} with passkey`}</button>}
      {factors && !canPasskey && !canCode && <button type="button" className="button button-primary min-h-12 text-lg" onClick={onFactors}>Set up signing</button>}
      <div className="flex flex-wrap gap-2">
        {canPasskey && canCode && <button type="button" className="button min-h-11 flex-1" onClick={() => setByCode(!isByCode)}>{byCode ? "Use the passkey" : "Use password and code"}</button>}
        <Link href={`/cases/${caseId}`} className="button min-h-11 flex-1">Ask in the room</Link>
      </div>
    </section>
  );
}

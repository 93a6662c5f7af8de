"use client";
import { startRegistration } from "@simplewebauthn/browser";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorSentence, useTRPC, useTRPCClient } from "../../../api/client.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { formatMoment } from "../../../ui/format.ts";
import { Notice } from "../../../ui/Notice.tsx";
import { TextField } from "../../../ui/TextField.tsx";

/** What a person signs with: passkeys, and one-time codes where a passkey cannot be had. */
export function FactorsDialog({ onClose }: { onClose(): void }) {
  const trpc = useTRPC(), client = useTRPCClient(), cache = useQueryClient();
  const factors = useQuery(trpc.signingKeys.factors.queryOptions()).data, keys = useQuery(trpc.signingKeys.list.queryOptions()).data ?? [];
  const [password, setPassword] = useState(""), [code, setCode] = useState(""), [uri, setUri] = useState<string | null>(null), [said, setSaid] = useState<{ kind: "pass" | "fail"; text: string } | null>(null);
  const attempt = async (done: string | null, act: () => Promise<unknown>) => {
    try {
      await act();
      setSaid(done === null ? null : { kind: "pass", text: done });
    } catch (error) {
      setSaid({ kind: "fail", text: errorSentence(error) });
    }
    await cache.invalidateQueries(trpc.signingKeys.pathFilter());
  };
  const enrol = () => attempt("Your passkey is enrolled.", async () => {
    const { nonce, options } = await client.signingKeys.begin.mutate({ password: password || null });
    await client.signingKeys.finish.mutate({ nonce, response: await startRegistration({ optionsJSON: options }) });
  });
  const isDemo = factors?.isDemo === true, inUse = keys.filter(({ revokedAt }) => revokedAt === null);
  return (
    <Dialog title="How you sign" onClose={onClose} label="factors">
      <div className="flex flex-col gap-3">
        <p className="text-muted">A signature asks for you anew each time: by a passkey with your finger, face or PIN, or by password and a one-time code.</p>
        {said && <Notice kind={said.kind}>{said.text}</Notice>}
        {!isDemo && <TextField label="Your password, for any change here" name="password" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />}
        {inUse.map(({ credentialId, at }) => (
          <p key={credentialId} data-passkey="" className="flex items-center justify-between gap-3 border-b border-line pb-2">
            <span>Passkey, enrolled {formatMoment(new Date(at))}</span>
            <button type="button" className="button" onClick={() => void attempt("Taken out of use. What it signed stays valid.", () => client.signingKeys.revoke.mutate({ credentialId }))}>Revoke</button>
          </p>
        ))}
        <button type="button" className="button button-primary min-h-11" disabled={!isDemo && password === ""} onClick={() => void enrol()}>Enrol a passkey</button>
        {!isDemo && !factors?.hasCodes && uri === null && <button type="button" className="button min-h-11" disabled={password === ""} onClick={() => void attempt(null, async () => setUri((await client.signingKeys.beginCodes.mutate({ password })).uri))}>Set up one-time codes</button>}
        {uri !== null && !factors?.hasCodes && (
          <form className="flex flex-col gap-2 border-t border-line pt-3" onSubmit={(event) => { event.preventDefault(); void attempt("One-time codes are set up.", async () => { await client.signingKeys.confirmCodes.mutate({ code }); setUri(null); }); }}>
            <p>Enter this key in your authenticator app (time-based, six digits). It is shown only now.</p>
            <code data-totp-uri={uri} className="select-all break-all rounded-md bg-ground p-2 text-sm">{new URL(uri).searchParams.get("secret")}</code>
            <TextField label="The code that the app shows" name="code" inputMode="numeric" autoComplete="one-time-code" maxLength={6} value={code} onChange={(event) => setCode(event.target.value.replace(/\D/g, ""))} />
            <button type="submit" className="button button-primary min-h-11" disabled={code.length !== 6}>Confirm</button>
          </form>
        )}
        {factors?.hasCodes && (
          <p className="flex items-center justify-between gap-3">
            <span>One-time codes are set up.</span>
            <button type="button" className="button" disabled={password === ""} onClick={() => void attempt("The one-time codes are removed.", () => client.signingKeys.removeCodes.mutate({ password }))}>Remove</button>
          </p>
        )}
      </div>
    </Dialog>
  );
}

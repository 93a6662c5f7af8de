"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { passwordSignIn } from "../sign-in/passwordSignIn.ts";
import { CenterCard } from "../ui/CenterCard.tsx";
import { Notice } from "../ui/Notice.tsx";
import { roleNames } from "../ui/people.ts";
import { TextField } from "../ui/TextField.tsx";

const shortestPassword = 12;

/** Name and password for somebody new; the password alone for somebody with an account. */
export function InviteForm({ token }: { token: string }) {
  const trpc = useTRPC();
  const found = useQuery(trpc.invitations.read.queryOptions({ token }, { retry: false, refetchOnWindowFocus: false }));
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const join = useMutation(trpc.invitations.join.mutationOptions());
  const accept = useMutation(trpc.invitations.accept.mutationOptions());
  if (found.error) return <CenterCard title="Invitation"><Notice kind="fail">{errorSentence(found.error)}</Notice><a className="button mt-4" href="/">To the cases</a></CenterCard>;
  if (!found.data) return <CenterCard title="Invitation" lead="Reading the invitation…" />;
  const { code, email, role, invitedBy, hasAccount } = found.data;
  const submit = async (form: FormData) => {
    const password = String(form.get("password") ?? "");
    if (!hasAccount && password !== form.get("again")) return setProblem("The two passwords differ.");
    if (!hasAccount) await join.mutateAsync({ token, name: String(form.get("name") ?? "").trim(), password });
    const refusal = await passwordSignIn(email, password);
    if (refusal !== null) return setProblem(refusal);
    if (hasAccount) await accept.mutateAsync({ token });
    window.location.assign(`/cases/${found.data.caseId}`);
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    submit(new FormData(event.currentTarget)).catch((error: unknown) => setProblem(errorSentence(error))).finally(() => setBusy(false));
  };
  return (
    <CenterCard title={`Join ${code}`} lead={`${invitedBy} invites you as ${roleNames[role].toLowerCase()}.${hasAccount ? " Sign in to accept." : " Make your account to accept."}`}>
      <form method="post" onSubmit={onSubmit} className="flex flex-col gap-4">
        <TextField label="E-mail" name="email" type="email" autoComplete="username" value={email} readOnly />
        {!hasAccount && <TextField label="Name" name="name" autoComplete="name" required maxLength={80} />}
        <TextField
          label="Password" name="password" type="password" autoComplete={hasAccount ? "current-password" : "new-password"} required
          {...(hasAccount ? {} : { minLength: shortestPassword, hint: `At least ${shortestPassword} characters.` })}
        />
        {!hasAccount && <TextField label="Password again" name="again" type="password" autoComplete="new-password" required />}
        {problem && <Notice kind="fail">{problem}</Notice>}
        <button type="submit" className="button button-primary min-h-9" disabled={isBusy}>{isBusy ? "Joining…" : "Join the case"}</button>
      </form>
    </CenterCard>
  );
}

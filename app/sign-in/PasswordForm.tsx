"use client";
import { useState, type FormEvent } from "react";
import { errorSentence } from "../api/client.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TextField } from "../ui/TextField.tsx";
import { passwordSignIn } from "./passwordSignIn.ts";

/** E-mail and password of a real workspace. */
export function PasswordForm({ next }: { next: string }) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (form: FormData) => {
    const refusal = await passwordSignIn(String(form.get("email") ?? ""), String(form.get("password") ?? ""));
    if (refusal === null) return window.location.assign(next);
    setProblem(refusal);
    setSending(false);
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSending(true);
    setProblem(null);
    submit(new FormData(event.currentTarget)).catch((error: unknown) => { setProblem(errorSentence(error)); setSending(false); });
  };
  return (
    <form method="post" onSubmit={onSubmit} className="flex flex-col gap-4">
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      {problem && <Notice kind="fail">{problem}</Notice>}
      <button type="submit" className="button button-primary min-h-9" disabled={isSending}>{isSending ? "Signing in…" : "Sign in"}</button>
    </form>
  );
}

"use client";
import { useState, type FormEvent } from "react";
import { caseroomHeader, errorSentence } from "../api/client.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TextField } from "../ui/TextField.tsx";
import { answerSentence } from "./answerSentence.ts";

/** E-mail and password of a real workspace. */
export function PasswordForm({ next }: { next: string }) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (form: FormData) => {
    const answer = await fetch("/api/auth/sign-in/email", {
      method: "POST", headers: { "content-type": "application/json", ...caseroomHeader },
      body: JSON.stringify({ email: form.get("email"), password: form.get("password") }),
    });
    if (answer.ok) return window.location.assign(next);
    setProblem(answer.status === 401 ? "The e-mail address or the password is not right." : await answerSentence(answer, "Signing in failed."));
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

"use client";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TextField } from "../ui/TextField.tsx";

const shortestPassword = 12;

/** Name, e-mail and password of the first administrator. */
export function SetupForm({ token }: { token: string }) {
  const [mismatch, setMismatch] = useState(false);
  const finish = useMutation(useTRPC().setup.finish.mutationOptions({ onSuccess: () => window.location.assign("/sign-in") }));
  if (token === "") return <Notice kind="attention">This address lacks its token. Open the whole link that the first start printed.</Notice>;
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const isSame = text("password") === text("again");
    setMismatch(!isSame);
    if (isSame) finish.mutate({ token, name: text("name").trim(), email: text("email").trim(), password: text("password") });
  };
  return (
    <form method="post" onSubmit={onSubmit} className="flex flex-col gap-4">
      <TextField label="Name" name="name" autoComplete="name" required maxLength={120} />
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required />
      <TextField label="Password" name="password" type="password" autoComplete="new-password" required minLength={shortestPassword} hint={`At least ${shortestPassword} characters.`} />
      <TextField label="Password again" name="again" type="password" autoComplete="new-password" required error={mismatch ? "The two passwords differ." : undefined} />
      {finish.error && <Notice kind="fail">{errorSentence(finish.error)}</Notice>}
      <button type="submit" className="button button-primary min-h-9" disabled={finish.isPending || finish.isSuccess}>{finish.isPending ? "Setting up…" : "Make the account"}</button>
    </form>
  );
}

import type { Metadata } from "next";
import { connection } from "next/server";
import { InviteForm } from "./InviteForm.tsx";

export const metadata: Metadata = { title: "Invitation", referrer: "same-origin" };

/** Where the link of an invitation leads: the invited person joins a case, with a new account or their own. */
export default async function InvitePage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  await connection();
  const { token } = await searchParams;
  return <InviteForm token={typeof token === "string" ? token : ""} />;
}

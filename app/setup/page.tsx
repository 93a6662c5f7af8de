import type { Metadata } from "next";
import { connection } from "next/server";
import { CenterCard } from "../ui/CenterCard.tsx";
import { SetupForm } from "./SetupForm.tsx";

export const metadata: Metadata = { title: "Set up", referrer: "same-origin" };

/** Where the one-time link of the first real start leads: the first administrator makes their account. */
export default async function SetupPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  await connection();
  const { token } = await searchParams;
  return (
    <CenterCard title="Set up this workspace" lead="You make the first account; it administers the workspace. The link works once.">
      <SetupForm token={typeof token === "string" ? token : ""} />
    </CenterCard>
  );
}
